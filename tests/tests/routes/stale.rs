//! A row that was changed behind the back of the cache: whoever is refused for it is not served it again.

use framework::adapters::persistence::ddl;
use framework::domain::schema::EntitySchema;
use framework::sea_orm::ConnectionTrait as _;
use framework::serde_json::{Value as Json, json};
use framework::testing::TestApp;
use framework::{AllowAll, App, Entity, Module, Uuid};

use crate::shop::send;

/// Written in single statements.
#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(cache(ttl = "5m"))]
struct Poster {
    #[entity(id)]
    id: Uuid,
    #[entity(length(1..=40))]
    title: String,
    #[entity(version)]
    version: i64,
}

/// Written in transactions.
#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(cache(ttl = "5m"), events)]
struct Placard {
    #[entity(id)]
    id: Uuid,
    #[entity(length(1..=40))]
    title: String,
    #[entity(version)]
    version: i64,
}

async fn wall() -> TestApp {
    let module = Module::new("wall").entity::<Poster>(AllowAll).entity::<Placard>(AllowAll);
    let app = TestApp::start(App::from_env("wall").unwrap().module(module)).await;
    ddl::create_all(&[Poster::schema(), Placard::schema()], app.application.store()).await.unwrap();
    app
}

async fn tag(app: &TestApp, path: &str) -> String {
    app.client.get(path).await.expect(200).header("etag").to_owned()
}

/// Makes a row and changes it as no process does that tells others; its path.
async fn changed_behind_the_back(app: &TestApp, schema: &EntitySchema) -> String {
    let plural = schema.plural;
    let made = app.client.post(&format!("/api/{plural}"), &json!({"title": "one"})).await;
    let path = made.expect(201).header("location").to_owned();
    assert_eq!(tag(app, &path).await, "\"1\"");
    let change = format!("UPDATE {} SET version = version + 1", schema.table);
    app.application.store().connection().execute_unprepared(&change).await.unwrap();
    assert_eq!(tag(app, &path).await, "\"1\"", "the cache is not asked");
    path
}

#[tokio::test]
async fn a_write_that_is_refused_as_stale_names_the_stored_version_and_ends_the_staleness() {
    let app = wall().await;
    let media = ("content-type", "application/json");
    let stale = ("if-match", "\"1\"");
    for schema in [Poster::schema(), Placard::schema()] {
        for (method, body) in
            [("PATCH", r#"{"title":"x"}"#), ("PUT", r#"{"title":"x"}"#), ("DELETE", "")]
        {
            let path = changed_behind_the_back(&app, schema).await;
            let headers = if body.is_empty() { vec![stale] } else { vec![media, stale] };
            let refused = send(&app, method, &path, &headers, body).await.expect(412);
            assert_eq!(refused.header("etag"), "\"2\"", "{method} {}", schema.name);
            assert_eq!(tag(&app, &path).await, "\"2\"", "{method} {}", schema.name);
        }
    }
}

#[tokio::test]
async fn so_does_a_batch_with_a_stale_operation() {
    let app = wall().await;
    for schema in [Poster::schema(), Placard::schema()] {
        for (atomic, status) in [(true, 412), (false, 207)] {
            let path = changed_behind_the_back(&app, schema).await;
            let id = path.rsplit('/').next().unwrap();
            let operation: Json =
                json!({"op": "update", "id": id, "if_match": "\"1\"", "value": {"title": "x"}});
            let create = json!({"op": "create", "value": {"title": "new"}});
            let body = json!({"atomic": atomic, "operations": [create, operation]});
            let batch = format!("/api/{}/batch", schema.plural);
            app.client.post(&batch, &body).await.expect(status);
            assert_eq!(tag(&app, &path).await, "\"2\"", "{atomic} {}", schema.name);
        }
    }
}
