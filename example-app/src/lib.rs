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
        .about(|api| {
            api.id = "5b0c3f0e-5a1e-4d5e-9a55-0e8a5c1f7d42".to_owned();
            api.license = env!("CARGO_PKG_LICENSE").to_owned();
            api.audience = "external-public".to_owned();
            api.contact.name = "Shop team".to_owned();
            api.contact.url = "https://example.org/shop".to_owned();
            api.contact.email = "shop@example.org".to_owned();
        })
        .migrations(framework::migrations!("migrations"))
        .module(ports::module());
    entities::register(app).seed(demo::seed)
}
