//! The framework's own suite, against the same entities.

use framework::testing::conformance_of;

use crate::shop::{Customer, Purchase, app};

#[tokio::test]
async fn purchases_keep_the_contract() {
    conformance_of::<Purchase>(&app().await).await;
}

#[tokio::test]
async fn customers_keep_the_contract() {
    conformance_of::<Customer>(&app().await).await;
}
