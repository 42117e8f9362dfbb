//! A repository that answers concurrent reads by id with one statement, and stores concurrent new rows with one.
//!
//! A batch of reads is formed after every write that was acknowledged before its reads began, so everyone reads their
//! own writes. New rows share a statement, not a fate: when the database refuses a batch, or undoes it because it met
//! another writer in a deadlock, its halves are tried, down to the row to blame.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;

use super::context::Context;
use super::layered::layered;
use super::policy::Scope;
use super::repository::{Repository, Target};
use super::session::Session;
use super::store::Store;
use super::together::Together;
use crate::domain::entity::Entity;
use crate::domain::error::Error;
use crate::domain::query::{Deleted, Page, Query};
use crate::domain::scalar::Scalar as _;
use crate::domain::specification::{Predicate, Specification};
use crate::domain::value::{Row, Value};

/// Most ids in one statement.
const MOST_READS: usize = 256;

/// Most new rows in one statement.
const MOST_ROWS: usize = 64;

/// Longest time for which a statement that is out keeps the next waiting.
const PATIENCE: Duration = Duration::from_millis(10);

/// Something, and the instant of the session that wants it.
type At<T> = (DateTime<Utc>, T);

/// Batches [`find`](Repository::find), for callers whose scope can be judged on the row alone, and
/// [`insert`](Repository::insert) of single rows; both outside transactions only.
pub struct BatchingRepository<E: Entity> {
    inner: Arc<dyn Repository<E>>,
    reads: Together<At<E::Id>, Result<Option<E>, Error>>,
    inserts: Together<At<E>, Result<E, Error>>,
}

impl<E: Entity> BatchingRepository<E> {
    /// Batches work of the repository; the store is asked in sessions of their own.
    pub fn new(inner: Arc<dyn Repository<E>>, store: Arc<dyn Store>) -> Self {
        Self::with_patience(inner, store, PATIENCE)
    }

    /// The same. Work that comes while a statement is out waits for its return, but not for longer than this: the
    /// statement may itself wait for a lock.
    pub fn with_patience(
        inner: Arc<dyn Repository<E>>,
        store: Arc<dyn Store>,
        patience: Duration,
    ) -> Self {
        let own = Own { inner: Arc::clone(&inner), store };
        let reader = own.clone();
        Self {
            inner,
            reads: Together::new(MOST_READS, patience, move |wanted| {
                let own = reader.clone();
                Box::pin(async move { own.find_all(wanted).await })
            }),
            inserts: Together::new(MOST_ROWS, patience, move |rows| {
                let own = own.clone();
                Box::pin(async move { own.insert_all(rows).await })
            }),
        }
    }
}

/// What the work of a batch needs.
struct Own<E: Entity> {
    inner: Arc<dyn Repository<E>>,
    store: Arc<dyn Store>,
}

impl<E: Entity> Clone for Own<E> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner), store: Arc::clone(&self.store) }
    }
}

impl<E: Entity> Own<E> {
    fn session<T>(&self, batch: &[At<T>]) -> Session {
        let now = batch.first().map_or_else(DateTime::default, |(now, _)| *now);
        Session::autocommit(self.store.as_ref(), Arc::new(Context::system()), now)
    }

    async fn find_all(&self, wanted: Vec<At<E::Id>>) -> Vec<Result<Option<E>, Error>> {
        let mut session = self.session(&wanted);
        let all = Scope::unrestricted();
        if let [(_, only)] = wanted.as_slice() {
            return vec![self.inner.find(&mut session, &all, only, Deleted::Exclude).await];
        }
        let values: Vec<Value> = wanted.iter().map(|(_, id)| id.clone().into_value()).collect();
        let among = Predicate::In { field: E::schema().roles.id, values, negated: false };
        let query = Query::new(Specification::new(among)).unlimited();
        match self.inner.list(&mut session, &all, &query).await {
            Ok(page) => {
                let by_id: HashMap<E::Id, E> =
                    page.items.into_iter().map(|entity| (entity.id().clone(), entity)).collect();
                wanted.iter().map(|(_, id)| Ok(by_id.get(id).cloned())).collect()
            }
            Err(error) => told_to(wanted.len(), "reading rows", error),
        }
    }

    /// Boxed, because it calls itself.
    fn insert_all(&self, rows: Vec<At<E>>) -> BoxFuture<'_, Vec<Result<E, Error>>> {
        Box::pin(async move {
            let mut session = self.session(&rows);
            let entities: Vec<E> = rows.iter().map(|(_, entity)| entity.clone()).collect();
            match self.inner.insert(&mut session, entities).await {
                Ok(stored) => stored.into_iter().map(Ok).collect(),
                Err(error) if rows.len() == 1 => vec![Err(error)],
                // Nothing was stored, and the database says whose fault it was, but not which row's. Rows that met those
                // of another writer in a circle wait for them in a line when they come alone.
                Err(Error::Conflict(_) | Error::RolledBack) => {
                    let mut first = rows;
                    let second = first.split_off(first.len() / 2);
                    let mut outcomes = self.insert_all(first).await;
                    outcomes.extend(self.insert_all(second).await);
                    outcomes
                }
                Err(error) => told_to(rows.len(), "storing rows", error),
            }
        })
    }
}

/// One failure told to many.
fn told_to<T>(count: usize, doing: &'static str, error: Error) -> Vec<Result<T, Error>> {
    let error = Arc::new(error);
    (0..count).map(|_| Err(Error::shared(&error, doing))).collect()
}

layered!(impl BatchingRepository hands on (list, project, update, patch, delete) {
    async fn find(
        &self,
        session: &mut Session,
        scope: &Scope<E>,
        id: &E::Id,
        deleted: Deleted,
    ) -> Result<Option<E>, Error> {
        let alone = !scope.specification().predicate().looks_elsewhere();
        if session.is_transaction() || deleted != Deleted::Exclude || !alone {
            return self.inner.find(session, scope, id, deleted).await;
        }
        let found = self.reads.submit((session.now(), id.clone())).await??;
        Ok(found.filter(|entity| scope.admits(entity)))
    }

    async fn insert(&self, session: &mut Session, mut entities: Vec<E>) -> Result<Vec<E>, Error> {
        let has_children = E::schema().owned().next().is_some();
        if session.is_transaction() || has_children || entities.len() != 1 {
            return self.inner.insert(session, entities).await;
        }
        let Some(entity) = entities.pop() else { return Ok(entities) };
        Ok(vec![self.inserts.submit((session.now(), entity)).await??])
    }
});
