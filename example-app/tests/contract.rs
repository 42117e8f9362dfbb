//! Every entity of the shop keeps the contract of the API, and no operation is upset by bad input.
//!
//! Orders are not among the entities here, for the suite makes any row and any change that the declaration allows: their
//! rules demand products that are offered, drafts to begin with and transitions in order. `shop.rs` shows what they keep
//! of the contract, and the sweep covers their routes too.

use example_app::entities::{
    category::Category, customer::Customer, product::Product, stock::Stock,
};
use framework::testing::{TestApp, conformance, sweep};

macro_rules! keeps_the_contract {
    ($($test:ident: $entity:ty;)*) => {$(
        #[framework::tokio::test(crate = "framework::tokio")]
        async fn $test() -> Result<(), framework::ConfigError> {
            conformance::<$entity>(example_app::app()?).await;
            Ok(())
        }
    )*};
}

keeps_the_contract! {
    categories_keep_the_contract: Category;
    products_keep_the_contract: Product;
    customers_keep_the_contract: Customer;
    stocks_keep_the_contract: Stock;
}

#[framework::tokio::test(crate = "framework::tokio")]
async fn bad_input_of_every_kind_is_refused_on_every_operation()
-> Result<(), framework::ConfigError> {
    sweep(&TestApp::start(example_app::app()?).await).await;
    Ok(())
}
