//! Whether the process lives and whether it can serve.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join_all};
use serde::Serialize;
use tokio::sync::Mutex;

use crate::adapters::http::{Problem, Routes};
use crate::application::tasks::panic_text;
use crate::domain::error::{Error, chain};

/// How long an answer is good for, so that frequent probes cost nothing.
const KEPT: Duration = Duration::from_secs(1);
/// Longest time for one check.
const TIMEOUT: Duration = Duration::from_secs(1);

type Run = Box<dyn Fn() -> BoxFuture<'static, Result<(), Error>> + Send + Sync>;

/// The checks of this process. A clone is the same one.
#[derive(Clone)]
pub struct Health(Arc<Inner>);

struct Inner {
    checks: Vec<Check>,
    draining: AtomicBool,
    last: Mutex<Option<(Instant, Report)>>,
}

struct Check {
    name: &'static str,
    required: bool,
    run: Run,
}

/// Collects checks.
#[derive(Default)]
pub struct HealthBuilder(Vec<Check>);

/// How a check ended, or all together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Everything works.
    Ok,
    /// Something that we can do without does not work.
    Degraded,
    /// Something that we need does not work.
    Failing,
    /// The process is about to end.
    Draining,
}

/// The result of all checks. Causes are logged, not told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// All together.
    pub status: Status,
    /// Each by its name.
    pub checks: BTreeMap<&'static str, CheckReport>,
}

/// The result of one check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    /// How it ended.
    pub status: Status,
    /// How long it took.
    pub milliseconds: u64,
}

impl HealthBuilder {
    /// Adds a check without which the process cannot serve.
    #[must_use]
    pub fn required<F, R>(self, name: &'static str, check: F) -> Self
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), Error>> + Send + 'static,
    {
        self.add(name, true, check)
    }

    /// Adds a check of something that the process can do without: it is reported, but readiness does not depend on it.
    #[must_use]
    pub fn optional<F, R>(self, name: &'static str, check: F) -> Self
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), Error>> + Send + 'static,
    {
        self.add(name, false, check)
    }

    fn add<F, R>(mut self, name: &'static str, required: bool, check: F) -> Self
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), Error>> + Send + 'static,
    {
        self.0.push(Check { name, required, run: Box::new(move || Box::pin(check())) });
        self
    }

    /// The finished checks.
    pub fn build(self) -> Health {
        Health(Arc::new(Inner {
            checks: self.0,
            draining: AtomicBool::new(false),
            last: Mutex::new(None),
        }))
    }
}

impl Health {
    /// Starts a collection of checks.
    pub fn builder() -> HealthBuilder {
        HealthBuilder::default()
    }

    /// Fails readiness from now on: the process is about to end.
    pub fn start_draining(&self) {
        self.0.draining.store(true, Ordering::Release);
    }

    /// Runs the checks side by side, at most once a second.
    pub async fn report(&self) -> Report {
        let mut report = {
            let mut last = self.0.last.lock().await;
            match &*last {
                Some((at, report)) if at.elapsed() < KEPT => report.clone(),
                _ => last.insert((Instant::now(), self.run().await)).1.clone(),
            }
        };
        if self.0.draining.load(Ordering::Acquire) {
            report.status = Status::Draining;
        }
        report
    }

    /// `GET /livez` (no checks) and `GET /readyz`.
    pub fn router(&self) -> Router {
        self.routes().into_router().method_not_allowed_fallback(refuse)
    }

    /// What [`router`](Self::router) serves.
    pub(crate) fn routes(&self) -> Routes {
        let ready = get(ready).with_state(self.clone());
        let routes = Routes::default().add(Method::GET, "/livez", get(async || no_store("ok")));
        routes.add(Method::GET, "/readyz", ready)
    }

    async fn run(&self) -> Report {
        let checks: BTreeMap<_, _> =
            join_all(self.0.checks.iter().map(Check::report)).await.into_iter().collect();
        let has = |status| checks.values().any(|check| check.status == status);
        let status = match (has(Status::Failing), has(Status::Degraded)) {
            (true, _) => Status::Failing,
            (false, true) => Status::Degraded,
            (false, false) => Status::Ok,
        };
        Report { status, checks }
    }
}

