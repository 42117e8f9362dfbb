//! The framework's own suite, against the same entities.

use framework::adapters::persistence::ddl;
use framework::infrastructure::config::Sources;
use framework::testing::{TestApp, conformance_of};
use framework::{AllowAll, App, Config, DateTime, Entity, Module, Utc, Uuid};
use tests::support::postgres;

use crate::shop::{Customer, Purchase, app};

/// A payment, which nobody may make twice by accident.
#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(plural = "payments", require_idempotency_key)]
pub(crate) struct Payment {
    /// Identity.
    #[entity(id)]
    pub(crate) id: Uuid,
    /// How much.
    #[entity(filter, sort, range(1..=1_000))]
    pub(crate) cents: i32,
    /// When it was taken back.
    #[entity(deleted_at)]
    pub(crate) deleted_at: Option<DateTime<Utc>>,
}

#[tokio::test]
async fn purchases_keep_the_contract() {
    conformance_of::<Purchase>(&app().await).await;
}

#[tokio::test]
async fn customers_keep_the_contract() {
    conformance_of::<Customer>(&app().await).await;
}

#[tokio::test]
async fn an_entity_that_demands_keys_keeps_the_contract_and_says_so() {
    let app = || {
        let config = Config::from_sources("keys", &Sources::variables([("RUST_LOG", "warn")]));
        App::new("keys", config.expect("the defaults are right"))
            .module(Module::new("payments").entity::<Payment>(AllowAll))
    };
    let mut apps = vec![TestApp::start(app()).await];
    if let Some(url) = postgres().await {
        apps.push(TestApp::on(app(), &url).await);
    }
    for app in apps {
        ddl::create_all(&[Payment::schema()], app.application.store()).await.expect("a table");
        conformance_of::<Payment>(&app).await;
        let document = app.client.get("/openapi.json").await.expect(200).json();
        for (path, method) in
            [("", "post"), ("/{id}", "put"), ("/{id}", "delete"), ("/batch", "post")]
        {
            let operation = &document["paths"][format!("/payments{path}")][method];
            let parameters = operation["parameters"].to_string();
            assert!(parameters.contains("IdempotencyKeyRequired"), "{method} {path}");
            let problems = operation["x-problem-types"].to_string();
            assert!(problems.contains("/problems/idempotency-key-required"), "{method} {path}");
        }
        let batch = &document["paths"]["/payments/batch"]["post"]["requestBody"]["content"];
        assert!(batch.get("text/csv").is_none() && batch.get("application/json").is_some());
    }
}
