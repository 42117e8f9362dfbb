//! The handler of batches.

use std::sync::Arc;

use axum::response::Response;
use http::{HeaderMap, StatusCode};
use serde_json::{Value as Json, json};

use super::batch::{self, Parsed};
use super::body;
use super::bulk::id_of;
use super::call::Call;
use super::etag;
use super::media::{self, Media};
use super::prefer::{Preferences, Route};
use super::problem::Problem;
use super::query;
use super::reads::{note_preferences, to_bytes};
use super::router::EntityParts;
use super::submission::{Submission, rendered_json};
use crate::application::resource::Resource;
use crate::application::use_case::{Operation, Outcome, Write};
use crate::domain::error::Error;
use crate::domain::scalar::Scalar as _;
use crate::domain::value::Value;
use crate::domain::violation::Violations;

impl<E: Resource> EntityParts<E> {
    pub(super) async fn batch(self: Arc<Self>, call: Call) -> Result<Response, Problem> {
        let asked = query::batch(&call.query)?;
        etag::without_row(&call.headers)?;
        media::check_coding(&call.headers)?;
        match Media::of_body(&call.headers) {
            Some(Media::Json) => {}
            // An import cannot be recognised when it is sent again.
            _ if E::schema().options.require_idempotency_key => {
                return Err(media::unsupported(&[Media::Json]));
            }
            Some(media) => return self.import(call, media, asked.unwrap_or(true)).await,
            None => return Err(media::unsupported(&[Media::Json, Media::Ndjson, Media::Csv])),
        }
        let mut call = call.answering(media::DOCUMENT)?;
        let body = call.json(false).await?;
        let submission = Submission::new(E::schema(), call, body, Route::Batch)?;
        let preferences = submission.preferences;
        let batch = match batch::parse(E::schema(), &submission.body) {
            Ok(batch) => batch,
            Err(problem) => return self.unless_answered(submission.asked(), problem).await,
        };
        preferences.admit(batch.operations.len())?;
        let atomic = batch.atomic.or(asked).unwrap_or(true);
        let mut results: Vec<Option<Json>> = Vec::with_capacity(batch.operations.len());
        let mut operations = Vec::with_capacity(batch.operations.len());
        let mut wrong = Vec::new();
        for (index, parsed) in batch.operations.into_iter().enumerate() {
            match parsed.and_then(typed::<E>) {
                Ok(operation) => {
                    operations.push(operation);
                    results.push(None);
                }
                Err(violations) => {
                    let problem = Problem::from(Error::Validation(violations.clone()));
                    results.push(Some(batch::failure(&problem)));
                    wrong.push((index, violations));
                }
            }
        }
        if atomic && !wrong.is_empty() {
            return self.unless_answered(submission.asked(), batch::collect(wrong).into()).await;
        }
        let this = Arc::clone(&self);
        self.write(submission, Write::Batch, move |session| {
            Box::pin(async move {
                let outcomes = this.use_case.batch(session, operations, atomic).await?;
                let written = this.written_batch(results, outcomes, &preferences)?;
                let status = if atomic { StatusCode::OK } else { StatusCode::MULTI_STATUS };
                let mut headers = HeaderMap::new();
                note_preferences(&mut headers, &preferences);
                Ok(rendered_json(status, headers, to_bytes(&json!({ "results": written }))?))
            })
        })
        .await
    }

    /// Each operation's result: what was wrong before it ran, or its outcome.
    fn written_batch(
        &self,
        refused: Vec<Option<Json>>,
        outcomes: Vec<Result<Outcome<E>, Error>>,
        preferences: &Preferences,
    ) -> Result<Vec<Json>, Error> {
        let minimal = preferences.minimal == Some(true);
        let mut outcomes = outcomes.into_iter();
        let slots = refused.into_iter().map(|slot| match slot {
            Some(failure) => Ok(failure),
            None => match outcomes.next() {
                Some(Ok(outcome)) => self.outcome(outcome, minimal),
                Some(Err(error)) => Ok(batch::failure(&Problem::from(error).below("/value"))),
                None => Err(Error::infrastructure("running a batch", "a result is missing")),
            },
        });
        slots.collect()
    }

    fn outcome(&self, outcome: Outcome<E>, minimal: bool) -> Result<Json, Error> {
        let id = id_of(&outcome);
        let (status, entity) = match outcome {
            Outcome::Created(entity) => (201, entity),
            Outcome::Updated(entity) => (200, entity),
            Outcome::Deleted => return Ok(json!({ "status": 204 })),
        };
        if minimal {
            return Ok(json!({ "status": status, "id": id }));
        }
        let view = serde_json::to_value(self.whole(entity))
            .map_err(|error| Error::infrastructure("writing a view as JSON", error))?;
        Ok(json!({ "status": status, "id": id, "value": view }))
    }
}

/// The operation with the entity's own types.
fn typed<E: Resource>(parsed: Parsed) -> Result<Operation<E>, Violations> {
    Ok(match parsed {
        Parsed::Create(changes) => Operation::Create { input: input(changes)? },
        Parsed::Update(id, expected, changes) => {
            Operation::Update { id: named::<E>(id)?, expected, input: input(changes)? }
        }
        Parsed::Delete(id, expected) => Operation::Delete { id: named::<E>(id)?, expected },
        Parsed::Restore(id, expected) => Operation::Restore { id: named::<E>(id)?, expected },
    })
}

fn input<I: crate::application::resource::Input>(
    changes: crate::application::resource::Changes,
) -> Result<I, Violations> {
    body::input(changes).map_err(|error| match error {
        Error::Validation(violations) => {
            let mut below = Violations::new();
            below.extend_below("/value", violations);
            below
        }
        _ => Violations::new(),
    })
}

fn named<E: Resource>(id: Value) -> Result<E::Id, Violations> {
    E::Id::from_value(id).map_err(|error| {
        let mut violations = Violations::new();
        violations.add("id", "type", error.to_string());
        violations
    })
}
