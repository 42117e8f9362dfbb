//! One transaction over everything a use case touches, and what follows its commit.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::clock::Clock;
use super::context::Context;
use super::event_bus::EventBus;
use super::session::Session;
use super::store::Store;
use crate::domain::error::Error;

/// Runs work in a transaction: all of it is kept, or none; events are delivered only after the commit.
#[derive(Clone)]
pub struct UnitOfWork {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    bus: Arc<dyn EventBus>,
}

impl UnitOfWork {
    /// Units of work on this store.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, bus: Arc<dyn EventBus>) -> Self {
        Self { store, clock, bus }
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
        let task = async move {
            let transaction = this.store.begin().await?;
            let mut session =
                Session::transaction(transaction, Arc::clone(&context), this.clock.now());
            match work(&mut session).await {
                Ok(result) if context.dry_run => session.rollback().await.map(|()| result),
                Ok(result) => this.finish(session).await.map(|()| result),
                Err(error) => {
                    // The first failure is the one to report; dropping the connection undoes the rest.
                    let _ = session.rollback().await;
                    Err(error)
                }
            }
        };
        on_own_task(task).await
    }

    /// Runs work of a single statement without a transaction around it.
    ///
    /// # Errors
    /// What the work returns.
    pub async fn autocommit<T, F>(&self, context: Arc<Context>, work: F) -> Result<T, Error>
    where
        F: for<'a> FnOnce(&'a mut Session) -> BoxFuture<'a, Result<T, Error>> + Send,
    {
        let mut session = self.session(context);
        let result = work(&mut session).await?;
        self.finish(session).await?;
        Ok(result)
    }

    /// A session in which each statement commits by itself: for reads.
    pub fn session(&self, context: Arc<Context>) -> Session {
        Session::autocommit(self.store.as_ref(), context, self.clock.now())
    }

    async fn finish(&self, session: Session) -> Result<(), Error> {
        let (events, callbacks) = session.commit().await?;
        for callback in callbacks {
            callback().await;
        }
        if !events.is_empty() {
            self.bus.publish(events);
        }
        Ok(())
    }
}

/// Runs the future on a task of its own, so that dropping the caller does not drop it.
async fn on_own_task<T: Send + 'static>(
    future: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Error> {
    match tokio::spawn(future).await {
        Ok(result) => result,
        Err(panic) => Err(Error::infrastructure("running a unit of work", panic)),
    }
}
