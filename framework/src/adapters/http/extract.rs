//! Extractors and errors for routes of your own, as strict as the generated ones.

use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use serde::de::DeserializeOwned;

use super::body::malformed;
use super::call::{check_content_type, limits_of, read_body};
use super::etag;
use super::problem::Problem;
use crate::application::context::Context;
use crate::application::use_case::Expected;
use crate::domain::error::Error;
use crate::domain::violation::{Place, Violation, Violations};

/// A JSON body. Everything that is wrong with it is a problem; say `#[serde(deny_unknown_fields)]` on your type.
#[derive(Debug, Clone, Copy)]
pub struct Checked<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Checked<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        check_content_type(&parts.headers, parts.method == http::Method::PATCH)?;
        let body = read_body(body, limits_of(&parts.extensions)).await?;
        json(&body).map(Self)
    }
}

/// Reads a whole body into a type.
pub(super) fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body).map_err(|error| ApiError(refusal(&error)))
}

fn refusal(error: &serde_json::Error) -> Problem {
    if error.classify() != serde_json::error::Category::Data {
        return malformed(error);
    }
    let place = Place::Body(String::new());
    let violation = Violation { place, code: "invalid", detail: error.to_string() };
    Problem::from(Error::Validation(Violations(vec![violation])))
}

/// Who asks: made at the door, to be passed down.
#[derive(Debug, Clone)]
pub struct RequestContext(pub Arc<Context>);

impl<S: Send + Sync> FromRequestParts<S> for RequestContext {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        let context = parts.extensions.get::<Arc<Context>>().cloned();
        Ok(Self(context.unwrap_or_else(|| Arc::new(Context::anonymous()))))
    }
}

/// The versions that the caller accepts, as `If-Match` says them.
#[derive(Debug, Clone)]
pub struct IfMatch(pub Expected);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(etag::if_match(&parts.headers)))
    }
}

/// The error of a handler: `?` turns any [`Error`] of the domain into a problem document.
#[derive(Debug, Clone)]
pub struct ApiError(Problem);

impl<T: Into<Problem>> From<T> for ApiError {
    fn from(problem: T) -> Self {
        Self(problem.into())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        self.0.into_response()
    }
}
