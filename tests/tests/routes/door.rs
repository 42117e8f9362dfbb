//! What surrounds every route.

use crate::shop::{app, get, send};

#[tokio::test]
async fn every_failure_is_a_problem_that_knows_its_request() {
    let app = app().await;
    let long = format!("/api/purchases?q={}", "x".repeat(60_000));
    for (method, path, status) in [
        ("GET", "/nowhere", 404),
        ("GET", "/problems/nope", 404),
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

/// Every method that anybody sends.
const METHODS: [&str; 9] =
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "QUERY", "TRACE", "PROPFIND"];

#[tokio::test]
async fn every_path_says_exactly_which_methods_it_answers() {
    let app = app().await;
    let document = get(&app, "/openapi-3.2.json").await.json();
    let mut paths: Vec<(String, Vec<String>)> = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let methods = item.as_object().unwrap().keys();
        let mut methods: Vec<String> = methods
            .filter(|key| METHODS.contains(&key.to_uppercase().as_str()))
            .map(|key| key.to_uppercase())
            .collect();
        if methods.iter().any(|method| method == "GET") {
            methods.push("HEAD".to_owned());
        }
        let id = "019bd8a0-7c3e-7d52-9a3b-5f0e6c1d2b4a";
        paths.push((format!("{}{}", app.prefix, path.replace("{id}", id)), methods));
    }
    assert!(paths.len() > 10, "{paths:?}");
    for path in [
        "/docs",
        "/docs/",
        "/openapi.json",
        "/openapi-3.2.json",
        "/problems",
        "/problems/stale",
        "/livez",
        "/readyz",
    ] {
        paths.push((path.to_owned(), vec!["GET".to_owned(), "HEAD".to_owned()]));
    }
    let mut wrong = Vec::new();
    for (path, stated) in &paths {
        let options = send(&app, "OPTIONS", path, &[], "").await;
        let allow = options.header("allow").to_owned();
        let allowed: Vec<&str> = allow.split(", ").collect();
        if options.status != 204 || !allowed.contains(&"OPTIONS") {
            wrong.push(format!("OPTIONS {path}: {} {allow}", options.status));
            continue;
        }
        for method in METHODS {
            if stated.iter().any(|known| known == method) != allowed.contains(&method) {
                wrong.push(format!("{path}: {method} is stated or answered, not both ({allow})"));
            }
        }
        for method in METHODS {
            let answer = send(&app, method, path, &[], "").await;
            let refused = answer.status == 405;
            if refused == allowed.contains(&method) {
                wrong.push(format!("{method} {path}: {} but Allow: {allow}", answer.status));
            }
            if refused && answer.header("allow") != allow {
                wrong
                    .push(format!("{method} {path}: Allow {} and {allow}", answer.header("allow")));
            }
            if refused
                && method != "HEAD"
                && answer.header("content-type") != "application/problem+json"
            {
                wrong.push(format!("{method} {path}: 405 without a problem"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