impl Check {
    async fn report(&self) -> (&'static str, CheckReport) {
        let start = Instant::now();
        let run = AssertUnwindSafe(async { (self.run)().await }).catch_unwind();
        let name = self.name;
        let works = match tokio::time::timeout(TIMEOUT, run).await {
            Ok(Ok(Ok(()))) => true,
            Ok(Ok(Err(error))) => {
                tracing::warn!(check = name, error = chain(&error), "a health check failed");
                false
            }
            Ok(Err(panic)) => {
                let panic = panic_text(panic.as_ref());
                tracing::error!(check = name, panic, "a health check panicked");
                false
            }
            Err(_) => {
                tracing::warn!(check = name, "a health check took too long");
                false
            }
        };
        let status = match (works, self.required) {
            (true, _) => Status::Ok,
            (false, true) => Status::Failing,
            (false, false) => Status::Degraded,
        };
        let milliseconds = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        (name, CheckReport { status, milliseconds })
    }
}

async fn ready(State(health): State<Health>) -> Response {
    let report = health.report().await;
    let code = match report.status {
        Status::Ok | Status::Degraded => StatusCode::OK,
        Status::Failing | Status::Draining => StatusCode::SERVICE_UNAVAILABLE,
    };
    (code, no_store(axum::Json(report))).into_response()
}

/// Health stands beside the door that answers for every other route.
async fn refuse(method: Method) -> Response {
    const ALLOW: &str = "GET, HEAD, OPTIONS";
    if method == Method::OPTIONS {
        return (StatusCode::NO_CONTENT, [(header::ALLOW, ALLOW)]).into_response();
    }
    Problem::method_not_allowed(&method, ALLOW).into_response()
}

fn no_store(body: impl IntoResponse) -> impl IntoResponse {
    ([(header::CACHE_CONTROL, "no-store")], body)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use axum::body::Body;
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    use super::*;
    use crate::adapters::http::routes::tests::assert_all_named;

    async fn fails() -> Result<(), Error> {
        Err(Error::Unavailable("secret cause".to_owned()))
    }

    async fn get_text(health: &Health, path: &str) -> (StatusCode, String) {
        let request = axum::http::Request::get(path).body(Body::empty()).unwrap();
        let response = health.router().oneshot(request).await.unwrap();
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[test]
    fn every_probe_is_named() {
        assert_all_named(&Health::builder().build().routes());
    }

    #[tokio::test]
    async fn a_failing_requirement_fails_readiness_but_not_liveness() {
        let health = Health::builder()
            .required("database", fails)
            .required("panicking", async || panic!("on purpose"))
            .optional("redis", async || Ok(()))
            .build();
        let (status, body) = get_text(&health, "/readyz").await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(body["status"], "failing");
        assert_eq!(body["checks"]["database"]["status"], "failing");
        assert_eq!(body["checks"]["panicking"]["status"], "failing");
        assert_eq!(body["checks"]["redis"]["status"], "ok");
        assert!(!body.to_string().contains("secret"));
        assert_eq!(get_text(&health, "/livez").await.0, StatusCode::OK);
    }

    #[tokio::test]
    async fn what_we_can_do_without_only_degrades() {
        let health = Health::builder().optional("redis", fails).build();
        let (status, body) = get_text(&health, "/readyz").await;
        assert_eq!(status, StatusCode::OK);
        assert!(body.contains("degraded"), "{body}");
    }

    #[tokio::test]
    async fn a_hanging_check_fails_in_time() {
        let health = Health::builder().required("stuck", std::future::pending).build();
        assert_eq!(health.report().await.status, Status::Failing);
    }

    #[tokio::test]
    async fn checks_run_at_most_once_a_second_and_draining_shows_at_once() {
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        let health = Health::builder()
            .required("counted", move || {
                counted.fetch_add(1, Ordering::SeqCst);
                std::future::ready(Ok(()))
            })
            .build();
        for _ in 0..5 {
            assert_eq!(health.report().await.status, Status::Ok);
        }
        health.start_draining();
        assert_eq!(get_text(&health, "/readyz").await.0, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(count.load(Ordering::SeqCst), 1);
    }
}
