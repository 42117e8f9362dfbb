use framework::{DateTime, Entity, Utc, Uuid};

use crate::entities::product::Product;

/// How many of one product are in the house.
#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(table = "stocks", plural = "stocks")]
pub struct Stock {
    /// Identity, made by the server.
    #[entity(id)]
    pub id: Uuid,
    /// The product; one stock each.
    #[entity(unique, belongs_to = Product, filter, on_delete = "cascade", immutable)]
    pub product_id: Uuid,
    /// Pieces that can be sold.
    #[entity(filter(eq, gte, lte), sort, range(0..=1_000_000), example = 10)]
    pub on_hand: i32,
    /// When the stock last changed.
    #[entity(updated_at, sort)]
    pub updated_at: DateTime<Utc>,
    /// Counts the changes.
    #[entity(version)]
    pub version: i64,
}
