//! The use case that every entity has unless another is registered: policy, rules, hooks, rows, events, in that order.

mod batch;
mod held_rows;
mod order;
mod references;
mod write;

use std::sync::Arc;

use async_trait::async_trait;

use super::context::Context;
use super::hooks::Hooks;
use super::mapper::{Mapper, holds_documents, merges};
use super::policy::{Action, Policy, Scope};
use super::relatives::Relatives;
use super::repository::Repository;
use super::resource::{Resource, check_entity};
use super::session::Session;
use super::use_case::{Expected, Operation, Outcome, UseCase, Write};
use crate::domain::entity::version_of;
use crate::domain::error::Error;
use crate::domain::event::EntityEvent;
use crate::domain::query::{Deleted, Lock, Page, Query};
use crate::domain::scalar::Scalar as _;
use crate::domain::specification::{Predicate, Specification};
use crate::domain::value::{Row, Value};

/// How often a write is tried again when another writer was faster and the caller named no version.
const ATTEMPTS: usize = 5;

/// CRUD for one entity, put together from its replaceable parts.
pub struct CrudUseCase<E: Resource> {
    /// Access to the rows.
    pub repository: Arc<dyn Repository<E>>,
    /// Who may touch which rows.
    pub policy: Arc<dyn Policy<E>>,
    /// Business rules.
    pub hooks: Arc<dyn Hooks<E>>,
    /// Inputs to entities.
    pub mapper: Arc<dyn Mapper<E>>,
    /// The other entities, for scoped relation filters.
    pub relatives: Arc<Relatives>,
}

#[async_trait]
impl<E: Resource> UseCase<E> for CrudUseCase<E> {
    async fn get(&self, session: &mut Session, id: &E::Id, deleted: Deleted) -> Result<E, Error> {
        let scope = self.policy.scope(session.context(), Action::Read)?;
        self.found(session, &scope, id, deleted).await
    }

    async fn list(&self, session: &mut Session, query: &Query<E>) -> Result<Page<E>, Error> {
        let scope = self.policy.scope(session.context(), Action::Read)?;
        let query = self.guarded(session.context(), query)?;
        self.repository.list(session, &scope, &query).await
    }

    async fn project(
        &self,
        session: &mut Session,
        query: &Query<E>,
        columns: &[usize],
    ) -> Result<Page<Row>, Error> {
        let scope = self.policy.scope(session.context(), Action::Read)?;
        let query = self.guarded(session.context(), query)?;
        self.repository.project(session, &scope, &query, columns).await
    }

    async fn create(&self, session: &mut Session, input: E::Create) -> Result<E, Error> {
        let entity = self.prepare_create(session, input).await?;
        let mut stored = self.insert(session, vec![entity]).await?;
        stored
            .pop()
            .ok_or_else(|| Error::infrastructure("creating a row", "the repository returned none"))
    }

    async fn update(
        &self,
        session: &mut Session,
        id: &E::Id,
        expected: &Expected,
        input: E::Update,
    ) -> Result<E, Error> {
        // A patch that reaches into a document is read, merged and replaced at the version that was read, or held where
        // there is none.
        if !self.reads_first(session.context(), Write::Update) && !merges::<E>(&input) {
            return self.update_directly(session, id, expected, input).await;
        }
        self.change(session, id, expected, Deleted::Exclude, |use_case, session, before| {
            use_case.mapper.update(session, before, input.clone())
        })
        .await
    }

    async fn replace(
        &self,
        session: &mut Session,
        id: &E::Id,
        expected: &Expected,
        input: E::Create,
    ) -> Result<E, Error> {
        self.change(session, id, expected, Deleted::Exclude, |use_case, session, before| {
            write::replacement(use_case.mapper.as_ref(), session, before, input.clone())
        })
        .await
    }

