//! The one place where a failure becomes a problem document (RFC 9457).

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode};
use serde_json::{Map, Value as Json, json};

use super::limits;
use crate::domain::error::{Conflict, Error, chain};
use crate::domain::violation::{Place, Violation, Violations};

/// A kind of problem, described at `/problems/<slug>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProblemType {
    /// Last part of the address.
    pub slug: &'static str,
    /// What every problem of this kind has in common.
    pub title: &'static str,
    /// Status code.
    pub status: u16,
    /// Why it happens.
    pub cause: &'static str,
    /// What to do about it.
    pub fix: &'static str,
}

macro_rules! problems {
    ($($(#[$doc:meta])* $name:ident = $status:literal $slug:literal, $title:literal, $cause:literal, $fix:literal;)*) => {
        $($(#[$doc])* pub(crate) const $name: ProblemType =
            ProblemType { slug: $slug, title: $title, status: $status, cause: $cause, fix: $fix };)*
        /// Every kind of problem that a generated route can answer.
        pub const PROBLEMS: &[ProblemType] = &[$($name),*];
    };
}

problems! {
    MALFORMED = 400 "malformed", "The request cannot be read",
        "The body is empty, is not JSON, nests too deeply, or the address is not well-formed text.",
        "Send well-formed JSON in UTF-8; the detail names the line and the column.";
    BAD_REQUEST = 400 "bad-request", "The request is not understood",
        "A parameter or header is unknown, repeated, forbidden here or has the wrong type.",
        "Look at `errors`: each entry names the parameter and what would be right.";
    BAD_CURSOR = 400 "bad-cursor", "The cursor does not belong to this list",
        "The cursor was made for another filter, sort or caller, was changed, or is too old.",
        "Start again without a cursor and follow `next_cursor` with the same filter and sort.";
    KEY_REQUIRED = 400 "idempotency-key-required", "The write needs an idempotency key",
        "This resource refuses writes that could not be recognised when they are sent again.",
        "Send an `Idempotency-Key`: a new one, such as a UUID, for every new request, and the same one to repeat a request.";
    DOMAIN = 400 "rule", "A business rule refuses the operation",
        "The request is well-formed, but a rule of the application does not allow it.",
        "The detail names the rule.";
    UNAUTHORIZED = 401 "unauthorized", "Authentication is required",
        "The request carries no valid credentials.", "Sign in and send the credentials.";
    FORBIDDEN = 403 "forbidden", "This is not allowed",
        "The caller may not do this.", "Ask someone who may, or ask for the permission.";
    NOT_FOUND = 404 "not-found", "There is nothing here",
        "No such route, no such row, or none that the caller may see.", "Check the address and the id.";
    METHOD_NOT_ALLOWED = 405 "method-not-allowed", "The method is not allowed here",
        "The address exists but does not offer this method.", "Use one of the methods in the header `Allow`.";
    NOT_ACCEPTABLE = 406 "not-acceptable", "No acceptable representation",
        "`Accept` rules out every media type that this route can answer.",
        "Accept `application/json`, or another of the types that the detail names.";
    REQUEST_TIMEOUT = 408 "request-timeout", "The request did not arrive in time",
        "The body paused for too long, or took too long as a whole.", "Send it again, on a faster connection or in smaller parts.";
    CONFLICT = 409 "conflict", "The change contradicts what is stored",
        "The row's state does not allow the operation, or rows refer to each other.",
        "Read the row again and decide anew.";
    DUPLICATE = 409 "duplicate", "Another row has the same key",
        "A unique key is taken.", "Choose another value for the named fields, or change the existing row.";
    MISSING_REFERENCE = 409 "missing-reference", "A referenced row does not exist",
        "A field refers to a row that does not exist.", "Create the referenced row first, or refer to another.";
    KEY_IN_FLIGHT = 409 "idempotency-in-flight", "The same request is still under way",
        "A request with the same `Idempotency-Key` has not ended yet.",
        "Wait as long as `Retry-After` says and send the same request again: it answers what the first one answered.";
    STALE = 412 "stale", "The row is not at the expected version",
        "`If-Match` does not name the stored version (a weak tag, `W/…`, never does), or `If-None-Match` does.",
        "Read the row again, apply the change to what you find, and send its new `ETag` in `If-Match`.";
    EXISTS = 412 "exists", "The row exists already",
        "`If-None-Match: *` asks for a new row, but there is one with this id; it may be marked as deleted.",
        "Choose another id, or leave `If-None-Match` out to replace the row.";
    TOO_LARGE = 413 "too-large", "The body is too large",
        "The body exceeds the limit.", "Send less at once.";
    URI_TOO_LONG = 414 "uri-too-long", "The address is too long",
        "The address exceeds the limit.", "Use `POST …/search`, which takes the question in its body.";
    UNSUPPORTED_MEDIA_TYPE = 415 "unsupported-media-type", "The content type is not supported",
        "The body has a content type that this route does not read, has none, or is compressed.",
        "Send `Content-Type: application/json`, or `application/merge-patch+json` with PATCH, without a `Content-Encoding`.";
    VALIDATION = 422 "validation", "The input is not valid",
        "Members of the body are missing, unknown or break their rules.",
        "Look at `errors`: each entry names the member and what would be right.";
    KEY_REUSED = 422 "idempotency-key-reused", "The idempotency key belongs to another request",
        "The `Idempotency-Key` was sent before with another body, query, condition or preference.",
        "Make a new key for every new request, and send the same one only to repeat the same request.";
    PRECONDITION_REQUIRED = 428 "precondition-required", "The write must be conditional",
        "This resource refuses writes that do not say which version they change.",
        "Send `If-Match` with the `ETag` of the row as you read it.";
    RATE_LIMITED = 429 "rate-limited", "Too many requests",
        "The caller's quota is used up.", "Wait as long as `Retry-After` says.";
    HEADERS_TOO_LARGE = 431 "headers-too-large", "The header fields are too large",
        "There are more header fields than the limit, or they are longer.", "Send fewer or shorter header fields.";
    INTERNAL = 500 "internal", "Something went wrong on our side",
        "An error that is not the caller's.", "Try again; if it stays, report the `trace_id`.";
    BAD_GATEWAY = 502 "bad-gateway", "Another service failed",
        "A service that this one depends on failed.", "Try again later.";
    UNAVAILABLE = 503 "unavailable", "The service is not available",
        "The service is starting, stopping or overloaded, or the request took too long.", "Wait as long as `Retry-After` says.";
}

/// A problem on its way to the client.
#[derive(Debug, Clone)]
pub struct Problem(Box<Parts>);

// Boxed, because every handler's `Result` carries one.
#[derive(Debug, Clone)]
struct Parts {
    kind: ProblemType,
    detail: String,
    violations: Vec<Violation>,
    headers: HeaderMap,
}

impl Problem {
    /// A problem of this kind, in these words.
    pub fn new(kind: ProblemType, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self(Box::new(Parts { kind, detail, violations: Vec::new(), headers: HeaderMap::new() }))
    }

    /// The same problem with what is wrong in each place.
    #[must_use]
    pub fn with_violations(mut self, violations: Vec<Violation>) -> Self {
        self.0.violations = violations;
        self
    }

    /// The same problem with a response header; a value that is no header is left out.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.0.headers.insert(name, value);
        }
        self
    }

    /// The kind of problem.
    pub fn kind(&self) -> &ProblemType {
        &self.0.kind
    }

    /// The status code.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.0.kind.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// What is wrong in each place, if that is what the problem is.
    pub(super) fn violations(&self) -> &[Violation] {
        &self.0.violations
    }

    /// What happened, in words.
    pub(super) fn detail(&self) -> &str {
        &self.0.detail
    }

    /// The same problem about a part of a larger body.
    #[must_use]
    pub fn below(mut self, prefix: &str) -> Self {
        self.0.violations = std::mem::take(&mut self.0.violations)
            .into_iter()
            .map(|found| found.below(prefix))
            .collect();
        self
    }

    /// The document; the instance and the id of the request are known only at the door.
    pub fn document(&self, instance: Option<&str>, trace_id: Option<&str>) -> Json {
        let mut document = Map::new();
        document.insert("type".to_owned(), json!(format!("/problems/{}", self.0.kind.slug)));
        document.insert("title".to_owned(), json!(self.0.kind.title));
        document.insert("status".to_owned(), json!(self.0.kind.status));
        document.insert("detail".to_owned(), json!(quoted(&self.0.detail, limits::DETAIL)));
        for (name, value) in [("instance", instance), ("trace_id", trace_id)] {
            if let Some(value) = value {
                document.insert(name.to_owned(), json!(value));
            }
        }
        if !self.0.violations.is_empty() {
            let errors = self.0.violations.iter().take(limits::ERRORS).map(entry).collect();
            document.insert("errors".to_owned(), Json::Array(errors));
        }
        Json::Object(document)
    }

    /// The response to this request.
    pub fn respond(&self, instance: Option<&str>, trace_id: Option<&str>) -> Response {
        let mut response = Response::new(Body::from(self.document(instance, trace_id).to_string()));
        *response.status_mut() = self.status();
        *response.headers_mut() = self.0.headers.clone();
        let media = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, media);
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.respond(None, None);
        // The outermost layer finds it here and writes it again with the instance and the id of the request.
        response.extensions_mut().insert(self);
        response
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        if let Error::Operation { index, error } = error {
            let mut problem = Self::from(*error).below(&format!("/operations/{index}/value"));
            problem.0.detail = format!("operation {index}: {}", problem.0.detail);
            if problem.0.violations.is_empty() {
                let place = Place::Body(format!("/operations/{index}"));
                let detail = problem.0.detail.clone();
                problem.0.violations.push(Violation { place, code: "failed", detail });
            }
            return problem;
        }
        let detail = error.to_string();
        match error {
            Error::Domain(_) => Self::new(DOMAIN, detail),
            Error::Validation(violations) => Self::listing(VALIDATION, violations),
            Error::BadRequest(violations) => Self::listing(BAD_REQUEST, violations),
            Error::BadCursor => {
                Self::new(BAD_CURSOR, detail).with_violations(vec![Violation::parameter(
                    "cursor",
                    "bad_cursor",
                    "start again without a cursor",
                )])
            }
            Error::NotFound { .. } | Error::NotDeleted { .. } => Self::new(NOT_FOUND, detail),
            Error::Conflict(conflict) => Self::conflict(&conflict, detail),
            Error::Precondition { current } | Error::Unchanged { current } => {
                Self::new(STALE, detail).at_version(current)
            }
            Error::Exists { current } => Self::new(EXISTS, detail).at_version(current),
            Error::PreconditionRequired => Self::new(PRECONDITION_REQUIRED, detail)
                .with_violations(vec![Violation::header("If-Match", "required", "send If-Match")]),
            Error::KeyRequired => {
                Self::new(KEY_REQUIRED, detail).with_violations(vec![Violation::header(
                    "Idempotency-Key",
                    "required",
                    "send a new key for every new request",
                )])
            }
            Error::InFlight => {
                Self::new(KEY_IN_FLIGHT, detail).with_header(header::RETRY_AFTER, "1")
            }
            Error::KeyReused => {
                Self::new(KEY_REUSED, detail).with_violations(vec![Violation::header(
                    "Idempotency-Key",
                    "reused",
                    "make a new key for a new request",
                )])
            }
            Error::Unauthorized => {
                Self::new(UNAUTHORIZED, detail).with_header(header::WWW_AUTHENTICATE, "Bearer")
            }
            Error::Forbidden(_) => Self::new(FORBIDDEN, detail),
            Error::RateLimited { retry_after_seconds } => Self::new(RATE_LIMITED, detail)
                .with_header(header::RETRY_AFTER, &retry_after_seconds.to_string()),
            Error::Unavailable(_) | Error::TimedOut | Error::RolledBack => {
                Self::new(UNAVAILABLE, detail).with_header(header::RETRY_AFTER, "1")
            }
            Error::ExternalService { service, ref source } => {
                tracing::error!(service, cause = %chain(source.as_ref()), "another service failed");
                Self::new(BAD_GATEWAY, "a service that this one depends on failed")
            }
            ref failure => {
                tracing::error!(cause = %chain(failure), "a request failed");
                Self::new(INTERNAL, "the request failed")
            }
        }
    }
}

