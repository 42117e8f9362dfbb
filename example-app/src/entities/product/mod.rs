//! What the shop sells.

mod entity;
mod rules;

pub use entity::*;
pub use rules::{ProductRules, affordable, offered};

use framework::{AllowAll, Module};

/// What the application learns about products.
pub fn module() -> Module {
    Module::new("product").entity::<Product>(AllowAll).hooks(ProductRules::default())
}
