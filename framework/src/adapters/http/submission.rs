//! A request that writes, and the form of its answer.

use std::sync::Arc;

use axum::body::Bytes;
use http::header::{self, HeaderMap, HeaderValue};
use http::{Response, StatusCode};

use super::call::Call;
use super::idempotency::{self, Fingerprint};
use super::prefer::{Preferences, Route};
use super::problem::Problem;
use super::{etag, query};
use crate::application::context::Context;
use crate::application::idempotency::Claim;
use crate::application::use_case::Expected;
use crate::domain::error::Error;
use crate::domain::schema::EntitySchema;

/// What every write says beside what it writes.
pub(super) struct Submission {
    pub call: Call,
    pub preferences: Preferences,
    pub body: Bytes,
    key: Option<String>,
}

impl Submission {
    /// Reads a request with a JSON body.
    pub(super) async fn with_json(
        schema: &EntitySchema,
        mut call: Call,
        is_patch: bool,
    ) -> Result<Self, Problem> {
        query::nothing(&call.query)?;
        let body = call.json(is_patch).await?;
        Self::new(schema, call, body, Route::Write)
    }

    /// Reads a request that has no body.
    pub(super) async fn without_body(
        schema: &EntitySchema,
        mut call: Call,
        route: Route,
    ) -> Result<Self, Problem> {
        query::nothing(&call.query)?;
        call.without_body().await?;
        Self::new(schema, call, Bytes::new(), route)
    }

    /// A request whose body was read.
    pub(super) fn new(
        schema: &EntitySchema,
        call: Call,
        body: Bytes,
        route: Route,
    ) -> Result<Self, Problem> {
        let submission = Self::of_no_entity(call, body, route)?;
        if submission.key.is_none() && schema.options.require_idempotency_key {
            return Err(Error::KeyRequired.into());
        }
        Ok(submission)
    }

    /// The same for a route that is no entity's.
    pub(super) fn of_no_entity(call: Call, body: Bytes, route: Route) -> Result<Self, Problem> {
        let preferences = Preferences::of(&call.headers, route)?;
        let key = idempotency::key(&call.headers)?;
        Ok(Self { call, preferences, body, key })
    }

    /// Who asks; a dry run and a key say so there, for hooks that pass them on.
    pub(super) fn context(&self) -> Arc<Context> {
        let context = self.call.context(self.preferences.rollback);
        match &self.key {
            Some(key) => idempotency::with_key(&context, key),
            None => context,
        }
    }

    /// The versions that the caller accepts.
    pub(super) fn if_match(&self) -> Expected {
        etag::if_match(&self.call.headers)
    }

    /// What is needed to look for an earlier answer.
    pub(super) fn asked(&self) -> Asked {
        Asked { context: self.context(), claim: self.claim() }
    }

    /// What a repetition is known by, where the caller wants the write at most once.
    pub(super) fn claim(&self) -> Option<Claim> {
        let Call { context, method, path, query, headers, .. } = &self.call;
        let request = Fingerprint { context, method, path, query, headers, body: &self.body };
        self.key.as_deref().map(|key| request.claim(key))
    }
}

/// Who asks, and what a repetition is known by.
pub(super) struct Asked {
    pub context: Arc<Context>,
    pub claim: Option<Claim>,
}

/// An answer that is complete in memory, so that it can be kept.
pub(super) type Rendered = Response<Bytes>;

/// An answer with these bytes.
pub(super) fn rendered(status: StatusCode, headers: HeaderMap, body: Vec<u8>) -> Rendered {
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

/// An answer with this JSON.
pub(super) fn rendered_json(status: StatusCode, mut headers: HeaderMap, body: Vec<u8>) -> Rendered {
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    rendered(status, headers, body)
}
