//! One caller's conversation with the store: the connection, the context, and what happens after commit.

use std::any::Any;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use uuid::Uuid;

use super::changes::{Changes, Recorded, Touched};
use super::context::Context;
use super::store::{Rows, Store, Transaction};
use crate::domain::error::Error;
use crate::domain::event::Envelope;

/// What a use case, a hook or a repository works in. Made by [`UnitOfWork`](super::unit_of_work::UnitOfWork).
pub struct Session {
    context: Arc<Context>,
    now: DateTime<Utc>,
    connection: Connection,
    depth: usize,
    events: Vec<PendingEvent>,
    after_commit: Vec<AfterCommit>,
}

enum Connection {
    Autocommit(Recorded<dyn Rows>),
    Transaction(Recorded<dyn Transaction>),
}

/// Where a savepoint began.
#[derive(Debug)]
pub(super) struct Mark {
    depth: usize,
    events: usize,
    after_commit: usize,
}

/// An event whose type is known only to its handlers.
pub type AnyEvent = Envelope<Arc<dyn Any + Send + Sync>>;

/// An event that waits for the commit.
#[derive(Debug, Clone)]
pub struct PendingEvent {
    /// The event's type on the wire, such as `product.created`.
    pub name: String,
    /// The event.
    pub envelope: AnyEvent,
}

/// Work that waits for the commit.
pub type AfterCommit = Box<dyn FnOnce() -> BoxFuture<'static, ()> + Send>;

impl Session {
    /// A session in which each statement commits by itself.
    pub fn autocommit(store: &dyn Store, context: Arc<Context>, now: DateTime<Utc>) -> Self {
        Self::new(Connection::Autocommit(Recorded::new(store.autocommit())), context, now)
    }

    /// A session inside a transaction.
    pub fn transaction(
        transaction: Box<dyn Transaction>,
        context: Arc<Context>,
        now: DateTime<Utc>,
    ) -> Self {
        Self::new(Connection::Transaction(Recorded::new(transaction)), context, now)
    }

    fn new(connection: Connection, context: Arc<Context>, now: DateTime<Utc>) -> Self {
        Self { context, now, connection, depth: 0, events: Vec::new(), after_commit: Vec::new() }
    }

    /// Who asks.
    pub fn context(&self) -> &Arc<Context> {
        &self.context
    }

    /// The instant of this session: every row it writes carries the same one, cut to the microsecond.
    pub fn now(&self) -> DateTime<Utc> {
        crate::domain::scalar::to_micros(self.now)
    }

    /// Whether several statements of this session are one.
    pub fn is_transaction(&self) -> bool {
        matches!(self.connection, Connection::Transaction(_))
    }

    /// The rows, for repositories.
    pub fn rows(&mut self) -> &mut dyn Rows {
        match &mut self.connection {
            Connection::Autocommit(rows) => rows,
            Connection::Transaction(transaction) => transaction,
        }
    }

