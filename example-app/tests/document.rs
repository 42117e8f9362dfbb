//! The document says what the router does: no route is undocumented, none is made up, and no change goes unseen.

#![expect(clippy::unwrap_used, reason = "a test panics when what it expects is not there")]

use std::collections::BTreeSet;

use framework::testing::{Answer, TestApp};
use framework::{ConfigError, Json};

const METHODS: [&str; 6] = ["get", "post", "put", "patch", "delete", "query"];

async fn shop() -> Result<TestApp, ConfigError> {
    Ok(TestApp::start(example_app::app()?).await)
}

async fn ask(app: &TestApp, method: &str, path: &str) -> Answer {
    app.client.send(method, path, &[], "").await
}

/// The paths of the document of 3.2, which knows every method, as addresses that can be asked.
async fn operations(app: &TestApp) -> Vec<(String, BTreeSet<String>)> {
    let document = app.client.get("/openapi-3.2.json").await.expect(200).json();
    let base = document.pointer("/servers/0/url").and_then(Json::as_str).unwrap().to_owned();
    let paths = document["paths"].as_object().unwrap();
    let operations = paths.iter().map(|(path, item)| {
        let methods = METHODS.iter().filter(|method| item.get(method).is_some());
        let path = path.replace("{id}", "019bd8a0-7c3e-7d52-9a3b-5f0e6c1d2b4a");
        (format!("{base}{path}"), methods.map(|method| method.to_uppercase()).collect())
    });
    operations.collect()
}

#[framework::tokio::test(crate = "framework::tokio")]
async fn every_documented_operation_is_served() -> Result<(), ConfigError> {
    let app = shop().await?;
    for (path, methods) in operations(&app).await {
        for method in methods {
            let answer = ask(&app, &method, &path).await;
            let no_route = answer.status == 404 && answer.json()["detail"] == "no such route";
            assert!(!no_route && answer.status != 405, "{method} {path}: {}", answer.status);
        }
    }
    Ok(())
}

#[framework::tokio::test(crate = "framework::tokio")]
async fn every_served_method_is_documented() -> Result<(), ConfigError> {
    let app = shop().await?;
    for (path, mut documented) in operations(&app).await {
        documented.insert("OPTIONS".to_owned());
        if documented.contains("GET") {
            documented.insert("HEAD".to_owned());
        }
        let answer = ask(&app, "OPTIONS", &path).await;
        let served: BTreeSet<_> =
            answer.header("allow").split(',').map(|method| method.trim().to_owned()).collect();
        assert_eq!(served, documented, "{path}");
    }
    Ok(())
}

#[framework::tokio::test(crate = "framework::tokio")]
async fn the_document_is_the_committed_one() -> Result<(), ConfigError> {
    let app = shop().await?;
    let served = app.client.get("/openapi.json").await.expect(200).json();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
    let committed: Json = std::fs::read_to_string(path)
        .ok()
        .and_then(|text| framework::serde_json::from_str(&text).ok())
        .unwrap_or_default();
    assert!(
        served == committed,
        "the document changed; look at the difference and commit it:\n\
         cargo run -p example-app -- openapi > example-app/openapi.json"
    );
    Ok(())
}
