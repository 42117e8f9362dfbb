//! Business rules of products, as specifications and hooks.

use framework::{
    Error, Hooks, Query, Repository, Scope, Session, Specification, StoreRepository, async_trait,
};

use super::Product;
use crate::entities::stock::Stock;

/// Products that customers can order.
pub fn offered() -> Specification<Product> {
    Product::ACTIVE.eq(true).and(Product::DELETED_AT.is_null())
}

/// Products within a budget.
pub fn affordable(budget_cents: i64) -> Specification<Product> {
    offered().and(Product::PRICE_CENTS.le(budget_cents))
}

/// What must hold for every product.
#[derive(Debug, Default)]
pub struct ProductRules {
    stocks: StoreRepository<Stock>,
}

#[async_trait]
impl Hooks<Product> for ProductRules {
    async fn before_delete(&self, session: &mut Session, product: &Product) -> Result<(), Error> {
        let left = Stock::PRODUCT_ID.eq(product.id).and(Stock::ON_HAND.gt(0));
        let found =
            self.stocks.list(session, &Scope::unrestricted(), &Query::new(left).limit(1)).await?;
        match found.items.first() {
            Some(stock) => {
                Err(Error::conflict(format!("{} pieces are still in stock", stock.on_hand)))
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use framework::{Utc, Uuid};

    fn product(price_cents: i64, active: bool) -> Product {
        Product {
            id: Uuid::now_v7(),
            sku: "LAMP-1".to_owned(),
            name: "Desk lamp".to_owned(),
            description: None,
            price_cents,
            active,
            tags: Vec::new(),
            category_id: Uuid::now_v7(),
            supplier_note: None,
            created_at: Utc::now(),
            updated_at: Utc::now(),
            deleted_at: None,
            version: 1,
        }
    }

    #[test]
    fn only_active_products_within_the_budget_are_affordable() {
        assert!(affordable(100).is_satisfied_by(&product(100, true)));
        assert!(!affordable(99).is_satisfied_by(&product(100, true)));
        assert!(!affordable(100).is_satisfied_by(&product(100, false)));
    }
}
