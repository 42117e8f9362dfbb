//! How many of each product there are.

mod entity;

pub use entity::*;

use framework::{AllowAll, Module};

/// What the application learns about stock.
pub fn module() -> Module {
    Module::new("stock").entity::<Stock>(AllowAll)
}
