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
//! An invalidation that Redis did not confirm stays *pending*: this process reads past Redis for those rows and the
//! listener repeats it until Redis confirms. Other processes that still reach Redis may see the old row for that long.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use redis::RedisError;
use redis::aio::{ConnectionManager, ConnectionManagerConfig, MultiplexedConnection};
use uuid::Uuid;

use super::confirmations::{Confirmations, Position};
use super::memory::{Local, all_below};
use super::pending::{Pending, Unsettled};
use super::redis_scripts::Scripts;
use super::{codec, redis_listener};
use crate::domain::error::Error;
use crate::domain::value::Row;

/// How Redis is used.
#[derive(Debug, Clone)]
pub struct RedisOptions {
    /// Start of every key: one per application.
    pub prefix: String,
    /// Longest wait for an answer before doing without.
    pub response_timeout: Duration,
    /// Rest after a failure before Redis is asked again.
    pub pause: Duration,
    /// Longest load whose row is still stored.
    pub lease: Duration,
    /// Longest wait for the other processes to confirm an invalidation.
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
}

/// What the tier and its listener share.
pub(super) struct Link {
    pub(super) client: redis::Client,
    pub(super) options: RedisOptions,
    /// Name of this process in the stream.
    pub(super) node: String,
    connection: ConnectionManager,
    scripts: Scripts,
    pending: Pending,
    pub(super) confirmations: Confirmations,
    started: Instant,
    /// Milliseconds since `started`: until when Redis is left alone, and when the stream was last heard (plus one).
    paused_until: AtomicU64,
    heard_at: AtomicU64,
}

/// Keys per call of the script.
const CHUNK: usize = 500;

/// Where an invalidation stands in the stream, and who keeps rows that it may concern.
struct Announced {
    position: Position,
    nodes: Vec<String>,
}

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
        let wrong = |error: RedisError| Error::infrastructure("preparing the Redis client", error);
        let client = redis::Client::open(url).map_err(wrong)?;
        let config = ConnectionManagerConfig::new()
            .set_response_timeout(Some(options.response_timeout))
            .set_connection_timeout(Some(options.response_timeout * 4))
            .set_number_of_retries(0);
        let connection =
            ConnectionManager::new_lazy_with_config(client.clone(), config).map_err(wrong)?;
        Ok(Self {
            link: Arc::new(Link {
                client,
                options,
                node: Uuid::new_v4().simple().to_string(),
                connection,
                scripts: Scripts::new(),
                pending: Pending::default(),
                confirmations: Confirmations::default(),
                started: Instant::now(),
                paused_until: AtomicU64::new(0),
                heard_at: AtomicU64::new(0),
            }),
        })
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
        tokio::spawn(redis_listener::run(Arc::downgrade(&self.link), local, trust));
    }

    /// Whether the invalidations of other processes were heard this recently.
    pub(super) fn heard_within(&self, staleness: Duration) -> bool {
        let heard = self.link.heard_at.load(Ordering::Acquire);
        heard > 0 && self.link.elapsed() < heard.saturating_add(millis(staleness))
    }

    pub(super) async fn get(&self, full_key: &str, shape: u64) -> Found {
        if !self.link.is_open() || self.link.pending.contains(full_key) {
            return Found::Nothing;
        }
        let lease = format!("L{}", Uuid::new_v4().simple());
        let answer: Result<Option<Vec<u8>>, _> = self
            .link
            .scripts
            .get
            .key(self.link.key(full_key))
            .arg(&lease)
            .arg(millis(self.link.options.lease))
            .arg(&header(shape)[..])
            .invoke_async(&mut self.link.connection.clone())
            .await;
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
                self.link.rest(&error);
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
        if !self.link.is_open() || self.link.pending.contains(full_key) {
            return;
        }
        let stored = row.and_then(codec::encode).map(|payload| {
            let mut stored = header(shape).to_vec();
            stored.extend(payload);
            stored
        });
        let answer: Result<(), _> = self
            .link
            .scripts
            .fill
            .key(self.link.key(full_key))
            .arg(lease)
            .arg(stored.unwrap_or_default())
            .arg(millis(ttl).max(1))
            .invoke_async(&mut self.link.connection.clone())
            .await;
        if let Err(error) = answer {
            self.link.rest(&error);
        }
    }

    /// Forgets rows everywhere. When Redis does not confirm, the rows stay pending.
    pub(super) async fn invalidate(&self, full_keys: &[String]) {
        let mut full_keys = full_keys.to_vec();
        for start in full_keys.clone().iter().filter_map(|key| all_below(key)) {
            if !self.link.is_open() {
                return self.link.pending.mark_everything();
            }
            match self.link.keys_below(start).await {
                Ok(keys) => full_keys.extend(keys),
                Err(error) => {
                    // Which rows it holds is not known: the listener will drop them all.
                    self.link.pending.mark_everything();
                    return self.link.rest(&error);
                }
            }
        }
        let full_keys = full_keys.as_slice();
        let number = self.link.pending.mark(full_keys);
        if self.link.is_open() {
            let marks: Vec<_> = full_keys.iter().map(|key| (key.clone(), number)).collect();
            if let Some(Announced { position, nodes }) = self.link.invalidate(&marks).await {
                let limit = self.link.options.confirmation;
                self.link.confirmations.wait(&nodes, position, limit).await;
            }
        }
    }
}

