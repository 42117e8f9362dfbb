//! Writing in turns: on SQLite, units of work that wait for each other anyway share a commit.
//!
//! SQLite lets one write at a time, and a commit waits for the disk. So whoever is done while others wait does not
//! commit: the open transaction is handed on to the next, which works behind a savepoint, and the last one commits for
//! all. Nobody hears of success before that commit. With nobody waiting, everything is as if there were no turns.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};
use tracing::Instrument as _;

use super::error::{Doing, plain};
use super::execute::Connection;
use super::store::SqlStore;
use crate::application::tasks::on_own_task;
use crate::domain::error::{Error, chain};

/// What is reported as failed when the task of a turn panics.
const TAKING: &str = "taking a turn";
/// Most units of work in one commit.
const MOST: usize = 128;
/// Longest time from the beginning of a transaction in which another unit of work may still join it.
const OPEN: Duration = Duration::from_millis(20);

/// The turns of one database.
#[derive(Debug)]
pub(super) struct Turns {
    slot: Arc<Mutex<Option<Group>>>,
    waiting: AtomicUsize,
    /// Longest wait for a turn.
    limit: Duration,
}

/// An open transaction, and those who wait for its commit.
#[derive(Debug)]
struct Group {
    connection: Connection,
    done: Vec<oneshot::Sender<Result<(), Arc<Error>>>>,
    since: Instant,
}

/// The right to write; given up when dropped, undoing what was done.
pub(super) struct Turn {
    store: SqlStore,
    /// `None` once it is given up.
    slot: Option<OwnedMutexGuard<Option<Group>>>,
    /// Whether the transaction began with this turn, so that it needs no savepoint.
    first: bool,
}

impl Turns {
    pub(super) fn new(limit: Duration) -> Self {
        Self { slot: Arc::default(), waiting: AtomicUsize::new(0), limit }
    }
}

impl Turn {
    /// Waits for the right to write.
    pub(super) async fn take(store: &SqlStore, turns: &Turns) -> Result<Self, Error> {
        let slot = match Arc::clone(&turns.slot).try_lock_owned() {
            Ok(slot) => slot,
            Err(_) => {
                turns.waiting.fetch_add(1, Ordering::SeqCst);
                let mut waiting = Waiting { store: store.clone(), came: false };
                let slot = tokio::time::timeout(turns.limit, Arc::clone(&turns.slot).lock_owned());
                let slot = slot.await.map_err(|_| {
                    Error::Unavailable("the database is busy or not reachable".to_owned())
                })?;
                waiting.came = true;
                slot
            }
        };
        Ok(Self { store: store.clone(), slot: Some(slot), first: false })
    }

    /// Whether nothing is open and nobody waits: a single statement may then commit by itself.
    pub(super) fn is_alone(&self) -> bool {
        self.slot.as_ref().is_some_and(|slot| slot.is_none()) && !others_wait(&self.store)
    }

    /// Commits what is open, so that the connection is nobody's.
    pub(super) async fn alone(mut self) -> Result<Self, Error> {
        on_own_task(TAKING, async move {
            if let Some(slot) = &mut self.slot {
                // Those who wait for the commit hear how it ended.
                close(&self.store, slot).await;
            }
            Ok(self)
        })
        .await
    }

    /// Begins to work in a transaction, new or handed on.
    pub(super) async fn begin(self) -> Result<Self, Error> {
        // On a task of its own: a caller that leaves now gets what it would have got later, and drops it.
        on_own_task(TAKING, self.enter()).await
    }

    async fn enter(mut self) -> Result<Self, Error> {
        let Some(slot) = &mut self.slot else { return Ok(self) };
        match slot.as_mut() {
            Some(group) => {
                if let Err(error) = group.run(&self.store, "SAVEPOINT turn").await {
                    let error = Arc::new(error);
                    fail(&self.store, slot, &error).await;
                    self.slot = None;
                    return Err(Error::shared(&error, "ending a transaction"));
                }
            }
            None => {
                let connection = self.store.writer().await?;
                let mut group = Group { connection, done: Vec::new(), since: Instant::now() };
                group.run(&self.store, "BEGIN IMMEDIATE").await?;
                **slot = Some(group);
                self.first = true;
            }
        }
        Ok(self)
    }

    /// The connection, between the beginning and the end.
    pub(super) fn connection(&mut self) -> Option<&mut Connection> {
        self.slot.as_mut()?.as_mut().map(|group| &mut group.connection)
    }

    /// Ends the turn; ready when what was done is durable, or undone.
    pub(super) async fn end(self, keep: bool) -> Result<(), Error> {
        on_own_task(TAKING, self.leave(keep)).await
    }

