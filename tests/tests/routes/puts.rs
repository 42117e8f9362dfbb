//! PUT with ids that callers choose, and in which order a write's mistakes are told.

use framework::adapters::persistence::{Dialect, ddl};
use framework::infrastructure::config::Sources;
use framework::testing::{Answer, Client, TestApp};
use framework::{
    AllowAll, App, Config, DateTime, Entity, Json, Module, Utc, Uuid, serde_json::json,
};
use tests::support::postgres;

/// A place with a name of its own.
#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(plural = "slots")]
pub(crate) struct Slot {
    /// Chosen by the caller.
    #[entity(id(client))]
    pub(crate) code: String,
    /// What is in it.
    #[entity(length(1..=40))]
    pub(crate) content: String,
    /// When it was given up.
    #[entity(deleted_at)]
    pub(crate) deleted_at: Option<DateTime<Utc>>,
    /// Counts the changes.
    #[entity(version)]
    pub(crate) version: i64,
}

/// A row that nobody may change without having read it.
#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(plural = "deeds", require_if_match)]
pub(crate) struct Deed {
    /// Identity.
    #[entity(id)]
    pub(crate) id: Uuid,
    /// Two deeds have two numbers.
    #[entity(unique, length(1..=40))]
    pub(crate) number: String,
    /// Counts the changes.
    #[entity(version)]
    pub(crate) version: i64,
}

async fn servers() -> Vec<TestApp> {
    let app = || {
        let module = Module::new("slots").entity::<Slot>(AllowAll).entity::<Deed>(AllowAll);
        let config = Config::from_sources("puts", &Sources::variables([("RUST_LOG", "warn")]));
        App::new("puts", config.expect("the defaults are right")).module(module)
    };
    let mut found = vec![TestApp::start(app()).await];
    if let Some(url) = postgres().await {
        found.push(TestApp::on(app(), &url).await);
    }
    for server in &found {
        let schemas = [Slot::schema(), Deed::schema()];
        ddl::create_all(&schemas, server.application.store()).await.expect("tables");
    }
    found
}

const JSON: (&str, &str) = ("content-type", "application/json");

async fn put(client: &Client, path: &str, extra: &[(&str, &str)], body: &Json) -> Answer {
    let headers: Vec<_> = extra.iter().copied().chain([JSON]).collect();
    client.send("PUT", path, &headers, body.to_string()).await
}

/// Sends the same kind of request from several callers at once.
async fn at_once(client: &Client, extra: &'static [(&str, &str)], callers: usize) -> Vec<Answer> {
    let puts = (0..callers).map(|caller| {
        let client = client.clone();
        let body = json!({"content": format!("of {caller}")});
        tokio::spawn(async move { put(&client, "/api/slots/one", extra, &body).await })
    });
    let puts: Vec<_> = puts.collect();
    let mut answers = Vec::new();
    for answer in puts {
        answers.push(answer.await.expect("an answer"));
    }
    answers
}

fn count(answers: &[Answer], status: u16) -> usize {
    answers.iter().filter(|answer| answer.status == status).count()
}

#[tokio::test]
async fn put_makes_the_row_that_is_not_there_and_replaces_the_one_that_is() {
    for server in servers().await {
        let client = &server.client;
        let made = put(client, "/api/slots/a%20b", &[], &json!({"content": "x"})).await.expect(201);
        assert_eq!((made.header("location"), made.header("etag")), ("/api/slots/a%20b", "\"1\""));
        let body = json!({"code": "a b", "content": "y"});
        let replaced = put(client, "/api/slots/a%20b", &[], &body).await.expect(200);
        assert_eq!((replaced.header("location"), replaced.header("etag")), ("", "\"2\""));
        let other = json!({"code": "other", "content": "y"});
        put(client, "/api/slots/a%20b", &[], &other).await.expect(422);
        let expecting = [("if-match", "\"1\"")];
        put(client, "/api/slots/missing", &expecting, &json!({"content": "x"})).await.expect(404);
        put(client, "/api/slots/a%20b", &expecting, &json!({"content": "x"})).await.expect(412);
    }
}

#[tokio::test]
async fn put_with_if_none_match_only_makes_rows() {
    for server in servers().await {
        let client = &server.client;
        let (new, body) = ([("if-none-match", "*")], json!({"content": "x"}));
        put(client, "/api/slots/a", &new, &body).await.expect(201);
        let met = put(client, "/api/slots/a", &new, &body).await.expect(412);
        assert_eq!(met.header("etag"), "\"1\"");
        assert_eq!(met.json()["type"], "/problems/exists");
        assert_eq!(met.json()["detail"], "a row with this id exists already");
        client.delete("/api/slots/a").await.expect(204);
        put(client, "/api/slots/a", &new, &body).await.expect(412);
        // A deleted row keeps its id: it can be restored, not made again.
        put(client, "/api/slots/a", &[], &body).await.expect(409);
    }
}

