//! Imports that are all or nothing: every line is read and checked before a transaction begins, so that none ever
//! waits for the network.

use std::sync::Arc;

use serde_json::Value as Json;

use super::import::{Line, id_of, operation};
use super::report::Report;
use super::source::Source;
use crate::adapters::http::limits;
use crate::adapters::http::problem::Problem;
use crate::adapters::http::router::EntityParts;
use crate::application::context::Context;
use crate::application::resource::Resource;
use crate::domain::error::Error;
use crate::domain::violation::{Place, Violation, Violations};

impl<E: Resource> EntityParts<E> {
    /// All lines or none; when none, every line that is to blame is named.
    pub(super) async fn import_all(
        &self,
        context: Arc<Context>,
        source: &mut Source,
        report: &mut Report,
    ) -> Result<(), Problem> {
        let lines: Arc<[Line<E>]> = read(source).await?.into();
        let made = self.write_all(Arc::clone(&context), Arc::clone(&lines)).await;
        match made {
            Ok(ids) => {
                for ((line, _), id) in lines.iter().zip(&ids) {
                    report.created(*line, id);
                }
                Ok(())
            }
            Err(Error::Operation { error, .. }) if matches!(*error, Error::Conflict(_)) => {
                let blamed = self.blame(&context, lines).await?;
                Err(blamed.unwrap_or_else(|| Problem::from(*error)))
            }
            Err(Error::Operation { index, error }) => {
                let line = lines.get(index).map_or(0, |(line, _)| *line);
                Err(at_line(Problem::from(*error), line))
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn write_all(
        &self,
        context: Arc<Context>,
        lines: Arc<[Line<E>]>,
    ) -> Result<Vec<Json>, Error> {
        let use_case = Arc::clone(&self.use_case);
        let most = E::schema().options.max_batch as usize;
        let work = self.unit_of_work.run(context, move |session| {
            Box::pin(async move {
                let mut ids = Vec::with_capacity(lines.len());
                for slice in lines.chunks(most) {
                    let operations = slice.iter().map(|(_, operation)| operation.clone());
                    let outcomes = use_case.batch(session, operations.collect(), true).await;
                    let done = ids.len();
                    for outcome in outcomes.map_err(|error| behind(done, error))? {
                        ids.push(id_of(&outcome?));
                    }
                }
                Ok(ids)
            })
        });
        work.await
    }

    /// The lines that the database refuses, found by trying each without keeping anything: many rows written by one
    /// statement are refused together.
    async fn blame(
        &self,
        context: &Context,
        lines: Arc<[Line<E>]>,
    ) -> Result<Option<Problem>, Error> {
        let use_case = Arc::clone(&self.use_case);
        let most = E::schema().options.max_batch as usize;
        let context = Arc::new(Context { dry_run: true, ..context.clone() });
        let work = self.unit_of_work.run(context, move |session| {
            Box::pin(async move {
                for slice in lines.chunks(most) {
                    let operations = slice.iter().map(|(_, operation)| operation.clone());
                    let outcomes = use_case.batch(session, operations.collect(), false).await?;
                    let mut problems = slice
                        .iter()
                        .zip(outcomes)
                        .filter_map(|((line, _), outcome)| {
                            outcome.err().map(|error| (*line, error))
                        })
                        .map(|(line, error)| at_line(Problem::from(error), line));
                    // The problem has one type: that of the first line, and with it all of its slice that share it.
                    if let Some(first) = problems.next() {
                        let kind = *first.kind();
                        let others = problems.filter(|other| *other.kind() == kind);
                        let more = others.flat_map(|other| other.violations().to_vec());
                        let violations = first.violations().iter().cloned().chain(more).collect();
                        return Ok(Some(first.with_violations(violations)));
                    }
                }
                Ok(None)
            })
        });
        work.await
    }
}

/// Every line of the body, or what is wrong with all of them.
async fn read<E: Resource>(source: &mut Source) -> Result<Vec<Line<E>>, Problem> {
    let mut lines = Vec::new();
    let mut wrong = Violations::new();
    loop {
        let (records, stop) = source.slice(limits::IMPORT_PROBLEMS).await;
        let is_last = records.len() < limits::IMPORT_PROBLEMS;
        for record in records {
            match operation::<E>(record.changes) {
                Ok(operation) => lines.push((record.line, operation)),
                Err(problem) => {
                    wrong.0.extend_from_slice(at_line(problem, record.line).violations());
                }
            }
            if wrong.0.len() >= limits::IMPORT_PROBLEMS {
                return Err(Error::Validation(wrong).into());
            }
        }
        if !wrong.is_empty() && (is_last || stop.is_some()) {
            return Err(Error::Validation(wrong).into());
        }
        match stop {
            Some(stop) => return Err(stop.problem),
            None if is_last => return Ok(lines),
            None => {}
        }
    }
}

/// The same problem, of a body that is this line.
fn at_line(problem: Problem, line: u64) -> Problem {
    let mut violations: Vec<Violation> =
        problem.violations().iter().map(|found| found.clone().at_line(line)).collect();
    if violations.is_empty() {
        let place = Place::Line { line, pointer: String::new() };
        let detail = problem.detail().to_owned();
        violations.push(Violation { place, code: "failed", detail });
    }
    problem.with_violations(violations)
}

/// The same failure, with the operations of earlier slices counted.
fn behind(done: usize, error: Error) -> Error {
    match error {
        Error::Operation { index, error } => Error::Operation { index: done + index, error },
        other => other,
    }
}
