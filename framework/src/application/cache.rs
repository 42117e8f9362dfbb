//! Rows kept near, as a port.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::BoxFuture;

use crate::domain::error::Error;
use crate::domain::value::Row;

/// Reads a row from the store when no cache has it.
pub type Load = Box<dyn FnOnce() -> BoxFuture<'static, Result<Option<Row>, Error>> + Send>;

/// Which row is wanted and how it is kept.
#[derive(Debug, Clone, Copy)]
pub struct CacheKey<'a> {
    /// A stable name of the entity, such as its table. Contains no colon.
    pub entity: &'static str,
    /// The rest of the key: the id, and whatever else the row depends on.
    pub key: &'a str,
    /// How long the row may be kept; spread by ten percent, so that rows loaded together do not expire together.
    pub ttl: Duration,
    /// A fingerprint of the row's fields: rows that another version of the program stored are not read.
    pub shape: u64,
}

/// Keeps rows, with one promise: **a load that began before an invalidation is never kept after it.**
///
/// A cache that is out of order makes reads slower, never wrong, and never fails them.
#[async_trait]
pub trait EntityCache: Send + Sync + 'static {
    /// The row: kept, or loaded once for all who ask at the same time. A missing row is not kept.
    ///
    /// # Errors
    /// What the load returns.
    async fn get_or_load(&self, key: CacheKey<'_>, load: Load) -> Result<Option<Arc<Row>>, Error>;

    /// Forgets rows. Call it after the commit of the change, before the change is acknowledged.
    async fn invalidate(&self, entity: &'static str, keys: &[String]);

    /// Forgets every row of an entity: where it cannot be known which ones have changed.
    async fn invalidate_all(&self, entity: &'static str);

    /// Ready when every process has been told what to forget. Call it before the process ends, when nothing is read any
    /// more; it may take as long as the others cannot be reached.
    async fn close(&self) {}
}

/// Keeps nothing: for tests and for programs that want no cache.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoCache;

#[async_trait]
impl EntityCache for NoCache {
    async fn get_or_load(&self, _key: CacheKey<'_>, load: Load) -> Result<Option<Arc<Row>>, Error> {
        Ok(load().await?.map(Arc::new))
    }

    async fn invalidate(&self, _entity: &'static str, _keys: &[String]) {}

    async fn invalidate_all(&self, _entity: &'static str) {}
}
