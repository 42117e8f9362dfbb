//! A policy holds on every path: what it hides can be neither read, listed, counted, filtered by, included, changed,
//! deleted nor reached through a batch.

use std::sync::Arc;

use framework::adapters::persistence::ddl;
use framework::infrastructure::config::Sources;
use framework::testing::{Client, TestApp};
use framework::{
    Action, App, Config, Context, Entity, Error, Json, Module, Policy, Scope, Uuid,
    serde_json::json,
};

/// A note that belongs to a tenant.
#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(table = "notes", has_many(comments: Comment, key = "note_id"))]
pub(crate) struct Note {
    /// Identity.
    #[entity(id)]
    pub(crate) id: Uuid,
    /// Text.
    #[entity(filter, sort, search, length(1..=100))]
    pub(crate) text: String,
    /// Whose it is.
    #[entity(tenant, filter)]
    pub(crate) tenant: String,
    /// Counts the changes.
    #[entity(version)]
    pub(crate) version: i64,
}

/// What is said about a note. Everybody may say and read everything, but not what notes hide.
#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(table = "comments")]
pub(crate) struct Comment {
    /// Identity.
    #[entity(id)]
    pub(crate) id: Uuid,
    /// The note.
    #[entity(belongs_to = Note, filter)]
    pub(crate) note_id: Uuid,
}

/// Only the caller's own tenant.
struct OwnTenant;

impl Policy<Note> for OwnTenant {
    fn scope(&self, context: &Context, _action: Action) -> Result<Scope<Note>, Error> {
        let tenant = context.tenant.clone().ok_or(Error::Unauthorized)?;
        Ok(Scope::only(Note::TENANT.eq(tenant)))
    }
}

struct Server {
    app: TestApp,
}

impl Server {
    async fn start() -> Self {
        let config =
            Config::from_sources("policies", &Sources::variables([("APP__LOG__FILTER", "warn")]))
                .expect("the defaults are right");
        let module =
            Module::new("notes").entity::<Note>(OwnTenant).entity::<Comment>(framework::AllowAll);
        let app = TestApp::start(App::new("policies", config).module(module)).await;
        ddl::create_all(&[Note::schema(), Comment::schema()], app.application.store())
            .await
            .expect("tables");
        Self { app }
    }

    /// A client that acts for this tenant.
    fn of(&self, tenant: &str) -> Client {
        let context = Arc::new(Context { tenant: Some(tenant.to_owned()), ..Context::anonymous() });
        Client::new(self.app.application.router().layer(framework::axum::Extension(context)))
    }
}

async fn made(client: &Client, path: &str, body: Json) -> Json {
    client.post(path, &body).await.expect(201).json()
}

#[tokio::test]
async fn what_a_policy_hides_does_not_exist_on_any_path() {
    let server = Server::start().await;
    let (mine, theirs) = (server.of("a"), server.of("b"));
    let note = made(&theirs, "/api/notes", json!({"text": "secret"})).await;
    assert_eq!(note["tenant"], "b", "the tenant comes from the context");
    made(&theirs, "/api/comments", json!({"note_id": note["id"]})).await;
    let path = format!("/api/notes/{}", note["id"].as_str().expect("an id"));

    mine.get(&path).await.expect(404);
    let list = mine.get("/api/notes?count=exact").await.expect(200).json();
    assert_eq!(
        (&list["items"], &list["total"]),
        (&json!([]), &json!(0)),
        "neither listed nor counted"
    );
    assert_eq!(mine.get("/api/notes?q=secret").await.expect(200).json()["items"], json!([]));
    assert_eq!(mine.get("/api/notes?fields=text").await.expect(200).json()["items"], json!([]));
    let search = json!({"filter": {"or": [{"text": {"eq": "secret"}}, {"tenant": {"eq": "b"}}]}});
    assert_eq!(
        mine.post("/api/notes/search", &search).await.expect(200).json()["items"],
        json!([])
    );

    let comments = mine.get("/api/comments?note__text=secret").await.expect(200).json();
    assert_eq!(comments["items"], json!([]), "a relation filter tells nothing of hidden rows");
    let comments = mine.get("/api/comments?include=note").await.expect(200).json();
    assert_eq!(comments["items"][0]["note"], Json::Null, "an include brings no hidden row");

    for accept in ["application/x-ndjson", "text/csv"] {
        for path in ["/api/notes", "/api/notes?fields=text", "/api/notes?q=secret"] {
            let stream = mine.send("GET", path, &[("accept", accept)], "").await.expect(200);
            assert!(
                !String::from_utf8_lossy(&stream.body).contains("secret"),
                "{path} as {accept}"
            );
        }
    }

    mine.patch(&path, &json!({"text": "changed"})).await.expect(404);
    mine.put(&path, &json!({"text": "changed"})).await.expect(404);
    mine.delete(&path).await.expect(404);
    for operation in [
        json!({"op": "update", "id": note["id"], "value": {"text": "changed"}}),
        json!({"op": "delete", "id": note["id"]}),
    ] {
        let batch = json!({"atomic": true, "operations": [operation]});
        mine.post("/api/notes/batch", &batch).await.expect(404);
    }
    assert_eq!(theirs.get(&path).await.expect(200).json(), note, "nothing was changed");
}

#[tokio::test]
async fn a_caller_without_a_tenant_is_refused_on_every_path() {
    let server = Server::start().await;
    let path = format!("/api/notes/{}", Uuid::now_v7());
    let client = &server.app.client;
    client.get("/api/notes").await.expect(401);
    client.get(&path).await.expect(401);
    client.post("/api/notes", &json!({"text": "x"})).await.expect(401);
    client.patch(&path, &json!({"text": "x"})).await.expect(401);
    client.delete(&path).await.expect(401);
    client.send("GET", "/api/notes", &[("accept", "text/csv")], "").await.expect(401);
    let media = [("content-type", "text/csv")];
    client.send("POST", "/api/notes/batch", &media, "text\nx\n").await.expect(401);
}

#[tokio::test]
async fn a_list_with_includes_is_a_constant_number_of_statements() {
    let server = Server::start().await;
    let client = server.of("a");
    let mut costs = Vec::new();
    for _ in 0..3 {
        for _ in 0..4 {
            let note = made(&client, "/api/notes", json!({"text": "x"})).await;
            for _ in 0..3 {
                made(&client, "/api/comments", json!({"note_id": note["id"]})).await;
            }
        }
        let before = server.app.application.store().statements();
        client.get("/api/notes?include=comments&limit=100&count=exact").await.expect(200);
        costs.push(server.app.application.store().statements() - before);
    }
    assert_eq!(
        costs,
        [2, 2, 2],
        "one for the page with its total, one for the comments of all its notes"
    );
}
