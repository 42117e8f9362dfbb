//! `POST /orders/{id}/place`: the one thing about orders that is not CRUD.

use std::collections::HashMap;
use std::sync::Arc;

use framework::axum::extract::Path;
use framework::axum::response::Response;
use framework::http::{ApiError, Once, Reply, Resolve, Route};
use framework::{
    Deleted, EntityEvent, Error, Query, Registration, Repository, Resource as _, Scope, Session,
    UnitOfWork, Uuid, singleton,
};

use super::{Order, OrderStatus};
use crate::entities::stock::Stock;
use crate::ports::PaymentGateway;

/// Turns a draft into a placed order: takes the stock, charges the customer.
pub struct PlaceOrder {
    orders: Arc<dyn Repository<Order>>,
    stocks: Arc<dyn Repository<Stock>>,
    payments: Arc<dyn PaymentGateway>,
}

impl PlaceOrder {
    /// How the container makes it.
    pub fn service() -> Registration {
        singleton::<Self>()
            .needs::<dyn Repository<Order>>()
            .needs::<dyn Repository<Stock>>()
            .needs::<dyn PaymentGateway>()
            .make(|resolver| async move {
                Ok(Arc::new(Self {
                    orders: resolver.resolve().await?,
                    stocks: resolver.resolve().await?,
                    payments: resolver.resolve().await?,
                }))
            })
    }

    /// Places the order, in the caller's transaction.
    ///
    /// # Errors
    /// [`Error::NotFound`]; a conflict when it is no draft, is empty, or the stock does not suffice; or what the
    /// payment gateway says. Nothing is kept then.
    pub async fn place(&self, session: &mut Session, id: Uuid) -> Result<Order, Error> {
        let all = Scope::unrestricted();
        let draft = self
            .orders
            .find(session, &all, &id, Deleted::Exclude)
            .await?
            .ok_or_else(|| Error::NotFound { entity: "Order", id: id.to_string() })?;
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
        let stored = self.orders.update(session, &all, vec![placed]).await?.pop().flatten();
        let stored = stored.ok_or_else(|| Error::conflict("the order changed meanwhile"))?;
        // Last, because money is the one thing that a rollback does not bring back.
        self.payments.charge(&stored.id, stored.total_cents).await?;
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
        .id("orders_place")
        .tag("orders")
        .summary("Place an order")
        .description(
            "Takes the stock and charges the customer. Only drafts with lines can be placed.",
        )
        .idempotent()
        .answers::<Order>(200)
        .problems(&[404])
}

/// At most once per `Idempotency-Key`: nobody is charged twice because an answer got lost.
async fn place(
    Resolve(service): Resolve<PlaceOrder>,
    Resolve(unit_of_work): Resolve<UnitOfWork>,
    Path(id): Path<Uuid>,
    once: Once,
) -> Result<Response, ApiError> {
    once.run(&unit_of_work, move |session| {
        Box::pin(async move {
            let order = service.place(session, id).await?;
            Reply::json(200, &order.into_view())
        })
    })
    .await
}
