//! One transaction over everything a use case touches, and what follows its commit.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::changes::Changes;
use super::clock::Clock;
use super::context::Context;
use super::event_bus::EventBus;
use super::forgetting::Forgetting;
use super::idempotency::{self, Claim, Done, InFlight, Reply};
use super::session::Session;
use super::store::Store;
use super::tasks::{on_own_task, panic_text};
use super::under_way::UnderWay;
use crate::domain::error::Error;

/// What is reported as failed when the task of the work panics.
const RUNNING: &str = "running a unit of work";

/// Runs work in a transaction: all of it is kept, or none; events are delivered only after the commit.
#[derive(Clone)]
pub struct UnitOfWork {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    bus: Arc<dyn EventBus>,
    in_flight: InFlight,
    ttl: Duration,
    forgetting: Option<Forgetting>,
    under_way: UnderWay,
}

impl UnitOfWork {
    /// Units of work on this store.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, bus: Arc<dyn EventBus>) -> Self {
        Self {
            store,
            clock,
            bus,
            in_flight: InFlight::default(),
            ttl: idempotency::TTL,
            forgetting: None,
            under_way: UnderWay::default(),
        }
    }

    /// Lets a cache forget what was changed, after the commit and before anyone hears of it.
    #[must_use]
    pub fn forgetting(mut self, forgetting: Forgetting) -> Self {
        self.forgetting = Some(forgetting);
        self
    }

    /// Keeps the answers of [`once`](Self::once) for this long.
    #[must_use]
    pub fn keeping_answers(mut self, ttl: Duration) -> Self {
        self.ttl = ttl;
        self
    }

    /// Runs the work in one transaction.
    ///
    /// The transaction runs on its own task: when the caller goes away, the work still ends in a commit or a rollback,
    /// and never leaves a transaction open on a pooled connection. On `Err`, on a panic and for dry runs it rolls back.
    ///
    /// # Errors
    /// What the work returns, or an infrastructure error when the transaction cannot begin or commit.
    pub async fn run<T, F>(&self, context: Arc<Context>, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(&'a mut Session) -> BoxFuture<'a, Result<T, Error>> + Send + 'static,
    {
        let this = self.clone();
        self.to_the_end(async move { this.transact(context, work).await }).await
    }

    /// Runs the work at most once for a claim: its answer is kept in the same transaction, and given again to every
    /// repetition until it expires. Work that fails keeps nothing, so that it may be tried again. Dry runs neither keep
    /// nor repeat.
    ///
    /// # Errors
    /// [`Error::InFlight`] while the same is under way, [`Error::KeyReused`] for a claim with another fingerprint;
    /// otherwise as [`run`](Self::run).
    pub async fn once<F>(&self, context: Arc<Context>, claim: Claim, work: F) -> Result<Done, Error>
    where
        F: for<'a> FnOnce(&'a mut Session) -> BoxFuture<'a, Result<Reply, Error>> + Send + 'static,
    {
        if context.dry_run {
            return self.run(context, work).await.map(Done::Now);
        }
        let mark = self.in_flight.enter(claim.id)?;
        let this = self.clone();
        let ttl = self.ttl;
        let task = async move {
            // Held by this task, not by the caller: whoever goes away leaves the work under way.
            let _mark = mark;
            this.transact(context, move |session| {
                Box::pin(async move {
                    if let Some(reply) = idempotency::recall(session, &claim).await? {
                        return Ok(Done::Before(reply));
                    }
                    let reply = work(session).await?;
                    idempotency::keep(session, &claim, &reply, ttl).await?;
                    Ok(Done::Now(reply))
                })
            })
            .await
        };
        self.to_the_end(task).await
    }

    /// What a claim was answered, for requests that are refused before there is work to run: a key belongs to one
    /// request, whatever is wrong with the next. Dry runs are answered nothing.
    ///
    /// # Errors
    /// As for [`once`](Self::once).
    pub async fn answered(
        &self,
        context: Arc<Context>,
        claim: &Claim,
    ) -> Result<Option<Done>, Error> {
        if context.dry_run {
            return Ok(None);
        }
        if self.in_flight.has(claim.id) {
            return Err(Error::InFlight);
        }
        let reply = idempotency::look(&mut self.session(context), claim).await?;
        Ok(reply.map(Done::Before))
    }

    /// Runs work of a single statement without a transaction around it, on its own task like [`run`](Self::run).
    ///
    /// # Errors
    /// What the work returns.
    pub async fn autocommit<T, F>(&self, context: Arc<Context>, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(&'a mut Session) -> BoxFuture<'a, Result<T, Error>> + Send + 'static,
    {
        let this = self.clone();
        let task = async move {
            let mut session = this.session(context);
            let result = AssertUnwindSafe(work(&mut session)).catch_unwind().await;
            if !matches!(result, Ok(Ok(_))) {
                if matches!(&result, Ok(Err(error)) if error.is_stale()) {
                    session.distrust_named();
                }
                // What failed or panicked behind its statement has changed rows all the same.
                this.forget(session.take_changes()).await;
            }
            let result = result.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            this.finish(session).await?;
            Ok(result)
        };
        self.to_the_end(task).await
    }

    /// A session in which each statement commits by itself: for reads.
    pub fn session(&self, context: Arc<Context>) -> Session {
        Session::autocommit(self.store.as_ref(), context, self.clock.now())
    }

    /// Waits until no unit of work is under way, also of those whose callers have gone away.
    pub(crate) async fn settle(&self) {
        self.under_way.none().await;
    }

    /// Runs the future whether its caller stays or not, and counts it until then.
    async fn to_the_end<T: Send + 'static>(
        &self,
        future: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> Result<T, Error> {
        let mark = self.under_way.enter();
        on_own_task(RUNNING, async move {
            let _mark = mark;
            future.await
        })
        .await
    }

    async fn transact<T, F>(&self, context: Arc<Context>, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(&'a mut Session) -> BoxFuture<'a, Result<T, Error>> + Send + 'static,
    {
        let transaction = self.store.begin().await?;
        let mut session = Session::transaction(transaction, Arc::clone(&context), self.clock.now());
        match work(&mut session).await {
            Ok(result) if context.dry_run => session.rollback().await.map(|()| result),
            Ok(result) => self.finish(session).await.map(|()| result),
            Err(error) => {
                let changes = session.take_changes();
                // The first failure is the one to report; dropping the connection undoes the rest.
                let _ = session.rollback().await;
                if error.is_stale() {
                    // The caller may have the old version from the cache, and would get it again.
                    self.forget(changes.only_named()).await;
                }
                Err(error)
            }
        }
    }

    async fn forget(&self, changes: Changes) {
        if let Some(forgetting) = &self.forgetting {
            forgetting.forget(changes).await;
        }
    }

    async fn finish(&self, mut session: Session) -> Result<(), Error> {
        let changes = session.take_changes();
        let committed = session.commit().await;
        // A commit whose answer got lost may have happened.
        if !matches!(committed, Err(Error::TransactionFailed)) {
            self.forget(changes).await;
        }
        let (events, callbacks) = committed?;
        if !events.is_empty() {
            self.bus.publish(events);
        }
        for callback in callbacks {
            // What was committed has succeeded, whatever becomes of the work behind it.
            let done = AssertUnwindSafe(async { callback().await }).catch_unwind().await;
            if let Err(panic) = done {
                let panic = panic_text(panic.as_ref());
                tracing::error!(panic, "work behind a commit panicked");
            }
        }
        Ok(())
    }
}
