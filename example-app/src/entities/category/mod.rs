//! The tree of categories.

mod entity;
mod rules;

pub use entity::*;
pub use rules::CategoryRules;

use framework::{AllowAll, Module};

/// What the application learns about categories.
pub fn module() -> Module {
    Module::new("category").entity::<Category>(AllowAll).hooks(CategoryRules::default())
}
