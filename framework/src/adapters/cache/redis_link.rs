//! What the Redis tier and its listener share: the connection, what is pending, and what processes tell each other.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use redis::aio::{ConnectionManager, ConnectionManagerConfig, MultiplexedConnection};
use redis::{AsyncCommands as _, RedisError};
use uuid::Uuid;

use super::confirmations::{Confirmations, Position};
use super::pending::{Pending, Unsettled};
use super::redis_scripts::Scripts;
use super::redis_tier::RedisOptions;
use crate::domain::error::Error;

/// What the tier and its listener share.
pub(super) struct Link {
    pub(super) client: redis::Client,
    pub(super) options: RedisOptions,
    /// Name of this process in the stream.
    pub(super) node: String,
    pub(super) connection: ConnectionManager,
    pub(super) scripts: Scripts,
    pub(super) pending: Pending,
    pub(super) confirmations: Confirmations,
    /// Whether rows are looked up, and whether changes are told: readers give up sooner than writers may.
    pub(super) rows: Rest,
    pub(super) news: Rest,
    started: Instant,
    /// Milliseconds since `started` when the stream was last heard (plus one).
    heard_at: AtomicU64,
    /// The stream cannot be followed.
    deaf: AtomicBool,
}

/// Until when Redis is left alone, in milliseconds since the start.
#[derive(Debug, Default)]
pub(super) struct Rest(AtomicU64);

/// Keys per call of the script.
const CHUNK: usize = 500;

/// Where an invalidation stands in the stream, and who keeps rows that it may concern.
pub(super) struct Announced {
    pub(super) position: Position,
    pub(super) nodes: Vec<String>,
}

impl Link {
    pub(super) fn new(url: &str, options: RedisOptions) -> Result<Self, Error> {
        let wrong = |error: RedisError| Error::infrastructure("preparing the Redis client", error);
        let client = redis::Client::open(url).map_err(wrong)?;
        let config = ConnectionManagerConfig::new()
            .set_response_timeout(Some(options.response_timeout.max(options.confirmation)))
            .set_connection_timeout(Some(options.response_timeout * 4))
            .set_number_of_retries(0);
        let connection =
            ConnectionManager::new_lazy_with_config(client.clone(), config).map_err(wrong)?;
        Ok(Self {
            client,
            options,
            node: Uuid::new_v4().simple().to_string(),
            connection,
            scripts: Scripts::new(),
            pending: Pending::default(),
            confirmations: Confirmations::default(),
            rows: Rest::default(),
            news: Rest::default(),
            started: Instant::now(),
            heard_at: AtomicU64::new(0),
            deaf: AtomicBool::new(false),
        })
    }

    /// Repeats what Redis did not confirm.
    pub(super) async fn settle(&self) {
        match self.pending.unsettled() {
            Unsettled::Keys(marks) => {
                // Whoever waits for confirmations must not be the one who listens for them.
                self.invalidate(&marks).await;
            }
            Unsettled::Everything(number) => match self.drop_everything().await {
                Ok(()) => self.pending.settle_everything(number),
                Err(error) => self.rest_from_news(&error),
            },
        }
    }

    /// Tells the others that this process trusts what it keeps for this long, and up to where it has applied the stream.
    pub(super) async fn announce(
        &self,
        connection: &mut MultiplexedConnection,
        trust: Duration,
        applied: Option<&str>,
    ) -> Result<(), RedisError> {
        let mut invocation = self.scripts.announce.key(self.key("nodes"));
        invocation.key(self.confirmed()).arg(&self.node).arg(millis(trust));
        invocation.arg(applied.unwrap_or_default()).invoke_async(connection).await
    }

    /// What was kept up to this time, in milliseconds since the start, is as fresh as the stream.
    pub(super) fn heard(&self, time: u64) {
        self.deaf.store(false, Ordering::Release);
        self.heard_at.store(time + 1, Ordering::Release);
    }

    /// The stream cannot be followed.
    pub(super) fn is_interrupted(&self) {
        self.deaf.store(true, Ordering::Release);
    }

    /// Whether what was kept this long ago is served. Before the stream is heard nobody waits for this process, so nothing
    /// is; only if it cannot be heard at all, then for as long as it is trusted without.
    pub(super) fn trusts(&self, age: Duration, staleness: Duration) -> bool {
        self.heard_within(staleness) || (self.deaf.load(Ordering::Acquire) && age < staleness)
    }

    /// Whether the stream was heard this recently.
    pub(super) fn heard_within(&self, staleness: Duration) -> bool {
        let heard = self.heard_at.load(Ordering::Acquire);
        heard > 0 && self.elapsed() < heard.saturating_add(millis(staleness))
    }

