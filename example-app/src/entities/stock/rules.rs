//! Business rules of stock.

use framework::{
    Error, Hooks, Lock, Query, Repository, Scope, Session, StoreRepository, async_trait,
};

use super::Stock;
use crate::entities::product::Product;

/// What must hold for every stock. What cancelled orders give back does not pass here: it is in the house already.
#[derive(Debug, Default)]
pub struct StockRules {
    products: StoreRepository<Product>,
}

#[async_trait]
impl Hooks<Stock> for StockRules {
    async fn before_update(
        &self,
        session: &mut Session,
        before: &Stock,
        after: &mut Stock,
    ) -> Result<(), Error> {
        if after.on_hand <= before.on_hand {
            return Ok(());
        }
        // Held, because the product may be taken out of the shop at this moment, for its stock is empty.
        let product = Query::by_id(after.product_id).lock(Lock::Change);
        let found = self.products.list(session, &Scope::unrestricted(), &product).await?;
        match found.items.first() {
            Some(_) => Ok(()),
            None => {
                let reason = "the product was taken out of the shop; restore it first";
                Err(Error::conflict_at("/on_hand", reason))
            }
        }
    }
}