impl Link {
    /// Repeats what Redis did not confirm.
    pub(super) async fn settle(&self) {
        match self.pending.unsettled() {
            Unsettled::Keys(marks) => {
                // Whoever waits for confirmations must not be the one who listens for them.
                self.invalidate(&marks).await;
            }
            Unsettled::Everything(number) => match self.drop_everything().await {
                Ok(()) => self.pending.settle_everything(number),
                Err(error) => self.rest(&error),
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
        // The trust begins before the others learn of it.
        let now = self.elapsed();
        let mut invocation = self.scripts.announce.key(self.key("nodes"));
        invocation.key(self.confirmed()).arg(&self.node).arg(millis(trust));
        let () = invocation.arg(applied.unwrap_or_default()).invoke_async(connection).await?;
        self.heard_at.store(now + 1, Ordering::Release);
        Ok(())
    }

    /// The stream of confirmations.
    pub(super) fn confirmed(&self) -> String {
        self.key("confirmations")
    }

    /// The stream of invalidations; its name can be no row's key.
    pub(super) fn stream(&self) -> String {
        self.key("invalidations")
    }

    fn key(&self, full_key: &str) -> String {
        format!("{}:{full_key}", self.options.prefix)
    }

    /// The last place in the stream, unless Redis did not do it all.
    async fn invalidate(&self, marks: &[(String, u64)]) -> Option<Announced> {
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
                    self.rest(&error);
                    return None;
                }
            }
            chunk.iter().for_each(|(key, number)| self.pending.settle(key, *number));
        }
        last
    }

    /// The rows, and the leases of rows, whose keys start like this.
    async fn keys_below(&self, start: &str) -> Result<Vec<String>, RedisError> {
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

    /// Whether Redis may be asked.
    fn is_open(&self) -> bool {
        self.elapsed() >= self.paused_until.load(Ordering::Acquire)
    }

    /// Leaves Redis alone for a while.
    fn rest(&self, error: &RedisError) {
        let until = self.elapsed().saturating_add(millis(self.options.pause));
        self.paused_until.store(until, Ordering::Release);
        tracing::warn!(%error, "the cache does without Redis for a while");
    }

    fn elapsed(&self) -> u64 {
        millis(self.started.elapsed())
    }
}

/// In the stream: every row is gone. No row's key, because those contain a colon.
pub(super) const EVERYTHING: &str = "*";

/// Keys as one field of the stream.
fn news(marks: &[(String, u64)]) -> String {
    serde_json::Value::from_iter(marks.iter().map(|(key, _)| key.as_str())).to_string()
}

/// Start of a stored row: what it is, and of which shape.
fn header(shape: u64) -> [u8; 9] {
    let mut header = [b'V'; 9];
    header[1..].copy_from_slice(&shape.to_be_bytes());
    header
}

fn millis(duration: Duration) -> u64 {
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
