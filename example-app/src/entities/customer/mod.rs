//! Who buys.

mod entity;
mod values;

pub use entity::*;
pub use values::{Email, PhoneNumber};

use framework::{AllowAll, Module};

/// What the application learns about customers.
pub fn module() -> Module {
    Module::new("customer").entity::<Customer>(AllowAll)
}
