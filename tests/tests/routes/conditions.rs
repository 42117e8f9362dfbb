//! Conditional requests: `If-Match` and `If-None-Match` on reads and writes.

use framework::serde_json::{Value as Json, json};
use framework::testing::{Answer, TestApp};

use crate::shop::{app, apps, errors, get, patch, post, send};

async fn purchase(app: &TestApp, number: &str) -> String {
    let made = post(app, "/api/purchases", &json!({"number": number, "lines": []})).await;
    made.expect(201).header("location").to_owned()
}

async fn conditional(
    app: &TestApp,
    method: &str,
    path: &str,
    condition: (&str, &str),
    body: &Json,
) -> Answer {
    let headers = [("content-type", "application/json"), condition];
    let body = if body.is_null() { String::new() } else { body.to_string() };
    send(app, method, path, &headers, body).await
}

#[tokio::test]
async fn a_read_of_another_version_than_if_match_names_is_412() {
    let app = app().await;
    let path = purchase(&app, "A-1").await;
    for (condition, status) in [
        ("\"1\"", 200),
        ("\"7\", \"1\"", 200),
        ("*", 200),
        ("\"77\"", 412),
        ("W/\"1\"", 412),
        ("\"\u{e9}\"", 412),
    ] {
        for method in ["GET", "HEAD"] {
            let answer = send(&app, method, &path, &[("if-match", condition)], "").await;
            assert_eq!(answer.status.as_u16(), status, "{method} {condition}");
            assert_eq!(answer.header("etag"), "\"1\"");
        }
    }
    let both = [("if-match", "\"77\""), ("if-none-match", "\"1\"")];
    let stale = send(&app, "GET", &path, &both, "").await.expect(412);
    assert_eq!(stale.json()["type"], "/problems/stale");
    let both = [("if-match", "\"1\""), ("if-none-match", "\"1\"")];
    send(&app, "GET", &path, &both, "").await.expect(304);
    let sparse = format!("{path}?fields=number");
    send(&app, "GET", &sparse, &[("if-match", "\"1\"")], "").await.expect(200);
    let nowhere = "/api/purchases/019bd8a0-7c3e-7d52-9a3b-5f0e6c1d2b4a";
    send(&app, "GET", nowhere, &[("if-match", "\"1\"")], "").await.expect(404);
    send(&app, "GET", "/api/purchases", &[("if-match", "\"1\"")], "").await.expect(412);
    send(&app, "GET", "/api/purchases", &[("if-match", "*")], "").await.expect(200);
}

#[tokio::test]
async fn a_write_of_a_row_that_if_none_match_names_is_412_and_changes_nothing() {
    for (database, app) in apps().await {
        let path = purchase(&app, "A-1").await;
        let row = get(&app, &path).await.json();
        let change = json!({"amount": 9});
        let whole = json!({"number": "A-2", "lines": []});
        for named in ["*", "\"1\"", "W/\"1\"", "\"7\", \"1-gzip\"", "\"1.0123456789abcdef\""] {
            for (method, body) in [("PATCH", &change), ("PUT", &whole), ("DELETE", &Json::Null)] {
                let refused =
                    conditional(&app, method, &path, ("if-none-match", named), body).await;
                assert_eq!(refused.status, 412, "{database} {method} {named}");
                assert_eq!(refused.header("etag"), "\"1\"", "{database} {method} {named}");
                let detail = refused.json()["detail"].as_str().unwrap_or_default().to_owned();
                let said = if named == "*" { "exists already" } else { "the row as it is" };
                assert!(detail.contains(said), "{method} {named}: {detail}");
            }
        }
        let purge = format!("{path}/purge");
        conditional(&app, "POST", &purge, ("if-none-match", "*"), &Json::Null).await.expect(412);
        assert_eq!(get(&app, &path).await.json(), row, "{database}: nothing happened");

        let other = ("if-none-match", "\"77\"");
        conditional(&app, "PATCH", &path, other, &change).await.expect(200);
        conditional(&app, "PUT", &path, other, &whole).await.expect(200);
        conditional(&app, "DELETE", &path, other, &Json::Null).await.expect(204);
        conditional(&app, "DELETE", &path, other, &Json::Null).await.expect(404);
        let restore = format!("{path}/restore");
        conditional(&app, "POST", &restore, ("if-none-match", "\"4\""), &Json::Null)
            .await
            .expect(412);
        conditional(&app, "POST", &restore, other, &Json::Null).await.expect(200);
    }
}

