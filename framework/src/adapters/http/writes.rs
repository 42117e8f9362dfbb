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
use super::etag::{self, Condition};
use super::idempotency;
use super::prefer::{Preferences, Route};
use super::problem::Problem;
use super::reads::{note_preferences, put, to_bytes};
use super::router::EntityParts;
use super::submission::{Asked, Rendered, Submission, rendered, rendered_json};
use crate::application::resource::{Changes, Input, Resource};
use crate::application::session::Session;
use crate::application::use_case::{Expected, UseCase, Write};
use crate::domain::entity::version_of;
use crate::domain::error::{Conflict, Error};
use crate::domain::query::Deleted;
use crate::domain::scalar::Scalar as _;

/// Characters of a path segment that stay as they are.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

impl<E: Resource> EntityParts<E> {
    pub(super) async fn create(self: Arc<Self>, call: Call) -> Result<Response, Problem> {
        etag::without_row(&call.headers)?;
        let submission = Submission::with_json(E::schema(), call, false).await?;
        let input: E::Create = match decoded::<E, _>(Purpose::Create, &submission.body, |_| Ok(()))
        {
            Ok(input) => input,
            Err(problem) => return self.unless_answered(submission.asked(), problem).await,
        };
        let preferences = submission.preferences;
        let base = submission.call.path.trim_end_matches('/').to_owned();
        let this = Arc::clone(&self);
        self.write(submission, Write::Create, move |session| {
            Box::pin(async move {
                let entity = this.use_case.create(session, input).await?;
                this.written(StatusCode::CREATED, entity, &preferences, Some(&base))
            })
        })
        .await
    }

    pub(super) async fn update(self: Arc<Self>, call: Call) -> Result<Response, Problem> {
        let id = call.id::<E>()?;
        let submission = Submission::with_json(E::schema(), call, true).await?;
        let input: E::Update = match decoded::<E, _>(Purpose::Update, &submission.body, |_| Ok(()))
        {
            Ok(input) => input,
            Err(problem) => {
                return self.unless_missing(submission.asked(), &id, problem).await;
            }
        };
        let (preferences, expected) = (submission.preferences, submission.if_match());
        let named = etag::if_none_match(&submission.call.headers);
        let this = Arc::clone(&self);
        self.write(submission, Write::Update, move |session| {
            Box::pin(async move {
                let use_case = this.use_case.as_ref();
                let expected = this
                    .unless_named(session, &id, expected, named.as_ref(), Deleted::Exclude)
                    .await?;
                refuse_unversioned(use_case, session, &id, &expected).await?;
                let entity = use_case.update(session, &id, &expected, input).await?;
                this.written(StatusCode::OK, entity, &preferences, None)
            })
        })
        .await
    }

    pub(super) async fn replace(self: Arc<Self>, call: Call) -> Result<Response, Problem> {
        let id = call.id::<E>()?;
        let submission = Submission::with_json(E::schema(), call, false).await?;
        let (preferences, expected) = (submission.preferences, submission.if_match());
        let (only_new, unwanted) = match etag::if_none_match(&submission.call.headers) {
            Some(Condition::Any) => (true, None),
            unwanted => (false, unwanted),
        };
        let named = |changes: &mut Changes| name_row::<E>(changes, &id);
        let input: E::Create = match decoded::<E, _>(Purpose::Replace, &submission.body, named) {
            Ok(input) => input,
            // What a missing row would become cannot be told apart from what a row would be replaced by.
            Err(problem) if may_create::<E>(&expected) => {
                return self.unless_answered(submission.asked(), problem).await;
            }
            Err(problem) => return self.unless_missing(submission.asked(), &id, problem).await,
        };
        let path = submission.call.path.clone();
        let this = Arc::clone(&self);
        self.write(submission, Write::Replace, move |session| {
            Box::pin(async move {
                let use_case = &this.use_case;
                let expected = this
                    .unless_named(session, &id, expected, unwanted.as_ref(), Deleted::Exclude)
                    .await?;
                refuse_unversioned(use_case.as_ref(), session, &id, &expected).await?;
                let (entity, made) =
                    put_row(use_case, session, &id, &expected, only_new, input).await?;
                let status = if made { StatusCode::CREATED } else { StatusCode::OK };
                let base = path.rsplit_once('/').map(|(base, _)| base).filter(|_| made);
                this.written(status, entity, &preferences, base)
            })
        })
        .await
    }

