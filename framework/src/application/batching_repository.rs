//! A repository that answers concurrent reads by id with one statement.
//!
//! While a read is under way, further ones queue; when it returns, all of them go in one statement. With nothing under
//! way a read goes straight out: there is no timer and no added wait. A batch is formed after every write that was
//! acknowledged before its reads began, so everyone reads their own writes.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;
use tokio::sync::oneshot;

use super::context::Context;
use super::layered::layered;
use super::policy::Scope;
use super::repository::{Repository, Target};
use super::session::Session;
use super::store::Store;
use crate::domain::entity::Entity;
use crate::domain::error::Error;
use crate::domain::query::{Deleted, Page, Query};
use crate::domain::scalar::Scalar as _;
use crate::domain::specification::{Predicate, Specification};
use crate::domain::value::{Row, Value};

/// Most ids in one statement.
const MOST: usize = 256;

/// Batches [`find`](Repository::find) outside transactions, for callers whose scope can be judged on the row alone.
pub struct BatchingRepository<E: Entity> {
    inner: Arc<dyn Repository<E>>,
    store: Arc<dyn Store>,
    queue: Arc<Mutex<Queue<E>>>,
}

struct Queue<E: Entity> {
    running: bool,
    waiting: Vec<Waiter<E>>,
}

struct Waiter<E: Entity> {
    id: E::Id,
    answer: oneshot::Sender<Result<Option<E>, Arc<Error>>>,
}

impl<E: Entity> BatchingRepository<E> {
    /// Batches reads of the repository; the store is asked in sessions of their own.
    pub fn new(inner: Arc<dyn Repository<E>>, store: Arc<dyn Store>) -> Self {
        let queue = Arc::new(Mutex::new(Queue { running: false, waiting: Vec::new() }));
        Self { inner, store, queue }
    }

    async fn find_batched(&self, now: DateTime<Utc>, id: &E::Id) -> Result<Option<E>, Error> {
        let (answer, waiting) = oneshot::channel();
        let leads = {
            let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
            queue.waiting.push(Waiter { id: id.clone(), answer });
            !std::mem::replace(&mut queue.running, true)
        };
        if leads {
            // On a task of its own: the others must not depend on whether this caller stays.
            let (inner, store, queue) =
                (Arc::clone(&self.inner), Arc::clone(&self.store), Arc::clone(&self.queue));
            tokio::spawn(async move {
                while let Some(batch) = next_batch(&queue) {
                    let answered = answer_batch(inner.as_ref(), store.as_ref(), now, batch);
                    // A panic is told to the readers of this batch only; the run goes on, or all later reads would wait.
                    let _ = AssertUnwindSafe(answered).catch_unwind().await;
                }
            });
        }
        match waiting.await {
            Ok(Ok(found)) => Ok(found),
            Ok(Err(error)) => Err(again(&error)),
            Err(_) => Err(Error::Unavailable("the read was interrupted; try again".to_owned())),
        }
    }
}

/// The ids that wait now; none ends the run.
fn next_batch<E: Entity>(queue: &Mutex<Queue<E>>) -> Option<Vec<Waiter<E>>> {
    let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
    if queue.waiting.is_empty() {
        queue.running = false;
        return None;
    }
    let count = queue.waiting.len().min(MOST);
    Some(queue.waiting.drain(..count).collect())
}

async fn answer_batch<E: Entity>(
    inner: &dyn Repository<E>,
    store: &dyn Store,
    now: DateTime<Utc>,
    batch: Vec<Waiter<E>>,
) {
    let mut session = Session::autocommit(store, Arc::new(Context::system()), now);
    let all = Scope::unrestricted();
    let found = match batch.as_slice() {
        [only] => inner
            .find(&mut session, &all, &only.id, Deleted::Exclude)
            .await
            .map(|one| Vec::from_iter(one)),
        several => {
            let values: Vec<Value> =
                several.iter().map(|waiter| waiter.id.clone().into_value()).collect();
            let wanted = Predicate::In { field: E::schema().roles.id, values, negated: false };
            let limit = u32::try_from(several.len()).unwrap_or(u32::MAX);
            let query = Query::new(Specification::new(wanted)).limit(limit);
            inner.list(&mut session, &all, &query).await.map(|page| page.items)
        }
    };
    match found {
        Ok(entities) => {
            let by_id: HashMap<E::Id, E> =
                entities.into_iter().map(|entity| (entity.id().clone(), entity)).collect();
            for waiter in batch {
                // A caller that left does not want its answer any more.
                let _ = waiter.answer.send(Ok(by_id.get(&waiter.id).cloned()));
            }
        }
        Err(error) => {
            let error = Arc::new(error);
            for waiter in batch {
                let _ = waiter.answer.send(Err(Arc::clone(&error)));
            }
        }
    }
}

/// One failure told to many.
fn again(error: &Arc<Error>) -> Error {
    match error.as_ref() {
        Error::Unavailable(reason) => Error::Unavailable(reason.clone()),
        _ => Error::infrastructure("reading rows", Shared(Arc::clone(error))),
    }
}

#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct Shared(Arc<Error>);

layered!(impl BatchingRepository hands on (list, project, insert, update, patch, delete) {
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
        let found = self.find_batched(session.now(), id).await?;
        Ok(found.filter(|entity| scope.admits(entity)))
    }
});
