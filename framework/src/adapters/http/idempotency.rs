//! The `Idempotency-Key` header (draft-ietf-httpapi-idempotency-key-header).

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::response::Response;
use http::header::{self, HeaderMap, HeaderName};
use http::{HeaderValue, Method, StatusCode};
use sha2::{Digest as _, Sha256};

use crate::application::context::Context;
use crate::application::idempotency::{Claim, Done, Reply};
use crate::domain::error::Error;
use crate::domain::violation::{Violation, Violations};

/// `Idempotency-Key`.
const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Tells a repeated answer from a first one.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// What a key looks like, bare or as a structured-field string.
pub(super) const PATTERN: &str = r##"^(?:[!#-~][!-~]{0,254}|"(?:[ !#-\[\]-~]|\\["\\]){1,255}")$"##;
/// Most characters of a key.
const LENGTH: usize = 255;

/// Headers on which the answer of a write depends.
const MEANING: [HeaderName; 5] = [
    header::CONTENT_TYPE,
    header::ACCEPT,
    header::IF_MATCH,
    header::IF_NONE_MATCH,
    HeaderName::from_static("prefer"),
];

/// The key of a request, if it has one.
///
/// # Errors
/// When the header is repeated or is not a key.
pub(super) fn key(headers: &HeaderMap) -> Result<Option<String>, Error> {
    let mut values = headers.get_all(KEY).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let found = value.to_str().ok().and_then(read).filter(|_| values.next().is_none());
    found.map(Some).ok_or_else(|| {
        let detail = "send one string of 1 to 255 visible ASCII characters, quoted or bare";
        let mut violations = Violations::new();
        violations.push(Violation::header("Idempotency-Key", "invalid", detail));
        Error::BadRequest(violations)
    })
}

/// Refuses a key where the body is acted upon while it still arrives, so that no repetition could be recognised.
pub(super) fn refuse(headers: &HeaderMap) -> Result<(), Error> {
    if !headers.contains_key(KEY) {
        return Ok(());
    }
    let detail = "an import takes no key; send the operations as one JSON batch to have them done at most once";
    let mut violations = Violations::new();
    violations.push(Violation::header("Idempotency-Key", "unsupported", detail));
    Err(Error::BadRequest(violations))
}

/// The key behind a structured-field string or a bare one.
fn read(text: &str) -> Option<String> {
    let text = text.trim_matches([' ', '\t']);
    let key = match text.strip_prefix('"') {
        Some(quoted) => unescaped(quoted.strip_suffix('"')?)?,
        None if text.bytes().all(|byte| byte.is_ascii_graphic()) => text.to_owned(),
        None => return None,
    };
    (1..=LENGTH).contains(&key.len()).then_some(key)
}

fn unescaped(text: &str) -> Option<String> {
    let mut key = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        key.push(match character {
            '\\' => characters.next().filter(|it| matches!(it, '"' | '\\'))?,
            ' '..='~' if character != '"' => character,
            _ => return None,
        });
    }
    Some(key)
}

/// The context of a request with this key.
pub(super) fn with_key(context: &Context, key: &str) -> Arc<Context> {
    Arc::new(Context { idempotency_key: Some(key.to_owned()), ..context.clone() })
}

/// What a repetition is known by.
pub(super) struct Fingerprint<'a> {
    pub context: &'a Context,
    pub method: &'a Method,
    pub path: &'a str,
    pub query: &'a str,
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
}

impl Fingerprint<'_> {
    /// The claim of the request that has this key.
    pub(super) fn claim(&self, key: &str) -> Claim {
        let mut scope = Sha256::new();
        for part in [self.context.tenant.as_deref(), self.context.actor.as_deref()] {
            // Nobody is not the same as somebody without a name.
            scope.update([u8::from(part.is_some())]);
            put(&mut scope, part.unwrap_or_default().as_bytes());
        }
        for part in [self.method.as_str(), self.path, key] {
            put(&mut scope, part.as_bytes());
        }
        let mut request = Sha256::new();
        put(&mut request, self.query.as_bytes());
        put(&mut request, self.body);
        for name in MEANING {
            let values: Vec<&HeaderValue> = self.headers.get_all(&name).iter().collect();
            put(&mut request, values.len().to_string().as_bytes());
            for value in values {
                put(&mut request, value.as_bytes());
            }
        }
        Claim { id: scope.finalize().into(), fingerprint: request.finalize().into() }
    }
}

/// Each part behind its length, so that no two lists of parts read alike.
fn put(digest: &mut Sha256, part: &[u8]) {
    digest.update((part.len() as u64).to_be_bytes());
    digest.update(part);
}

/// An answer of ours, ready to be kept.
pub(super) fn reply_of(rendered: http::Response<Bytes>) -> Reply {
    let (parts, body) = rendered.into_parts();
    let headers = parts.headers.iter().filter_map(|(name, value)| {
        value.to_str().ok().map(|value| (name.as_str().to_owned(), value.to_owned()))
    });
    Reply { status: parts.status.as_u16(), headers: headers.collect(), body: body.into() }
}

/// The answer to the client; a repeated one says so.
pub(super) fn respond(done: Done) -> Response {
    let (reply, replayed) = match done {
        Done::Now(reply) => (reply, false),
        Done::Before(reply) => (reply, true),
    };
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::OK);
    for (name, value) in reply.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().append(name, value);
        }
    }
    if replayed {
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_bare_and_quoted_alike() {
        assert_eq!(read("abc-1").as_deref(), Some("abc-1"));
        assert_eq!(read("\"abc-1\"").as_deref(), Some("abc-1"));
        assert_eq!(read(r#""a\"b\\c""#).as_deref(), Some(r#"a"b\c"#));
        assert_eq!(read(&"x".repeat(255)).map(|key| key.len()), Some(255));
    }

    #[test]
    fn whatever_is_no_key_is_refused() {
        let long = "x".repeat(256);
        for text in ["", "\"\"", "\"a", "a b", "\"a\"b\"", "\"a\\b\"", "\"a\";p=1", "ä", &long] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn the_documented_pattern_accepts_what_is_accepted() {
        let pattern = regex::Regex::new(PATTERN).unwrap();
        for text in ["a", "\"a b\"", r#""a\"b""#, "a\"", "", "\"", "\"\"", "\"a\\b\"", "a b"] {
            assert_eq!(pattern.is_match(text), read(text).is_some(), "{text}");
        }
    }

    #[test]
    fn no_part_of_a_request_is_taken_for_another() {
        let (context, headers) = (Context::anonymous(), HeaderMap::new());
        let claim = |path, query, body: &'static str, key: &str| {
            let (method, body) = (&Method::POST, body.as_bytes());
            Fingerprint { context: &context, method, path, query, headers: &headers, body }
                .claim(key)
        };
        let first = claim("/a", "x", "y", "k");
        assert_eq!(first, claim("/a", "x", "y", "k"));
        assert_eq!(first.id, claim("/a", "xy", "", "k").id);
        assert_ne!(first.fingerprint, claim("/a", "xy", "", "k").fingerprint);
        assert_ne!(first.id, claim("/ak", "x", "y", "").id);
    }
}
