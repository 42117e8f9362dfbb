//! Bad input of every kind on every operation that the document describes.

use sea_orm::{ConnectionTrait as _, DbBackend, Statement};
use serde_json::{Value as Json, json};

use super::app::TestApp;
use super::client::Answer;
use crate::adapters::persistence::Dialect;

const METHODS: [&str; 6] = ["get", "post", "put", "patch", "delete", "query"];
/// What may be answered to a request that is wrong.
const REFUSALS: [u16; 9] = [400, 404, 405, 406, 409, 412, 413, 415, 422];
/// Queries that no operation understands.
const QUERIES: [&str; 6] =
    ["no_such_parameter=1", "%00=%00", "a=%ff", "limit=%2d1", "sort=%F0%9F%98%80", "[a]=1"];
/// Identities that no row has.
const IDS: [&str; 6] =
    ["%00", "%ff", "not-a-uuid", "..%2f..", "1%27--", "99999999999999999999999999"];

/// One operation of the document.
struct Operation {
    method: String,
    path: String,
    reads_body: bool,
    /// The media type of its JSON.
    media: String,
    /// The members that its body can have.
    members: Vec<String>,
}

/// Walks the paths of the application's document and sends bad input of every kind to each operation: broken JSON, wrong
/// media types, unknown members, members with values that nothing can store, ids that are none, addresses of 60 kB.
/// Whatever it is, the answer is a problem document that says so and, where it is 422, names the place; never a failure
/// of the server. Afterwards every table has as many rows as before.
///
/// # Panics
/// When an answer is anything else, or rows came or went; the message lists them.
pub async fn sweep(app: &TestApp) {
    let document = app.client.get("/openapi-3.2.json").await.expect(200).json();
    let rows = count_rows(app).await;
    let mut broken = Vec::new();
    for operation in operations(&document) {
        bodies(app, &operation, &mut broken).await;
        members(app, &operation, &mut broken).await;
        addresses(app, &operation, &mut broken).await;
    }
    let health = app.client.get(&app.prefix).await;
    assert!(health.status.as_u16() < 500, "the application did not survive");
    assert!(broken.is_empty(), "bad input is answered wrongly:\n  {}", broken.join("\n  "));
    assert_eq!(count_rows(app).await, rows, "bad input left something behind");
}

