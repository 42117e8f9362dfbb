//! Handlers that read: list, search, one by id.

use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use http::header::{self, HeaderName, HeaderValue};
use http::{HeaderMap, Method, StatusCode};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value as Json};

use super::call::Call;
use super::cursor::Side;
use super::list::{ListRequest, Shape};
use super::media::Media;
use super::prefer::{Preferences, Route};
use super::problem::{BAD_CURSOR, Problem};
use super::render::{Selected, Whole};
use super::router::EntityParts;
use super::{body, etag, query, search};
use crate::application::resource::Resource;
use crate::application::session::Session;
use crate::domain::entity::version_of;
use crate::domain::error::Error;
use crate::domain::query::{Deleted, Page, Query};
use crate::domain::value::Row;
use crate::domain::violation::{Place, Violation};

#[derive(Serialize)]
struct PageView<T> {
    items: Vec<T>,
    next_cursor: Option<String>,
    prev_cursor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<u64>,
}

/// A row as an answer shows it.
pub(super) enum Shown<E: Resource> {
    /// As its mapper shows it.
    View(E::View),
    /// As the generated mapper would show it.
    Whole(Row),
    /// These columns.
    Columns(Arc<[usize]>, Row),
    /// Some members, or more than its own.
    Members(Map<String, Json>),
}

impl<E: Resource> Serialize for Shown<E> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::View(view) => view.serialize(serializer),
            Self::Whole(row) => Whole { schema: E::schema(), row }.serialize(serializer),
            Self::Columns(columns, row) => {
                Selected { schema: E::schema(), columns, row }.serialize(serializer)
            }
            Self::Members(members) => members.serialize(serializer),
        }
    }
}

impl<E: Resource> EntityParts<E> {
    pub(super) async fn list(&self, mut call: Call) -> Result<Response, Problem> {
        call.without_body().await?;
        let request = query::list(E::schema(), &call.query)?;
        self.page(call, request).await
    }

    pub(super) async fn search(&self, mut call: Call) -> Result<Response, Problem> {
        query::nothing(&call.query)?;
        let body = call.json(false).await?;
        let request = search::parse(E::schema(), body::json(&body)?).map_err(Error::from)?;
        self.page(call, request).await
    }

    async fn page(&self, call: Call, mut request: ListRequest) -> Result<Response, Problem> {
        if call.media != Media::Json {
            let preferences = Preferences::of(&call.headers, Route::Stream)?;
            return self.stream(call, request, preferences).await;
        }
        let mut preferences = Preferences::of(&call.headers, Route::List)?;
        // What the request itself says is no preference.
        preferences.count = preferences.count.filter(|_| request.count.is_none());
        if let Some(count) = preferences.count {
            // The header's values were checked when it was read.
            let _ = request.set_count(count);
        }
        let query = self.question(&call, &request)?;
        let mut session = self.unit_of_work.session(call.context(false));
        let page = self.shown(&mut session, &query, &request.shape).await?;
        let cursor = |side, position: Option<&_>| {
            request.cursor(&self.cursor_key, &call.context, side, position)
        };
        let mut body = Vec::with_capacity(BYTES_OF_A_ROW * (page.items.len() + 1));
        let view = PageView {
            next_cursor: cursor(Side::After, page.next.as_ref()),
            prev_cursor: cursor(Side::Before, page.previous.as_ref()),
            items: page.items,
            total: page.total,
        };
        serde_json::to_writer(&mut body, &view).map_err(unwritable)?;
        let mut headers = HeaderMap::new();
        note_preferences(&mut headers, &preferences);
        headers.insert(header::VARY, HeaderValue::from_static("accept, prefer"));
        if call.method == Method::POST {
            return Ok(json(StatusCode::OK, headers, body));
        }
        let tag = etag::of_list(&body);
        put(&mut headers, header::ETAG, &tag);
        Ok(json(StatusCode::OK, headers, body))
    }

    /// The question to the use case; a cursor that is refused is named where this request has it.
    pub(super) fn question(&self, call: &Call, request: &ListRequest) -> Result<Query<E>, Problem> {
        request.query(&self.cursor_key, &call.context).map_err(|error| {
            let problem = Problem::from(error);
            if *problem.kind() != BAD_CURSOR || !call.is_body() {
                return problem;
            }
            let place = || Place::Body("/cursor".to_owned());
            let found = problem.violations().iter().cloned();
            let found = found.map(|found| Violation { place: place(), ..found }).collect();
            problem.with_violations(found)
        })
    }

