//! Imports: each line a row to be made, slice after slice while the body comes in.

use std::sync::Arc;

use axum::response::Response;
use http::{HeaderMap, StatusCode, header};
use serde_json::Value as Json;

use super::report::Report;
use super::source::{Record, Source};
use crate::adapters::http::call::Call;
use crate::adapters::http::media::Media;
use crate::adapters::http::prefer::{Preferences, Route};
use crate::adapters::http::problem::{Problem, TOO_LARGE};
use crate::adapters::http::reads::note_preferences;
use crate::adapters::http::render::Written;
use crate::adapters::http::router::EntityParts;
use crate::adapters::http::{body, idempotency};
use crate::application::context::Context;
use crate::application::resource::Resource;
use crate::application::use_case::{Operation, Outcome};
use crate::domain::entity::Entity;
use crate::domain::error::Error;
use crate::domain::scalar::Scalar as _;

/// A line with what is to be done.
pub(super) type Line<E> = (u64, Operation<E>);

impl<E: Resource> EntityParts<E> {
    /// Makes a row of every line of a body of this type, all of them or each on its own.
    pub(in crate::adapters::http) async fn import(
        &self,
        mut call: Call,
        media: Media,
        atomic: bool,
    ) -> Result<Response, Problem> {
        let preferences = Preferences::of(&call.headers, Route::Import)?;
        idempotency::refuse(&call.headers)?;
        // A long file takes its time; pauses within it stay bounded.
        call.lift_deadline();
        let limits = call.limits.import;
        let most = if atomic { limits.atomic_bytes } else { limits.body_bytes };
        check_length(&call.headers, most)?;
        let mut source = Source::new(E::schema(), media, call.body(), most, limits.rows);
        let context = call.context(preferences.rollback);
        let mut report = Report::new(call.media);
        let status = if atomic {
            self.import_all(context, &mut source, &mut report).await?;
            StatusCode::OK
        } else {
            self.import_each(context, &mut source, &mut report).await?;
            StatusCode::MULTI_STATUS
        };
        let mut headers = HeaderMap::new();
        note_preferences(&mut headers, &preferences);
        Ok(report.finish(status, headers))
    }

    /// Each line on its own, a slice in one transaction. Lines behind the one that ends the report were not tried.
    async fn import_each(
        &self,
        context: Arc<Context>,
        source: &mut Source,
        report: &mut Report,
    ) -> Result<(), Problem> {
        let most = E::schema().options.max_batch as usize;
        let mut is_first = true;
        loop {
            let (records, stop) = source.slice(most).await;
            let is_last = records.len() < most;
            if let Some(stop) = stop.as_ref().filter(|_| is_first && records.is_empty()) {
                return Err(stop.problem.clone());
            }
            is_first = false;
            let is_broken = self.import_slice(Arc::clone(&context), records, report).await;
            if let Some(stop) = stop.filter(|_| !is_broken) {
                report.failed(stop.line, &stop.problem);
            }
            if is_last || is_broken {
                return Ok(());
            }
        }
    }

    /// One slice; whether it was refused as a whole, so that it is better not to go on.
    async fn import_slice(
        &self,
        context: Arc<Context>,
        records: Vec<Record>,
        report: &mut Report,
    ) -> bool {
        let mut lines: Vec<(u64, Option<Problem>)> = Vec::with_capacity(records.len());
        let mut operations = Vec::with_capacity(records.len());
        for record in records {
            match operation::<E>(record.changes) {
                Ok(operation) => {
                    operations.push(operation);
                    lines.push((record.line, None));
                }
                Err(problem) => lines.push((record.line, Some(problem))),
            }
        }
        let outcomes = if operations.is_empty() {
            Ok(Vec::new())
        } else {
            let use_case = Arc::clone(&self.use_case);
            let work = self.unit_of_work.run(context, move |session| {
                Box::pin(async move { use_case.batch(session, operations, false).await })
            });
            work.await.map_err(Problem::from)
        };
        let mut outcomes = outcomes.map(Vec::into_iter);
        for (line, problem) in lines {
            match (problem, &mut outcomes) {
                (Some(problem), _) => report.failed(line, &problem),
                (None, Err(problem)) => report.failed(line, problem),
                (None, Ok(outcomes)) => match outcomes.next() {
                    Some(Ok(outcome)) => report.created(line, &id_of(&outcome)),
                    Some(Err(error)) => report.failed(line, &Problem::from(error)),
                    None => {
                        let lost =
                            Error::infrastructure("running an import", "a result is missing");
                        report.failed(line, &Problem::from(lost));
                    }
                },
            }
        }
        outcomes.is_err()
    }
}

/// The operation that a line stands for.
pub(super) fn operation<E: Resource>(
    changes: Result<crate::application::resource::Changes, Problem>,
) -> Result<Operation<E>, Problem> {
    Ok(Operation::Create { input: body::input(changes?)? })
}

/// The id of a row that was made.
pub(in crate::adapters::http) fn id_of<E: Entity>(outcome: &Outcome<E>) -> Json {
    let (Outcome::Created(entity) | Outcome::Updated(entity)) = outcome else { return Json::Null };
    let value = entity.id().clone().into_value();
    // A value of a scalar is a scalar of JSON.
    serde_json::to_value(Written { kind: &E::schema().id().kind, value: &value })
        .unwrap_or_default()
}

/// Refuses at once what says itself that it is too long.
fn check_length(headers: &HeaderMap, most: usize) -> Result<(), Problem> {
    let stated = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    match stated.and_then(|text| text.parse::<u64>().ok()) {
        Some(length) if length > most as u64 => {
            Err(Problem::new(TOO_LARGE, format!("the body may have at most {most} bytes")))
        }
        _ => Ok(()),
    }
}
