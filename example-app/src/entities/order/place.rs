//! `POST /orders/{id}/place`: the one thing about orders that is not CRUD.

use std::sync::Arc;

use framework::axum::response::Response;
use framework::http::{ApiError, Endpoints, Resolve, Route, RowRequest};
use framework::{Deleted, EntityEvent, Error, Registration, Repository, Scope, Session, singleton};

use super::rules::{OrderRules, pieces};
use super::{Order, OrderStatus};
use crate::entities::customer::Customer;
use crate::entities::stock::{Shelf, Stock};

/// Turns a draft into a placed order and takes the stock. Charging is up to
/// [`ChargeOrder`](super::ChargeOrder), once the order is stored.
pub struct PlaceOrder {
    orders: Arc<dyn Repository<Order>>,
    customers: Arc<dyn Repository<Customer>>,
    rules: OrderRules,
    shelf: Shelf,
}

impl PlaceOrder {
    /// How the container makes it.
    pub fn service() -> Registration {
        singleton::<Self>()
            .needs::<dyn Repository<Order>>()
            .needs::<dyn Repository<Customer>>()
            .needs::<dyn Repository<Stock>>()
            .make(|resolver| async move {
                Ok(Arc::new(Self {
                    orders: resolver.resolve().await?,
                    customers: resolver.resolve().await?,
                    rules: OrderRules::default(),
                    shelf: Shelf::new(resolver.resolve().await?),
                }))
            })
    }

    /// Places the order, in the caller's transaction.
    ///
    /// # Errors
    /// A conflict when it is no draft, is empty, changed since it was read, is not what the shop offers any more, or the
    /// stock does not suffice. Nothing is kept then.
    pub async fn place(&self, session: &mut Session, draft: Order) -> Result<Order, Error> {
        if draft.status != OrderStatus::Draft {
            return Err(Error::conflict(format!("the order is already {}", draft.status)));
        }
        if draft.lines.is_empty() {
            return Err(Error::conflict("the order has no lines"));
        }
        self.check_offer(session, &draft).await?;
        self.shelf.take(session, &pieces(&draft)).await?;
        let mut placed = draft.clone();
        placed.status = OrderStatus::Placed;
        placed.placed_at = Some(session.now());
        placed.updated_at = session.now();
        let all = Scope::unrestricted();
        let stored = self.orders.update(session, &all, vec![placed]).await?.pop().flatten();
        let stored = stored.ok_or_else(|| Error::conflict("the order changed meanwhile"))?;
        let event = EntityEvent::Updated { before: draft, after: stored.clone() };
        session.publish(event.name(), event);
        Ok(stored)
    }

    /// A draft may be old: what it was made of must still be offered, at the prices that the customer saw.
    async fn check_offer(&self, session: &mut Session, draft: &Order) -> Result<(), Error> {
        let all = Scope::unrestricted();
        let customer = draft.customer_id;
        if self.customers.find(session, &all, &customer, Deleted::Exclude).await?.is_none() {
            return Err(Error::conflict("the customer has left the shop"));
        }
        let prices = self.rules.prices(session, draft).await?;
        for line in &draft.lines {
            let product = line.product_id;
            let Some(price) = prices.get(&product) else {
                return Err(Error::conflict(format!("product {product} is not offered any more")));
            };
            if *price != line.unit_price_cents {
                return Err(Error::conflict(format!(
                    "product {product} costs {price} cents now; save the order again and look at its total"
                )));
            }
        }
        Ok(())
    }
}

/// The route, for the router and for the document.
pub(super) fn route() -> Route {
    Route::post("/orders/{id}/place", place)
        .acts_on::<Order>()
        .id("orders_place")
        .summary("Place an order")
        .description(
            "Takes the stock; the customer is charged right after. An order whose payment is declined is cancelled. \
             Only drafts with lines can be placed, of a customer who is there and of products that are offered, at the \
             prices that the draft shows: where one has changed, save the draft again (a PATCH with `{}` will do), \
             which takes the present prices, and place it then.",
        )
}

/// A dry run, `If-Match`, `Idempotency-Key` and the answer are the framework's.
async fn place(
    Resolve(orders): Resolve<Endpoints<Order>>,
    Resolve(service): Resolve<PlaceOrder>,
    request: RowRequest<Order>,
) -> Result<Response, ApiError> {
    orders
        .act(request, move |session, draft| {
            Box::pin(async move { service.place(session, draft).await })
        })
        .await
}
