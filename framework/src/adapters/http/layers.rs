//! What surrounds every route: ids, logs, limits, and problems for whatever else goes wrong.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::{self, Poll};
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use axum::routing::MethodRouter;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode};
use http_body_util::BodyExt as _;
use tower::Service;
use tracing::Instrument as _;
use uuid::Uuid;

use super::conditions::Conditions;
use super::patience::{self, RequestLimits};
use super::problem::{INTERNAL, MALFORMED, PROBLEMS, Problem, ProblemType, VALIDATION};
use super::{coding, head};
use crate::application::context::Context;
use crate::application::tasks::panic_text;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id of a request, in its extensions: taken from the caller or made at the door.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

/// Puts a router of routes behind the door: request ids, contexts, logs, limits, compression; every failure a problem.
/// Handlers find what is `shared` in the extensions of each request.
pub fn finish<T>(router: Router, limits: RequestLimits, shared: T) -> Router
where
    T: Clone + Send + Sync + 'static,
{
    let routes = router.fallback(|| async { Problem::no_route() });
    // Around the router, not inside it: only there are the headers of its own refusals complete.
    Router::new().fallback_service(Door { routes, limits, shared })
}

/// Remembers the template of a route that is not generated, for logs.
pub fn remembered<S: Clone + Send + Sync + 'static>(route: MethodRouter<S>) -> MethodRouter<S> {
    route.layer(from_fn(async |matched: Option<MatchedPath>, request: Request, next: Next| {
        let mut response = next.run(request).await;
        if let Some(matched) = matched {
            response.extensions_mut().insert(matched);
        }
        response
    }))
}

/// One service instead of a layer for each concern: what every request pays for is kept short.
#[derive(Clone)]
struct Door<T> {
    routes: Router,
    limits: RequestLimits,
    shared: T,
}

impl<T: Clone + Send + Sync + 'static> Service<Request> for Door<T> {
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut task::Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        request.extensions_mut().insert(self.shared.clone());
        Box::pin(answer(self.routes.clone(), self.limits, request).map(Ok))
    }
}

async fn answer(mut routes: Router, limits: RequestLimits, mut request: Request) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let uri = request.uri().clone();
    let id = admit(&mut request);
    let gzip = coding::likes_gzip(request.headers());
    let conditions = Conditions::of(&method, request.headers());
    let span = tracing::info_span!("request", method = %method, request_id = %id);
    async {
        let mut response = if let Err(problem) = head::check(&request) {
            problem.into_response()
        } else {
            DefaultBodyLimit::max(limits.body_bytes).apply(&mut request);
            let (request, deadline) = patience::limit(request, limits);
            let answer = AssertUnwindSafe(routes.call(request)).catch_unwind().map(|answer| {
                answer.map_or_else(
                    |panic| {
                        tracing::error!(panic = panic_text(panic.as_ref()), "a handler panicked");
                        Problem::new(INTERNAL, "the request failed").into_response()
                    },
                    |Ok(response)| response,
                )
            });
            patience::in_time(limits.answer, &deadline, answer).await
        };
        let matched = response.extensions().get::<MatchedPath>().cloned();
        let gzip = coding::choose(&mut response, &method, gzip);
        let response = conditions.judge(response);
        let gzip = gzip && response.status().is_success();
        let mut response = settle(response, &method, uri.path(), &id).await;
        if gzip {
            response = coding::compress(response, &method).await;
        }
        tracing::info!(
            route = matched.as_ref().map_or("none", MatchedPath::as_str),
            status = response.status().as_u16(),
            ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            "answered"
        );
        dress(&mut response, &method, id);
        response
    }
    .instrument(span)
    .await
}

/// Gives the request its id and its context.
fn admit(request: &mut Request) -> String {
    let made = Uuid::now_v7();
    let given = given_id(request.headers());
    let known = given.and_then(|id| Uuid::try_parse(id).ok());
    let id = given.map_or_else(|| made.to_string(), str::to_owned);
    let extensions = request.extensions_mut();
    extensions.insert(RequestId(id.clone()));
    if extensions.get::<Arc<Context>>().is_none() {
        let correlation_id = known.unwrap_or(made);
        extensions.insert(Arc::new(Context { correlation_id, ..Context::anonymous() }));
    }
    id
}

fn given_id(headers: &HeaderMap) -> Option<&str> {
    let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok());
    given.filter(|id| matches!(id.len(), 1..=128) && id.bytes().all(|byte| byte.is_ascii_graphic()))
}

