//! `POST /orders/{id}/place`: the one thing about orders that is not CRUD.

use std::collections::HashMap;
use std::sync::Arc;

use framework::axum::response::Response;
use framework::http::{Action, ApiError, Endpoints, Resolve, Route};
use framework::{
    EntityEvent, Error, Query, Registration, Repository, Scope, Session, Uuid, singleton,
};

use super::{Order, OrderStatus};
use crate::entities::stock::Stock;

/// Turns a draft into a placed order and takes the stock. Charging is up to
/// [`ChargeOrder`](super::ChargeOrder), once the order is stored.
pub struct PlaceOrder {
    orders: Arc<dyn Repository<Order>>,
    stocks: Arc<dyn Repository<Stock>>,
}

impl PlaceOrder {
    /// How the container makes it.
    pub fn service() -> Registration {
        singleton::<Self>().needs::<dyn Repository<Order>>().needs::<dyn Repository<Stock>>().make(
            |resolver| async move {
                Ok(Arc::new(Self {
                    orders: resolver.resolve().await?,
                    stocks: resolver.resolve().await?,
                }))
            },
        )
    }

    /// Places the order, in the caller's transaction.
    ///
    /// # Errors
    /// A conflict when it is no draft, is empty, changed since it was read, or the stock does not suffice. Nothing is
    /// kept then.
    pub async fn place(&self, session: &mut Session, draft: Order) -> Result<Order, Error> {
        if draft.status != OrderStatus::Draft {
            return Err(Error::conflict(format!("the order is already {}", draft.status)));
        }
        if draft.lines.is_empty() {
            return Err(Error::conflict("the order has no lines"));
        }
        self.take_stock(session, &draft).await?;
        let mut placed = draft.clone();
        placed.status = OrderStatus::Placed;
        placed.placed_at = Some(session.now());
        placed.updated_at = session.now();
        let all = Scope::unrestricted();
        let stored = self.orders.update(session, &all, vec![placed]).await?.pop().flatten();
        let stored = stored.ok_or_else(|| Error::conflict("the order changed meanwhile"))?;
        session.publish(
            "order.updated",
            EntityEvent::Updated { before: draft, after: stored.clone() },
        );
        Ok(stored)
    }

    async fn take_stock(&self, session: &mut Session, order: &Order) -> Result<(), Error> {
        let mut wanted: HashMap<Uuid, i32> = HashMap::new();
        for line in &order.lines {
            *wanted.entry(line.product_id).or_default() += line.quantity;
        }
        let limit = u32::try_from(wanted.len()).unwrap_or(u32::MAX);
        let query = Query::new(Stock::PRODUCT_ID.is_in(wanted.keys().copied())).limit(limit);
        let mut stocks = self.stocks.list(session, &Scope::unrestricted(), &query).await?.items;
        for stock in &mut stocks {
            let quantity = wanted.remove(&stock.product_id).unwrap_or_default();
            if stock.on_hand < quantity {
                return Err(Error::conflict(format!(
                    "only {} of product {} are in stock",
                    stock.on_hand, stock.product_id
                )));
            }
            stock.on_hand -= quantity;
            stock.updated_at = session.now();
        }
        if let Some(product) = wanted.keys().next() {
            return Err(Error::conflict(format!("product {product} is not in stock")));
        }
        // The version check of each row is what keeps two orders from taking the same piece.
        let written = self.stocks.update(session, &Scope::unrestricted(), stocks).await?;
        if written.iter().any(Option::is_none) {
            return Err(Error::conflict("the stock changed meanwhile; try again"));
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
             Only drafts with lines can be placed.",
        )
}

/// A dry run, `If-Match`, `Idempotency-Key` and the answer are the framework's.
async fn place(
    Resolve(orders): Resolve<Endpoints<Order>>,
    Resolve(service): Resolve<PlaceOrder>,
    action: Action<Order>,
) -> Result<Response, ApiError> {
    orders
        .act(action, move |session, draft| {
            Box::pin(async move { service.place(session, draft).await })
        })
        .await
}