    /// One page of rows in the wanted shape.
    pub(super) async fn shown(
        &self,
        session: &mut Session,
        query: &Query<E>,
        shape: &Shape,
    ) -> Result<Page<Shown<E>>, Problem> {
        if let Some(columns) = shape.columns(E::schema()).filter(|_| self.mapper.is_generated()) {
            let columns: Arc<[usize]> = columns.into();
            let page = self.use_case.project(session, query, &columns).await?;
            return Ok(page.map(|row| Shown::Columns(Arc::clone(&columns), row)));
        }
        let page = self.use_case.list(session, query).await?;
        if shape.is_default() {
            return Ok(page.map(|entity| self.whole(entity)));
        }
        let Page { items, next, previous, total } = page;
        let items = self.shaped(session, items, shape).await?;
        Ok(Page { items: items.into_iter().map(Shown::Members).collect(), next, previous, total })
    }

    /// Everything that clients see of an entity.
    pub(super) fn whole(&self, entity: E) -> Shown<E> {
        let is_flat = E::schema().owned().next().is_none();
        if is_flat && self.mapper.is_generated() {
            Shown::Whole(entity.into_row())
        } else {
            Shown::View(self.mapper.view(entity))
        }
    }

    pub(super) async fn read(&self, mut call: Call) -> Result<Response, Problem> {
        let id = call.id::<E>()?;
        call.without_body().await?;
        let shape = query::shape(E::schema(), &call.query)?;
        let mut session = self.unit_of_work.session(call.context(false));
        let entity = self.use_case.get(&mut session, &id, Deleted::Exclude).await?;
        let version = version_of(&entity);
        let body = if shape.is_default() {
            to_bytes(&self.whole(entity))?
        } else {
            let mut views = self.shaped(&mut session, vec![entity], &shape).await?;
            to_bytes(&views.pop())?
        };
        let tag = etag::of(version, shape.is_default(), &body);
        let mut headers = HeaderMap::new();
        put(&mut headers, header::ETAG, &tag);
        Ok(json(StatusCode::OK, headers, body))
    }

    /// Views with what they include, without what was not asked for.
    async fn shaped(
        &self,
        session: &mut Session,
        entities: Vec<E>,
        shape: &Shape,
    ) -> Result<Vec<Map<String, Json>>, Problem> {
        let related = if shape.include.is_empty() {
            Vec::new()
        } else {
            let rows: Vec<Row> = entities.iter().map(|entity| entity.clone().into_row()).collect();
            self.includes.include(session, E::schema(), &rows, &shape.include).await?
        };
        let mut related = related.into_iter();
        entities
            .into_iter()
            .map(|entity| {
                let view = serde_json::to_value(self.mapper.view(entity)).map_err(unwritable)?;
                let Json::Object(mut view) = view else {
                    return Err(unwritable("a view is not an object").into());
                };
                shape.prune(&mut view);
                view.extend(related.next().unwrap_or_default());
                Ok(view)
            })
            .collect()
    }
}

/// A guess, so that the text of an answer seldom moves while it grows.
const BYTES_OF_A_ROW: usize = 384;

pub(super) fn to_bytes<T: Serialize>(value: &T) -> Result<Vec<u8>, Error> {
    let mut body = Vec::with_capacity(BYTES_OF_A_ROW);
    serde_json::to_writer(&mut body, value).map_err(unwritable)?;
    Ok(body)
}

fn unwritable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::infrastructure("writing a view as JSON", error)
}

/// A JSON answer.
pub(super) fn json(status: StatusCode, headers: HeaderMap, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    let media = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, media);
    response
}

/// Sets a header; a value that is no header is left out.
pub(super) fn put(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// Says which preferences were followed.
pub(super) fn note_preferences(headers: &mut HeaderMap, preferences: &Preferences) {
    headers.insert(header::VARY, HeaderValue::from_static("prefer"));
    if let Some(applied) = preferences.applied() {
        put(headers, HeaderName::from_static("preference-applied"), &applied);
    }
}
