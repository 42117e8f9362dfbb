//! How many of each product there are.

mod entity;
mod rules;
mod shelf;

pub use entity::*;
pub use rules::StockRules;
pub use shelf::Shelf;

use framework::{AllowAll, Module};

/// What the application learns about stock.
pub fn module() -> Module {
    Module::new("stock").entity::<Stock>(AllowAll).hooks(StockRules::default())
}