impl Problem {
    fn at_version(self, current: Option<i64>) -> Self {
        match current {
            None => self,
            Some(current) => self.with_header(header::ETAG, &format!("\"{current}\"")),
        }
    }

    fn listing(kind: ProblemType, violations: Violations) -> Self {
        let Violations(violations) = violations;
        let detail = match violations.as_slice() {
            [] => kind.title.to_owned(),
            [only] => only.detail.clone(),
            several => format!("{} parts of the request are wrong", several.len()),
        };
        Self::new(kind, detail).with_violations(violations)
    }

    fn conflict(conflict: &Conflict, detail: String) -> Self {
        let at = |field: &str, code| Violation::member(field, code, detail.clone());
        let part = |place: &str, code| Violation {
            place: Place::Body(place.to_owned()),
            code,
            detail: detail.clone(),
        };
        match conflict {
            Conflict::Duplicate { fields } => {
                let violations = fields.iter().map(|field| at(field, "duplicate")).collect();
                Self::new(DUPLICATE, &detail).with_violations(violations)
            }
            Conflict::MissingReference { field } => Self::new(MISSING_REFERENCE, &detail)
                .with_violations(vec![at(field, "missing_reference")]),
            Conflict::MissingChild { place } => Self::new(MISSING_REFERENCE, &detail)
                .with_violations(vec![part(place, "unknown_child")]),
            Conflict::Refused { place, .. } => {
                Self::new(CONFLICT, &detail).with_violations(vec![part(place, "conflict")])
            }
            Conflict::Check { constraint } => {
                tracing::error!(constraint, "a constraint caught what validation let through");
                Self::new(VALIDATION, "the database refuses these values")
            }
            Conflict::SetOnce(violations) => Self::listing(CONFLICT, violations.clone()),
            Conflict::StillReferenced | Conflict::State(_) => Self::new(CONFLICT, detail),
        }
    }

