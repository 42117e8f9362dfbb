//! Business rules of orders: transitions, prices, totals.

use std::collections::HashMap;

use framework::{
    Error, Hooks, Query, Repository, Scope, Session, StoreRepository, Uuid, async_trait,
};

use super::{Order, OrderLine, OrderStatus};
use crate::entities::product::{self, Product};
use crate::entities::stock::Shelf;

/// What must hold for every order.
#[derive(Default)]
pub struct OrderRules {
    products: StoreRepository<Product>,
    shelf: Shelf,
}

impl OrderStatus {
    /// Where an order can go by a plain update. Placing has its own route, because it reserves stock.
    pub fn may_become(self, next: Self) -> bool {
        use OrderStatus::{Cancelled, Draft, Placed, Shipped};
        self == next || matches!((self, next), (Draft | Placed, Cancelled) | (Placed, Shipped))
    }
}

#[async_trait]
impl Hooks<Order> for OrderRules {
    async fn before_create(&self, session: &mut Session, order: &mut Order) -> Result<(), Error> {
        if order.status != OrderStatus::Draft {
            let reason = "a new order is a draft; place it afterwards";
            return Err(Error::conflict_at("/status", reason));
        }
        self.price(session, order).await
    }

    async fn before_update(
        &self,
        session: &mut Session,
        before: &Order,
        after: &mut Order,
    ) -> Result<(), Error> {
        if !before.status.may_become(after.status) {
            let (old, new) = (before.status, after.status);
            let reason = format!("an order that is {old} cannot become {new}");
            return Err(Error::conflict_at("/status", reason));
        }
        if after.status == OrderStatus::Shipped && before.paid_at.is_none() {
            return Err(Error::conflict_at("/status", "an order is shipped once it is paid"));
        }
        let same_lines = before.lines == after.lines;
        if !same_lines && before.status != OrderStatus::Draft {
            return Err(Error::conflict_at("/lines", "only the lines of a draft can change"));
        }
        // A draft takes the present prices whenever it is written, so that one whose prices changed can be placed again.
        if !same_lines || after.status == OrderStatus::Draft {
            self.price(session, after).await?;
        }
        Ok(())
    }

    async fn after_update(
        &self,
        session: &mut Session,
        before: &Order,
        after: &Order,
    ) -> Result<(), Error> {
        match (before.status, after.status) {
            (OrderStatus::Placed, OrderStatus::Cancelled) => {
                self.shelf.give_back(session, &pieces(after)).await
            }
            _ => Ok(()),
        }
    }

    async fn before_delete(&self, _session: &mut Session, order: &Order) -> Result<(), Error> {
        match order.status {
            OrderStatus::Draft => Ok(()),
            OrderStatus::Cancelled if order.paid_at.is_none() => Ok(()),
            OrderStatus::Cancelled => {
                Err(Error::conflict("an order that was paid is kept, though it is cancelled"))
            }
            _ => Err(Error::conflict("only drafts and cancelled orders can be deleted")),
        }
    }
}

impl OrderRules {
    /// What the ordered products cost now, those that are offered: one statement, whatever the number of lines.
    pub(super) async fn prices(
        &self,
        session: &mut Session,
        order: &Order,
    ) -> Result<HashMap<Uuid, i64>, Error> {
        let ids = order.lines.iter().map(|line| line.product_id);
        let wanted = Query::new(Product::ID.is_in(ids).and(product::offered())).unlimited();
        let found = self.products.list(session, &Scope::unrestricted(), &wanted).await?;
        Ok(found.items.into_iter().map(|product| (product.id, product.price_cents)).collect())
    }

    /// Copies the present prices into the lines and sums them up.
    async fn price(&self, session: &mut Session, order: &mut Order) -> Result<(), Error> {
        let prices = self.prices(session, order).await?;
        for (index, line) in order.lines.iter_mut().enumerate() {
            let price = prices.get(&line.product_id).ok_or_else(|| {
                let place = format!("/lines/{index}/product_id");
                Error::conflict_at(place, "no such product is offered")
            })?;
            line.unit_price_cents = *price;
        }
        let cost = |line: &OrderLine| line.unit_price_cents * i64::from(line.quantity);
        order.total_cents = order.lines.iter().map(cost).sum();
        match Order::TOTAL_CENTS.check(order.total_cents) {
            Some(detail) => {
                Err(Error::conflict_at("/lines", format!("the sum is out of range: {detail}")))
            }
            None => Ok(()),
        }
    }
}

/// How many of each product an order is about.
pub(super) fn pieces(order: &Order) -> HashMap<Uuid, i32> {
    let mut pieces = HashMap::new();
    for line in &order.lines {
        *pieces.entry(line.product_id).or_default() += line.quantity;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::OrderStatus::{Cancelled, Draft, Placed, Shipped};

    #[test]
    fn orders_move_forward_and_are_cancelled_only_before_shipping() {
        assert!(Placed.may_become(Shipped));
        assert!(Draft.may_become(Cancelled) && Placed.may_become(Cancelled));
        assert!(!Shipped.may_become(Cancelled) && !Cancelled.may_become(Draft));
        assert!(!Draft.may_become(Placed), "placing reserves stock and has its own route");
    }
}
