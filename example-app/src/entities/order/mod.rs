//! Orders: an aggregate of an order and its lines.

mod entity;
mod handlers;
mod place;
mod rules;

pub use entity::*;
pub use handlers::ConfirmOrder;
pub use place::PlaceOrder;
pub use rules::OrderRules;

use framework::{AllowAll, Module};

/// What the application learns about orders.
pub fn module() -> Module {
    Module::new("order")
        .entity::<Order>(AllowAll)
        .hooks(OrderRules::default())
        .add(PlaceOrder::service())
        .add(ConfirmOrder::service())
        .on_service::<OrderEvent, ConfirmOrder>()
        .route(place::route())
}
