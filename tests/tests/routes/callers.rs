//! What a row takes from its caller, and identities that callers choose.

use std::sync::Arc;

use framework::adapters::persistence::ddl;
use framework::serde_json::json;
use framework::testing::{Client, TestApp};
use framework::{AllowAll, App, Context, Entity, Module, Uuid};

/// Somebody's.
#[derive(Debug, Clone, PartialEq, Entity)]
struct Diary {
    #[entity(id)]
    id: Uuid,
    #[entity(owner)]
    writer: Uuid,
    #[entity(tenant)]
    house: String,
    #[entity(length(..=40))]
    text: String,
}

/// Somebody's or nobody's, known by a word.
#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(plural = "words")]
struct Word {
    #[entity(id(client))]
    id: String,
    #[entity(owner)]
    finder: Option<String>,
    #[entity(tenant, default = "open")]
    house: String,
}

async fn server() -> TestApp {
    let module = Module::new("callers").entity::<Diary>(AllowAll).entity::<Word>(AllowAll);
    let server = TestApp::start(App::from_env("callers").unwrap().module(module)).await;
    let schemas = [Diary::schema(), Word::schema()];
    ddl::create_all(&schemas, server.application.store()).await.unwrap();
    server
}

fn of(server: &TestApp, actor: &str, tenant: Option<&str>) -> Client {
    let (actor, tenant) = (Some(actor.to_owned()), tenant.map(str::to_owned));
    let context = Arc::new(Context { actor, tenant, ..Context::anonymous() });
    Client::new(server.application.router().layer(framework::axum::Extension(context)))
}

#[tokio::test]
async fn a_row_that_needs_an_owner_is_refused_without_one() {
    let server = server().await;
    let body = json!({"text": "dear diary"});
    let ada = Uuid::now_v7().to_string();
    server.client.post("/api/diaries", &body).await.expect(401);
    of(&server, &ada, None).post("/api/diaries", &body).await.expect(403);
    of(&server, "ada", Some("oak")).post("/api/diaries", &body).await.expect(403);
    let made = of(&server, &ada, Some("oak")).post("/api/diaries", &body).await.expect(201).json();
    assert_eq!((&made["writer"], &made["house"]), (&json!(ada), &json!("oak")));
}

#[tokio::test]
async fn a_row_that_needs_no_owner_takes_its_default_or_none() {
    let server = server().await;
    let made = server.client.post("/api/words", &json!({"id": "lamp"})).await.expect(201).json();
    assert_eq!((&made["finder"], &made["house"]), (&json!(null), &json!("open")));
    let ada = of(&server, "ada", Some("oak"));
    let made = ada.post("/api/words", &json!({"id": "light"})).await.expect(201).json();
    assert_eq!((&made["finder"], &made["house"]), (&json!("ada"), &json!("oak")));
}

#[tokio::test]
async fn an_identity_that_no_address_can_end_in_is_refused() {
    let server = server().await;
    for id in ["search", "batch", "", ".", ".."] {
        let answer = server.client.post("/api/words", &json!({"id": id})).await.expect(422);
        assert_eq!(
            (answer.codes(), answer.pointers()),
            (vec!["reserved".to_owned()], vec!["#/id".to_owned()]),
            "{id}"
        );
    }
    server.client.post("/api/words", &json!({"id": "searching"})).await.expect(201);
    server.client.get("/api/words/searching").await.expect(200);
}
