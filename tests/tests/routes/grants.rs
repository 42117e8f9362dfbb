//! Policies that grant one action and not another hold alike for single requests, batches and imports.

use std::sync::Arc;

use framework::adapters::persistence::ddl;
use framework::axum::{self, extract::Request, middleware::Next};
use framework::testing::{Client, TestApp};
use framework::{
    Action, App, Context, DateTime, Entity, Error, Json, Module, Policy, Scope, Utc, Uuid,
    serde_json::json,
};

use crate::league::{created, statuses};

/// Everybody may change it, and only who wrote it may delete it.
#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(plural = "memos")]
pub(crate) struct Memo {
    /// Identity.
    #[entity(id)]
    pub(crate) id: Uuid,
    /// Text.
    #[entity(length(1..=40))]
    pub(crate) text: String,
    /// Who wrote it.
    #[entity(tenant)]
    pub(crate) writer: String,
    /// When it was deleted.
    #[entity(deleted_at)]
    pub(crate) deleted_at: Option<DateTime<Utc>>,
    /// Counts the changes.
    #[entity(version)]
    pub(crate) version: i64,
}

/// The same, without a deletion mark.
#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(plural = "slips")]
pub(crate) struct Slip {
    /// Identity.
    #[entity(id)]
    pub(crate) id: Uuid,
    /// Text.
    #[entity(length(1..=40))]
    pub(crate) text: String,
    /// Who wrote it.
    #[entity(tenant)]
    pub(crate) writer: String,
}

struct Writers;

impl Writers {
    fn scope<E: Entity>(
        context: &Context,
        action: Action,
        own: impl Fn(String) -> Scope<E>,
    ) -> Result<Scope<E>, Error> {
        let writer = context.tenant.clone().ok_or(Error::Unauthorized)?;
        match action {
            Action::Update | Action::Delete if writer == "guest" => {
                Err(Error::Forbidden("guests only write".to_owned()))
            }
            Action::Delete => Ok(own(writer)),
            _ => Ok(Scope::unrestricted()),
        }
    }
}

impl Policy<Memo> for Writers {
    fn scope(&self, context: &Context, action: Action) -> Result<Scope<Memo>, Error> {
        Self::scope(context, action, |writer| Scope::only(Memo::WRITER.eq(writer)))
    }
}

impl Policy<Slip> for Writers {
    fn scope(&self, context: &Context, action: Action) -> Result<Scope<Slip>, Error> {
        Self::scope(context, action, |writer| Scope::only(Slip::WRITER.eq(writer)))
    }
}

async fn servers() -> Vec<(&'static str, TestApp)> {
    let app = || {
        let module = Module::new("grants").entity::<Memo>(Writers).entity::<Slip>(Writers);
        App::from_env("grants").unwrap().module(module)
    };
    let mut apps = vec![("SQLite", TestApp::start(app()).await)];
    if let Some(url) = tests::support::postgres().await {
        apps.push(("PostgreSQL", TestApp::on(app(), &url).await));
    }
    for (_, server) in &apps {
        let schemas = [Memo::schema(), Slip::schema()];
        ddl::create_all(&schemas, server.application.store()).await.unwrap();
    }
    apps
}

fn of(server: &TestApp, writer: &str) -> Client {
    let context = Arc::new(Context { tenant: Some(writer.to_owned()), ..Context::anonymous() });
    Client::new(server.application.router().layer(framework::axum::Extension(context)))
}

async fn made(client: &Client, plural: &str) -> Json {
    let path = format!("/api/{plural}");
    client.post(&path, &json!({"text": "hello"})).await.expect(201).json()["id"].clone()
}

#[tokio::test]
async fn middleware_around_the_application_says_who_calls() {
    let module = Module::new("grants").entity::<Memo>(Writers);
    let app = App::from_env("grants").unwrap().module(module).around(|router| {
        router.layer(axum::middleware::from_fn(async |mut request: Request, next: Next| {
            let writer = request.headers().get("x-writer").and_then(|name| name.to_str().ok());
            let tenant = writer.map(str::to_owned);
            let context = Context { tenant, ..Context::anonymous() };
            request.extensions_mut().insert(Arc::new(context));
            next.run(request).await
        }))
    });
    let server = TestApp::start(app).await;
    ddl::create_all(&[Memo::schema()], server.application.store()).await.unwrap();
    let (nobody, ann) = (Vec::new(), vec![("x-writer", "ann")]);
    let body = json!({"text": "hello"}).to_string();
    for (headers, status) in [(nobody, 401), (ann, 201)] {
        let headers = [headers, vec![("content-type", "application/json")]].concat();
        server.client.send("POST", "/api/memos", &headers, body.clone()).await.expect(status);
    }
}

#[tokio::test]
async fn a_batch_deletes_only_what_a_delete_would() {
    for (database, server) in servers().await {
        let (ann, bob) = (of(&server, "ann"), of(&server, "bob"));
        for plural in ["memos", "slips"] {
            let (anns, bobs) = (made(&ann, plural).await, made(&bob, plural).await);
            let operations = json!([
                {"op": "update", "id": bobs, "value": {"text": "changed"}},
                {"op": "delete", "id": anns},
            ]);
            let path = format!("/api/{plural}/batch");
            let body = json!({"atomic": false, "operations": operations});
            assert_eq!(statuses(&ann.post(&path, &body).await), [200, 204], "{database}");

            let anns = made(&ann, plural).await;
            let operations = json!([
                {"op": "delete", "id": bobs},
                {"op": "update", "id": anns, "value": {"text": "changed"}},
            ]);
            let body = json!({"atomic": false, "operations": operations});
            assert_eq!(statuses(&ann.post(&path, &body).await), [404, 200], "{database}");
            ann.post(&path, &json!({"operations": operations})).await.expect(404);
            let row = format!("/api/{plural}/{}", bobs.as_str().unwrap());
            ann.delete(&row).await.expect(404);
            bob.get(&row).await.expect(200);
        }
    }
}

#[tokio::test]
async fn who_may_only_create_makes_batches_and_imports_of_it() {
    for (database, server) in servers().await {
        let guest = of(&server, "guest");
        let note = created(&json!({"text": "hello"}));
        let id = made(&guest, "memos").await;
        let path = "/api/memos/batch";
        guest.post(path, &json!({"operations": [note, note]})).await.expect(200);
        let lines = "{\"text\":\"one\"}\n{\"text\":\"two\"}\n";
        let ndjson = [("content-type", "application/x-ndjson")];
        guest.send("POST", path, &ndjson, lines).await.expect(200);

        let operations = json!([
            note,
            {"op": "update", "id": id, "value": {"text": "changed"}},
            {"op": "delete", "id": id},
            {"op": "restore", "id": Uuid::now_v7()},
        ]);
        let body = json!({"atomic": false, "operations": operations});
        let answer = guest.post(path, &body).await.expect(207);
        assert_eq!(statuses(&answer), [201, 403, 403, 403], "{database}");
        guest.post(path, &json!({"operations": operations})).await.expect(403);
    }
}
