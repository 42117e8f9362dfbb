//! What follows when an order changes. All of it waits for the outside world, so none of it is in a transaction.

use std::sync::Arc;

use framework::application::repository::Target;
use framework::domain::value::Value;
use framework::{
    Context, Deleted, EntityEvent, Envelope, Error, EventHandler, Expected, Patch, Registration,
    Repository, Scope, UnitOfWork, UseCase, async_trait, singleton,
};

use super::{Order, OrderEvent, OrderStatus, UpdateOrder};
use crate::entities::customer::Customer;
use crate::ports::{Mailer, PaymentGateway};

/// Charges the customer of an order that was placed.
///
/// An order that is declined is cancelled, which gives its stock back. If the gateway fails, or the process ends first,
/// the order stays placed without `paid_at`: `GET /orders?status=placed&paid_at__isnull=true` finds it, and charging it
/// again is harmless, because the gateway knows the order by its id.
pub struct ChargeOrder {
    payments: Arc<dyn PaymentGateway>,
    orders: Arc<dyn Repository<Order>>,
    use_case: Arc<dyn UseCase<Order>>,
    unit_of_work: Arc<UnitOfWork>,
}

impl ChargeOrder {
    /// How the container makes it.
    pub fn service() -> Registration {
        singleton::<Self>()
            .needs::<dyn PaymentGateway>()
            .needs::<dyn Repository<Order>>()
            .needs::<dyn UseCase<Order>>()
            .needs::<UnitOfWork>()
            .make(|resolver| async move {
                Ok(Arc::new(Self {
                    payments: resolver.resolve().await?,
                    orders: resolver.resolve().await?,
                    use_case: resolver.resolve().await?,
                    unit_of_work: resolver.resolve().await?,
                }))
            })
    }

    /// Charges for an order, and notes the result in it.
    ///
    /// # Errors
    /// When the gateway fails or the result cannot be stored; charging again is harmless.
    pub async fn charge(&self, order: &Order) -> Result<(), Error> {
        match self.payments.charge(&order.id, order.total_cents).await {
            Ok(()) => self.note_payment(order).await,
            Err(Error::Conflict(_)) => self.cancel(order).await,
            Err(failure) => Err(failure),
        }
    }

    /// In one statement at whatever version: nothing that happened meanwhile makes the money come back.
    async fn note_payment(&self, order: &Order) -> Result<(), Error> {
        let (orders, id) = (Arc::clone(&self.orders), order.id);
        let noted = self.unit_of_work.run(Arc::new(Context::system()), move |session| {
            Box::pin(async move {
                let target = Target { id: &id, versions: None, deleted: Deleted::Include };
                let now = vec![(Order::PAID_AT.position(), Value::Instant(session.now()))];
                orders.patch(session, &Scope::unrestricted(), &target, now).await
            })
        });
        noted.await.map(drop)
    }

    async fn cancel(&self, order: &Order) -> Result<(), Error> {
        let (use_case, id) = (Arc::clone(&self.use_case), order.id);
        let change =
            UpdateOrder { status: Patch::Set(OrderStatus::Cancelled), ..UpdateOrder::default() };
        let cancelled = self.unit_of_work.run(Arc::new(Context::system()), move |session| {
            Box::pin(async move { use_case.update(session, &id, &Expected::Any, change).await })
        });
        cancelled.await.map(drop)
    }
}

#[async_trait]
impl EventHandler<OrderEvent> for ChargeOrder {
    fn name(&self) -> &'static str {
        "charge-order"
    }

    async fn handle(&self, event: &Envelope<&EntityEvent<Order>>) -> Result<(), Error> {
        match became(event.payload) {
            Some((order, OrderStatus::Placed)) => self.charge(order).await,
            _ => Ok(()),
        }
    }
}

/// Tells the customer what became of an order.
pub struct InformCustomer {
    mailer: Arc<dyn Mailer>,
    customers: Arc<dyn Repository<Customer>>,
    unit_of_work: Arc<UnitOfWork>,
}

impl InformCustomer {
    /// How the container makes it.
    pub fn service() -> Registration {
        singleton::<Self>()
            .needs::<dyn Mailer>()
            .needs::<dyn Repository<Customer>>()
            .needs::<UnitOfWork>()
            .make(|resolver| async move {
                Ok(Arc::new(Self {
                    mailer: resolver.resolve().await?,
                    customers: resolver.resolve().await?,
                    unit_of_work: resolver.resolve().await?,
                }))
            })
    }
}

#[async_trait]
impl EventHandler<OrderEvent> for InformCustomer {
    fn name(&self) -> &'static str {
        "inform-customer"
    }

    async fn handle(&self, event: &Envelope<&EntityEvent<Order>>) -> Result<(), Error> {
        let Some((order, status @ (OrderStatus::Placed | OrderStatus::Cancelled))) =
            became(event.payload)
        else {
            return Ok(());
        };
        let mut session = self.unit_of_work.session(Arc::new(Context::system()));
        let all = Scope::unrestricted();
        let found =
            self.customers.find(&mut session, &all, &order.customer_id, Deleted::Include).await?;
        let Some(customer) = found else { return Ok(()) };
        let text = format!("Your order {} over {} cents is {status}.", order.id, order.total_cents);
        self.mailer.send(customer.email.as_ref(), &text).await
    }
}

/// The order, if it has another status now.
fn became(event: &EntityEvent<Order>) -> Option<(&Order, OrderStatus)> {
    match event {
        EntityEvent::Updated { before, after } if before.status != after.status => {
            Some((after, after.status))
        }
        _ => None,
    }
}