    pub(super) async fn delete(self: Arc<Self>, call: Call) -> Result<Response, Problem> {
        self.remove(call, Write::Delete, Deleted::Exclude, |use_case, session, id, expected| {
            Box::pin(async move {
                refuse_unversioned(use_case, session, id, expected).await?;
                use_case.delete(session, id, expected).await.map(drop)
            })
        })
        .await
    }

    pub(super) async fn purge(self: Arc<Self>, call: Call) -> Result<Response, Problem> {
        self.remove(call, Write::Purge, Deleted::Include, |use_case, session, id, expected| {
            Box::pin(async move { use_case.purge(session, id, expected).await })
        })
        .await
    }

    pub(super) async fn restore(self: Arc<Self>, call: Call) -> Result<Response, Problem> {
        let id = call.id::<E>()?;
        let submission = Submission::without_body(E::schema(), call, Route::Write).await?;
        let (preferences, expected) = (submission.preferences, submission.if_match());
        let named = etag::if_none_match(&submission.call.headers);
        let this = Arc::clone(&self);
        self.write(submission, Write::Restore, move |session| {
            Box::pin(async move {
                let expected = this
                    .unless_named(session, &id, expected, named.as_ref(), Deleted::Include)
                    .await?;
                let entity = this.use_case.restore(session, &id, &expected).await?;
                this.written(StatusCode::OK, entity, &preferences, None)
            })
        })
        .await
    }

    async fn remove<F>(
        &self,
        call: Call,
        write: Write,
        deleted: Deleted,
        work: F,
    ) -> Result<Response, Problem>
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
        let id = call.id::<E>()?;
        let submission = Submission::without_body(E::schema(), call, Route::Removal).await?;
        let (preferences, expected) = (submission.preferences, submission.if_match());
        let named = etag::if_none_match(&submission.call.headers);
        let this = self.clone();
        self.write(submission, write, move |session| {
            Box::pin(async move {
                let expected =
                    this.unless_named(session, &id, expected, named.as_ref(), deleted).await?;
                work(this.use_case.as_ref(), session, &id, &expected).await?;
                let mut headers = HeaderMap::new();
                note_preferences(&mut headers, &preferences);
                Ok(rendered(StatusCode::NO_CONTENT, headers, Vec::new()))
            })
        })
        .await
    }

    /// Runs a write and renders its answer, in a transaction where it needs one. With a key both happen at most once.
    pub(super) async fn write<F>(
        &self,
        submission: Submission,
        write: Write,
        work: F,
    ) -> Result<Response, Problem>
    where
        F: for<'a> FnOnce(&'a mut Session) -> BoxFuture<'a, Result<Rendered, Error>>
            + Send
            + 'static,
    {
        let context = submission.context();
        if let Some(claim) = submission.claim() {
            let done = self.unit_of_work.once(context, claim, move |session| {
                Box::pin(async move { work(session).await.map(idempotency::reply_of) })
            });
            return Ok(idempotency::respond(done.await?));
        }
        // These use savepoints, whatever use case is behind them.
        let several = matches!(write, Write::Replace | Write::Batch);
        let needed = || self.use_case.needs_transaction(&context, write);
        let rendered = if several || context.dry_run || needed() {
            self.unit_of_work.run(context, work).await
        } else {
            self.unit_of_work.autocommit(context, work).await
        };
        Ok(rendered?.map(Body::from))
    }

    /// The answer to a write; `base` is the address of the collection when the row is new.
    pub(super) fn written(
        &self,
        status: StatusCode,
        entity: E,
        preferences: &Preferences,
        base: Option<&str>,
    ) -> Result<Rendered, Error> {
        let mut headers = HeaderMap::new();
        note_preferences(&mut headers, preferences);
        let version = version_of(&entity);
        if let Some(base) = base {
            let id = entity.id().to_string();
            let address = format!("{base}/{}", utf8_percent_encode(&id, SEGMENT));
            put(&mut headers, header::LOCATION, &address);
        }
        let body = to_bytes(&self.whole(entity))?;
        put(&mut headers, header::ETAG, &etag::of(version, true, &body));
        if preferences.minimal == Some(true) {
            let is_new = status == StatusCode::CREATED;
            let status = if is_new { status } else { StatusCode::NO_CONTENT };
            return Ok(rendered(status, headers, Vec::new()));
        }
        Ok(rendered_json(status, headers, body))
    }

    /// A row that is missing is told before whatever is wrong with the body; only failures pay for the look.
    async fn unless_missing(
        &self,
        asked: Asked,
        id: &E::Id,
        problem: Problem,
    ) -> Result<Response, Problem> {
        let context = Arc::clone(&asked.context);
        if let Some(answer) = self.answered(asked).await? {
            return Ok(answer);
        }
        let mut session = self.unit_of_work.session(context);
        match self.use_case.get(&mut session, id, Deleted::Exclude).await {
            Err(error @ (Error::NotFound { .. } | Error::Forbidden(_) | Error::Unauthorized)) => {
                Err(error.into())
            }
            _ => Err(problem),
        }
    }

    /// A key that was used is told before whatever is wrong with the body; only failures pay for the look.
    pub(super) async fn unless_answered(
        &self,
        asked: Asked,
        problem: Problem,
    ) -> Result<Response, Problem> {
        self.answered(asked).await?.ok_or(problem)
    }

    async fn answered(&self, Asked { context, claim }: Asked) -> Result<Option<Response>, Problem> {
        let Some(claim) = claim else { return Ok(None) };
        let done = self.unit_of_work.answered(context, &claim).await?;
        Ok(done.map(idempotency::respond))
    }
}