    /// No such route.
    pub(crate) fn no_route() -> Self {
        Self::new(NOT_FOUND, "no such route")
    }

    /// The route does not offer this method.
    pub(crate) fn method_not_allowed(method: &Method, allow: &str) -> Self {
        Self::new(METHOD_NOT_ALLOWED, format!("{method} is not allowed here; try {allow}"))
            .with_header(header::ALLOW, allow)
    }
}

fn entry(violation: &Violation) -> Json {
    let detail = quoted(&violation.detail, limits::DETAIL);
    let (name, place) = match &violation.place {
        Place::Line { line, pointer } => {
            let pointer = quoted(&format!("#{pointer}"), limits::PLACE);
            return json!({ "line": line, "pointer": pointer, "code": violation.code, "detail": detail });
        }
        Place::Body(pointer) => ("pointer", format!("#{pointer}")),
        Place::Parameter(parameter) => ("parameter", parameter.clone()),
        Place::Header(header) => ("header", header.clone()),
    };
    json!({ name: quoted(&place, limits::PLACE), "code": violation.code, "detail": detail })
}

/// Text that may quote the request, fit to be sent back: without NUL characters and not longer than this.
fn quoted(text: &str, most: usize) -> String {
    text.chars().take(most).map(|found| if found == '\0' { '\u{fffd}' } else { found }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn internal_failures_say_nothing_about_their_cause() {
        let problem = Problem::from(Error::infrastructure("reading", "password=secret"));
        assert_eq!(problem.status(), 500);
        assert!(!problem.document(None, None).to_string().contains("secret"));
    }

    #[test]
    fn a_stale_write_learns_the_current_tag() {
        let response = Problem::from(Error::Precondition { current: Some(7) }).into_response();
        assert_eq!(response.status(), 412);
        assert_eq!(response.headers()["etag"], "\"7\"");
    }

    #[test]
    fn an_operation_of_a_batch_is_named_by_pointer() {
        let inner = Box::new(Error::invalid("name", "too_long", "too long"));
        let document =
            Problem::from(Error::Operation { index: 3, error: inner }).document(None, None);
        assert_eq!(document["status"], 422);
        assert_eq!(document["errors"][0]["pointer"], "#/operations/3/value/name");
    }
}