#[tokio::test]
async fn a_row_without_a_version_is_named_by_the_tag_of_what_it_says() {
    for (database, app) in apps().await {
        let made = post(&app, "/api/customers", &json!({"code": "c1", "name": "Ada"})).await;
        let tag = made.expect(201).header("etag").to_owned();
        let path = "/api/customers/c1";
        let named = ("if-none-match", tag.as_str());
        let whole = json!({"code": "c1", "name": "Bo"});
        conditional(&app, "PUT", path, named, &whole).await.expect(412);
        conditional(&app, "DELETE", path, named, &Json::Null).await.expect(412);
        let changed =
            conditional(&app, "PATCH", path, ("if-none-match", "\"0\""), &json!({"name": "Bo"}))
                .await;
        assert_eq!(changed.expect(200).json()["name"], "Bo", "{database}");
        conditional(&app, "PUT", path, named, &whole).await.expect(200);
        let fresh = json!({"code": "c2", "name": "Cy"});
        conditional(&app, "PUT", "/api/customers/c2", named, &fresh).await.expect(201);
    }
}

#[tokio::test]
async fn empty_elements_of_a_list_of_tags_mean_nothing() {
    let app = app().await;
    let path = purchase(&app, "A-1").await;
    for (condition, status) in
        [("\"x\",,\"y\"", 200), (", \"1\" ,", 304), ("\"\u{e9}\"", 200), (",", 400), ("1", 400)]
    {
        let answer = send(&app, "GET", &path, &[("if-none-match", condition)], "").await;
        assert_eq!(answer.status.as_u16(), status, "{condition}");
    }
    let stale = patch(&app, &path, &[("if-match", "\"\u{e9}\"")], &json!({"amount": 1})).await;
    assert_eq!(stale.status, 412, "a tag that is not ours");
}

#[tokio::test]
async fn a_condition_of_a_batch_is_read_as_the_header_is() {
    let app = app().await;
    let path = purchase(&app, "A-1").await;
    let id = path.rsplit('/').next().unwrap();
    let batch = |condition: &str| json!({"operations": [{"op": "update", "id": id, "if_match": condition, "value": {"amount": 3}}]});
    for broken in ["1", "", "\"1", "\"1\" \"2\""] {
        let refused = post(&app, "/api/purchases/batch", &batch(broken)).await;
        assert_eq!(refused.status, 422, "{broken}");
        let place = ("#/operations/0/if_match".to_owned(), "invalid".to_owned());
        assert_eq!(errors(&refused), [place]);
    }
    assert_eq!(post(&app, "/api/purchases/batch", &batch("\"2\"")).await.status, 412);
    assert_eq!(post(&app, "/api/purchases/batch", &batch("\"2\",,\"1\"")).await.status, 200);
}

#[tokio::test]
async fn versions_in_if_match_are_refused_where_the_address_has_none() {
    for (database, app) in apps().await {
        let row = json!({"code": "a", "name": "A"});
        let batch = json!({"operations": [{"op": "create", "value": row}]});
        for (path, body) in [("/api/customers", &row), ("/api/customers/batch", &batch)] {
            let refused = conditional(&app, "POST", path, ("if-match", "\"1\""), body).await;
            let places = errors(&refused.expect(400));
            assert_eq!(places, [("If-Match".to_owned(), "unexpected".to_owned())], "{database}");
        }
        assert_eq!(get(&app, "/api/customers").await.json()["items"], json!([]), "{database}");
        let any = ("if-match", "*");
        conditional(&app, "POST", "/api/customers", any, &row).await.expect(201);
    }
}
