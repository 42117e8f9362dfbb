//! Redis behind the process: rows shared by all processes, each stored only under a lease.
//!
//! A reader that finds nothing leaves a lease, loads, and stores the row only if its lease is still there. An
//! invalidation deletes the row or the lease, so a row read before it cannot be stored after it; nor can one after
//! Redis lost its memory. The same script appends to a stream that every process follows.
//!
//! An invalidation is done when every process that listens has applied it, so that a read anywhere after an acknowledged
//! write does not find the row from before it. Each process says in Redis until when it trusts what it keeps; the
//! script names those processes, and they confirm in a second stream. A process that does not confirm in time is not
//! waited for again; it may serve what it keeps until it notices that it hears nothing.
//!
//! An invalidation that Redis did not confirm in time stays *pending*: this process reads past Redis for those rows and the
//! listener repeats it until Redis confirms. Other processes that still reach Redis may see the old row for that long.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use redis::RedisError;
use tokio::task::AbortHandle;
use uuid::Uuid;

use super::memory::{Local, all_below};
use super::redis_link::{Announced, Link, millis};
use super::{codec, redis_listener};
use crate::domain::error::Error;
use crate::domain::value::Row;

/// How Redis is used.
#[derive(Debug, Clone)]
pub struct RedisOptions {
    /// Start of every key: one per application.
    pub prefix: String,
    /// Longest wait of a read before it does without.
    pub response_timeout: Duration,
    /// Rest after a failure before Redis is asked again.
    pub pause: Duration,
    /// Longest load whose row is still stored.
    pub lease: Duration,
    /// Longest wait of a write for Redis to confirm an invalidation, and then for the other processes.
    pub confirmation: Duration,
}

impl Default for RedisOptions {
    fn default() -> Self {
        Self {
            prefix: "cache".to_owned(),
            response_timeout: Duration::from_millis(200),
            pause: Duration::from_secs(1),
            lease: Duration::from_secs(10),
            confirmation: Duration::from_secs(1),
        }
    }
}

/// Rows in Redis, shared by all processes that use the same prefix.
pub struct RedisTier {
    link: Arc<Link>,
    listener: Mutex<Option<AbortHandle>>,
}

/// Time between two repetitions of what Redis did not confirm, at the end of the process.
const REPEAT: Duration = Duration::from_millis(250);

/// What Redis has for a key.
pub(super) enum Found {
    Row(Row),
    /// Nothing: load the row and offer it with this lease.
    Lease(String),
    /// Nothing, and the loaded row is not wanted.
    Nothing,
}

impl RedisTier {
    /// Prepares the use of the server at this URL. Connects when first used and as often as needed.
    ///
    /// # Errors
    /// When the URL is not one of Redis. A server that does not answer is no error.
    pub fn new(url: &str, options: RedisOptions) -> Result<Self, Error> {
        Ok(Self { link: Arc::new(Link::new(url, options)?), listener: Mutex::default() })
    }

    pub(super) async fn ping(&self) -> Result<(), Error> {
        let mut connection = self.link.connection.clone();
        let answer: Result<String, _> = redis::cmd("PING").query_async(&mut connection).await;
        answer
            .map(drop)
            .map_err(|error| Error::infrastructure("asking Redis for a sign of life", error))
    }

    /// Follows the invalidations of other processes until this tier is dropped.
    pub(super) fn listen(&self, local: Weak<Local>, trust: Duration) {
        let listening = tokio::spawn(redis_listener::run(Arc::downgrade(&self.link), local, trust));
        *self.listener() = Some(listening.abort_handle());
    }

    /// Repeats what Redis did not confirm until it has, then lets the others know that nobody listens here any more.
    pub(super) async fn close(&self) {
        loop {
            self.link.settle().await;
            if self.link.pending.is_empty() {
                break;
            }
            tokio::time::sleep(REPEAT).await;
        }
        if let Some(listening) = self.listener().take() {
            listening.abort();
        }
        self.link.leave().await;
    }

    fn listener(&self) -> MutexGuard<'_, Option<AbortHandle>> {
        self.listener.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether what the process kept this long ago is served, if it may be this stale without news from the others.
    pub(super) fn trusts(&self, age: Duration, staleness: Duration) -> bool {
        self.link.trusts(age, staleness)
    }