/// Every failure becomes a problem that knows its request; OPTIONS is answered from what the route allows.
async fn settle(response: Response, method: &Method, path: &str, id: &str) -> Response {
    let status = response.status();
    if status == StatusCode::METHOD_NOT_ALLOWED {
        let allow = allowed(response.headers());
        if method == Method::OPTIONS {
            return options(&allow);
        }
        return written(&Problem::method_not_allowed(method, &allow), response.headers(), path, id);
    }
    if let Some(problem) = response.extensions().get::<Problem>().cloned() {
        return written(&problem, response.headers(), path, id);
    }
    if !(status.is_client_error() || status.is_server_error()) || is_problem(response.headers()) {
        return response;
    }
    let (parts, body) = response.into_parts();
    let problem = foreign(parts.status, &parts.headers, body).await;
    written(&problem, &parts.headers, path, id)
}

/// A failure that is not ours: an extractor's refusal, or a response that a user's handler made by hand.
async fn foreign(status: StatusCode, headers: &HeaderMap, body: Body) -> Problem {
    let text = |value: &HeaderValue| value.as_bytes().starts_with(b"text/plain");
    let plain = headers.get(header::CONTENT_TYPE).is_none_or(text)
        && headers.get(header::CONTENT_ENCODING).is_none();
    let limited = http_body_util::Limited::new(body, 8_192);
    let detail = match limited.collect().await {
        Ok(body) if plain && !status.is_server_error() => {
            String::from_utf8_lossy(&body.to_bytes()).into_owned()
        }
        _ => String::new(),
    };
    let known = PROBLEMS.iter().find(|kind| kind.status == status.as_u16());
    let kind = known.copied().unwrap_or(match status.as_u16() {
        // Statuses outside the catalogue keep their number.
        code @ 400..500 => ProblemType { status: code, ..MALFORMED },
        code => ProblemType { status: code, ..INTERNAL },
    });
    let kind = if status == StatusCode::UNPROCESSABLE_ENTITY { VALIDATION } else { kind };
    Problem::new(kind, if detail.is_empty() { kind.title.to_owned() } else { detail })
}

fn written(problem: &Problem, headers: &HeaderMap, path: &str, id: &str) -> Response {
    let mut response = problem.respond(Some(path), Some(id));
    for (name, value) in headers {
        let replaced = [header::CONTENT_LENGTH, header::CONTENT_TYPE, header::CONTENT_ENCODING];
        if !replaced.contains(name) && !response.headers().contains_key(name) {
            response.headers_mut().append(name, value.clone());
        }
    }
    response
}

fn options(allow: &str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    if let Ok(allow) = HeaderValue::from_str(allow) {
        headers.insert(header::ALLOW, allow);
    }
    if allow.contains("PATCH") {
        let media = HeaderValue::from_static("application/merge-patch+json, application/json");
        headers.insert(HeaderName::from_static("accept-patch"), media);
    }
    if allow.contains("QUERY") {
        let media = HeaderValue::from_static("application/json");
        headers.insert(HeaderName::from_static("accept-query"), media);
    }
    response
}

/// The methods of the route, in one form; OPTIONS is always among them.
fn allowed(headers: &HeaderMap) -> String {
    let given = headers.get(header::ALLOW).and_then(|value| value.to_str().ok());
    let mut methods: Vec<&str> = Vec::new();
    for method in given.unwrap_or_default().split(',').map(str::trim).chain(["OPTIONS"]) {
        if !method.is_empty() && !methods.contains(&method) {
            methods.push(method);
        }
    }
    methods.join(", ")
}

fn is_problem(headers: &HeaderMap) -> bool {
    let media = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    media.is_some_and(|media| media.starts_with(b"application/problem+json"))
}

/// Headers of every answer.
fn dress(response: &mut Response, method: &Method, id: String) {
    let is_refusal = response.status() == StatusCode::METHOD_NOT_ALLOWED;
    let is_read = matches!(*method, Method::GET | Method::HEAD);
    if method == Method::HEAD {
        *response.body_mut() = Body::empty();
    }
    let headers = response.headers_mut();
    if !is_refusal && method != Method::OPTIONS {
        // The router adds it to whatever its fallback answers, QUERY included.
        headers.remove(header::ALLOW);
    }
    if let Ok(id) = HeaderValue::try_from(id) {
        headers.insert(REQUEST_ID, id);
    }
    headers.entry(header::X_CONTENT_TYPE_OPTIONS).or_insert(HeaderValue::from_static("nosniff"));
    // A row may change at any time and belongs to its caller: kept only to be asked about again.
    let caching = if is_read { "private, no-cache" } else { "no-store" };
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static(caching));
}
