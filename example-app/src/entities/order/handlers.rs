//! What follows when an order changes. All of it waits for the outside world, so none of it is in a transaction.

use std::sync::Arc;
use std::time::Duration;

use framework::application::repository::Target;
use framework::domain::value::Value;
use framework::{
    Context, Deleted, EntityEvent, Envelope, Error, EventHandler, Expected, Patch, Registration,
    Repository, Scope, UnitOfWork, UseCase, Uuid, async_trait, singleton, tokio,
};

use super::{Order, OrderEvent, OrderStatus, UpdateOrder};
use crate::entities::customer::Customer;
use crate::ports::{Mailer, PaymentGateway};

/// How long to wait before each new attempt to store what the bank said.
const PAUSES: [Duration; 4] = [
    Duration::from_millis(10),
    Duration::from_millis(50),
    Duration::from_millis(250),
    Duration::from_secs(1),
];

/// Charges the customer of an order that was placed, and gives the money back when it is cancelled.
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

    /// Charges for an order that waits for it, and notes the result in it.
    ///
    /// # Errors
    /// When the gateway fails or the result cannot be stored; charging again is harmless.
    pub async fn charge(&self, id: Uuid) -> Result<(), Error> {
        let mut session = self.unit_of_work.session(Arc::new(Context::system()));
        let all = Scope::unrestricted();
        // As it is now: since it was placed it may have been cancelled.
        let found = self.orders.find(&mut session, &all, &id, Deleted::Exclude).await?;
        let waits = |order: &Order| order.status == OrderStatus::Placed && order.paid_at.is_none();
        let Some(order) = found.filter(waits) else { return Ok(()) };
        match self.payments.charge(&id, order.total_cents).await {
            Ok(()) if insist(|| self.note_payment(id)).await? => Ok(()),
            // Cancelled while the bank was at work.
            Ok(()) => self.payments.refund(&id).await,
            Err(Error::Conflict(_)) => insist(|| self.cancel(id)).await,
            Err(failure) => Err(failure),
        }
    }

    /// Whether the order is still wanted. In one statement at whatever version: either it is paid before anybody cancels
    /// it, and whoever cancels gives the money back, or it is cancelled and not paid.
    async fn note_payment(&self, id: Uuid) -> Result<bool, Error> {
        let orders = Arc::clone(&self.orders);
        let noted = self.unit_of_work.run(Arc::new(Context::system()), move |session| {
            Box::pin(async move {
                let wanted = [OrderStatus::Placed, OrderStatus::Shipped];
                let wanted = Scope::only(Order::STATUS.is_in(wanted));
                let target = Target { id: &id, versions: None, deleted: Deleted::Exclude };
                let set = [Order::PAID_AT.position(), Order::UPDATED_AT.position()]
                    .map(|field| (field, Value::Instant(session.now())));
                orders.patch(session, &wanted, &target, set.to_vec()).await
            })
        });
        noted.await.map(|order| order.is_some())
    }

    async fn cancel(&self, id: Uuid) -> Result<(), Error> {
        let use_case = Arc::clone(&self.use_case);
        let change =
            UpdateOrder { status: Patch::Set(OrderStatus::Cancelled), ..UpdateOrder::default() };
        let cancelled = self.unit_of_work.run(Arc::new(Context::system()), move |session| {
            Box::pin(async move { use_case.update(session, &id, &Expected::Any, change).await })
        });
        cancelled.await.map(drop)
    }
}

/// Tries again while others are in the way: what the bank did must not be forgotten for that.
async fn insist<T, F>(work: impl Fn() -> F) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    for pause in PAUSES {
        match work().await {
            Err(Error::Unavailable(_) | Error::Conflict(_)) => tokio::time::sleep(pause).await,
            done => return done,
        }
    }
    work().await
}

#[async_trait]
impl EventHandler<OrderEvent> for ChargeOrder {
    fn name(&self) -> &'static str {
        "charge-order"
    }

    async fn handle(&self, event: &Envelope<&EntityEvent<Order>>) -> Result<(), Error> {
        match became(event.payload) {
            Some((order, OrderStatus::Placed)) => self.charge(order.id).await,
            // Also without `paid_at`: a gateway that failed may have charged all the same.
            Some((order, OrderStatus::Cancelled)) if order.placed_at.is_some() => {
                self.payments.refund(&order.id).await
            }
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
        let text = format!("Your order {} for {} cents is {status}.", order.id, order.total_cents);
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
