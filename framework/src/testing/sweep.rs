//! Bad input of every kind on every operation that the document describes.

use serde_json::{Value as Json, json};

use super::app::TestApp;
use super::client::Answer;

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
}

/// Walks the paths of the application's document and sends bad input of every kind to each operation: broken JSON, wrong
/// media types, unknown members, ids that are none, queries of a megabyte. Whatever it is, the answer is a problem
/// document that says so, never a failure of the server.
///
/// # Panics
/// When an answer is anything else; the message lists them.
pub async fn sweep(app: &TestApp) {
    let document = app.client.get("/openapi-3.2.json").await.expect(200).json();
    let mut broken = Vec::new();
    for operation in operations(&document) {
        bodies(app, &operation, &mut broken).await;
        addresses(app, &operation, &mut broken).await;
    }
    let health = app.client.get(&app.prefix).await;
    assert!(health.status.as_u16() < 500, "the application did not survive");
    assert!(broken.is_empty(), "bad input is answered wrongly:\n  {}", broken.join("\n  "));
}

fn operations(document: &Json) -> Vec<Operation> {
    let base = document.pointer("/servers/0/url").and_then(Json::as_str).unwrap_or_default();
    let paths = document["paths"].as_object().into_iter().flatten();
    paths
        .flat_map(|(path, item)| {
            METHODS.iter().filter_map(move |method| {
                let operation = item.get(method)?;
                Some(Operation {
                    method: method.to_uppercase(),
                    path: format!("{base}{path}"),
                    reads_body: operation.get("requestBody").is_some(),
                })
            })
        })
        .collect()
}

async fn bodies(app: &TestApp, operation: &Operation, broken: &mut Vec<String>) {
    let path = operation.path.replace("{id}", &uuid::Uuid::now_v7().to_string());
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let nested = format!("{}1{}", "{\"a\":".repeat(10_000), "}".repeat(10_000));
    let large = format!("{{\"a\":\"{}\"}}", "x".repeat(1_100_000));
    let json = "application/json";
    for (what, media, body) in [
        ("broken JSON", json, "{\"a\":"),
        ("two values", json, "{} {}"),
        ("no UTF-8", json, "{\"a\":\"\u{fffd}\""),
        ("a lone surrogate", json, r#"{"a":"\ud800"}"#),
        ("a NUL", json, "{\"a\u{0}\":1}"),
        ("an unknown member", json, r#"{"no_such_member":1}"#),
        ("another type", json, "\"text\""),
        ("a number that is too large", json, "{\"limit\":1e999}"),
        ("10,000 lists", json, deep.as_str()),
        ("10,000 objects", json, nested.as_str()),
        ("more than 1 MiB", json, large.as_str()),
        ("another media type", "text/plain", "{}"),
        ("XML", "application/xml", "<a/>"),
        ("a form", "application/x-www-form-urlencoded", "a=1"),
        ("lines that are none", "application/x-ndjson", "{\n{\n"),
        ("a table that is none", "text/csv", "no_such_member\n\"1"),
    ] {
        let headers = [("content-type", media)];
        let answer = app.client.send(&operation.method, &path, &headers, body.to_owned()).await;
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

async fn addresses(app: &TestApp, operation: &Operation, broken: &mut Vec<String>) {
    let body = if operation.reads_body { "{}" } else { "" };
    let headers = &[("content-type", "application/json")];
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
    let accept = [("accept", "text/html"), ("content-type", "application/json")];
    let answer = app.client.send(&operation.method, &unknown, &accept, body.to_owned()).await;
    judge_one_of(&[406], operation, "Accept: text/html", &answer, broken);
}

fn judge(operation: &Operation, what: &str, answer: &Answer, broken: &mut Vec<String>) {
    judge_one_of(&REFUSALS, operation, what, answer, broken);
}

/// The answer is a problem with one of these statuses, and its document says the same.
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
    if !statuses.contains(&status) || !is_problem {
        let body: String = String::from_utf8_lossy(&answer.body).chars().take(200).collect();
        let Operation { method, path, .. } = operation;
        broken.push(format!("{method} {path} with {what} answered {status}: {body}"));
    }
}
