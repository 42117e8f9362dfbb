//! What follows when an order changes.

use std::sync::Arc;

use framework::{EntityEvent, Envelope, Error, EventHandler, Registration, async_trait, singleton};

use super::{Order, OrderEvent, OrderStatus};
use crate::ports::Mailer;

/// Tells the customer that the order is placed.
pub struct ConfirmOrder {
    mailer: Arc<dyn Mailer>,
}

impl ConfirmOrder {
    /// How the container makes it.
    pub fn service() -> Registration {
        singleton::<Self>().needs::<dyn Mailer>().make(|resolver| async move {
            Ok(Arc::new(Self { mailer: resolver.resolve().await? }))
        })
    }
}

#[async_trait]
impl EventHandler<OrderEvent> for ConfirmOrder {
    fn name(&self) -> &'static str {
        "confirm-order"
    }

    async fn handle(&self, event: &Envelope<&EntityEvent<Order>>) -> Result<(), Error> {
        match event.payload {
            EntityEvent::Updated { before, after }
                if before.status == OrderStatus::Draft && after.status == OrderStatus::Placed =>
            {
                let text =
                    format!("Your order {} over {} cents is placed.", after.id, after.total_cents);
                self.mailer.send(&after.customer_id.to_string(), &text).await
            }
            _ => Ok(()),
        }
    }
}
