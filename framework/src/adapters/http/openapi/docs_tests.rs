use axum::body::Body;
use http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use serde_json::json;
use tower::ServiceExt as _;

use super::docs_routes;
use crate::adapters::http::ProblemType;
use crate::adapters::http::Routes;
use crate::adapters::http::routes::tests::assert_all_named;

static CATALOGUE: [ProblemType; 2] = [
    ProblemType {
        slug: "validation",
        title: "The input is <not> valid",
        status: 422,
        cause: "A rule is broken.",
        fix: "Look at `errors`.",
    },
    ProblemType {
        slug: "stale",
        title: "The row is not at the expected version",
        status: 412,
        cause: "Somebody was faster.",
        fix: "Read again.",
    },
];

fn docs() -> Routes {
    docs_routes(&json!({ "openapi": "3.1.1" }), &json!({ "openapi": "3.2.0" }), &CATALOGUE)
}

async fn get(path: &str, accept: &str) -> (StatusCode, String, String) {
    let router = docs().into_router();
    let request = Request::get(path).header(header::ACCEPT, accept).body(Body::empty()).unwrap();
    let response = router.oneshot(request).await.unwrap();
    let media = response
        .headers()
        .get(header::CONTENT_TYPE)
        .map(|value| value.to_str().unwrap().to_owned());
    let status = response.status();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, media.unwrap_or_default(), String::from_utf8_lossy(&bytes).into_owned())
}

#[test]
fn every_page_is_named() {
    assert_all_named(&docs());
}

#[tokio::test]
async fn swagger_ui_needs_no_other_site() {
    let (status, _, page) = get("/docs/", "text/html").await;
    assert_eq!(status, StatusCode::OK);
    assert!(!page.contains("http://") && !page.contains("https://"), "{page}");
    let (status, _, script) = get("/docs/swagger-ui-bundle.js", "*/*").await;
    assert_eq!(status, StatusCode::OK);
    assert!(script.len() > 100_000);
    let (_, _, start) = get("/docs/swagger-initializer.js", "*/*").await;
    assert!(start.contains("/openapi.json") && !start.contains("https://"), "{start}");
}

#[tokio::test]
async fn both_documents_are_served() {
    assert!(get("/openapi.json", "*/*").await.2.contains("3.1.1"));
    assert!(get("/openapi-3.2.json", "*/*").await.2.contains("3.2.0"));
}

#[tokio::test]
async fn problem_pages_speak_html_and_json() {
    let (_, media, page) = get("/problems/validation", "text/html").await;
    assert!(media.starts_with("text/html") && page.contains("The input is &lt;not&gt; valid"));
    let (_, media, page) = get("/problems", "application/json").await;
    assert!(media.starts_with("application/json") && page.contains("/problems/stale"));
}

#[tokio::test]
async fn an_unknown_problem_is_a_problem() {
    let (status, media, _) = get("/problems/unknown", "text/html").await;
    assert_eq!((status, media.as_str()), (StatusCode::NOT_FOUND, "application/problem+json"));
}
