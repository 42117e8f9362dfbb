//! Handlers that write one row.

use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use futures_util::future::BoxFuture;
use http::header;
use http::{HeaderMap, StatusCode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::body::{self, Purpose};
use super::call::Call;
use super::prefer::{Preferences, Route};
use super::problem::Problem;
use super::reads::{json, note_preferences, put, to_bytes, version_of};
use super::router::EntityParts;
use super::{etag, query};
use crate::application::context::Context;
use crate::application::resource::{Changes, Resource};
use crate::application::session::Session;
use crate::application::use_case::{Expected, UseCase, Write};
use crate::domain::error::{Conflict, Error};
use crate::domain::query::Deleted;
use crate::domain::scalar::Scalar as _;

/// Characters of a path segment that stay as they are.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

impl<E: Resource> EntityParts<E> {
    pub(super) async fn create(&self, mut call: Call) -> Result<Response, Problem> {
        query::nothing(&call.query)?;
        let preferences = Preferences::of(&call.headers, Route::Write)?;
        let changes = body::decode(E::schema(), Purpose::Create, &call.json(false).await?)?;
        let input = body::input::<E::Create>(changes)?;
        let use_case = Arc::clone(&self.use_case);
        let entity = self
            .write(call.context(preferences.rollback), Write::Create, move |session| {
                Box::pin(async move { use_case.create(session, input).await })
            })
            .await?;
        let base = call.path.trim_end_matches('/').to_owned();
        self.written(StatusCode::CREATED, entity, &preferences, Some(base))
    }

    pub(super) async fn update(&self, mut call: Call) -> Result<Response, Problem> {
        query::nothing(&call.query)?;
        let id = call.id::<E>()?;
        let preferences = Preferences::of(&call.headers, Route::Write)?;
        let changes = body::decode(E::schema(), Purpose::Update, &call.json(true).await?)?;
        let input = body::input::<E::Update>(changes)?;
        let expected = etag::if_match(&call.headers);
        let use_case = Arc::clone(&self.use_case);
        let entity = self
            .write(call.context(preferences.rollback), Write::Update, move |session| {
                Box::pin(async move {
                    refuse_unversioned(use_case.as_ref(), session, &id, &expected).await?;
                    use_case.update(session, &id, &expected, input).await
                })
            })
            .await?;
        self.written(StatusCode::OK, entity, &preferences, None)
    }

    pub(super) async fn replace(&self, mut call: Call) -> Result<Response, Problem> {
        query::nothing(&call.query)?;
        let id = call.id::<E>()?;
        let preferences = Preferences::of(&call.headers, Route::Write)?;
        let mut changes = body::decode(E::schema(), Purpose::Replace, &call.json(false).await?)?;
        name_row::<E>(&mut changes, &id)?;
        let input = body::input::<E::Create>(changes)?;
        let expected = etag::if_match(&call.headers);
        let only_new = etag::must_be_new(&call.headers);
        let use_case = Arc::clone(&self.use_case);
        let (entity, made) = self
            .write(call.context(preferences.rollback), Write::Replace, move |session| {
                Box::pin(async move {
                    refuse_unversioned(use_case.as_ref(), session, &id, &expected).await?;
                    put_row(use_case.as_ref(), session, &id, &expected, only_new, input).await
                })
            })
            .await?;
        let status = if made { StatusCode::CREATED } else { StatusCode::OK };
        let base = call.path.rsplit_once('/').map(|(base, _)| base.to_owned());
        self.written(status, entity, &preferences, base.filter(|_| made))
    }

    pub(super) async fn delete(&self, call: Call) -> Result<Response, Problem> {
        self.remove(call, Write::Delete, |use_case, session, id, expected| {
            Box::pin(async move { use_case.delete(session, id, expected).await.map(drop) })
        })
        .await
    }

    pub(super) async fn purge(&self, call: Call) -> Result<Response, Problem> {
        self.remove(call, Write::Purge, |use_case, session, id, expected| {
            Box::pin(async move { use_case.purge(session, id, expected).await })
        })
        .await
    }

    pub(super) async fn restore(&self, call: Call) -> Result<Response, Problem> {
        query::nothing(&call.query)?;
        let id = call.id::<E>()?;
        let preferences = Preferences::of(&call.headers, Route::Write)?;
        let expected = etag::if_match(&call.headers);
        let use_case = Arc::clone(&self.use_case);
        let entity = self
            .write(call.context(preferences.rollback), Write::Restore, move |session| {
                Box::pin(async move { use_case.restore(session, &id, &expected).await })
            })
            .await?;
        self.written(StatusCode::OK, entity, &preferences, None)
    }

    async fn remove<F>(&self, call: Call, write: Write, work: F) -> Result<Response, Problem>
    where
        F: for<'a> FnOnce(
                &'a dyn UseCase<E>,
                &'a mut Session,
                &'a E::Id,
                &'a Expected,
            ) -> BoxFuture<'a, Result<(), Error>>
            + Send
            + 'static,
    {
        query::nothing(&call.query)?;
        let id = call.id::<E>()?;
        let preferences = Preferences::of(&call.headers, Route::Write)?;
        let expected = etag::if_match(&call.headers);
        let use_case = Arc::clone(&self.use_case);
        self.write(call.context(preferences.rollback), write, move |session| {
            Box::pin(async move {
                if write == Write::Delete {
                    refuse_unversioned(use_case.as_ref(), session, &id, &expected).await?;
                }
                work(use_case.as_ref(), session, &id, &expected).await
            })
        })
        .await?;
        let mut headers = HeaderMap::new();
        note_preferences(&mut headers, &preferences);
        Ok(no_content(headers))
    }

    /// Runs a write in a transaction where it needs one.
    async fn write<T, F>(&self, context: Arc<Context>, write: Write, work: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(&'a mut Session) -> BoxFuture<'a, Result<T, Error>> + Send + 'static,
    {
        let done = if context.dry_run || self.use_case.needs_transaction(&context, write) {
            self.unit_of_work.run(context, work).await
        } else {
            self.unit_of_work.autocommit(context, work).await
        };
        done.map_err(Problem::from)
    }

    /// The answer to a write; `base` is the address of the collection when the row is new.
    fn written(
        &self,
        status: StatusCode,
        entity: E,
        preferences: &Preferences,
        base: Option<String>,
    ) -> Result<Response, Problem> {
        let mut headers = HeaderMap::new();
        note_preferences(&mut headers, preferences);
        let version = version_of(&entity);
        if let Some(base) = base {
            let id = entity.id().to_string();
            let address = format!("{base}/{}", utf8_percent_encode(&id, SEGMENT));
            put(&mut headers, header::LOCATION, &address);
        }
        let body = to_bytes(&self.mapper.view(entity))?;
        put(&mut headers, header::ETAG, &etag::of(version, true, &body));
        if preferences.minimal != Some(true) {
            return Ok(json(status, headers, body));
        }
        let mut response = no_content(headers);
        if status == StatusCode::CREATED {
            *response.status_mut() = status;
        }
        Ok(response)
    }
}

fn no_content(headers: HeaderMap) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    *response.headers_mut() = headers;
    response
}

/// The row of a replacement is named by its path; where the body names it too, both must agree.
fn name_row<E: Resource>(changes: &mut Changes, id: &E::Id) -> Result<(), Error> {
    let schema = E::schema();
    if !schema.options.client_id {
        return Ok(());
    }
    let position = schema.roles.id;
    let named = id.clone().into_value();
    match changes.get(position) {
        Some(given) if *given != named => {
            let name = schema.id().name;
            Err(Error::invalid(name, "mismatch", format!("{name} differs from the path")))
        }
        Some(_) => Ok(()),
        None => {
            changes.values.push((position, named));
            Ok(())
        }
    }
}

/// Replaces the row, or makes it where callers choose ids; tells whether it was made.
async fn put_row<E: Resource>(
    use_case: &dyn UseCase<E>,
    session: &mut Session,
    id: &E::Id,
    expected: &Expected,
    only_new: bool,
    input: E::Create,
) -> Result<(E, bool), Error> {
    let client_id = E::schema().options.client_id;
    if only_new {
        let found = use_case.get(session, id, Deleted::Include).await;
        return match found {
            Ok(entity) => {
                Err(Error::Precondition { current: version_of(&entity).unwrap_or_default() })
            }
            Err(Error::NotFound { .. }) if client_id => {
                match use_case.create(session, input).await {
                    // Someone was faster.
                    Err(Error::Conflict(Conflict::Duplicate { fields }))
                        if fields == [E::schema().id().name] =>
                    {
                        Err(Error::Precondition { current: 0 })
                    }
                    other => other.map(|entity| (entity, true)),
                }
            }
            Err(error) => Err(error),
        };
    }
    if !client_id || *expected != Expected::Unstated {
        return use_case.replace(session, id, expected, input).await.map(|entity| (entity, false));
    }
    match use_case.replace(session, id, expected, input.clone()).await {
        Err(Error::NotFound { .. }) => {
            use_case.create(session, input).await.map(|entity| (entity, true))
        }
        other => other.map(|entity| (entity, false)),
    }
}

/// No tag can match a row that has no version; but a row that does not exist is still 404.
async fn refuse_unversioned<E: Resource>(
    use_case: &dyn UseCase<E>,
    session: &mut Session,
    id: &E::Id,
    expected: &Expected,
) -> Result<(), Error> {
    if E::schema().roles.version.is_some() || !matches!(expected, Expected::Versions(_)) {
        return Ok(());
    }
    use_case.get(session, id, Deleted::Exclude).await?;
    Err(Error::Precondition { current: 0 })
}
