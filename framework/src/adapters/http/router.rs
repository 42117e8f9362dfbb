//! The routes of one entity.

use std::sync::Arc;

use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, delete, get, patch, post, put};
use http::Method;

use super::cursor::CursorKey;
use super::endpoints::Endpoints;
use super::problem::Problem;
use super::routes::Routes;
use crate::application::mapper::Mapper;
use crate::application::relatives::Relatives;
use crate::application::resource::Resource;
use crate::application::unit_of_work::UnitOfWork;
use crate::application::use_case::UseCase;
use crate::domain::schema::EntitySchema;

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

/// Every route of an entity, without those that the application answers itself.
pub fn entity_routes<E: Resource>(endpoints: &Endpoints<E>, own: &[(Method, String)]) -> Routes {
    let answer = |action| match action {
        Action::List => get(handler!(endpoints, list)),
        Action::Query => query(handler!(endpoints, search)),
        Action::Create => post(handler!(endpoints, create)),
        Action::Search => post(handler!(endpoints, search)),
        Action::Batch => post(handler!(endpoints, batch)),
        Action::Read => get(handler!(endpoints, read)),
        Action::Replace => put(handler!(endpoints, replace)),
        Action::Update => patch(handler!(endpoints, update)),
        Action::Delete => delete(handler!(endpoints, delete)),
        Action::Restore => post(handler!(endpoints, restore)),
        Action::Purge => post(handler!(endpoints, purge)),
    };
    routes_of(E::schema(), own, answer)
}

/// The same routes with nothing behind them: to be named before there is a database.
pub(crate) fn named_routes(schema: &EntitySchema, own: &[(Method, String)]) -> Routes {
    routes_of(schema, own, |_| MethodRouter::new())
}

/// What a generated route does.
#[derive(Debug, Clone, Copy)]
enum Action {
    List,
    Query,
    Create,
    Search,
    Batch,
    Read,
    Replace,
    Update,
    Delete,
    Restore,
    Purge,
}

fn routes_of(
    schema: &EntitySchema,
    own: &[(Method, String)],
    answer: impl Fn(Action) -> MethodRouter,
) -> Routes {
    let collection = format!("/{}", schema.plural);
    let item = format!("{collection}/{{id}}");
    let below = |path: &str, last: &str| format!("{path}/{last}");
    let mut routes = vec![
        (Action::List, Method::GET, collection.clone()),
        (Action::Query, Method::QUERY, collection.clone()),
        (Action::Create, Method::POST, collection.clone()),
        (Action::Search, Method::POST, below(&collection, "search")),
        (Action::Batch, Method::POST, below(&collection, "batch")),
        (Action::Read, Method::GET, item.clone()),
        (Action::Replace, Method::PUT, item.clone()),
        (Action::Update, Method::PATCH, item.clone()),
        (Action::Delete, Method::DELETE, item.clone()),
    ];
    if schema.roles.deleted_at.is_some() {
        routes.push((Action::Restore, Method::POST, below(&item, "restore")));
        routes.push((Action::Purge, Method::POST, below(&item, "purge")));
    }
    routes.retain(|(_, method, path)| !own.iter().any(|(taken, at)| taken == method && at == path));
    routes.into_iter().fold(Routes::default(), |routes, (action, method, path)| {
        routes.add(method, &path, answer(action))
    })
}

/// Answers QUERY (RFC 10008), which the router does not know by name.
fn query<H, F>(search: H) -> MethodRouter
where
    H: Fn(Request) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response> + Send,
{
    MethodRouter::new().fallback(move |method: Method, request: Request| {
        let search = search.clone();
        async move {
            if method.as_str() != "QUERY" {
                return Problem::method_not_allowed(&method, "GET,HEAD,POST,QUERY").into_response();
            }
            search(request).await
        }
    })
}
