//! Business rules of orders: transitions, prices, totals.

use std::collections::HashMap;

use framework::{
    Error, Hooks, Query, Repository, Scope, Session, StoreRepository, Uuid, async_trait,
};

use super::{Order, OrderLine, OrderStatus};
use crate::entities::product::{self, Product};
use crate::entities::stock::Stock;

/// Largest sum of an order in cents, as `Order::total_cents` declares it.
const MOST_CENTS: i64 = 9_000_000_000_000;
/// Most pieces of one product in stock, as `Stock::on_hand` declares it.
const MOST_PIECES: i32 = 1_000_000;

/// What must hold for every order.
#[derive(Debug, Default)]
pub struct OrderRules {
    products: StoreRepository<Product>,
    stocks: StoreRepository<Stock>,
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
            return Err(Error::conflict("a new order is a draft; place it afterwards"));
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
            return Err(Error::conflict(format!(
                "an order that is {} cannot become {}",
                before.status, after.status
            )));
        }
        if before.lines != after.lines {
            if before.status != OrderStatus::Draft {
                return Err(Error::conflict("only the lines of a draft can change"));
            }
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
            (OrderStatus::Placed, OrderStatus::Cancelled) => self.give_back(session, after).await,
            _ => Ok(()),
        }
    }

    async fn before_delete(&self, _session: &mut Session, order: &Order) -> Result<(), Error> {
        match order.status {
            OrderStatus::Draft | OrderStatus::Cancelled => Ok(()),
            _ => Err(Error::conflict("only drafts and cancelled orders can be deleted")),
        }
    }
}

impl OrderRules {
    /// Puts what a cancelled order had taken back into the stock.
    async fn give_back(&self, session: &mut Session, order: &Order) -> Result<(), Error> {
        let all = Scope::unrestricted();
        let ids: Vec<Uuid> = order.lines.iter().map(|line| line.product_id).collect();
        let limit = u32::try_from(ids.len()).unwrap_or(u32::MAX);
        let query = Query::new(Stock::PRODUCT_ID.is_in(ids)).limit(limit);
        let mut stocks = self.stocks.list(session, &all, &query).await?.items;
        for stock in &mut stocks {
            let lines = order.lines.iter().filter(|line| line.product_id == stock.product_id);
            stock.on_hand += lines.map(|line| line.quantity).sum::<i32>();
            if stock.on_hand > MOST_PIECES {
                return Err(Error::conflict(format!(
                    "the stock of product {} has no room for what the order gives back: at most {MOST_PIECES} pieces",
                    stock.product_id
                )));
            }
            stock.updated_at = session.now();
        }
        let written = self.stocks.update(session, &all, stocks).await?;
        if written.iter().any(Option::is_none) {
            return Err(Error::conflict("the stock changed meanwhile; try again"));
        }
        Ok(())
    }

    /// Copies the present prices into the lines and sums them up: one statement, whatever the number of lines.
    async fn price(&self, session: &mut Session, order: &mut Order) -> Result<(), Error> {
        let ids: Vec<Uuid> = order.lines.iter().map(|line| line.product_id).collect();
        let limit = u32::try_from(ids.len()).unwrap_or(u32::MAX);
        let wanted = Query::new(Product::ID.is_in(ids).and(product::offered())).limit(limit);
        let found = self.products.list(session, &Scope::unrestricted(), &wanted).await?;
        let prices: HashMap<Uuid, i64> =
            found.items.into_iter().map(|product| (product.id, product.price_cents)).collect();
        for (index, line) in order.lines.iter_mut().enumerate() {
            let price = prices.get(&line.product_id).ok_or_else(|| {
                Error::conflict(format!("line {index}: no such product is offered"))
            })?;
            line.unit_price_cents = *price;
        }
        let cost = |line: &OrderLine| line.unit_price_cents * i64::from(line.quantity);
        order.total_cents = order.lines.iter().map(cost).sum();
        if order.total_cents > MOST_CENTS {
            return Err(Error::conflict(format!("an order is worth at most {MOST_CENTS} cents")));
        }
        Ok(())
    }
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
