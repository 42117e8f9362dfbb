//! At most once, for routes of your own.

use std::sync::Arc;

use axum::extract::{FromRequest, Request};
use axum::response::Response;
use futures_util::future::BoxFuture;
use serde::de::DeserializeOwned;

use super::extract::ApiError;
use super::idempotency;
use super::own_request::OwnRequest;
use crate::application::context::Context;
use crate::application::idempotency::{Done, Reply};
use crate::application::session::Session;
use crate::application::unit_of_work::UnitOfWork;
use crate::domain::error::Error;

/// A request whose work is done at most once where it carries an `Idempotency-Key`, and only tried where it says
/// `Prefer: tx=rollback`, as the generated routes do it. A query or a body that the handler does not take is refused.
///
/// For something that is done to one row, [`RowRequest`](super::RowRequest) does more.
///
/// ```
/// use framework::http::{ApiError, Once, Reply, Resolve};
/// use framework::axum::response::Response;
/// use framework::UnitOfWork;
///
/// async fn greet(Resolve(work): Resolve<UnitOfWork>, mut once: Once) -> Result<Response, ApiError> {
///     let name: String = once.body()?;
///     once.run(&work, move |_session| {
///         Box::pin(async move { Reply::json(200, &format!("Hello, {name}!")) })
///     })
///     .await
/// }
/// ```
pub struct Once {
    context: Arc<Context>,
    request: OwnRequest,
}

impl<S: Send + Sync> FromRequest<S> for Once {
    type Rejection = ApiError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, ApiError> {
        let request = OwnRequest::of(request).await?;
        Ok(Self { context: request.submission.context(), request })
    }
}

impl Once {
    /// Who asks.
    pub fn context(&self) -> &Arc<Context> {
        &self.context
    }

    /// Takes the JSON body, as [`Checked`](super::Checked) reads it.
    ///
    /// # Errors
    /// A problem that says what is wrong with it.
    pub fn body<T: DeserializeOwned>(&mut self) -> Result<T, ApiError> {
        self.request.body()
    }

    /// Takes the query string as it was sent. Whoever takes it has to refuse what it does not know.
    pub fn query(&mut self) -> &str {
        self.request.query()
    }

    /// Runs the work in a transaction and answers with its reply. A repetition of a request with a key is answered
    /// with the reply of the first, without doing the work again; of a dry run nothing is kept.
    ///
    /// # Errors
    /// What the work returns; a conflict while the first request is under way; a refusal when the key came with
    /// another request before, or the request has a query or a body that nobody took.
    pub async fn run<F>(self, unit_of_work: &UnitOfWork, work: F) -> Result<Response, ApiError>
    where
        F: for<'a> FnOnce(&'a mut Session) -> BoxFuture<'a, Result<Reply, Error>> + Send + 'static,
    {
        let Self { context, request } = self;
        let submission = request.complete()?;
        let applied = submission.preferences.applied();
        let done = match submission.claim() {
            Some(claim) => {
                let work = unit_of_work.once(context, claim, move |session| {
                    Box::pin(async move { Ok(noting(work(session).await?, applied)) })
                });
                work.await?
            }
            None => Done::Now(noting(unit_of_work.run(context, work).await?, applied)),
        };
        Ok(idempotency::respond(done))
    }
}

/// The reply, saying which preferences were followed.
fn noting(reply: Reply, applied: Option<String>) -> Reply {
    let reply = reply.with_header("vary", "prefer");
    match applied {
        Some(applied) => reply.with_header("preference-applied", applied),
        None => reply,
    }
}
