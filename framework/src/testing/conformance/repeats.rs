//! Repeated requests: whatever writes does so once per `Idempotency-Key`, and answers the same again.

use serde_json::{Value as Json, json};

use super::{Answer, Suite};

pub(super) async fn check(suite: &mut Suite) {
    creates_happen_once(suite).await;
    changes_happen_once(suite).await;
    batches_happen_once(suite).await;
    deletions_happen_once(suite).await;
    ill_formed_keys_are_refused(suite).await;
    a_used_key_is_told_before_a_wrong_body(suite).await;
    writes_without_a_key_are_refused_where_one_is_demanded(suite).await;
}

async fn creates_happen_once(suite: &mut Suite) {
    let path = suite.path.clone();
    let body = suite.body().await;
    let first = twice(suite, "POST", &path, Some(&body)).await;
    if first.status != 201 {
        return;
    }
    let headers = headers("key-of-POST", true);
    let other = suite.body().await;
    if other != body {
        let answer = suite.client.send("POST", &path, &headers, other.to_string()).await;
        let reused = answer.json()["type"] == "/problems/idempotency-key-reused";
        suite.promise_problem(422, "a key with another body is refused", &answer);
        suite.promise(reused, "a key with another body has its own problem", &answer);
    }
}

async fn changes_happen_once(suite: &mut Suite) {
    let row = suite.row().await;
    let path = suite.row_path(&row);
    let first = twice(suite, "PATCH", &path, Some(&json!({}))).await;
    if suite.versioned() {
        let once = first.header("etag") == "\"2\"";
        let read = suite.client.get(&path).await;
        let once = once && read.header("etag") == "\"2\"";
        suite.promise(once, "a repeated PATCH changes the row once", &read);
    }
    let body = suite.replacement_of(&row).await;
    twice(suite, "PUT", &path, Some(&body)).await;
}

async fn batches_happen_once(suite: &mut Suite) {
    let path = format!("{}/batch", suite.path);
    let value = suite.body().await;
    let body = json!({ "operations": [{ "op": "create", "value": value }] });
    twice(suite, "POST", &path, Some(&body)).await;
}

async fn deletions_happen_once(suite: &mut Suite) {
    let row = suite.row().await;
    let path = suite.row_path(&row);
    twice(suite, "DELETE", &path, None).await;
    if suite.schema.roles.deleted_at.is_some() {
        twice(suite, "POST", &format!("{path}/restore"), None).await;
        suite.client.delete(&path).await;
        twice(suite, "POST", &format!("{path}/purge"), None).await;
    }
}

async fn ill_formed_keys_are_refused(suite: &mut Suite) {
    let body = suite.body().await.to_string();
    for key in ["", "\"open", "two words"] {
        let headers = [("content-type", "application/json"), ("idempotency-key", key)];
        let answer = suite.client.send("POST", &suite.path, &headers, body.clone()).await;
        let named =
            answer.status == 400 && answer.json()["errors"][0]["header"] == "Idempotency-Key";
        suite.promise(named, &format!("the ill-formed key {key:?} is refused by name"), &answer);
    }
}

async fn a_used_key_is_told_before_a_wrong_body(suite: &mut Suite) {
    let body = suite.body().await.to_string();
    let headers = headers("key-before-body", true);
    suite.client.send("POST", &suite.path, &headers, body).await;
    let answer = suite.client.send("POST", &suite.path, &headers, r#"{"no_such_member":1}"#).await;
    let reused = answer.json()["type"] == "/problems/idempotency-key-reused";
    suite.promise_problem(422, "a key with a wrong body is refused", &answer);
    suite.promise(reused, "a key with a wrong body belongs to another request", &answer);
}

async fn writes_without_a_key_are_refused_where_one_is_demanded(suite: &mut Suite) {
    if !suite.schema.options.require_idempotency_key {
        return;
    }
    let row = suite.row().await;
    let (path, row) = (suite.path.clone(), suite.row_path(&row));
    let body = suite.body().await.to_string();
    let batch = format!(r#"{{"operations": [{{"op": "create", "value": {body}}}]}}"#);
    let json = [("content-type", "application/json")];
    for (method, path, body) in [
        ("POST", path.clone(), body.clone()),
        ("PUT", row.clone(), body),
        ("PATCH", row.clone(), "{}".to_owned()),
        ("DELETE", row, String::new()),
        ("POST", format!("{path}/batch"), batch),
    ] {
        let answer = suite.bare.send(method, &path, &json, body).await;
        let promise = format!("{method} {path} without a key is refused");
        suite.promise_problem(400, &promise, &answer);
        let problem = answer.json();
        let named = problem["type"] == "/problems/idempotency-key-required"
            && problem["errors"][0]["header"] == "Idempotency-Key";
        suite.promise(named, &format!("{promise} by name"), &answer);
    }
    let media = [("content-type", "application/x-ndjson")];
    let answer = suite.bare.send("POST", &format!("{path}/batch"), &media, "{}\n").await;
    suite.promise_problem(415, "what demands keys takes no import", &answer);
}

/// Sends the same request twice with one key; the second answer must be the first one, marked.
async fn twice(suite: &mut Suite, method: &str, path: &str, body: Option<&Json>) -> Answer {
    let key = format!("key-of-{method}");
    let headers = headers(&key, body.is_some());
    let client = suite.client.clone();
    let text = || body.map(Json::to_string).unwrap_or_default();
    let first = client.send(method, path, &headers, text()).await;
    let second = client.send(method, path, &headers, text()).await;
    let promise = |what: &str| format!("{method} {path} with a key {what}");
    suite.promise(first.status.is_success(), &promise("succeeds"), &first);
    let kept = ["etag", "location", "content-type", "preference-applied"];
    let same = first.status == second.status
        && first.body == second.body
        && kept.iter().all(|name| first.header(name) == second.header(name));
    suite.promise(same, &promise("is answered the same twice"), &second);
    let marked = first.header("idempotency-replayed").is_empty()
        && second.header("idempotency-replayed") == "true";
    suite.promise(marked, &promise("says that the second answer is a repetition"), &second);
    first
}

fn headers(key: &str, has_body: bool) -> Vec<(&'static str, &str)> {
    let media = has_body.then_some(("content-type", "application/json"));
    media.into_iter().chain([("idempotency-key", key)]).collect()
}
