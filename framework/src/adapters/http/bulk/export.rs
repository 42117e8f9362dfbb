//! Lists as streams: page after page, each read when the client has taken the one before.
//!
//! Nothing is held between pages, neither a connection nor a transaction. Pages follow each other by keyset, so a row
//! that exists throughout is in the stream exactly once, whatever is written meanwhile.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::response::Response;
use futures_util::stream::{self, StreamExt as _};
use http::HeaderMap;
use http::header::{self, HeaderValue};
use tracing::Instrument as _;

use super::rows::RowWriter;
use crate::adapters::http::call::Call;
use crate::adapters::http::limits;
use crate::adapters::http::list::{ListRequest, Shape};
use crate::adapters::http::media::Media;
use crate::adapters::http::prefer::Preferences;
use crate::adapters::http::problem::Problem;
use crate::adapters::http::reads::note_preferences;
use crate::adapters::http::router::EntityParts;
use crate::application::context::Context;
use crate::application::resource::Resource;
use crate::domain::error::Error;
use crate::domain::query::{Count, Query, Window};
use crate::domain::violation::{Place, Violation, Violations};

impl<E: Resource> EntityParts<E> {
    /// Answers a list as a stream.
    pub(in crate::adapters::http) async fn stream(
        &self,
        call: Call,
        request: ListRequest,
        preferences: Preferences,
    ) -> Result<Response, Problem> {
        let media = call.media;
        let first = self.question(&call, &request)?;
        check(&request, &first, media, call.is_body())?;
        let writer = RowWriter::new(media, E::schema(), &request.shape);
        let mut export = Export {
            parts: self.clone(),
            context: call.context(false),
            next: Some(first),
            left: request.asked.unwrap_or(u64::MAX),
            shape: request.shape,
            writer,
        };
        let mut head = Vec::new();
        export.writer.head(&mut head);
        // Before the status is sent, so that whatever is wrong with the question is a problem and not a broken stream.
        export.page(&mut head).await?;
        let span = tracing::Span::current();
        let rest =
            stream::try_unfold(export, move |export| export.advance().instrument(span.clone()));
        let body = stream::once(async { Ok(Bytes::from(head)) }).chain(rest);
        let mut response = Response::new(Body::from_stream(body));
        let mut headers = HeaderMap::new();
        note_preferences(&mut headers, &preferences);
        headers.insert(header::VARY, HeaderValue::from_static("accept, prefer"));
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media.content_type()));
        *response.headers_mut() = headers;
        Ok(response)
    }
}

/// A stream under way.
struct Export<E: Resource> {
    parts: EntityParts<E>,
    context: Arc<Context>,
    /// The next page, unless the last one was written.
    next: Option<Query<E>>,
    /// How many rows may still follow.
    left: u64,
    shape: Shape,
    writer: RowWriter,
}

/// Why a stream ends before its end: the connection is broken off, so that nobody takes a part for the whole.
#[derive(Debug, thiserror::Error)]
#[error("the list could not be read to its end")]
struct Broken;

impl<E: Resource> Export<E> {
    async fn advance(mut self) -> Result<Option<(Bytes, Self)>, Broken> {
        if self.next.is_none() {
            return Ok(None);
        }
        let mut out = Vec::new();
        match self.page(&mut out).await {
            Ok(()) => Ok(Some((Bytes::from(out), self))),
            Err(problem) => {
                let status = problem.status().as_u16();
                tracing::error!(status, problem = problem.kind().slug, "a stream broke off");
                Err(Broken)
            }
        }
    }

    /// Reads the next page and writes its rows.
    async fn page(&mut self, out: &mut Vec<u8>) -> Result<(), Problem> {
        let Some(mut query) = self.next.take() else { return Ok(()) };
        // With related rows around each, no more at a time than a page of the list shows.
        let most = match self.shape.include.as_slice() {
            [] => limits::STREAM_PAGE,
            _ => E::schema().options.max_limit,
        };
        query.limit = u32::try_from(self.left).unwrap_or(u32::MAX).min(most);
        query.count = Count::None;
        let mut session = self.parts.unit_of_work.session(Arc::clone(&self.context));
        let page = self.parts.shown(&mut session, &query, &self.shape).await?;
        for row in &page.items {
            self.writer.row(row, out)?;
        }
        self.left = self.left.saturating_sub(page.items.len() as u64);
        let following = page.next.filter(|_| self.left > 0);
        self.next = following.map(|position| query.window(Window::After(position)));
        Ok(())
    }
}

/// Refuses what a stream cannot do.
fn check<E>(
    request: &ListRequest,
    query: &Query<E>,
    media: Media,
    is_body: bool,
) -> Result<(), Error> {
    let mut violations = Violations::new();
    let mut refuse = |name: &str, detail: &str| {
        let place = if is_body {
            Place::Body(format!("/{name}"))
        } else {
            Place::Parameter(name.to_owned())
        };
        violations.push(Violation { place, code: "not_in_a_stream", detail: detail.to_owned() });
    };
    if request.count.is_some_and(|count| count != Count::None) {
        refuse("count", "a stream has no total: leave count out, or accept application/json");
    }
    if media == Media::Csv && !request.shape.include.is_empty() {
        refuse("include", "CSV has no place for related rows: accept application/x-ndjson");
    }
    if matches!(query.window, Window::Before(_)) {
        refuse("cursor", "a stream runs forwards: give a next_cursor, or accept application/json");
    }
    violations.into_result().map_err(Error::BadRequest)
}