    /// Nobody waits any more for this process to confirm.
    pub(super) async fn leave(&self) {
        self.heard_at.store(0, Ordering::Release);
        let mut connection = self.connection.clone();
        let left: Result<(), _> = connection.zrem(self.key("nodes"), &self.node).await;
        if let Err(error) = left {
            tracing::debug!(%error, "the others wait once more for this process");
        }
    }

    /// The stream of confirmations.
    pub(super) fn confirmed(&self) -> String {
        self.key("confirmations")
    }

    /// The stream of invalidations; its name can be no row's key.
    pub(super) fn stream(&self) -> String {
        self.key("invalidations")
    }

    pub(super) fn key(&self, full_key: &str) -> String {
        format!("{}:{full_key}", self.options.prefix)
    }

    /// The last place in the stream, unless Redis did not do it all.
    pub(super) async fn invalidate(&self, marks: &[(String, u64)]) -> Option<Announced> {
        let mut last = None;
        for chunk in marks.chunks(CHUNK) {
            let mut invocation = self.scripts.invalidate.prepare_invoke();
            invocation.key(self.stream()).key(self.key("nodes")).arg(&self.node).arg(news(chunk));
            for (key, _) in chunk {
                invocation.key(self.key(key));
            }
            let answer: Result<(String, Vec<String>), _> =
                invocation.invoke_async(&mut self.connection.clone()).await;
            match answer {
                Ok((id, mut nodes)) => {
                    nodes.retain(|node| *node != self.node);
                    last = Position::parse(&id).map(|position| Announced { position, nodes });
                }
                Err(error) => {
                    self.rest_from_news(&error);
                    return None;
                }
            }
            chunk.iter().for_each(|(key, number)| self.pending.settle(key, *number));
        }
        last
    }

    /// The rows, and the leases of rows, whose keys start like this.
    pub(super) async fn keys_below(&self, start: &str) -> Result<Vec<String>, RedisError> {
        let keys = self.scan(&format!("{}*", escaped(&self.key(start)))).await?;
        let prefix = self.key("").into_bytes();
        let rest = |key: Vec<u8>| String::from_utf8(key.strip_prefix(&prefix[..])?.to_vec()).ok();
        Ok(keys.into_iter().filter_map(rest).collect())
    }

    async fn scan(&self, pattern: &str) -> Result<Vec<Vec<u8>>, RedisError> {
        let mut connection = self.connection.clone();
        let (mut cursor, mut found) = (0_u64, Vec::new());
        loop {
            let mut scan = redis::cmd("SCAN");
            scan.arg(cursor).arg("MATCH").arg(pattern).arg("COUNT").arg(1_000);
            let (next, keys): (u64, Vec<Vec<u8>>) = scan.query_async(&mut connection).await?;
            found.extend(keys);
            cursor = next;
            if cursor == 0 {
                return Ok(found);
            }
        }
    }

    async fn drop_everything(&self) -> Result<(), RedisError> {
        let mut connection = self.connection.clone();
        // Rows have a colon behind the prefix; the streams and the list of processes have none.
        let pattern = format!("{}:*:*", escaped(&self.options.prefix));
        for chunk in self.scan(&pattern).await?.chunks(CHUNK) {
            let () = redis::cmd("UNLINK").arg(chunk).query_async(&mut connection).await?;
        }
        let mut add = redis::cmd("XADD");
        add.arg(self.stream())
            .arg("*")
            .arg("n")
            .arg(&self.node)
            .arg("k")
            .arg(news(&[(EVERYTHING.to_owned(), 0)]));
        add.query_async(&mut connection).await
    }

    /// Whether Redis may be asked for this.
    pub(super) fn is_open(&self, rest: &Rest) -> bool {
        self.elapsed() >= rest.0.load(Ordering::Acquire)
    }

    /// Looks no rows up for a while.
    pub(super) fn rest_from_rows(&self, error: &RedisError) {
        let until = self.elapsed().saturating_add(millis(self.options.pause));
        self.rows.0.store(until, Ordering::Release);
        tracing::warn!(%error, "the cache does without Redis for a while");
    }

    /// Leaves Redis alone for a while.
    pub(super) fn rest_from_news(&self, error: &RedisError) {
        let until = self.elapsed().saturating_add(millis(self.options.pause));
        self.news.0.store(until, Ordering::Release);
        self.rest_from_rows(error);
    }

    pub(super) fn elapsed(&self) -> u64 {
        millis(self.started.elapsed())
    }
}

/// In the stream: every row is gone. No row's key, because those contain a colon.
pub(super) const EVERYTHING: &str = "*";

/// Keys as one field of the stream.
fn news(marks: &[(String, u64)]) -> String {
    serde_json::Value::from_iter(marks.iter().map(|(key, _)| key.as_str())).to_string()
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The text as a glob pattern that matches only itself.
fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut out, character| {
        if "*?[]\\^".contains(character) {
            out.push('\\');
        }
        out.push(character);
        out
    })
}
