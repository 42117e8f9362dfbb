//! Taking pieces out of the stock and putting them back.

use std::collections::HashMap;
use std::sync::Arc;

use framework::{Error, Lock, Query, Repository, Scope, Session, StoreRepository, Uuid};

use super::Stock;

/// The stock of all products, changed within a transaction.
pub struct Shelf(Arc<dyn Repository<Stock>>);

impl Default for Shelf {
    fn default() -> Self {
        Self::new(Arc::new(StoreRepository::default()))
    }
}

impl Shelf {
    /// The stock in this repository.
    pub fn new(stocks: Arc<dyn Repository<Stock>>) -> Self {
        Self(stocks)
    }

    /// Takes so many pieces of each product.
    ///
    /// # Errors
    /// A conflict when there are not enough; nothing is taken then.
    pub async fn take(
        &self,
        session: &mut Session,
        pieces: &HashMap<Uuid, i32>,
    ) -> Result<(), Error> {
        let mut missing = pieces.clone();
        let mut stocks = self.held(session, pieces).await?;
        for stock in &mut stocks {
            let quantity = missing.remove(&stock.product_id).unwrap_or_default();
            if stock.on_hand < quantity {
                return Err(Error::conflict(format!(
                    "only {} of product {} are in stock",
                    stock.on_hand, stock.product_id
                )));
            }
            stock.on_hand -= quantity;
        }
        match missing.keys().next() {
            Some(product) => Err(Error::conflict(format!("product {product} is not in stock"))),
            None => self.store(session, stocks).await,
        }
    }

    /// Puts so many pieces of each product back. Where the stock of one was deleted meanwhile, it is there again.
    ///
    /// # Errors
    /// A conflict when a stock has no room for them.
    pub async fn give_back(
        &self,
        session: &mut Session,
        pieces: &HashMap<Uuid, i32>,
    ) -> Result<(), Error> {
        let mut missing = pieces.clone();
        let mut stocks = self.held(session, pieces).await?;
        for stock in &mut stocks {
            stock.on_hand += missing.remove(&stock.product_id).unwrap_or_default();
            if let Some(detail) = Stock::ON_HAND.check(stock.on_hand) {
                let product = stock.product_id;
                let reason = format!("the stock of product {product} has no room: {detail}");
                return Err(Error::conflict(reason));
            }
        }
        self.store(session, stocks).await?;
        let new = |(product_id, on_hand)| Stock {
            id: Uuid::now_v7(),
            product_id,
            on_hand,
            updated_at: session.now(),
            version: 1,
        };
        let new = missing.into_iter().map(new).collect();
        self.0.insert(session, new).await.map(drop)
    }

    /// The stocks of these products, which nobody else changes until the transaction ends. All of them are taken in one
    /// statement, in the order of their ids, so that no two orders wait for each other.
    async fn held(
        &self,
        session: &mut Session,
        pieces: &HashMap<Uuid, i32>,
    ) -> Result<Vec<Stock>, Error> {
        let wanted = Stock::PRODUCT_ID.is_in(pieces.keys().copied());
        let query = Query::new(wanted).unlimited().lock(Lock::Change);
        Ok(self.0.list(session, &Scope::unrestricted(), &query).await?.items)
    }

    async fn store(&self, session: &mut Session, mut stocks: Vec<Stock>) -> Result<(), Error> {
        for stock in &mut stocks {
            stock.updated_at = session.now();
        }
        let written = self.0.update(session, &Scope::unrestricted(), stocks).await?;
        if written.iter().any(Option::is_none) {
            return Err(Error::conflict("the stock changed meanwhile; try again"));
        }
        Ok(())
    }
}
