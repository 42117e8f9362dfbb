//! Compression: who gets it, and how its answers are told apart from the others.

use framework::serde_json::json;
use framework::testing::{Answer, TestApp};

use crate::shop::{app, apps, post, send};

const GZIP: (&str, &str) = ("accept-encoding", "gzip");

async fn customer(app: &TestApp) -> String {
    let body = json!({"code": "c1", "name": "A name of some length"});
    let made = post(app, "/api/customers", &body).await.expect(201);
    made.header("location").to_owned()
}

async fn purchase(app: &TestApp) -> String {
    let made = post(app, "/api/purchases", &json!({"number": "A-1", "lines": []})).await;
    made.expect(201).header("location").to_owned()
}

#[tokio::test]
async fn a_coding_that_cannot_be_had_never_costs_a_write_its_answer() {
    for (database, app) in apps().await {
        for (index, codings) in
            ["identity;q=0", "*;q=0", "br, identity;q=0", "gzip;q=0"].iter().enumerate()
        {
            let body = json!({"code": format!("k{index}"), "name": "Name"}).to_string();
            let headers = [("content-type", "application/json"), ("accept-encoding", codings)];
            let made = send(&app, "POST", "/api/customers", &headers, body).await;
            assert_eq!(made.status, 201, "{database} {codings}");
            assert_eq!(made.header("content-encoding"), "", "{codings}");
            assert_eq!(made.json()["name"], "Name");
            let read = send(&app, "GET", made.header("location"), &headers[1..], "").await;
            assert_eq!(read.status, 200, "{database} {codings}");
        }
    }
}

/// What is said about a representation, beside when.
fn about(answer: &Answer) -> Vec<(String, String)> {
    let text = |value: &framework::axum::http::HeaderValue| value.to_str().unwrap().to_owned();
    let mut headers: Vec<_> = answer
        .headers
        .iter()
        .filter(|(name, _)| *name != "x-request-id")
        .map(|(name, value)| (name.to_string(), text(value)))
        .collect();
    headers.sort();
    headers
}

#[tokio::test]
async fn each_coding_of_a_row_has_a_strong_tag_of_its_own() {
    let app = app().await;
    let path = purchase(&app).await;
    for path in [path.clone(), format!("{path}?fields=number,amount,status,created_at")] {
        let plain = send(&app, "GET", &path, &[], "").await;
        let zipped = send(&app, "GET", &path, &[GZIP], "").await;
        assert_eq!(
            (plain.header("content-encoding"), zipped.header("content-encoding")),
            ("", "gzip")
        );
        let tag = plain.header("etag").trim_end_matches('"').to_owned();
        assert_eq!(zipped.header("etag"), format!("{tag}-gzip\""));
        // Either is known again, as it was given.
        for known in [&plain, &zipped] {
            let known = known.header("etag");
            for headers in [vec![("if-none-match", known)], vec![("if-none-match", known), GZIP]] {
                let fresh = send(&app, "GET", &path, &headers, "").await;
                assert_eq!((fresh.status.as_u16(), fresh.header("etag")), (304, known), "{path}");
                assert!(fresh.header("content-encoding").is_empty() && fresh.body.is_empty());
            }
        }
    }
    let zipped = send(&app, "GET", &path, &[GZIP], "").await;
    let tag = zipped.header("etag").to_owned();
    let headers = [("content-type", "application/json"), ("if-match", tag.as_str())];
    let changed = send(&app, "PATCH", &path, &headers, r#"{"amount": 8}"#).await;
    assert_eq!(
        changed.expect(200).header("etag"),
        "\"2\"",
        "the tag of the version it was read at"
    );
    assert_eq!(send(&app, "PATCH", &path, &headers, r#"{"amount": 9}"#).await.status, 412);
}

#[tokio::test]
async fn whatever_could_be_compressed_varies_with_what_the_caller_accepts() {
    let app = app().await;
    let path = customer(&app).await;
    for path in [path.as_str(), "/api/customers", "/openapi.json"] {
        for headers in [vec![], vec![GZIP], vec![("accept-encoding", "br")]] {
            let answer = send(&app, "GET", path, &headers, "").await;
            let vary: Vec<_> = answer.headers.get_all("vary").iter().collect();
            let named = vary.iter().filter(|it| it.to_str().unwrap().contains("accept-encoding"));
            assert_eq!(named.count(), 1, "{path} {headers:?}: {vary:?}");
            let head = send(&app, "HEAD", path, &headers, "").await;
            assert_eq!(about(&head), about(&answer), "HEAD has the headers of GET {path}");
            assert!(head.body.is_empty());
            let known = [("if-none-match", answer.header("etag"))];
            if !answer.header("etag").is_empty() {
                let fresh = send(&app, "GET", path, &known, "").await.expect(304);
                let named = fresh
                    .headers
                    .get_all("vary")
                    .iter()
                    .any(|it| it.to_str().unwrap().contains("accept-encoding"));
                assert!(named, "304 {path}");
            }
        }
    }
}

#[tokio::test]
async fn a_compressed_body_is_415_and_told_what_is_read() {
    let app = app().await;
    let path = purchase(&app).await;
    let json = r#"{"code": "z1", "name": "Zoe"}"#;
    for (method, path, media, body) in [
        ("POST", "/api/customers", "application/json", json),
        ("PATCH", &path, "application/merge-patch+json", r#"{"amount": 1}"#),
        ("POST", "/api/customers/search", "application/json", "{}"),
        ("QUERY", "/api/customers", "application/json", "{}"),
        ("POST", "/api/customers/batch", "application/json", r#"{"operations": []}"#),
        ("POST", "/api/customers/batch", "text/csv", "code,name\nz2,Zed"),
        ("POST", "/api/customers/batch", "application/x-ndjson", json),
    ] {
        for coding in ["gzip", "br", "identity, gzip"] {
            let headers = [("content-type", media), ("content-encoding", coding)];
            let refused = send(&app, method, path, &headers, body).await;
            assert_eq!(refused.status, 415, "{method} {path} {media} {coding}");
            assert_eq!(refused.header("accept-encoding"), "identity");
        }
    }
    let headers = [("content-type", "application/json"), ("content-encoding", "identity")];
    assert_eq!(send(&app, "POST", "/api/customers", &headers, json).await.status, 201);
}