/// Each table with the number of its rows.
async fn count_rows(app: &TestApp) -> Vec<(String, i64)> {
    let store = app.application.store();
    let (backend, tables) = match store.dialect() {
        Dialect::Sqlite => {
            (DbBackend::Sqlite, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        }
        Dialect::Postgres => (
            DbBackend::Postgres,
            "SELECT tablename::text AS name FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1",
        ),
    };
    let query = async |sql: String| {
        store.connection().query_all_raw(Statement::from_string(backend, sql)).await
    };
    let counted = async {
        let mut counts = Vec::new();
        for table in query(tables.to_owned()).await? {
            let table: String = table.try_get("", "name")?;
            for row in query(format!("SELECT count(*) AS rows FROM \"{table}\"")).await? {
                counts.push((table.clone(), row.try_get("", "rows")?));
            }
        }
        Ok::<_, sea_orm::DbErr>(counts)
    };
    counted.await.unwrap_or_else(|error| panic!("the rows cannot be counted: {error}"))
}

fn operations(document: &Json) -> Vec<Operation> {
    let base = document.pointer("/servers/0/url").and_then(Json::as_str).unwrap_or_default();
    let paths = document["paths"].as_object().into_iter().flatten();
    paths
        .flat_map(|(path, item)| {
            METHODS.iter().filter_map(move |method| {
                let operation = item.get(method)?;
                let content = operation.pointer("/requestBody/content").and_then(Json::as_object);
                let body = content.and_then(|content| {
                    content
                        .iter()
                        .find(|(media, _)| media.ends_with("json") && !media.ends_with("ndjson"))
                });
                Some(Operation {
                    media: body.map_or("application/json", |(media, _)| media).to_owned(),
                    members: body.map(|(_, body)| members_of(document, body)).unwrap_or_default(),
                    method: method.to_uppercase(),
                    path: format!("{base}{path}"),
                    reads_body: operation.get("requestBody").is_some(),
                })
            })
        })
        .collect()
}

/// The members of a body's schema.
fn members_of(document: &Json, body: &Json) -> Vec<String> {
    let reference = body.pointer("/schema/$ref").and_then(Json::as_str).unwrap_or_default();
    let schema = reference.strip_prefix('#').and_then(|pointer| document.pointer(pointer));
    let members = schema.and_then(|schema| schema.get("properties")?.as_object());
    members.into_iter().flat_map(|members| members.keys().cloned()).collect()
}

async fn bodies(app: &TestApp, operation: &Operation, broken: &mut Vec<String>) {
    let path = operation.path.replace("{id}", &uuid::Uuid::now_v7().to_string());
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let nested = format!("{}1{}", "{\"a\":".repeat(10_000), "}".repeat(10_000));
    let large = format!("{{\"a\":\"{}\"}}", "x".repeat(1_100_000));
    let json = operation.media.as_str();
    let cases: [(&str, &str, &[u8]); 16] = [
        ("broken JSON", json, b"{\"a\":"),
        ("two values", json, b"{} {}"),
        ("no UTF-8", json, b"{\"a\":\"\xff\xfe\"}"),
        ("a lone surrogate", json, br#"{"a":"\ud800"}"#),
        ("a NUL", json, b"{\"a\0\":1}"),
        ("an unknown member", json, br#"{"no_such_member":1}"#),
        ("another type", json, b"\"text\""),
        ("a number that is too large", json, b"{\"limit\":1e999}"),
        ("10,000 lists", json, deep.as_bytes()),
        ("10,000 objects", json, nested.as_bytes()),
        ("more than 1 MiB", json, large.as_bytes()),
        ("another media type", "text/plain", b"{}"),
        ("XML", "application/xml", b"<a/>"),
        ("a form", "application/x-www-form-urlencoded", b"a=1"),
        ("lines that are none", "application/x-ndjson", b"{\n{\n"),
        ("a table that is none", "text/csv", b"no_such_member\n\"1"),
    ];
    for (what, media, body) in cases {
        let headers = [("content-type", media)];
        let answer = app.client.send(&operation.method, &path, &headers, body.to_vec()).await;
        // An import answers line by line: refusals are inside.
        let is_import = matches!(media, "application/x-ndjson" | "text/csv");
        if !(is_import && answer.status == 207) {
            judge(operation, what, &answer, broken);
        }
    }
    if operation.reads_body {
        let answer = app.client.send(&operation.method, &path, &[], "").await;
        judge(operation, "no body", &answer, broken);
    }
}

/// Values that nothing can store, in the members that the operation knows.
async fn members(app: &TestApp, operation: &Operation, broken: &mut Vec<String>) {
    let path = operation.path.replace("{id}", &uuid::Uuid::now_v7().to_string());
    let headers = [("content-type", operation.media.as_str())];
    for member in &operation.members {
        for (what, value) in [
            ("no UTF-8", b"\"\xc3\x28\"".as_slice()),
            ("a lone surrogate", br#""\udead""#),
            ("a number that is too large", b"-1e999"),
            ("a NUL", br#""\u0000""#),
        ] {
            let body = [format!("{{{}:", json!(member)).as_bytes(), value, b"}"].concat();
            let answer = app.client.send(&operation.method, &path, &headers, body).await;
            let what = format!("{what} in `{member}`");
            judge(operation, &what, &answer, broken);
            // What is read at all is refused at its place.
            let pointer = format!("#/{member}");
            if answer.status == 422 && !answer.pointers().iter().any(|it| it.starts_with(&pointer))
            {
                complain(operation, &format!("{what} named other places and"), &answer, broken);
            }
        }
    }
}

async fn addresses(app: &TestApp, operation: &Operation, broken: &mut Vec<String>) {
    let body = if operation.reads_body { "{}" } else { "" };
    let headers = &[("content-type", operation.media.as_str())];
    let send =
        async |path: &str| app.client.send(&operation.method, path, headers, body.to_owned()).await;
    let unknown = operation.path.replace("{id}", &uuid::Uuid::now_v7().to_string());
    for query in QUERIES {
        let answer = send(&format!("{unknown}?{query}")).await;
        judge(operation, &format!("?{query}"), &answer, broken);
    }
    let long = send(&format!("{unknown}?q={}", "x".repeat(60_000))).await;
    judge_one_of(&[400, 414], operation, "an address of 60 kB", &long, broken);
    if operation.path.contains("{id}") {
        for id in IDS {
            let answer = send(&operation.path.replace("{id}", id)).await;
            judge(operation, &format!("the id {id}"), &answer, broken);
        }
        let answer = send(&unknown).await;
        judge_one_of(&[404, 422, 400], operation, "an unknown id", &answer, broken);
    }
    let answer = app.client.send("TRACE", &unknown, &[], "").await;
    judge_one_of(&[405], operation, "TRACE", &answer, broken);
    let accept = [("accept", "text/html"), ("content-type", operation.media.as_str())];
    let answer = app.client.send(&operation.method, &unknown, &accept, body.to_owned()).await;
    judge_one_of(&[406], operation, "Accept: text/html", &answer, broken);
}

fn judge(operation: &Operation, what: &str, answer: &Answer, broken: &mut Vec<String>) {
    judge_one_of(&REFUSALS, operation, what, answer, broken);
}

/// The answer is a problem with one of these statuses, its document says the same, and what is unprocessable has a place.
fn judge_one_of(
    statuses: &[u16],
    operation: &Operation,
    what: &str,
    answer: &Answer,
    broken: &mut Vec<String>,
) {
    let status = answer.status.as_u16();
    let is_problem = answer.header("content-type").starts_with("application/problem+json")
        && answer.json()["status"] == json!(status);
    if !statuses.contains(&status) || !is_problem || (status == 422 && !has_place(answer)) {
        complain(operation, what, answer, broken);
    }
}

fn has_place(answer: &Answer) -> bool {
    let body = answer.json();
    let mut errors = body["errors"].as_array().into_iter().flatten();
    errors.any(|error| ["pointer", "parameter"].iter().any(|place| error[place].is_string()))
}

fn complain(operation: &Operation, what: &str, answer: &Answer, broken: &mut Vec<String>) {
    let body: String = String::from_utf8_lossy(&answer.body).chars().take(200).collect();
    let (Operation { method, path, .. }, status) = (operation, answer.status.as_u16());
    broken.push(format!("{method} {path} with {what} answered {status}: {body}"));
}
