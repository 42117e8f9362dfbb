//! The example shop keeps the contract on PostgreSQL too; its own suite shows it on SQLite.

use example_app::entities::{
    category::Category, customer::Customer, product::Product, stock::Stock,
};
use framework::testing::{TestApp, conformance_of, sweep};
use framework::{App, ConfigError};

macro_rules! keeps_the_contract {
    ($($test:ident: $entity:ty;)*) => {$(
        #[tokio::test]
        async fn $test() -> Result<(), ConfigError> {
            if let Some(url) = tests::support::postgres().await {
                let app = example_app::assemble(App::from_env("shop-test")?);
                conformance_of::<$entity>(&TestApp::on(app, &url).await).await;
            }
            Ok(())
        }
    )*};
}

keeps_the_contract! {
    categories_keep_the_contract_on_postgresql: Category;
    customers_keep_the_contract_on_postgresql: Customer;
    products_keep_the_contract_on_postgresql: Product;
    stocks_keep_the_contract_on_postgresql: Stock;
}

#[tokio::test]
async fn bad_input_of_every_kind_is_refused_on_every_operation_on_postgresql()
-> Result<(), ConfigError> {
    if let Some(url) = tests::support::postgres().await {
        let app = example_app::assemble(App::from_env("shop-test")?);
        sweep(&TestApp::on(app, &url).await).await;
    }
    Ok(())
}
