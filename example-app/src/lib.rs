//! A shop: a tree of categories, products, customers, orders with lines, stock.
//!
//! Each folder below `entities` is one entity with everything that is said about it. `ports` are what the shop needs
//! from outside; tests swap them.

pub mod demo;
pub mod entities;
pub mod ports;

use framework::{App, ConfigError};

/// The application, configured from the environment.
///
/// # Errors
/// Every wrong setting at once.
pub fn app() -> Result<App, ConfigError> {
    Ok(assemble(App::from_env(env!("CARGO_PKG_NAME"))?))
}

/// Puts the shop's parts into an application: what `app` and the tests share.
pub fn assemble(app: App) -> App {
    let app = app
        .title("Example shop")
        .version(env!("CARGO_PKG_VERSION"))
        .description(include_str!("description.md"))
        .migrations(framework::migrations!("migrations"))
        .module(ports::module());
    entities::register(app).seed(demo::seed)
}
