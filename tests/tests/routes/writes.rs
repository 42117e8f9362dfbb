//! Creating, reading, changing, deleting, batches.

use framework::Json;
use framework::serde_json::json;

use crate::shop::{app, errors, get, patch, post, send};

fn everything() -> Json {
    json!({
        "number": "A-1", "amount": 5, "ratio": 0.5, "price": "12.50", "status": "done", "day": "2026-01-31",
        "at": "13:30:00", "local": "2026-01-31T13:30:00", "due": "2026-01-31T13:30:00Z", "raw": "AQID",
        "extra": {"deep": [1, null]}, "tags": ["a", "b"], "open": true, "lines": [{"quantity": 2}],
    })
}

#[tokio::test]
async fn every_kind_of_value_comes_back_as_it_was_sent() {
    let app = app().await;
    let sent = everything();
    let created = post(&app, "/api/purchases", &sent).await;
    assert_eq!(created.status.as_u16(), 201, "{created:?}");
    assert_eq!(created.header("etag"), "\"1\"");
    let row = created.json();
    for (name, value) in sent.as_object().unwrap() {
        if name == "price" {
            assert_eq!(row[name], "12.5", "one number has one form");
        } else if name != "lines" {
            assert_eq!(row[name], *value, "{name}");
        }
    }
    assert_eq!(row["lines"][0]["quantity"], 2);
    assert!(row.get("secret").is_none());
    let path = created.header("location").to_owned();
    assert_eq!(path, format!("/api/purchases/{}", row["id"].as_str().unwrap()));
    let read = get(&app, &path).await;
    assert_eq!((read.status.as_u16(), read.json()), (200, row.clone()));

    let names: Vec<_> = row
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .filter(|name| *name != "lines")
        .collect();
    let fields = get(&app, &format!("/api/purchases?fields={}", names.join(","))).await;
    let mut whole = row.clone();
    whole.as_object_mut().unwrap().remove("lines");
    assert_eq!(fields.json()["items"][0], whole, "projected rows are written as views are");
}

#[tokio::test]
async fn every_mistake_in_a_body_is_named_at_once() {
    let app = app().await;
    let body = json!({
        "amount": 1.5, "price": 3, "status": "lost", "numbr": "x", "id": null, "secret": "x", "version": 3,
        "tags": [1], "lines": [{"quantity": 100}, {"quantity": 1, "purchase_id": "x"}, 5, {}],
    });
    let refused = post(&app, "/api/purchases", &body).await;
    assert_eq!(refused.status.as_u16(), 422);
    let mut found = errors(&refused);
    found.sort();
    let wanted = [
        ("#/amount", "type"),
        ("#/id", "read_only"),
        ("#/lines/0/quantity", "too_large"),
        ("#/lines/1/purchase_id", "read_only"),
        ("#/lines/2", "type"),
        ("#/lines/3/quantity", "required"),
        ("#/number", "required"),
        ("#/numbr", "unknown"),
        ("#/price", "type"),
        ("#/secret", "unknown"),
        ("#/status", "unknown_value"),
        ("#/tags", "type"),
        ("#/version", "read_only"),
    ];
    let wanted: Vec<_> =
        wanted.iter().map(|(place, code)| ((*place).to_owned(), (*code).to_owned())).collect();
    assert_eq!(found, wanted);
    assert!(refused.json().to_string().contains("did you mean number?"));
}

