//! Which pages of other origins may call the API, as the Fetch standard has it.

use std::convert::Infallible;
use std::task::{self, Poll};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use futures_util::future::Either;
use http::Method;
use http::header::{self, HeaderName, HeaderValue};
use tower::{Layer as _, Service};
use tower_http::cors::{AllowHeaders, AllowOrigin, Any, Cors, CorsLayer};

/// How long a browser need not ask again.
const KEPT: Duration = Duration::from_secs(600);

/// Lets pages of these origins call what the router serves; `*` is every origin. Without any nothing changes.
pub fn allow(router: Router, origins: &[String]) -> Router {
    if origins.is_empty() {
        return router;
    }
    // Around everything, so that a page can read every answer, refusals included.
    let shared = layer(origins).layer(router.clone());
    Router::new().fallback_service(Door { router, shared })
}

/// What a browser asks before a request is answered here; OPTIONS is otherwise a request like any other.
#[derive(Clone)]
struct Door {
    router: Router,
    shared: Cors<Router>,
}

impl Service<Request> for Door {
    type Response = Response;
    type Error = Infallible;
    type Future =
        Either<<Router as Service<Request>>::Future, <Cors<Router> as Service<Request>>::Future>;

    fn poll_ready(&mut self, _: &mut task::Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let headers = request.headers();
        let asks_before = headers.contains_key(header::ORIGIN)
            && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        if request.method() == Method::OPTIONS && !asks_before {
            return Either::Left(self.router.call(request));
        }
        Either::Right(self.shared.call(request))
    }
}

fn layer(origins: &[String]) -> CorsLayer {
    let all = origins.iter().any(|origin| origin == "*");
    let listed = origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok());
    let (origins, vary): (AllowOrigin, _) = match all {
        true => (Any.into(), Vec::new()),
        false => (AllowOrigin::list(listed), vec![header::ORIGIN]),
    };
    let own = HeaderName::from_static;
    CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([
            Method::GET,
            Method::HEAD,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
            Method::QUERY,
        ])
        // Handlers of an application's own read headers that nobody knows here.
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers([
            header::ALLOW,
            header::CONTENT_DISPOSITION,
            header::ETAG,
            header::LINK,
            header::LOCATION,
            header::RETRY_AFTER,
            own("accept-patch"),
            own("accept-query"),
            own("idempotency-replayed"),
            own("preference-applied"),
            own("x-request-id"),
        ])
        .max_age(KEPT)
        .vary(vary)
}
