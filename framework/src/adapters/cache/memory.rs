//! The cache in the process, with Redis behind it if there is one.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use moka::Expiry;
use moka::sync::Cache;
use tracing::Instrument as _;

use super::flights::{Boarding, Flight, Flights, Landing};
use super::redis_tier::{Found, RedisTier};
use crate::application::cache::{CacheKey, EntityCache, Load};
use crate::application::tasks::on_own_task;
use crate::domain::error::Error;
use crate::domain::value::Row;

/// How much the process keeps, and for how long it trusts itself when it cannot hear the others.
#[derive(Debug, Clone)]
pub struct MemoryCacheOptions {
    /// Most rows.
    pub capacity: u64,
    /// Oldest row served while the invalidations of other processes cannot be heard.
    pub max_staleness: Duration,
}

impl Default for MemoryCacheOptions {
    fn default() -> Self {
        Self { capacity: 10_000, max_staleness: Duration::from_secs(5) }
    }
}

/// Rows of this process. With a [`RedisTier`] they are shared and kept coherent between processes.
#[derive(Clone)]
pub struct MemoryCache {
    local: Arc<Local>,
    pub(super) redis: Option<Arc<RedisTier>>,
    max_staleness: Duration,
}

/// The part that an invalidation from elsewhere touches.
pub(super) struct Local {
    rows: Cache<String, Kept>,
    flights: Arc<Flights>,
    /// Rows of an earlier generation are gone.
    generation: AtomicU64,
}

#[derive(Debug, Clone)]
struct Kept {
    row: Arc<Row>,
    since: Instant,
    ttl: Duration,
    shape: u64,
    generation: u64,
}

struct OwnTtl;

impl Expiry<String, Kept> for OwnTtl {
    fn expire_after_create(&self, _: &String, kept: &Kept, _: Instant) -> Option<Duration> {
        Some(kept.ttl)
    }

    fn expire_after_update(
        &self,
        _: &String,
        kept: &Kept,
        _: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(kept.ttl)
    }
}

impl MemoryCache {
    /// A cache of this process alone.
    pub fn new(options: &MemoryCacheOptions) -> Self {
        let rows = Cache::builder()
            .max_capacity(options.capacity)
            .eviction_policy(moka::policy::EvictionPolicy::lru())
            .expire_after(OwnTtl)
            .build();
        let local =
            Arc::new(Local { rows, flights: Arc::default(), generation: AtomicU64::new(0) });
        Self { local, redis: None, max_staleness: options.max_staleness }
    }

    /// A cache with Redis behind it. Needs a Tokio runtime: a task listens for invalidations until the tier is dropped.
    pub fn with_redis(options: &MemoryCacheOptions, redis: RedisTier) -> Self {
        let cache = Self::new(options);
        redis.listen(Arc::downgrade(&cache.local), options.max_staleness);
        Self { redis: Some(Arc::new(redis)), ..cache }
    }

    /// Whether Redis answers, for the health report; without Redis there is nothing to fail.
    ///
    /// # Errors
    /// When it does not answer in time. The cache works all the same.
    pub async fn ping(&self) -> Result<(), Error> {
        match &self.redis {
            Some(redis) => redis.ping().await,
            None => Ok(()),
        }
    }

    fn kept(&self, full_key: &str, shape: u64) -> Option<Arc<Row>> {
        let kept = self.local.rows.get(full_key)?;
        let trusted = |redis: &RedisTier| redis.trusts(kept.since.elapsed(), self.max_staleness);
        let fresh = self.redis.as_deref().is_none_or(trusted);
        let current = kept.generation == self.local.generation.load(Ordering::Acquire);
        (fresh && current && kept.shape == shape).then_some(kept.row)
    }

    async fn forget(&self, full_keys: Vec<String>) {
        let Some(redis) = self.redis.clone() else { return self.local.forget(&full_keys) };
        let local = Arc::clone(&self.local);
        let task = async move {
            redis.invalidate(&full_keys).await;
            // Last, because a load that began in between may have read the old row from Redis.
            local.forget(&full_keys);
        };
        // On a task of its own, so that a caller who leaves does not leave stale rows behind.
        if let Err(panic) = tokio::spawn(task.in_current_span()).await {
            tracing::error!(error = %panic, "invalidating the cache failed");
            self.local.forget_all();
        }
    }

