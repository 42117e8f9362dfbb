//! Orders: an aggregate of an order and its lines.

mod entity;
mod handlers;
mod place;
mod rules;

pub use entity::*;
pub use handlers::{ChargeOrder, InformCustomer};
pub use place::PlaceOrder;
pub use rules::OrderRules;

use framework::{AllowAll, Module};

/// What the application learns about orders.
pub fn module() -> Module {
    Module::new("order")
        .entity::<Order>(AllowAll)
        .hooks(OrderRules::default())
        .add(PlaceOrder::service())
        .add(ChargeOrder::service())
        .add(InformCustomer::service())
        .on_service::<OrderEvent, ChargeOrder>()
        .on_service::<OrderEvent, InformCustomer>()
        .route(place::route())
}