    /// Whether the invalidations of other processes were heard this recently.
    #[cfg(test)]
    pub(super) fn heard_within(&self, staleness: Duration) -> bool {
        self.link.heard_within(staleness)
    }

    /// The answer to a read, if it comes in time.
    async fn in_time<T>(
        &self,
        answer: impl Future<Output = Result<T, RedisError>>,
    ) -> Result<T, RedisError> {
        match tokio::time::timeout(self.link.options.response_timeout, answer).await {
            Ok(answer) => answer,
            Err(late) => Err(std::io::Error::from(late).into()),
        }
    }

    pub(super) async fn get(&self, full_key: &str, shape: u64) -> Found {
        if !self.link.is_open(&self.link.rows) || self.link.pending.contains(full_key) {
            return Found::Nothing;
        }
        let lease = format!("L{}", Uuid::new_v4().simple());
        let mut connection = self.link.connection.clone();
        let mut invocation = self.link.scripts.get.key(self.link.key(full_key));
        invocation.arg(&lease).arg(millis(self.link.options.lease)).arg(&header(shape)[..]);
        let answer: Result<Option<Vec<u8>>, _> =
            self.in_time(invocation.invoke_async(&mut connection)).await;
        match answer {
            Ok(None) => Found::Lease(lease),
            // A lease of another process: it will store the row, we only read it.
            Ok(Some(bytes)) if bytes.first() == Some(&b'L') => Found::Nothing,
            // The invalidation may have become pending while we asked.
            Ok(Some(_)) if self.link.pending.contains(full_key) => Found::Nothing,
            Ok(Some(bytes)) => match bytes.get(header(shape).len()..).and_then(codec::decode) {
                Some(row) => Found::Row(row),
                None => Found::Nothing,
            },
            Err(error) => {
                self.link.rest_from_rows(&error);
                Found::Nothing
            }
        }
    }

    /// Stores a row if the lease still holds; gives the lease back if there is no row to store.
    pub(super) async fn fill(
        &self,
        full_key: &str,
        lease: &str,
        shape: u64,
        row: Option<&Row>,
        ttl: Duration,
    ) {
        if !self.link.is_open(&self.link.rows) || self.link.pending.contains(full_key) {
            return;
        }
        let stored = row.and_then(codec::encode).map(|payload| {
            let mut stored = header(shape).to_vec();
            stored.extend(payload);
            stored
        });
        let mut connection = self.link.connection.clone();
        let mut invocation = self.link.scripts.fill.key(self.link.key(full_key));
        invocation.arg(lease).arg(stored.unwrap_or_default()).arg(millis(ttl).max(1));
        let answer: Result<(), _> = self.in_time(invocation.invoke_async(&mut connection)).await;
        if let Err(error) = answer {
            self.link.rest_from_rows(&error);
        }
    }

    /// Forgets rows everywhere. When Redis does not confirm, the rows stay pending.
    pub(super) async fn invalidate(&self, full_keys: &[String]) {
        let mut full_keys = full_keys.to_vec();
        for start in full_keys.clone().iter().filter_map(|key| all_below(key)) {
            if !self.link.is_open(&self.link.news) {
                return self.link.pending.mark_everything();
            }
            match self.link.keys_below(start).await {
                Ok(keys) => full_keys.extend(keys),
                Err(error) => {
                    // Which rows it holds is not known: the listener will drop them all.
                    self.link.pending.mark_everything();
                    return self.link.rest_from_news(&error);
                }
            }
        }
        let full_keys = full_keys.as_slice();
        let number = self.link.pending.mark(full_keys);
        if self.link.is_open(&self.link.news) {
            let marks: Vec<_> = full_keys.iter().map(|key| (key.clone(), number)).collect();
            if let Some(Announced { position, nodes }) = self.link.invalidate(&marks).await {
                let limit = self.link.options.confirmation;
                self.link.confirmations.wait(&nodes, position, limit).await;
            }
        }
    }
}

/// Start of a stored row: what it is, and of which shape.
fn header(shape: u64) -> [u8; 9] {
    let mut header = [b'V'; 9];
    header[1..].copy_from_slice(&shape.to_be_bytes());
    header
}