    async fn leave(mut self, keep: bool) -> Result<(), Error> {
        let Some(mut slot) = self.slot.take() else { return Ok(()) };
        let Some(group) = slot.as_mut() else { return Ok(()) };
        let text = match (self.first, keep) {
            (true, true) => None,
            (true, false) => Some("ROLLBACK"),
            (false, true) => Some("RELEASE SAVEPOINT turn"),
            (false, false) => Some("ROLLBACK TO SAVEPOINT turn; RELEASE SAVEPOINT turn"),
        };
        if let Some(text) = text
            && let Err(error) = group.run(&self.store, text).await
        {
            let error = Arc::new(error);
            fail(&self.store, &mut slot, &error).await;
            return Err(Error::shared(&error, "ending a transaction"));
        }
        if self.first && !keep {
            *slot = None;
            return Ok(());
        }
        let told = keep.then(|| {
            let (tell, told) = oneshot::channel();
            group.done.push(tell);
            told
        });
        let has_room = group.done.len() < MOST && group.since.elapsed() < OPEN;
        if !(has_room && others_wait(&self.store)) {
            close(&self.store, &mut slot).await;
        }
        drop(slot);
        match told {
            None => Ok(()),
            Some(told) => match told.await {
                Ok(result) => result.map_err(|error| Error::shared(&error, "ending a transaction")),
                Err(_) => Err(Error::Unavailable("the commit was interrupted".to_owned())),
            },
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let Some(mut slot) = self.slot.take() else { return };
        if slot.is_none() {
            return;
        }
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => {
                let turn = Self { store: self.store.clone(), slot: Some(slot), first: self.first };
                let mut abandoned = Abandoned(Some(turn));
                let undo = async move {
                    let Some(turn) = abandoned.0.take() else { return };
                    if let Err(error) = turn.leave(false).await {
                        let error = chain(&error);
                        tracing::warn!(error, "a dropped transaction could not be rolled back");
                    }
                };
                runtime.spawn(undo.in_current_span());
            }
            // The process ends, and the database rolls back by itself.
            Err(_) => {
                if let Some(group) = slot.take() {
                    group.connection.discard();
                }
            }
        }
    }
}

/// A turn whose rollback waits to be run. A runtime that is shutting down drops it at once: then nothing may be spawned
/// again, and the connection is closed, which rolls back.
struct Abandoned(Option<Turn>);

impl Drop for Abandoned {
    fn drop(&mut self) {
        let slot = self.0.as_mut().and_then(|turn| turn.slot.take());
        if let Some(group) = slot.and_then(|mut slot| slot.take()) {
            group.connection.discard();
        }
    }
}

impl Group {
    async fn run(&mut self, store: &SqlStore, text: &str) -> Result<(), Error> {
        let done = self.connection.run(text, store.counter()).await;
        done.map_err(|error| plain(Doing::Committing, error))
    }
}

/// Somebody in the queue. If nobody follows after one that leaves it, the open transaction has no one to commit it.
struct Waiting {
    store: SqlStore,
    came: bool,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let Some(turns) = self.store.turns() else { return };
        turns.waiting.fetch_sub(1, Ordering::SeqCst);
        if self.came {
            return;
        }
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let (store, slot) = (self.store.clone(), Arc::clone(&turns.slot));
            runtime.spawn(async move {
                let mut slot = slot.lock_owned().await;
                if slot.is_some() && !others_wait(&store) {
                    close(&store, &mut slot).await;
                }
            });
        }
    }
}

fn others_wait(store: &SqlStore) -> bool {
    store.turns().is_some_and(|turns| turns.waiting.load(Ordering::SeqCst) > 0)
}

/// Commits, and tells everyone.
async fn close(store: &SqlStore, slot: &mut Option<Group>) {
    let Some(group) = slot else { return };
    match group.run(store, "COMMIT").await {
        Ok(()) => {
            for waiting in slot.take().into_iter().flat_map(|group| group.done) {
                // Whoever left does not want to know any more.
                let _ = waiting.send(Ok(()));
            }
        }
        Err(error) => fail(store, slot, &Arc::new(error)).await,
    }
}

/// Undoes everything, and tells everyone.
async fn fail(store: &SqlStore, slot: &mut Option<Group>, error: &Arc<Error>) {
    let Some(mut group) = slot.take() else { return };
    for waiting in group.done.drain(..) {
        let _ = waiting.send(Err(Arc::clone(error)));
    }
    if group.run(store, "ROLLBACK").await.is_err() {
        group.connection.discard();
    }
}
