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

/// What the router says of itself, by way of the only door through which a route gets into it.
fn served(app: &TestApp) -> BTreeSet<String> {
    let api = app.application.routes().iter().filter(|served| served.api);
    api.map(|served| format!("{} {}", served.method, served.path)).collect()
}

/// What the document says, in the same words.
async fn documented(app: &TestApp) -> BTreeSet<String> {
    let document = app.client.get("/openapi-3.2.json").await.expect(200).json();
    let base = document.pointer("/servers/0/url").and_then(Json::as_str).unwrap().to_owned();
    let paths = document["paths"].as_object().unwrap().iter();
    let operations = paths.flat_map(|(path, item)| {
        let methods = METHODS.iter().filter(|method| item.get(method).is_some());
        methods.map(move |method| (method.to_uppercase(), path))
    });
    operations.map(|(method, path)| format!("{method} {base}{path}")).collect()
}

#[framework::tokio::test(crate = "framework::tokio")]
async fn the_routes_are_the_documented_ones() -> Result<(), ConfigError> {
    let app = shop().await?;
    let (served, documented) = (served(&app), documented(&app).await);
    let undocumented: Vec<_> = served.difference(&documented).collect();
    let made_up: Vec<_> = documented.difference(&served).collect();
    assert!(undocumented.is_empty(), "served, but not in the document: {undocumented:?}");
    assert!(made_up.is_empty(), "in the document, but not served: {made_up:?}");
    assert!(served.len() > 45, "{served:?}");
    Ok(())
}

#[framework::tokio::test(crate = "framework::tokio")]
async fn what_is_not_in_the_document_stands_beside_the_api() -> Result<(), ConfigError> {
    let app = shop().await?;
    let beside = app.application.routes().iter().filter(|served| !served.api);
    let beside: Vec<_> = beside.map(|served| served.path.as_str()).collect();
    assert_eq!(
        beside,
        [
            "/docs",
            "/docs/",
            "/docs/{*rest}",
            "/openapi.json",
            "/openapi-3.2.json",
            "/problems",
            "/problems/{slug}",
            "/livez",
            "/readyz",
        ]
    );
    Ok(())
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
