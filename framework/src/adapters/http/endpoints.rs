//! The answers of the generated routes, for routes that do something before or after them.

use std::sync::Arc;

use axum::extract::{FromRequest as _, Request};
use axum::response::{IntoResponse as _, Response};

use super::call::Call;
use super::media::{self, Media};
use super::problem::Problem;
use super::router::EntityParts;
use crate::application::resource::Resource;

/// What answers the generated routes of an entity, filters, cursors, includes, streams, tags and repeats included.
///
/// A route of your own at the address of a generated one takes its place; through this it can still answer like it:
///
/// ```
/// use framework::axum::{extract::Request, response::Response};
/// use framework::http::{Endpoints, Resolve, Route};
///
/// # fn route<Order: framework::Resource>() -> Route {
/// async fn list<E: framework::Resource>(
///     Resolve(orders): Resolve<Endpoints<E>>,
///     request: Request,
/// ) -> Response {
///     orders.list(request).await
/// }
/// Route::get("/orders", list::<Order>).generated()
/// # }
/// ```
pub struct Endpoints<E: Resource>(Arc<EntityParts<E>>);

impl<E: Resource> Clone for Endpoints<E> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// One method for each route: what it answers with is negotiated first, and its address is noted for the logs.
macro_rules! endpoints {
    ($($(#[$docs:meta])* $name:ident: $offered:expr;)*) => {$(
        $(#[$docs])*
        pub async fn $name(&self, request: Request) -> Response {
            let parts = Arc::clone(&self.0);
            answer(request, $offered, async |call| parts.$name(call).await).await
        }
    )*};
}

impl<E: Resource> Endpoints<E> {
    /// Over the parts of an entity.
    pub fn new(parts: EntityParts<E>) -> Self {
        Self(Arc::new(parts))
    }

    /// The parts behind the routes.
    pub(super) fn parts(&self) -> &Arc<EntityParts<E>> {
        &self.0
    }

    endpoints! {
        /// `GET /orders`: a page, or everything as a stream.
        list: media::LIST;
        /// `POST /orders/search` and `QUERY /orders`: a list whose question is in the body.
        search: media::LIST;
        /// `POST /orders`.
        create: media::DOCUMENT;
        /// `POST /orders/batch`: many operations, or an import.
        batch: media::REPORT;
        /// `GET /orders/{id}`.
        read: media::DOCUMENT;
        /// `PUT /orders/{id}`.
        replace: media::DOCUMENT;
        /// `PATCH /orders/{id}`.
        update: media::DOCUMENT;
        /// `DELETE /orders/{id}`.
        delete: media::DOCUMENT;
        /// `POST /orders/{id}/restore`, for entities whose deletion is a mark.
        restore: media::DOCUMENT;
        /// `POST /orders/{id}/purge`, for entities whose deletion is a mark.
        purge: media::DOCUMENT;
    }
}

async fn answer(
    request: Request,
    offered: &[Media],
    handler: impl AsyncFnOnce(Call) -> Result<Response, Problem>,
) -> Response {
    let call = match Call::from_request(request, &()).await {
        Ok(call) => call,
        Err(problem) => return problem.into_response(),
    };
    let route = call.route.clone();
    let answered = match call.answering(offered) {
        Ok(call) => handler(call).await,
        Err(problem) => Err(problem),
    };
    let mut response = answered.unwrap_or_else(Problem::into_response);
    if let Some(route) = route {
        response.extensions_mut().insert(route);
    }
    response
}
