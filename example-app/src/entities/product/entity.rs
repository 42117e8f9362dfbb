use framework::{DateTime, Entity, Utc, Uuid};

use crate::entities::category::Category;
use crate::entities::stock::Stock;

/// A product offered in the shop.
#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(table = "products", events, cache(ttl = "5m"), has_one(stock: Stock, key = "product_id"))]
pub struct Product {
    /// Identity, made by the server.
    #[entity(id)]
    pub id: Uuid,
    /// Stock keeping unit, unique in the shop.
    #[entity(unique, filter(eq, in, startswith), sort, search, length(1..=64), pattern = "^[A-Z0-9-]+$", example = "LAMP-1")]
    pub sku: String,
    /// Name shown to customers.
    #[entity(filter, sort, search, length(1..=200), example = "Desk lamp")]
    pub name: String,
    /// What a customer wants to know.
    #[entity(length(..=2000), example = "Bends and turns.")]
    pub description: Option<String>,
    /// Price in cents.
    #[entity(filter, sort, range(0..=100_000_000), example = 4900)]
    pub price_cents: i64,
    /// Whether the product can be ordered.
    #[entity(filter, default = true)]
    pub active: bool,
    /// Words to find it by.
    #[entity(length(..=20), default = Vec::new())]
    pub tags: Vec<String>,
    /// The shelf it stands on.
    #[entity(belongs_to = Category, filter, on_delete = "restrict")]
    pub category_id: Uuid,
    /// What the supplier said; never served.
    #[entity(hidden)]
    pub supplier_note: Option<String>,
    /// When the product was made.
    #[entity(created_at, filter(gte, lt), sort)]
    pub created_at: DateTime<Utc>,
    /// When the product last changed.
    #[entity(updated_at, sort)]
    pub updated_at: DateTime<Utc>,
    /// When the product was taken out of the shop.
    #[entity(deleted_at)]
    pub deleted_at: Option<DateTime<Utc>>,
    /// Counts the changes.
    #[entity(version)]
    pub version: i64,
}
