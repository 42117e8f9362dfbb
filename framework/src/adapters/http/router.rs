//! The routes of one entity.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, delete, get, patch, post, put};
use http::Method;

use super::cursor::CursorKey;
use super::endpoints::Endpoints;
use super::problem::Problem;
use crate::application::mapper::Mapper;
use crate::application::relatives::Relatives;
use crate::application::resource::Resource;
use crate::application::unit_of_work::UnitOfWork;
use crate::application::use_case::UseCase;

/// What the routes of one entity stand on.
pub struct EntityParts<E: Resource> {
    /// What can be done with the entity.
    pub use_case: Arc<dyn UseCase<E>>,
    /// Entities to views.
    pub mapper: Arc<dyn Mapper<E>>,
    /// Transactions.
    pub unit_of_work: UnitOfWork,
    /// The other entities, for `include`.
    pub includes: Arc<Relatives>,
    /// The secret of cursors.
    pub cursor_key: CursorKey,
}

impl<E: Resource> Clone for EntityParts<E> {
    fn clone(&self) -> Self {
        Self {
            use_case: Arc::clone(&self.use_case),
            mapper: Arc::clone(&self.mapper),
            unit_of_work: self.unit_of_work.clone(),
            includes: Arc::clone(&self.includes),
            cursor_key: self.cursor_key.clone(),
        }
    }
}

/// A handler of one route.
macro_rules! handler {
    ($endpoints:expr, $name:ident) => {{
        let endpoints = $endpoints.clone();
        move |request: Request| {
            let endpoints = endpoints.clone();
            async move { endpoints.$name(request).await }
        }
    }};
}

/// Every route of an entity, to be nested under a prefix such as `/api`, without those that the application answers
/// itself.
pub fn entity_router<E: Resource>(endpoints: &Endpoints<E>, own: &[(Method, String)]) -> Router {
    let schema = E::schema();
    let collection = format!("/{}", schema.plural);
    let item = format!("{collection}/{{id}}");
    let (search, batch) = (format!("{collection}/search"), format!("{collection}/batch"));
    let (restore, purge) = (format!("{item}/restore"), format!("{item}/purge"));
    let mut routes = vec![
        (Method::GET, &collection, get(handler!(endpoints, list))),
        (Method::POST, &collection, post(handler!(endpoints, create))),
        (Method::GET, &item, get(handler!(endpoints, read))),
        (Method::PUT, &item, put(handler!(endpoints, replace))),
        (Method::PATCH, &item, patch(handler!(endpoints, update))),
        (Method::DELETE, &item, delete(handler!(endpoints, delete))),
        (Method::POST, &search, post(handler!(endpoints, search))),
        (Method::POST, &batch, post(handler!(endpoints, batch))),
    ];
    if schema.roles.deleted_at.is_some() {
        routes.push((Method::POST, &restore, post(handler!(endpoints, restore))));
        routes.push((Method::POST, &purge, post(handler!(endpoints, purge))));
    }
    let query = with_query(MethodRouter::new(), handler!(endpoints, search));
    let mut router = Router::new().route(&collection, query);
    for (method, path, handler) in routes {
        if !own.iter().any(|(taken, at)| *taken == method && at == path) {
            router = router.route(path, handler);
        }
    }
    router
}

/// Adds the method QUERY (RFC 10008), which the router does not know by name.
fn with_query<H, F>(methods: MethodRouter, search: H) -> MethodRouter
where
    H: Fn(Request) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response> + Send,
{
    methods.fallback(move |method: Method, request: Request| {
        let search = search.clone();
        async move {
            if method.as_str() != "QUERY" {
                return Problem::method_not_allowed(&method, "GET,HEAD,POST,QUERY").into_response();
            }
            search(request).await
        }
    })
}
