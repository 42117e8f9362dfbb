//! An HTTP client without a network: requests go straight into the router.

use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::Value as Json;
use tower::ServiceExt as _;

/// Sends requests into a router and reads whole answers.
#[derive(Clone)]
pub struct Client {
    router: Router,
    sends_keys: bool,
}

/// A whole answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Status code.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Body, as bytes.
    pub body: bytes::Bytes,
}

/// An answer whose body is still to be read.
#[derive(Debug)]
pub struct Opened {
    /// Status code.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    body: Body,
}

impl Opened {
    /// The next piece of the body, or why there is none; `None` at the end.
    ///
    /// # Errors
    /// When the body breaks off.
    pub async fn piece(&mut self) -> Option<Result<bytes::Bytes, axum::Error>> {
        loop {
            match self.body.frame().await? {
                Ok(frame) => {
                    if let Ok(piece) = frame.into_data() {
                        return Some(Ok(piece));
                    }
                }
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl Client {
    /// A client of this router.
    pub fn new(router: Router) -> Self {
        Self { router, sends_keys: false }
    }

    /// The same client, which sends a new `Idempotency-Key` with each JSON write that has none.
    #[must_use]
    pub fn with_keys(self) -> Self {
        Self { sends_keys: true, ..self }
    }

    /// Sends a request with these headers and body.
    ///
    /// # Panics
    /// When the parts do not make a request, or the body of the answer cannot be read.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Answer {
        let mut opened = self.open(method, path, headers, body).await;
        let mut body = Vec::new();
        while let Some(piece) = opened.piece().await {
            match piece {
                Ok(piece) => body.extend_from_slice(&piece),
                Err(error) => panic!("{path}: the body broke off: {error}"),
            }
        }
        Answer { status: opened.status, headers: opened.headers, body: body.into() }
    }

    /// Sends a request and answers as soon as the head of the answer is there.
    ///
    /// # Panics
    /// When the parts do not make a request.
    pub async fn open(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Opened {
        let method = Method::from_bytes(method.as_bytes())
            .unwrap_or_else(|error| panic!("{method}: {error}"));
        let key = (self.sends_keys && wants_key(&method, headers))
            .then(|| uuid::Uuid::now_v7().to_string());
        let mut request = Request::builder().method(method).uri(path);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body.into()).unwrap_or_else(|error| panic!("{path}: {error}"));
        let (parts, body) = match self.router.clone().oneshot(request).await {
            Ok(response) => response.into_parts(),
            Err(never) => match never {},
        };
        Opened { status: parts.status, headers: parts.headers, body }
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], Body::empty()).await
    }

    /// `DELETE`.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, &[], Body::empty()).await
    }

    /// `POST` with a JSON body.
    pub async fn post(&self, path: &str, body: &Json) -> Answer {
        self.send("POST", path, &[("content-type", "application/json")], body.to_string()).await
    }

    /// `PUT` with a JSON body.
    pub async fn put(&self, path: &str, body: &Json) -> Answer {
        self.send("PUT", path, &[("content-type", "application/json")], body.to_string()).await
    }

    /// `PATCH` with a merge patch.
    pub async fn patch(&self, path: &str, body: &Json) -> Answer {
        self.send(
            "PATCH",
            path,
            &[("content-type", "application/merge-patch+json")],
            body.to_string(),
        )
        .await
    }
}

/// Imports take no key.
fn wants_key(method: &Method, headers: &[(&str, &str)]) -> bool {
    let writes = matches!(*method, Method::POST | Method::PUT | Method::PATCH | Method::DELETE);
    let imports = ["application/x-ndjson", "text/csv"];
    writes
        && headers
            .iter()
            .all(|(name, value)| *name != "idempotency-key" && !imports.contains(value))
}

impl Answer {
    /// The body as JSON; null when it is empty.
    ///
    /// # Panics
    /// When the body is not JSON.
    pub fn json(&self) -> Json {
        if self.body.is_empty() {
            return Json::Null;
        }
        serde_json::from_slice(&self.body).unwrap_or_else(|error| {
            panic!("not JSON ({error}): {}", String::from_utf8_lossy(&self.body))
        })
    }

    /// A header as text; empty when absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The machine-readable codes of a problem's errors.
    pub fn codes(&self) -> Vec<String> {
        self.errors("code")
    }

    /// The pointers of a problem's errors.
    pub fn pointers(&self) -> Vec<String> {
        self.errors("pointer")
    }

    fn errors(&self, member: &str) -> Vec<String> {
        let body = self.json();
        let errors = body.get("errors").and_then(Json::as_array).cloned().unwrap_or_default();
        errors.iter().filter_map(|error| error.get(member)?.as_str().map(str::to_owned)).collect()
    }

    /// The same answer, if it has this status.
    ///
    /// # Panics
    /// When it has another; the message shows the body.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", String::from_utf8_lossy(&self.body));
        self
    }
}