#[tokio::test]
async fn malformed_bodies_are_400_and_foreign_ones_415() {
    let app = app().await;
    let json = [("content-type", "application/json; charset=utf-8")];
    let deep = format!("{{\"extra\":{}1{}}}", "[".repeat(500), "]".repeat(500));
    let bodies = [
        "",
        " ",
        "{\"number\":",
        "{} {}",
        r#"{"zzz":"\ud800"}"#,
        r#"{"amount":1e999}"#,
        deep.as_str(),
        "nul",
    ];
    for body in bodies {
        let refused = send(&app, "POST", "/api/purchases", &json, body.to_owned()).await;
        assert_eq!(
            (refused.status.as_u16(), refused.header("content-type")),
            (400, "application/problem+json"),
            "{body}"
        );
    }
    let invalid =
        send(&app, "POST", "/api/purchases", &json, b"{\"number\":\"\xff\"}".to_vec()).await;
    assert_eq!(invalid.status.as_u16(), 400);
    let twice = send(&app, "POST", "/api/purchases", &json, r#"{"number":"a","number":"b"}"#).await;
    assert_eq!((twice.status.as_u16(), errors(&twice)[0].1.as_str()), (422, "duplicate"));
    let large =
        send(&app, "POST", "/api/purchases", &json, format!("\"{}\"", "x".repeat(1_100_000))).await;
    assert_eq!(large.status.as_u16(), 413);
    let merge = [("content-type", "application/merge-patch+json")];
    for headers in [&[][..], &[("content-type", "text/plain")], &merge] {
        assert_eq!(send(&app, "POST", "/api/purchases", headers, "{}").await.status, 415);
    }
    assert_eq!(send(&app, "POST", "/api/purchases", &json, "[]").await.status, 422);
    assert_eq!(send(&app, "POST", "/api/purchases", &json, "null").await.status, 422);
}

#[tokio::test]
async fn patches_tell_absent_from_null_and_mind_versions() {
    let app = app().await;
    let path = post(&app, "/api/purchases", &everything()).await.header("location").to_owned();
    let changed = patch(&app, &path, &[("if-match", "\"1\"")], &json!({"ratio": null})).await;
    assert_eq!((changed.status.as_u16(), changed.header("etag")), (200, "\"2\""), "{changed:?}");
    assert_eq!(changed.json()["ratio"], Json::Null);
    assert_eq!(changed.json()["price"], "12.5");
    let stale = patch(&app, &path, &[("if-match", "\"1\"")], &json!({"amount": 1})).await;
    assert_eq!((stale.status.as_u16(), stale.header("etag")), (412, "\"2\""));
    let wrong = patch(&app, &path, &[("if-match", "\"1\"")], &json!({"amount": null})).await;
    assert_eq!(wrong.status.as_u16(), 422, "validation comes before preconditions");
    let projected = patch(&app, &path, &[("if-match", "\"9\", \"2.abc\"")], &json!({})).await;
    assert_eq!(projected.status.as_u16(), 200);
    let weak = patch(&app, &path, &[("if-match", "W/\"3\"")], &json!({})).await;
    assert_eq!(weak.status.as_u16(), 412);
}

#[tokio::test]
async fn a_body_that_no_one_reads_is_refused() {
    let app = app().await;
    let path = post(&app, "/api/purchases", &everything()).await.header("location").to_owned();
    let json = [("content-type", "application/json")];
    let addresses =
        [("DELETE", path.clone()), ("GET", path.clone()), ("GET", "/api/purchases".to_owned())];
    for (method, address) in &addresses {
        let refused = send(&app, method, address, &json, "{\"amount\":9}").await.expect(400);
        assert_eq!(errors(&refused), [("#".to_owned(), "unexpected".to_owned())]);
    }
    send(&app, "DELETE", &path, &json, "").await.expect(204);
    let restore = format!("{path}/restore");
    for body in ["{\"amount\":9}", "garbage", &"x".repeat(2_000_000)] {
        send(&app, "POST", &restore, &json, body.to_owned()).await.expect(400);
        send(&app, "POST", &format!("{path}/purge"), &[], body.to_owned()).await.expect(400);
    }
    send(&app, "POST", &restore, &[], "").await.expect(200);
}

#[tokio::test]
async fn what_is_not_deleted_is_said_to_be_that() {
    let app = app().await;
    let path = post(&app, "/api/purchases", &everything()).await.header("location").to_owned();
    for action in ["restore", "purge"] {
        let refused = post(&app, &format!("{path}/{action}"), &Json::Null).await.expect(404).json();
        let detail = refused["detail"].as_str().unwrap().to_owned();
        assert!(detail.ends_with("is not deleted"), "{detail}");
        let path = format!("/api/purchases/{}/{action}", framework::Uuid::now_v7());
        let unknown = post(&app, &path, &Json::Null).await.expect(404).json();
        assert!(unknown["detail"].as_str().unwrap().ends_with("does not exist"));
    }
}

#[tokio::test]
async fn preferences_are_followed_and_named() {
    let app = app().await;
    let headers = [("content-type", "application/json"), ("prefer", "tx=rollback")];
    let tried = send(&app, "POST", "/api/purchases", &headers, everything().to_string()).await;
    assert_eq!((tried.status.as_u16(), tried.header("preference-applied")), (201, "tx=rollback"));
    assert_eq!(get(&app, tried.header("location")).await.status, 404);
    let path = post(&app, "/api/purchases", &everything()).await.header("location").to_owned();
    let quiet = patch(&app, &path, &[("prefer", "return=minimal")], &json!({"amount": 1})).await;
    assert_eq!((quiet.status.as_u16(), quiet.body.len(), quiet.header("etag")), (204, 0, "\"2\""));
    let strict = patch(&app, &path, &[("prefer", "handling=strict, colour=red")], &json!({})).await;
    assert_eq!(strict.status.as_u16(), 400);
    let shown = [("prefer", "return=representation, tx=rollback")];
    let removed = send(&app, "DELETE", &path, &shown, "").await;
    let applied = removed.header("preference-applied");
    assert_eq!((removed.status.as_u16(), applied), (204, "tx=rollback"), "only what was followed");
}

#[tokio::test]
async fn caller_chosen_ids_are_put() {
    let app = app().await;
    let json = [("content-type", "application/json")];
    let made = send(&app, "PUT", "/api/customers/c%201", &json, r#"{"name":"Ann"}"#).await;
    assert_eq!(
        (made.status.as_u16(), made.header("location")),
        (201, "/api/customers/c%201"),
        "{made:?}"
    );
    let again = send(&app, "PUT", "/api/customers/c%201", &json, r#"{"name":"Bob"}"#).await;
    assert_eq!((again.status.as_u16(), again.json()["name"].as_str()), (200, Some("Bob")));
    let only_new = [("content-type", "application/json"), ("if-none-match", "*")];
    let refused = send(&app, "PUT", "/api/customers/c%201", &only_new, r#"{"name":"Cid"}"#).await;
    assert_eq!(refused.status.as_u16(), 412);
    let other = send(&app, "PUT", "/api/customers/x", &json, r#"{"name":"A","code":"y"}"#).await;
    assert_eq!((other.status.as_u16(), errors(&other)[0].0.as_str()), (422, "#/code"));
    let purchase = post(&app, "/api/purchases", &everything()).await;
    let replaced = send(&app, "PUT", purchase.header("location"), &json, r#"{"number":"B"}"#).await;
    assert_eq!(
        (replaced.status.as_u16(), replaced.json()["amount"].as_i64()),
        (200, Some(7)),
        "{replaced:?}"
    );
    assert_eq!(replaced.json()["ratio"], Json::Null);
}

#[tokio::test]
async fn conflicts_name_their_fields() {
    let app = app().await;
    post(&app, "/api/purchases", &everything()).await;
    let twice = post(&app, "/api/purchases", &everything()).await;
    assert_eq!((twice.status.as_u16(), errors(&twice)[0].0.as_str()), (409, "#/number"));
    let lost = post(&app, "/api/purchases", &json!({"number": "C", "customer_id": "nobody"})).await;
    assert_eq!((lost.status.as_u16(), errors(&lost)[0].0.as_str()), (409, "#/customer_id"));
}

#[tokio::test]
async fn deleted_rows_come_back_or_go_for_good() {
    let app = app().await;
    let path = post(&app, "/api/purchases", &everything()).await.header("location").to_owned();
    assert_eq!(send(&app, "POST", &format!("{path}/purge"), &[], "").await.status, 404);
    assert_eq!(send(&app, "DELETE", &path, &[], "").await.status, 204);
    assert_eq!(send(&app, "DELETE", &path, &[], "").await.status, 404);
    assert_eq!(
        get(&app, "/api/purchases?deleted=only").await.json()["items"].as_array().unwrap().len(),
        1
    );
    assert_eq!(send(&app, "POST", &format!("{path}/restore"), &[], "").await.status, 200);
    assert_eq!(get(&app, &path).await.status, 200);
    send(&app, "DELETE", &path, &[], "").await;
    assert_eq!(send(&app, "POST", &format!("{path}/purge"), &[], "").await.status, 204);
    assert_eq!(send(&app, "POST", &format!("{path}/restore"), &[], "").await.status, 404);
}

#[tokio::test]
async fn batches_are_atomic_or_per_item() {
    let app = app().await;
    let good = json!({"op": "create", "value": {"number": "1"}});
    let bad = json!({"op": "create", "value": {"number": ""}});
    let refused = post(&app, "/api/purchases/batch", &json!({"operations": [good, bad]})).await;
    assert_eq!(
        (refused.status.as_u16(), errors(&refused)[0].0.as_str()),
        (422, "#/operations/1/value/number")
    );
    let twice = post(&app, "/api/purchases/batch", &json!({"operations": [good, good]})).await;
    assert_eq!(twice.status.as_u16(), 409, "{twice:?}");
    assert_eq!(get(&app, "/api/purchases").await.json()["items"], json!([]));

    let each = json!({"atomic": false, "operations": [good, bad, good, {"op": "fly"}]});
    let answer = post(&app, "/api/purchases/batch", &each).await;
    assert_eq!(answer.status.as_u16(), 207, "{answer:?}");
    let results = answer.json()["results"].clone();
    let statuses: Vec<_> =
        results.as_array().unwrap().iter().map(|one| one["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [201, 422, 409, 422]);
    let id = results[0]["value"]["id"].clone();
    let rest = json!({"operations": [
        {"op": "update", "id": id, "if_match": "\"1\"", "value": {"amount": 9}},
    ]});
    let answer = post(&app, "/api/purchases/batch", &rest).await;
    assert_eq!(
        (answer.status.as_u16(), answer.json()["results"][0]["value"]["amount"].as_i64()),
        (200, Some(9))
    );
    let empty = post(&app, "/api/purchases/batch", &json!({"operations": []})).await;
    assert_eq!((empty.status.as_u16(), errors(&empty)[0].0.as_str()), (422, "#/operations"));
}