#[tokio::test]
async fn of_several_who_make_the_same_row_one_does() {
    for server in servers().await {
        let answers = at_once(&server.client, &[("if-none-match", "*")], 8).await;
        assert_eq!((count(&answers, 201), count(&answers, 412)), (1, 7), "{answers:?}");
    }
}

#[tokio::test]
async fn of_several_who_put_the_same_row_one_makes_it_and_the_others_replace_it() {
    for server in servers().await {
        for round in 0..5 {
            let answers = at_once(&server.client, &[], 4).await;
            let made = usize::from(round == 0);
            assert_eq!((count(&answers, 201), count(&answers, 200)), (made, 4 - made));
        }
        let row = server.client.get("/api/slots/one").await.expect(200);
        assert_eq!(row.json()["version"], 20, "each of them is counted");
    }
}

#[tokio::test]
async fn the_first_mistake_in_the_order_of_evaluation_is_the_one_that_is_told() {
    for server in servers().await {
        let client = &server.client;
        let deed = client.post("/api/deeds", &json!({"number": "1"})).await.expect(201);
        client.post("/api/deeds", &json!({"number": "2"})).await.expect(201);
        let here = deed.header("location").to_owned();
        let nowhere = format!("/api/deeds/{}", Uuid::now_v7());
        let (stale, right) = (("if-match", "\"9\""), ("if-match", "\"1\""));
        let (broken, wrong) = ("{", r#"{"number": ""}"#);
        let (taken, fine) = (r#"{"number": "2"}"#, r#"{"number": "3"}"#);
        for method in ["PUT", "PATCH"] {
            for (path, headers, body, status) in [
                (&nowhere, &[("content-type", "text/plain")][..], broken, 415),
                (&nowhere, &[JSON], broken, 404),
                (&nowhere, &[JSON], wrong, 404),
                (&nowhere, &[JSON], fine, 404),
                (&nowhere, &[JSON, stale], fine, 404),
                (&here, &[JSON, stale], broken, 400),
                (&here, &[JSON, stale], wrong, 422),
                (&here, &[JSON], wrong, 422),
                (&here, &[JSON], taken, 428),
                (&here, &[JSON, stale], taken, 412),
                (&here, &[JSON, right], taken, 409),
            ] {
                let answer = client.send(method, path, headers, body).await;
                assert_eq!(answer.status, status, "{method} {path} {headers:?} {body}");
            }
        }
        client.delete(&nowhere).await.expect(404);
        client.delete(&here).await.expect(428);
        // Where PUT makes rows, a missing one is no mistake.
        put(client, "/api/slots/new", &[], &json!({"content": ""})).await.expect(422);
        put(client, "/api/slots/new", &[stale], &json!({"content": ""})).await.expect(404);
    }
}

#[tokio::test]
async fn a_write_is_one_statement_unless_its_caller_wants_it_at_most_once() {
    for server in servers().await {
        let store = server.application.store();
        let deed = server.client.post("/api/deeds", &json!({"number": "0"})).await.expect(201);
        let here = deed.header("location").to_owned();
        let key = ("idempotency-key", "k");
        // A transaction, its lock, the look for the key, the answer; a second writer is locked out of SQLite anyway.
        let more = if store.dialect() == Dialect::Sqlite { 4 } else { 5 };
        for (method, path, body, version) in [
            ("POST", "/api/deeds", r#"{"number": "1"}"#, "*"),
            ("PATCH", &here, r#"{"number": "2"}"#, "\"1\""),
            ("PATCH", &here, r#"{"number": "3"}"#, "\"2\""),
        ] {
            let plain = [JSON, ("if-match", version)];
            let keyed = [JSON, ("if-match", version), key];
            let is_keyed = body.contains('3');
            let before = store.statements();
            let headers = if is_keyed { &keyed[..] } else { &plain };
            server.client.send(method, path, headers, body).await;
            let wanted = if is_keyed { 1 + more } else { 1 };
            assert_eq!(store.statements() - before, wanted, "{method} {body}");
        }
    }
}

#[tokio::test]
async fn a_batch_of_more_rows_than_the_client_is_prepared_for_is_refused() {
    let server = servers().await.swap_remove(0);
    let create = |code: &str| json!({"op": "create", "value": {"code": code, "content": "x"}});
    let body = json!({"operations": [create("a"), create("b")]}).to_string();
    let batch = async |prefer: &str| {
        let headers = [JSON, ("prefer", prefer)];
        server.client.send("POST", "/api/slots/batch", &headers, body.clone()).await
    };
    let refused = batch("handling=strict, max-affected=1").await.expect(400);
    assert_eq!(refused.codes(), ["max_affected"]);
    let done = batch("handling=strict, max-affected=2").await.expect(200);
    assert_eq!(done.header("preference-applied"), "max-affected=2, handling=strict");
}