    async fn delete(
        &self,
        session: &mut Session,
        id: &E::Id,
        expected: &Expected,
    ) -> Result<E, Error> {
        let scope = self.policy.scope(session.context(), Action::Delete)?;
        self.require_stated(session, &scope, id, expected, Deleted::Exclude).await?;
        if !self.reads_first(session.context(), Write::Delete) {
            for _ in 0..ATTEMPTS {
                let versions = stated_versions(expected);
                if let Some(entity) = self.remove(session, &scope, id, versions).await? {
                    return Ok(entity);
                }
                self.missing(session, &scope, id, expected, Deleted::Exclude).await?;
            }
            return Err(not_found::<E>(id));
        }
        let before = self.held(session, &scope, id, Deleted::Exclude, Lock::Remove).await?;
        expected.check(&before)?;
        self.hooks.before_delete(session, &before).await?;
        let versions = version_of(&before).map(|version| vec![version]);
        let Some(deleted) = self.remove(session, &scope, id, versions).await? else {
            self.missing(session, &scope, id, expected, Deleted::Exclude).await?;
            return Err(busy::<E>());
        };
        self.hooks.after_delete(session, &deleted).await?;
        self.publish(session, EntityEvent::Deleted(deleted.clone()));
        Ok(deleted)
    }

    async fn restore(
        &self,
        session: &mut Session,
        id: &E::Id,
        expected: &Expected,
    ) -> Result<E, Error> {
        self.change(session, id, expected, Deleted::Only, |_, _, before| write::undeleted(before))
            .await
    }

    async fn purge(
        &self,
        session: &mut Session,
        id: &E::Id,
        expected: &Expected,
    ) -> Result<(), Error> {
        let scope = self.policy.scope(session.context(), Action::Delete)?;
        self.require_stated(session, &scope, id, expected, Deleted::Only).await?;
        if self.reads_first(session.context(), Write::Purge) {
            let before = self.held(session, &scope, id, Deleted::Only, Lock::Remove).await?;
            expected.check(&before)?;
            self.hooks.before_purge(session, &before).await?;
        }
        let targets = [(id.clone(), stated_versions(expected))];
        for _ in 0..ATTEMPTS {
            let gone = self.repository.delete(session, &scope, &targets, Deleted::Only).await?;
            if let Some(purged) = gone.into_iter().next() {
                self.hooks.after_purge(session, &purged).await?;
                self.publish(session, EntityEvent::Purged(purged));
                return Ok(());
            }
            self.missing(session, &scope, id, expected, Deleted::Only).await?;
        }
        Err(not_deleted::<E>(id))
    }

    async fn batch(
        &self,
        session: &mut Session,
        operations: Vec<Operation<E>>,
        atomic: bool,
    ) -> Result<Vec<Result<Outcome<E>, Error>>, Error> {
        self.run_batch(session, operations, atomic).await
    }

    fn needs_transaction(&self, context: &Context, write: Write) -> bool {
        match write {
            Write::Replace | Write::Restore | Write::Batch => true,
            // What a patch merges with is held until it is written.
            Write::Update => self.reads_first(context, write) || is_held_to_merge::<E>(),
            Write::Create | Write::Delete | Write::Purge => self.reads_first(context, write),
        }
    }
}

/// Whether a patch can depend on what is stored in a row that has no version.
fn is_held_to_merge<E: Resource>() -> bool {
    E::schema().roles.version.is_none() && E::schema().fields.iter().any(holds_documents)
}

impl<E: Resource> CrudUseCase<E> {
    /// Whether the rules of this write want to see the stored row, or write more than it.
    fn reads_first(&self, context: &Context, write: Write) -> bool {
        let schema = E::schema();
        !self.hooks.is_empty()
            || schema.options.events
            || schema.owned().next().is_some()
            || (write == Write::Update
                && (self.is_scoped(context, Action::Update) || !self.mapper.is_generated()))
    }

    fn is_scoped(&self, context: &Context, action: Action) -> bool {
        let scope = self.policy.scope(context, action);
        scope.is_ok_and(|scope| scope.specification().predicate() != &Predicate::Always)
    }

    async fn found(
        &self,
        session: &mut Session,
        scope: &Scope<E>,
        id: &E::Id,
        deleted: Deleted,
    ) -> Result<E, Error> {
        match self.repository.find(session, scope, id, deleted).await? {
            Some(entity) => Ok(entity),
            None => Err(self.absent(session, scope, id, deleted).await),
        }
    }

    /// Why there is no such row: a live one is not among the deleted ones, and yet it exists, be it deleted meanwhile.
    async fn absent(
        &self,
        session: &mut Session,
        scope: &Scope<E>,
        id: &E::Id,
        deleted: Deleted,
    ) -> Error {
        if deleted == Deleted::Only
            && let Ok(Some(_)) = self.repository.find(session, scope, id, Deleted::Include).await
        {
            return not_deleted::<E>(id);
        }
        not_found::<E>(id)
    }

