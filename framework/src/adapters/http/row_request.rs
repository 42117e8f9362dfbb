//! Requests to custom routes that do something to one row, read as strictly as those to generated routes.

use std::sync::Arc;

use axum::extract::{FromRequest, Request};
use axum::response::Response;
use futures_util::future::BoxFuture;
use http::StatusCode;
use serde::de::DeserializeOwned;

use super::endpoints::Endpoints;
use super::etag;
use super::extract::ApiError;
use super::own_request::OwnRequest;
use super::problem::Problem;
use super::router::EntityParts;
use super::submission::Submission;
use crate::application::context::Context;
use crate::application::resource::Resource;
use crate::application::session::Session;
use crate::application::use_case::Write;
use crate::domain::entity::Entity;
use crate::domain::error::Error;
use crate::domain::query::{Deleted, Lock, Query};

/// A request to do something to the row that the `{id}` of the path names.
///
/// It is read as the generated routes read theirs: the id, `Accept`, `If-Match`, `Prefer` with its dry run,
/// `Idempotency-Key`. A query or a body that the handler does not take is refused. [`Endpoints::act`] runs it:
///
/// ```
/// use framework::Resource;
/// use framework::axum::response::Response;
/// use framework::http::{ApiError, Endpoints, Resolve, Route, RowRequest};
///
/// # fn route<Order: Resource>() -> Route {
/// async fn approve<E: Resource>(
///     Resolve(orders): Resolve<Endpoints<E>>,
///     mut request: RowRequest<E>,
/// ) -> Result<Response, ApiError> {
///     let reason: String = request.body()?;
///     orders
///         .act(request, move |_session, order| {
///             Box::pin(async move {
///                 // Change the order with a repository in this session, and answer with what is stored now.
///                 println!("{reason}");
///                 Ok(order)
///             })
///         })
///         .await
/// }
/// Route::post("/orders/{id}/approve", approve::<Order>).acts_on::<Order>()
/// # }
/// ```
pub struct RowRequest<E: Entity> {
    id: E::Id,
    context: Arc<Context>,
    request: OwnRequest,
}

impl<E: Entity, S: Send + Sync> FromRequest<S> for RowRequest<E> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, ApiError> {
        let request = OwnRequest::to_row(E::schema(), request).await?;
        let id = request.submission.call.id::<E>()?;
        Ok(Self { id, context: request.submission.context(), request })
    }
}

impl<E: Entity> RowRequest<E> {
    /// Which row.
    pub fn id(&self) -> &E::Id {
        &self.id
    }

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
}

impl<E: Resource> Endpoints<E> {
    /// Does something to a row, in one transaction: finds the row among those that the caller may read, honours `If-Match`
    /// and answers with what the work returns, like the generated writes. A dry run keeps nothing; a repetition with the
    /// same `Idempotency-Key` is answered as the first was.
    ///
    /// The row is held until the transaction ends: of several at once, each finds what the one before it has left.
    ///
    /// # Errors
    /// 404 or 412 before the work; what the work returns; 400 when the request has a query or a body that nobody took.
    pub async fn act<F>(&self, request: RowRequest<E>, work: F) -> Result<Response, ApiError>
    where
        F: for<'a> FnOnce(&'a mut Session, E) -> BoxFuture<'a, Result<E, Error>> + Send + 'static,
    {
        let submission = request.request.complete()?;
        Ok(Arc::clone(self.parts()).act(submission, request.id, work).await?)
    }
}

impl<E: Resource> EntityParts<E> {
    /// The row as it is once nobody else writes it, and until this transaction ends.
    async fn held(&self, session: &mut Session, id: &E::Id) -> Result<E, Error> {
        let query = Query::by_id(id.clone()).lock(Lock::Change);
        match self.use_case.list(session, &query).await?.items.pop() {
            Some(entity) => Ok(entity),
            None => self.use_case.get(session, id, Deleted::Exclude).await,
        }
    }

    async fn act<F>(
        self: Arc<Self>,
        submission: Submission,
        id: E::Id,
        work: F,
    ) -> Result<Response, Problem>
    where
        F: for<'a> FnOnce(&'a mut Session, E) -> BoxFuture<'a, Result<E, Error>> + Send + 'static,
    {
        let (preferences, expected) = (submission.preferences, submission.if_match());
        let named = etag::if_none_match(&submission.call.headers);
        let this = Arc::clone(&self);
        // Like a batch it needs a transaction, whatever the use case says: it may touch more than the row.
        self.write(submission, Write::Batch, move |session| {
            Box::pin(async move {
                let expected = this
                    .unless_named(session, &id, expected, named.as_ref(), Deleted::Exclude)
                    .await?;
                let entity = this.held(session, &id).await?;
                expected.check(&entity)?;
                let entity = work(session, entity).await?;
                this.written(StatusCode::OK, entity, &preferences, None)
            })
        })
        .await
    }
}
