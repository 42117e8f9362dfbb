//! What surrounds every route.

use crate::shop::{app, get, send};

#[tokio::test]
async fn every_failure_is_a_problem_that_knows_its_request() {
    let app = app().await;
    let long = format!("/api/purchases?q={}", "x".repeat(60_000));
    for (method, path, status) in [
        ("GET", "/nowhere", 404),
        ("GET", "/api/purchases/x/y/z", 404),
        ("GET", "/api/purchases/019bd8a0-7c3e-7d52-9a3b-5f0e6c1d2b4a", 404),
        ("GET", "/api/purchases/1", 400),
        ("GET", "/api/purchases/%00", 400),
        ("GET", "/api/purchases/%ff", 400),
        ("GET", "/api/customers/%00", 400),
        ("PATCH", "/api/purchases", 405),
        ("TRACE", "/api/purchases", 405),
        ("DELETE", "/api/purchases/batch", 405),
        ("GET", &long, 414),
        ("GET", "/api/panic", 500),
    ] {
        let answer = send(&app, method, path, &[("x-request-id", "abc")], "").await;
        assert_eq!(answer.status.as_u16(), status, "{method} {}", &path[..path.len().min(60)]);
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!(answer.header("x-request-id"), "abc");
        let problem = answer.json();
        assert_eq!(problem["trace_id"], "abc");
        assert_eq!(problem["status"], status);
        assert_eq!(problem["instance"].as_str(), path.split('?').next());
    }
}

#[tokio::test]
async fn refused_methods_and_options_name_what_is_allowed() {
    let app = app().await;
    for (path, allow) in [
        ("/api/purchases", "GET, HEAD, POST, QUERY, OPTIONS"),
        (
            "/api/purchases/019bd8a0-7c3e-7d52-9a3b-5f0e6c1d2b4a",
            "GET, HEAD, PUT, PATCH, DELETE, OPTIONS",
        ),
        ("/api/purchases/search", "POST, OPTIONS"),
    ] {
        let refused = send(&app, "TRACE", path, &[], "").await;
        assert_eq!((refused.status.as_u16(), refused.header("allow")), (405, allow), "{path}");
        let options = send(&app, "OPTIONS", path, &[], "").await;
        assert_eq!(
            (options.status.as_u16(), options.header("allow"), options.body.len()),
            (204, allow, 0),
            "{path}"
        );
    }
}

#[tokio::test]
async fn head_is_get_without_a_body() {
    let app = app().await;
    let head = send(&app, "HEAD", "/api/purchases", &[], "").await;
    assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
    assert_eq!(head.header("x-content-type-options"), "nosniff");
    assert_eq!(head.header("cache-control"), "private, no-cache");
    let lost = send(&app, "HEAD", "/nowhere", &[], "").await;
    assert_eq!((lost.status.as_u16(), lost.body.len()), (404, 0));
}

#[tokio::test]
async fn what_is_not_acceptable_is_406() {
    let app = app().await;
    for (accept, status) in [
        ("text/html", 406),
        ("application/json;q=0", 406),
        ("text/html, */*;q=0.1", 200),
        ("application/*", 200),
    ] {
        let answer = send(&app, "GET", "/api/purchases", &[("accept", accept)], "").await;
        assert_eq!(answer.status.as_u16(), status, "{accept}");
    }
    let made = get(&app, "/api/purchases").await;
    assert_eq!(made.header("x-request-id").len(), 36, "an id is made where none is given");
}
