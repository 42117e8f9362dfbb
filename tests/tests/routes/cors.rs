//! Pages of other origins.

use framework::adapters::persistence::ddl;
use framework::infrastructure::config::Sources;
use framework::testing::{Answer, TestApp};
use framework::{AllowAll, App, Config, Entity as _, Module};

use super::shop::{Customer, send};

const SHOP: &str = "https://shop.example";
const PATH: &str = "/api/customers";

async fn app(origins: &str) -> TestApp {
    let settings = [("RUST_LOG", "warn"), ("APP__HTTP__CORS_ORIGINS", origins)];
    let config = Config::from_sources("cors", &Sources::variables(settings)).unwrap();
    let module = Module::new("shop").entity::<Customer>(AllowAll);
    let app = TestApp::start(App::new("cors", config).module(module)).await;
    ddl::create_all(&[Customer::schema()], app.application.store()).await.unwrap();
    app
}

/// What a browser asks before it sends a request that a form could not send.
async fn preflight(app: &TestApp, origin: &str, method: &str) -> Answer {
    let headers = [
        ("origin", origin),
        ("access-control-request-method", method),
        ("access-control-request-headers", "content-type,if-match,prefer,idempotency-key,x-own"),
    ];
    send(app, "OPTIONS", PATH, &headers, "").await
}

#[tokio::test]
async fn a_page_of_a_named_origin_may_send_every_method_and_header() {
    let app = app(&format!("https://other.example, {SHOP}")).await;
    for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "QUERY"] {
        let answer = preflight(&app, SHOP, method).await;
        assert!(answer.status.is_success(), "{method}");
        assert_eq!(answer.header("access-control-allow-origin"), SHOP);
        let methods: Vec<&str> = answer.header("access-control-allow-methods").split(',').collect();
        assert!(methods.contains(&method), "{method}: {methods:?}");
        let headers = answer.header("access-control-allow-headers");
        assert_eq!(headers, "content-type,if-match,prefer,idempotency-key,x-own");
        assert!(answer.header("vary").contains("origin"), "a cache must tell origins apart");
    }
}

#[tokio::test]
async fn a_page_of_a_named_origin_may_read_answers_and_refusals_with_their_headers() {
    let app = app(SHOP).await;
    let id = "x-request-id";
    for (method, path, status) in [
        ("GET", PATH, 200),
        ("GET", "/api/customers/nobody", 404),
        ("GET", "/nowhere", 404),
        ("TRACE", PATH, 405),
        ("POST", PATH, 415),
    ] {
        let answer = send(&app, method, path, &[("origin", SHOP)], "").await;
        let seen = (answer.status.as_u16(), answer.header("access-control-allow-origin"));
        assert_eq!(seen, (status, SHOP), "{method} {path}");
        let vary = answer.headers.get_all("vary").iter();
        let vary: Vec<&str> = vary.filter_map(|value| value.to_str().ok()).collect();
        assert!(vary.join(",").contains("origin"), "{vary:?}");
        let exposed = answer.header("access-control-expose-headers");
        for name in ["etag", "location", id, "preference-applied", "idempotency-replayed", "allow"]
        {
            assert!(exposed.split(',').any(|it| it == name), "{name} is not among {exposed}");
        }
    }
}

#[tokio::test]
async fn a_page_of_another_origin_may_not() {
    let app = app(SHOP).await;
    for origin in ["https://evil.example", "http://shop.example", "null"] {
        let asked = preflight(&app, origin, "DELETE").await;
        assert_eq!(asked.header("access-control-allow-origin"), "", "{origin}");
        let answer = send(&app, "GET", PATH, &[("origin", origin)], "").await;
        assert_eq!(answer.header("access-control-allow-origin"), "", "{origin}");
    }
}

#[tokio::test]
async fn a_star_lets_every_page_call() {
    let app = app("*").await;
    assert_eq!(preflight(&app, SHOP, "PATCH").await.header("access-control-allow-origin"), "*");
    let answer = send(&app, "GET", PATH, &[("origin", SHOP)], "").await;
    assert_eq!(answer.header("access-control-allow-origin"), "*");
}

#[tokio::test]
async fn options_that_are_no_question_of_a_browser_say_what_is_allowed() {
    for origins in ["", SHOP, "*"] {
        let app = app(origins).await;
        for headers in [&[][..], &[("origin", SHOP)]] {
            let options = send(&app, "OPTIONS", PATH, headers, "").await;
            let said = (options.status.as_u16(), options.header("allow"));
            assert_eq!(said, (204, "GET, HEAD, POST, QUERY, OPTIONS"), "{origins:?}");
        }
    }
}

#[tokio::test]
async fn without_origins_nothing_is_said_of_them() {
    let app = app("").await;
    let asked = preflight(&app, SHOP, "PATCH").await;
    assert_eq!((asked.status.as_u16(), asked.header("access-control-allow-origin")), (204, ""));
    let answer = send(&app, "GET", PATH, &[("origin", SHOP)], "").await;
    let said = answer.headers.keys().any(|name| name.as_str().starts_with("access-control"));
    assert!(!said, "{:?}", answer.headers);
}
