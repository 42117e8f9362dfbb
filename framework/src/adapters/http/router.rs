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
        Operation::List => get(handler!(endpoints, list)),
        Operation::Query => query(handler!(endpoints, search)),
        Operation::Create => post(handler!(endpoints, create)),
        Operation::Search => post(handler!(endpoints, search)),
        Operation::Batch => post(handler!(endpoints, batch)),
        Operation::Read => get(handler!(endpoints, read)),
        Operation::Replace => put(handler!(endpoints, replace)),
        Operation::Update => patch(handler!(endpoints, update)),
        Operation::Delete => delete(handler!(endpoints, delete)),
        Operation::Restore => post(handler!(endpoints, restore)),
        Operation::Purge => post(handler!(endpoints, purge)),
    };
    routes_of(E::schema(), own, answer)
}

/// The same routes with nothing behind them: to be named before there is a database.
pub(crate) fn named_routes(schema: &EntitySchema, own: &[(Method, String)]) -> Routes {
    routes_of(schema, own, |_| MethodRouter::new())
}

/// What a generated route does.
#[derive(Debug, Clone, Copy)]
enum Operation {
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
    answer: impl Fn(Operation) -> MethodRouter,
) -> Routes {
    let collection = format!("/{}", schema.plural);
    let item = format!("{collection}/{{id}}");
    let below = |path: &str, last: &str| format!("{path}/{last}");
    let mut routes = vec![
        (Operation::List, Method::GET, collection.clone()),
        (Operation::Query, Method::QUERY, collection.clone()),
        (Operation::Create, Method::POST, collection.clone()),
        (Operation::Search, Method::POST, below(&collection, "search")),
        (Operation::Batch, Method::POST, below(&collection, "batch")),
        (Operation::Read, Method::GET, item.clone()),
        (Operation::Replace, Method::PUT, item.clone()),
        (Operation::Update, Method::PATCH, item.clone()),
        (Operation::Delete, Method::DELETE, item.clone()),
    ];
    if schema.roles.deleted_at.is_some() {
        routes.push((Operation::Restore, Method::POST, below(&item, "restore")));
        routes.push((Operation::Purge, Method::POST, below(&item, "purge")));
    }
    routes.retain(|(_, method, path)| !own.iter().any(|(taken, at)| taken == method && at == path));
    routes.into_iter().fold(Routes::default(), |routes, (operation, method, path)| {
        routes.add(method, &path, answer(operation))
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
