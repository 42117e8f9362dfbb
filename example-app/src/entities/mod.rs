//! The entities of the shop. `codegen-cli new-entity` adds a line to each of the two lists.

pub mod category;
pub mod customer;
pub mod order;
pub mod product;
pub mod stock;

use framework::App;

/// Registers every entity with the application.
pub fn register(app: App) -> App {
    app.module(category::module())
        .module(customer::module())
        .module(order::module())
        .module(product::module())
        .module(stock::module())
}