    /// Loads on a task of its own, so that a caller who leaves does not leave the others waiting.
    async fn lead(
        &self,
        flight: Flight,
        full_key: String,
        ttl: Duration,
        shape: u64,
        load: Load,
    ) -> Result<Option<Arc<Row>>, Error> {
        let (local, redis) = (Arc::clone(&self.local), self.redis.clone());
        let task = async move {
            let since = Instant::now();
            let row = match redis {
                Some(redis) => through_redis(&redis, &full_key, ttl, shape, load).await?,
                None => load().await?,
            }
            .map(Arc::new);
            let keep = row.clone();
            flight.land(row.clone(), || {
                if let Some(row) = keep {
                    let generation = local.generation.load(Ordering::Acquire);
                    local.rows.insert(full_key, Kept { row, since, ttl, shape, generation });
                }
            });
            Ok(row)
        };
        on_own_task("loading a row for the cache", task).await
    }
}

#[async_trait]
impl EntityCache for MemoryCache {
    async fn get_or_load(&self, key: CacheKey<'_>, load: Load) -> Result<Option<Arc<Row>>, Error> {
        let full_key = full_key(key.entity, key.key);
        if let Some(row) = self.kept(&full_key, key.shape) {
            return Ok(Some(row));
        }
        match self.local.flights.board(&full_key) {
            Boarding::Lead(flight) => {
                self.lead(flight, full_key, jittered(key.ttl), key.shape, load).await
            }
            Boarding::Wait(mut landing) => {
                let landed =
                    landing.wait_for(|landing| !matches!(landing, Landing::UnderWay)).await;
                match landed.map(|landing| landing.clone()) {
                    Ok(Landing::Loaded(row)) => Ok(row),
                    // An error belongs to the caller who met it; everyone else finds out alone.
                    _ => Ok(load().await?.map(Arc::new)),
                }
            }
        }
    }

    async fn invalidate(&self, entity: &'static str, keys: &[String]) {
        self.forget(keys.iter().map(|key| full_key(entity, key)).collect()).await;
    }

    async fn invalidate_all(&self, entity: &'static str) {
        self.forget(vec![full_key(entity, EVERY_ROW)]).await;
    }

    async fn close(&self) {
        if let Some(redis) = &self.redis {
            redis.close().await;
            // What the others change from now on is not heard here.
            self.local.forget_all();
        }
    }
}

/// In the place of a row's key: every row of the entity. A row with this key takes the others with it.
pub(super) const EVERY_ROW: &str = "*";

/// The start of the keys that a key stands for, if it is not only its own.
pub(super) fn all_below(full_key: &str) -> Option<&str> {
    full_key.strip_suffix(EVERY_ROW).filter(|start| start.ends_with(':'))
}

impl Local {
    pub(super) fn forget(&self, full_keys: &[String]) {
        self.flights.cancel(full_keys.iter().map(String::as_str), |key| self.rows.invalidate(key));
        for start in full_keys.iter().filter_map(|key| all_below(key)) {
            self.flights.cancel_where(
                |key| key.starts_with(start),
                || {
                    for (key, _) in self.rows.iter().filter(|(key, _)| key.starts_with(start)) {
                        self.rows.invalidate(key.as_ref());
                    }
                },
            );
        }
    }

    pub(super) fn forget_all(&self) {
        let everything = || {
            self.generation.fetch_add(1, Ordering::AcqRel);
            self.rows.invalidate_all();
        };
        self.flights.cancel_where(|_| true, everything);
    }
}

async fn through_redis(
    redis: &RedisTier,
    full_key: &str,
    ttl: Duration,
    shape: u64,
    load: Load,
) -> Result<Option<Row>, Error> {
    match redis.get(full_key, shape).await {
        Found::Row(row) => Ok(Some(row)),
        Found::Lease(lease) => {
            let row = load().await?;
            redis.fill(full_key, &lease, shape, row.as_ref(), ttl).await;
            Ok(row)
        }
        Found::Nothing => load().await,
    }
}

fn full_key(entity: &str, key: &str) -> String {
    format!("{entity}:{key}")
}

/// The time to live, ten percent more or less.
fn jittered(ttl: Duration) -> Duration {
    // A fresh hasher is seeded differently each time: random enough to spread expiry.
    let draw = RandomState::new().hash_one(0) % 2_001;
    let factor = 9_000 + u32::try_from(draw).unwrap_or(1_000);
    ttl.saturating_mul(factor) / 10_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_to_live_is_spread_by_ten_percent_at_most() {
        let draws: Vec<_> = (0..200).map(|_| jittered(Duration::from_secs(100))).collect();
        let bounds = Duration::from_secs(90)..=Duration::from_secs(110);
        assert!(draws.iter().all(|ttl| bounds.contains(ttl)));
        assert!(draws.iter().any(|ttl| *ttl != draws[0]));
    }
}