    /// The row as it is once nobody else writes it, and until this transaction ends; with `Lock::None` as it is stored.
    async fn held(
        &self,
        session: &mut Session,
        scope: &Scope<E>,
        id: &E::Id,
        deleted: Deleted,
        lock: Lock,
    ) -> Result<E, Error> {
        let id_is = Predicate::eq(E::schema().roles.id, id.clone().into_value());
        let mut query = Query::new(Specification::new(id_is)).limit(1).lock(lock);
        query.deleted = deleted;
        let page = self.repository.list(session, scope, &query).await?;
        match page.items.into_iter().next() {
            Some(entity) => Ok(entity),
            None => Err(self.absent(session, scope, id, deleted).await),
        }
    }

    /// Refuses a write that matched no row: it does not exist for this caller, or it is not at the version that the caller
    /// named. Where none was named and the row is there again, the write may be tried again.
    async fn missing(
        &self,
        session: &mut Session,
        scope: &Scope<E>,
        id: &E::Id,
        expected: &Expected,
        deleted: Deleted,
    ) -> Result<(), Error> {
        // Not from the cache, which may be where the caller has an old version from.
        let entity = self.held(session, scope, id, deleted, Lock::None).await?;
        match expected {
            Expected::Versions(_) => Err(Error::Precondition { current: version_of(&entity) }),
            Expected::Any | Expected::Unstated => Ok(()),
        }
    }

    /// Refuses a write that must name a version and names none, if there is a row whose version could be named.
    async fn require_stated(
        &self,
        session: &mut Session,
        scope: &Scope<E>,
        id: &E::Id,
        expected: &Expected,
        deleted: Deleted,
    ) -> Result<(), Error> {
        match require_stated::<E>(expected) {
            Ok(()) => Ok(()),
            Err(refusal) => self.found(session, scope, id, deleted).await.and(Err(refusal)),
        }
    }

    fn guarded(&self, context: &Context, query: &Query<E>) -> Result<Query<E>, Error> {
        let filter =
            self.relatives.guard(context, E::schema(), query.filter.predicate().clone())?;
        Ok(query.with_filter(Specification::new(filter)))
    }

    /// Declared rules, then business rules; everything that is wrong, at once.
    async fn validate(&self, session: &mut Session, entity: &E) -> Result<(), Error> {
        let mut violations = check_entity(entity);
        if violations.is_empty() {
            self.hooks.validate(session, entity, &mut violations).await?;
        }
        violations.into_result().map_err(Error::from)
    }

    fn publish(&self, session: &mut Session, event: EntityEvent<E>) {
        if E::schema().options.events {
            session.publish(event.name(), event);
        }
    }
}

fn busy<E: Resource>() -> Error {
    Error::Unavailable(format!("{} changes too often right now; try again", E::schema().name))
}

fn not_found<E: Resource>(id: &E::Id) -> Error {
    Error::NotFound { entity: E::schema().name, id: id.to_string() }
}

fn not_deleted<E: Resource>(id: &E::Id) -> Error {
    Error::NotDeleted { entity: E::schema().name, id: id.to_string() }
}

fn stated_versions(expected: &Expected) -> Option<Vec<i64>> {
    match expected {
        Expected::Versions(versions) => Some(versions.clone()),
        Expected::Any | Expected::Unstated => None,
    }
}

fn require_stated<E: Resource>(expected: &Expected) -> Result<(), Error> {
    let silent = *expected == Expected::Unstated && E::schema().options.require_if_match;
    if silent { Err(Error::PreconditionRequired) } else { Ok(()) }
}

/// A row that a caller makes or changes must stay among those that the caller may touch.
fn check_inside<E: Resource>(scope: &Scope<E>, entity: &E) -> Result<(), Error> {
    if scope.admits(entity) {
        return Ok(());
    }
    Err(Error::Forbidden(format!("this {} would lie outside what you may write", E::schema().name)))
}

/// Where the n-th input of several is wrong.
fn below(index: usize, error: Error) -> Error {
    Error::Operation { index, error: Box::new(error) }
}
