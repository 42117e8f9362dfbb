//! Every entity of the shop keeps the contract of the API.

use example_app::entities::{
    category::Category, customer::Customer, product::Product, stock::Stock,
};
use framework::testing::conformance;

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