    /// Publishes an event once this session has committed; never if it rolls back.
    pub fn publish<T: Send + Sync + 'static>(&mut self, name: impl Into<String>, payload: T) {
        let envelope = Envelope {
            id: Uuid::now_v7(),
            occurred_at: self.now(),
            correlation_id: self.context.correlation_id,
            causation_id: self.context.causation_id,
            actor: self.context.actor.clone(),
            payload: Arc::new(payload) as Arc<dyn Any + Send + Sync>,
        };
        self.events.push(PendingEvent { name: name.into(), envelope });
    }

    /// Does this once the session has committed and its events are published; never if it rolls back. The caller waits
    /// for it, and hears of success also when it panics: the panic is logged.
    pub fn after_commit(&mut self, work: impl FnOnce() -> BoxFuture<'static, ()> + Send + 'static) {
        self.after_commit.push(Box::new(work));
    }

    /// Runs work that may fail without failing the whole: on `Err` its rows, events and after-commit work are undone.
    ///
    /// # Errors
    /// What the work returns; or an infrastructure error when the savepoint itself fails. Needs a transaction.
    pub async fn savepoint<T, F>(&mut self, work: F) -> Result<T, Error>
    where
        F: for<'a> FnOnce(&'a mut Session) -> BoxFuture<'a, Result<T, Error>>,
    {
        let mark = self.mark().await?;
        let result = work(self).await;
        self.settle(mark, result.is_ok()).await?;
        result
    }

    /// Notes from now on which tables are read or written.
    pub(super) fn watch(&mut self) {
        *self.touched() = Some(Touched::default());
    }

    /// The tables that were read or written since [`watch`](Self::watch); ends it.
    pub(super) fn watched(&mut self) -> Touched {
        self.touched().take().unwrap_or_default()
    }

    fn touched(&mut self) -> &mut Option<Touched> {
        match &mut self.connection {
            Connection::Autocommit(rows) => &mut rows.touched,
            Connection::Transaction(transaction) => &mut transaction.touched,
        }
    }

    /// Opens a savepoint, to be settled.
    pub(super) async fn mark(&mut self) -> Result<Mark, Error> {
        let depth = self.depth + 1;
        self.in_transaction()?.savepoint(depth).await?;
        self.depth = depth;
        Ok(Mark { depth, events: self.events.len(), after_commit: self.after_commit.len() })
    }

    /// Keeps or undoes what was done since the mark.
    pub(super) async fn settle(&mut self, mark: Mark, keep: bool) -> Result<(), Error> {
        // A savepoint whose future was dropped is still open, with a part of its work.
        let abandoned = self.depth > mark.depth;
        self.depth = mark.depth - 1;
        if keep && !abandoned {
            return self.in_transaction()?.release(mark.depth).await;
        }
        self.events.truncate(mark.events);
        self.after_commit.truncate(mark.after_commit);
        self.in_transaction()?.rollback_to(mark.depth).await?;
        if keep { Err(Error::TransactionFailed) } else { Ok(()) }
    }

    /// Takes the lock of this number until the transaction ends; `false`, at once, when another transaction has it.
    ///
    /// # Errors
    /// When the store does not answer. Needs a transaction.
    pub async fn try_lock(&mut self, number: i64) -> Result<bool, Error> {
        self.in_transaction()?.try_lock(number).await
    }

    /// Takes the lock of this number until the transaction ends, and waits for it while another transaction has it: for
    /// rules over many rows, which no lock on a row can keep. What is read behind it is what the others have committed.
    ///
    /// # Errors
    /// When the store does not answer, or two transactions wait for each other. Needs a transaction.
    pub async fn lock(&mut self, number: i64) -> Result<(), Error> {
        self.in_transaction()?.lock(number).await
    }

    fn in_transaction(&mut self) -> Result<&mut dyn Transaction, Error> {
        match &mut self.connection {
            Connection::Transaction(transaction) => Ok(transaction.inner.as_mut()),
            Connection::Autocommit(_) => Err(Error::Configuration(
                "savepoints and locks need a transaction: use UnitOfWork::run".to_owned(),
            )),
        }
    }

    /// What has been changed so far, or may have been.
    pub(super) fn take_changes(&mut self) -> Changes {
        std::mem::take(self.changes()).settled()
    }

    /// Lets the cache forget what was named so far: a caller had an old version, perhaps from there.
    pub(super) fn distrust_named(&mut self) {
        self.changes().distrust_named();
    }

    fn changes(&mut self) -> &mut Changes {
        match &mut self.connection {
            Connection::Autocommit(rows) => &mut rows.changes,
            Connection::Transaction(transaction) => &mut transaction.changes,
        }
    }

    /// Ends the session, keeping its work.
    pub(super) async fn commit(self) -> Result<(Vec<PendingEvent>, Vec<AfterCommit>), Error> {
        if let Connection::Transaction(transaction) = self.connection {
            if self.depth > 0 {
                // Dropped in the middle, a savepoint is neither kept nor undone.
                let _ = transaction.inner.rollback().await;
                return Err(Error::TransactionFailed);
            }
            transaction.inner.commit().await?;
        }
        Ok((self.events, self.after_commit))
    }

    /// Ends the session, undoing its work.
    pub(super) async fn rollback(self) -> Result<(), Error> {
        match self.connection {
            Connection::Transaction(transaction) => transaction.inner.rollback().await,
            Connection::Autocommit(_) => Ok(()),
        }
    }
}
