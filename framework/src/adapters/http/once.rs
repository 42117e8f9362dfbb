//! At most once, for routes of your own.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, OriginalUri, Request};
use axum::response::Response;
use futures_util::future::BoxFuture;
use http::request::Parts;
use serde::de::DeserializeOwned;

use super::call::{check_content_type, limits_of, read_body};
use super::extract::{self, ApiError};
use super::idempotency::{self, Fingerprint};
use crate::application::context::Context;
use crate::application::idempotency::{Done, Reply};
use crate::application::session::Session;
use crate::application::unit_of_work::UnitOfWork;
use crate::domain::error::Error;

/// A request whose work is done at most once where it carries an `Idempotency-Key`, as the generated routes do it.
///
/// ```
/// use framework::http::{ApiError, Once, Reply, Resolve};
/// use framework::axum::response::Response;
/// use framework::UnitOfWork;
///
/// async fn greet(Resolve(work): Resolve<UnitOfWork>, once: Once) -> Result<Response, ApiError> {
///     let name: String = once.body()?;
///     once.run(&work, move |_session| {
///         Box::pin(async move { Reply::json(200, &format!("Hello, {name}!")) })
///     })
///     .await
/// }
/// ```
pub struct Once {
    context: Arc<Context>,
    key: Option<String>,
    parts: Parts,
    body: Bytes,
}

impl<S: Send + Sync> FromRequest<S> for Once {
    type Rejection = ApiError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let body = read_body(body, limits_of(&parts.extensions)).await?;
        let key = idempotency::key(&parts.headers)?;
        let context = parts.extensions.get::<Arc<Context>>().cloned();
        let context = context.unwrap_or_else(|| Arc::new(Context::anonymous()));
        Ok(Self { context, key, parts, body })
    }
}

impl Once {
    /// Who asks.
    pub fn context(&self) -> &Arc<Context> {
        &self.context
    }

    /// The JSON body, as [`Checked`](super::Checked) reads it.
    ///
    /// # Errors
    /// A problem that says what is wrong with it.
    pub fn body<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        check_content_type(&self.parts.headers, self.parts.method == http::Method::PATCH)?;
        extract::json(&self.body)
    }

    /// Runs the work in a transaction and answers with its reply. A repetition of a request with a key is answered
    /// with the reply of the first, without doing the work again.
    ///
    /// # Errors
    /// What the work returns; a conflict while the first request is under way; a refusal when the key came with
    /// another request before.
    pub async fn run<F>(self, unit_of_work: &UnitOfWork, work: F) -> Result<Response, ApiError>
    where
        F: for<'a> FnOnce(&'a mut Session) -> BoxFuture<'a, Result<Reply, Error>> + Send + 'static,
    {
        let Self { context, key, parts, body } = self;
        let Some(key) = key else {
            let reply = unit_of_work.run(context, work).await?;
            return Ok(idempotency::respond(Done::Now(reply)));
        };
        let original = parts.extensions.get::<OriginalUri>();
        let path = original.map_or(parts.uri.path(), |uri| uri.0.path());
        let claim = Fingerprint {
            context: &context,
            method: &parts.method,
            path,
            query: parts.uri.query().unwrap_or_default(),
            headers: &parts.headers,
            body: &body,
        }
        .claim(&key);
        Ok(idempotency::respond(
            unit_of_work.once(idempotency::with_key(&context, &key), claim, work).await?,
        ))
    }
}
