//! A request to a route of an application's own: what its handler does not take is refused, not passed over.

use axum::extract::{FromRequest as _, Request};
use serde::de::DeserializeOwned;

use super::call::{Call, check_content_type, unwanted_body};
use super::extract::{self, ApiError};
use super::media;
use super::prefer::Route;
use super::problem::Problem;
use super::query;
use super::submission::Submission;
use crate::domain::schema::EntitySchema;

/// The request, and what has been taken of it.
pub(super) struct OwnRequest {
    pub submission: Submission,
    body_taken: bool,
    query_taken: bool,
}

impl OwnRequest {
    /// Reads a request to write to a row of an entity, its body included.
    pub(super) async fn to_row(schema: &EntitySchema, request: Request) -> Result<Self, Problem> {
        let mut call = Call::from_request(request, &()).await?.answering(media::DOCUMENT)?;
        let body = call.bytes().await?;
        Ok(Self::new(Submission::new(schema, call, body, Route::Write)?))
    }

    /// Reads any other request, its body included.
    pub(super) async fn of(request: Request) -> Result<Self, Problem> {
        let mut call = Call::from_request(request, &()).await?;
        let body = call.bytes().await?;
        Ok(Self::new(Submission::of_no_entity(call, body, Route::Own)?))
    }

    fn new(submission: Submission) -> Self {
        Self { submission, body_taken: false, query_taken: false }
    }

    /// Takes the JSON body.
    pub(super) fn body<T: DeserializeOwned>(&mut self) -> Result<T, ApiError> {
        self.body_taken = true;
        let call = &self.submission.call;
        check_content_type(&call.headers, call.method == http::Method::PATCH)?;
        extract::json(&self.submission.body)
    }

    /// Takes the query of the address, as it was written.
    pub(super) fn query(&mut self) -> &str {
        self.query_taken = true;
        &self.submission.call.query
    }

    /// What is to be done, unless the request says more than anyone took.
    pub(super) fn complete(self) -> Result<Submission, Problem> {
        if !self.query_taken {
            query::nothing(&self.submission.call.query)?;
        }
        if !self.body_taken && !self.submission.body.is_empty() {
            return Err(unwanted_body());
        }
        Ok(self.submission)
    }
}
