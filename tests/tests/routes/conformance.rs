//! The framework's own suite, against the same entities.

use framework::testing::{Client, conformance};

use crate::shop::{Customer, Purchase, app};

#[tokio::test]
async fn purchases_keep_the_contract() {
    conformance::<Purchase>(&Client::new(app().await), "/api").await;
}

#[tokio::test]
async fn customers_keep_the_contract() {
    conformance::<Customer>(&Client::new(app().await), "/api").await;
}
