//! A repository that answers reads by id from a cache.

use std::sync::Arc;
use std::time::Duration;

use super::cache::{CacheKey, EntityCache};
use super::changes::cache_key;
use super::layered::layered;
use super::policy::Scope;
use super::repository::{Repository, Target};
use super::session::Session;
use super::store::Store;
use super::store_repository::corrupt;
use crate::domain::entity::Entity;
use crate::domain::error::Error;
use crate::domain::query::{Deleted, Page, Query};
use crate::domain::scalar::Scalar as _;
use crate::domain::schema::EntitySchema;
use crate::domain::value::{Row, Value};

/// Caches [`find`](Repository::find) outside transactions. Whoever changes a row, the [`UnitOfWork`] forgets it after its
/// commit.
///
/// [`UnitOfWork`]: super::unit_of_work::UnitOfWork
///
/// Rows are kept without regard to who asked: the scope is applied to each answer. Scopes that look at other rows,
/// reads of deleted rows and aggregates with owned children go to the store.
pub struct CachedRepository<E> {
    inner: Arc<dyn Repository<E>>,
    cache: Arc<dyn EntityCache>,
    store: Arc<dyn Store>,
    ttl: Duration,
    shape: u64,
}

impl<E: Entity> CachedRepository<E> {
    /// Puts the cache in front of the repository; rows are kept for `ttl`.
    pub fn new(
        inner: Arc<dyn Repository<E>>,
        cache: Arc<dyn EntityCache>,
        store: Arc<dyn Store>,
        ttl: Duration,
    ) -> Self {
        Self { inner, cache, store, ttl, shape: shape_of(E::schema()) }
    }
}

layered!(impl CachedRepository hands on (lock, list, project, insert, update, patch, delete) {
    async fn find(
        &self,
        session: &mut Session,
        scope: &Scope<E>,
        id: &E::Id,
        deleted: Deleted,
    ) -> Result<Option<E>, Error> {
        let judged_alone = !scope.specification().predicate().looks_elsewhere();
        let cacheable = !session.is_transaction() && deleted == Deleted::Exclude && judged_alone;
        if !cacheable || E::schema().owned().next().is_some() {
            return self.inner.find(session, scope, id, deleted).await;
        }
        let (inner, store) = (Arc::clone(&self.inner), Arc::clone(&self.store));
        let (context, now, wanted) = (Arc::clone(session.context()), session.now(), id.clone());
        let key = cache_key(&id.clone().into_value());
        let key =
            CacheKey { entity: E::schema().table, key: &key, ttl: self.ttl, shape: self.shape };
        let row = self
            .cache
            .get_or_load(
                key,
                Box::new(move || {
                    Box::pin(async move {
                        let mut session = Session::autocommit(store.as_ref(), context, now);
                        let all = Scope::unrestricted();
                        let found =
                            inner.find(&mut session, &all, &wanted, Deleted::Exclude).await?;
                        Ok(found.map(E::into_row))
                    })
                }),
            )
            .await?;
        let Some(row) = row else { return Ok(None) };
        let entity = E::from_row(row.as_ref().clone()).map_err(corrupt)?;
        Ok(Some(entity).filter(|entity| scope.admits(entity)))
    }
});

/// A fingerprint of the fields (FNV-1a): another version of the program with other fields does not read these rows.
fn shape_of(schema: &EntitySchema) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for field in schema.fields {
        for byte in
            field.column.bytes().chain(format!("{:?}{}", field.kind, field.nullable).bytes())
        {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    hash
}
