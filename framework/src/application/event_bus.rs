//! Where events go after the commit.

use async_trait::async_trait;

use super::session::PendingEvent;
use crate::domain::error::Error;
use crate::domain::event::Envelope;

/// Delivers events to whoever subscribed to their type.
pub trait EventBus: Send + Sync + 'static {
    /// Accepts events of a committed session. Never fails and never waits: a handler's trouble is not the writer's.
    fn publish(&self, events: Vec<PendingEvent>);
}

/// Reacts to events with the payload `T`, such as [`EntityEvent<Product>`](crate::EntityEvent).
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not handle events of the type `{T}`",
    note = "write `#[framework::async_trait] impl EventHandler<{T}> for {Self}` with its `handle`",
    note = "the events of an entity `Product` have the type `ProductEvent`"
)]
#[async_trait]
pub trait EventHandler<T: Send + Sync + 'static>: Send + Sync + 'static {
    /// A stable name, for logs.
    fn name(&self) -> &'static str {
        std::any::type_name::<Self>()
    }

    /// Handles one event.
    ///
    /// # Errors
    /// Logged; other handlers are not affected.
    async fn handle(&self, event: &Envelope<&T>) -> Result<(), Error>;
}

#[async_trait]
impl<T: Send + Sync + 'static, H: EventHandler<T> + ?Sized> EventHandler<T> for std::sync::Arc<H> {
    fn name(&self) -> &'static str {
        self.as_ref().name()
    }

    async fn handle(&self, event: &Envelope<&T>) -> Result<(), Error> {
        self.as_ref().handle(event).await
    }
}
