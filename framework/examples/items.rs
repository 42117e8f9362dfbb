//! The smallest complete application: one struct, one table, the whole API. Having no migrations, it creates its table
//! itself, in development; see `App::migrations`.
//!
//! `DATABASE_URL=postgres://… PORT=3000 cargo run -p framework --example items`

use framework::{AllowAll, App, DateTime, Entity, Module, Utc, Uuid};

/// A thing in a warehouse.
#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(table = "items")]
pub struct Item {
    /// Identity, made by the server.
    #[entity(id)]
    pub id: Uuid,
    /// Stock keeping unit.
    #[entity(unique, filter, sort, length(1..=64), example = "SKU-1")]
    pub sku: String,
    /// Name.
    #[entity(filter, sort, search, length(1..=200), example = "A lamp")]
    pub name: String,
    /// Description.
    #[entity(length(..=2000))]
    pub description: Option<String>,
    /// Price in cents.
    #[entity(filter, sort, range(0..=100_000_000))]
    pub price_cents: i64,
    /// Pieces in stock.
    #[entity(filter, sort, range(0..))]
    pub quantity: i32,
    /// Whether it is for sale.
    #[entity(filter, default = true)]
    pub active: bool,
    /// When it was made.
    #[entity(created_at)]
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    #[entity(updated_at)]
    pub updated_at: DateTime<Utc>,
    /// Counts the changes.
    #[entity(version)]
    pub version: i64,
}

#[framework::tokio::main(crate = "framework::tokio")]
async fn main() -> Result<(), framework::RunError> {
    App::from_env("items")?.module(Module::new("items").entity::<Item>(AllowAll)).run().await
}