/// A typed input from a body.
fn decoded<E: Resource, I: Input>(
    purpose: Purpose,
    body: &[u8],
    complete: impl FnOnce(&mut Changes) -> Result<(), Error>,
) -> Result<I, Problem> {
    let mut changes = body::decode(E::schema(), purpose, body)?;
    complete(&mut changes)?;
    Ok(body::input(changes)?)
}

/// Whether PUT makes the row if there is none.
fn may_create<E: Resource>(expected: &Expected) -> bool {
    E::schema().options.client_id && *expected == Expected::Unstated
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
    use_case: &Arc<dyn UseCase<E>>,
    session: &mut Session,
    id: &E::Id,
    expected: &Expected,
    only_new: bool,
    input: E::Create,
) -> Result<(E, bool), Error> {
    if only_new {
        return match use_case.get(session, id, Deleted::Include).await {
            Ok(entity) => Err(Error::Exists { current: version_of(&entity) }),
            Err(Error::NotFound { .. }) if E::schema().options.client_id => {
                match use_case.create(session, input).await {
                    // Someone was faster.
                    Err(error) if is_taken::<E>(&error) => Err(Error::Exists { current: None }),
                    made => made.map(|entity| (entity, true)),
                }
            }
            Err(error) => Err(error),
        };
    }
    let replaced = use_case.replace(session, id, expected, input.clone()).await;
    if !(may_create::<E>(expected) && matches!(replaced, Err(Error::NotFound { .. }))) {
        return replaced.map(|entity| (entity, false));
    }
    let (creating, fresh) = (Arc::clone(use_case), input.clone());
    let made = session
        .savepoint(move |session| Box::pin(async move { creating.create(session, fresh).await }));
    match made.await {
        // Someone was faster: then there is a row to replace, unless it is none of the caller's.
        Err(taken) if is_taken::<E>(&taken) => {
            match use_case.replace(session, id, expected, input).await {
                Err(Error::NotFound { .. }) => Err(taken),
                replaced => replaced.map(|entity| (entity, false)),
            }
        }
        made => made.map(|entity| (entity, true)),
    }
}

/// Whether a row could not be made because its id is another's.
fn is_taken<E: Resource>(error: &Error) -> bool {
    matches!(error, Error::Conflict(Conflict::Duplicate { fields }) if fields == &[E::schema().id().name])
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
    Err(Error::Precondition { current: None })
}
