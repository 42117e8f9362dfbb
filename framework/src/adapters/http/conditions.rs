//! Conditions: those of reads are judged at the door once the answer is known, for only then is its tag; those of writes
//! where the row is written.

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use http::header::{self, HeaderMap, HeaderValue};
use http::{Method, StatusCode};

use super::etag::{self, Condition};
use super::problem::{Problem, STALE};
use super::reads::to_bytes;
use super::router::EntityParts;
use crate::application::resource::Resource;
use crate::application::session::Session;
use crate::application::use_case::Expected;
use crate::domain::entity::version_of;
use crate::domain::error::Error;
use crate::domain::query::Deleted;

/// What a request that reads says about the representation that it wants.
#[derive(Debug, Default)]
pub(super) struct Conditions {
    if_match: Option<Condition>,
    if_none_match: Option<Condition>,
}

impl Conditions {
    /// The conditions of a request; those of a write are its handler's, and malformed ones are no conditions.
    pub(super) fn of(method: &Method, headers: &HeaderMap) -> Self {
        let reads = matches!(*method, Method::GET | Method::HEAD) || method.as_str() == "QUERY";
        if !reads {
            return Self::default();
        }
        let of = |name| Condition::of(headers, name).ok().flatten();
        Self { if_match: of(header::IF_MATCH), if_none_match: of(header::IF_NONE_MATCH) }
    }

    /// The answer; 412 where it is not what `If-Match` names, 304 where the caller has it already (RFC 9110, 13.2.2).
    pub(super) fn judge(&self, response: Response) -> Response {
        if response.status() != StatusCode::OK {
            return response;
        }
        let tag = response.headers().get(header::ETAG).and_then(|tag| tag.to_str().ok());
        let Some(tag) = tag else { return response };
        if self.if_match.as_ref().is_some_and(|condition| !condition.matches(tag)) {
            let detail = "the representation is not one that If-Match names";
            return Problem::new(STALE, detail).with_header(header::ETAG, tag).into_response();
        }
        match self.if_none_match.as_ref().and_then(|condition| condition.known(tag)) {
            Some(known) => not_modified(response, &known),
            None => response,
        }
    }
}

impl<E: Resource> EntityParts<E> {
    /// Refuses to write a row that `If-None-Match` names. What the write then accepts is the version that was judged.
    ///
    /// # Errors
    /// When the row is named.
    pub(super) async fn unless_named(
        &self,
        session: &mut Session,
        id: &E::Id,
        expected: Expected,
        named: Option<&Condition>,
        deleted: Deleted,
    ) -> Result<Expected, Error> {
        let Some(condition) = named else { return Ok(expected) };
        let entity = match self.use_case.get(session, id, deleted).await {
            // What the write makes of that is its own matter.
            Err(Error::NotFound { .. }) => return Ok(expected),
            found => found?,
        };
        let version = version_of(&entity);
        let tag = etag::of(version, true, &to_bytes(&self.whole(entity))?);
        if condition.names(&tag) {
            let current = version;
            return Err(match condition {
                Condition::Any => Error::Exists { current },
                Condition::Tags(_) => Error::Unchanged { current },
            });
        }
        let is_open = match expected {
            Expected::Any => true,
            // Where the caller must name a version, saying which it is not is not enough.
            Expected::Unstated => !E::schema().options.require_if_match,
            Expected::Versions(_) => false,
        };
        Ok(version
            .filter(|_| is_open)
            .map_or(expected, |version| Expected::Versions(vec![version])))
    }
}

fn not_modified(mut response: Response, tag: &str) -> Response {
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    *response.body_mut() = Body::empty();
    let headers = response.headers_mut();
    for name in [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::CONTENT_ENCODING] {
        headers.remove(name);
    }
    if let Ok(tag) = HeaderValue::from_str(tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}
