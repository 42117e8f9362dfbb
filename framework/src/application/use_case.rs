//! The port that delivery (HTTP, jobs, other use cases) talks to, one per entity.

use async_trait::async_trait;

use super::context::Context;
use super::resource::Resource;
use super::session::Session;
use crate::domain::entity::{Entity, version_of};
use crate::domain::error::Error;
use crate::domain::query::{Deleted, Page, Query};
use crate::domain::value::Row;

/// What can be done with an entity. Policies, rules, hooks and events apply to each of them.
///
/// Every method works in the session it is given, so that several can share one transaction.
///
/// # Errors
/// Every method: what the policy says, such as [`Error::Forbidden`], and what the repository says. Those that name a row:
/// [`Error::NotFound`]; with a version, [`Error::Precondition`] or [`Error::PreconditionRequired`]. Writes:
/// [`Error::Validation`], [`Error::Conflict`], and whatever a hook returns.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not implement the use case of `{E}`",
    note = "write `#[framework::async_trait] impl UseCase<{E}> for {Self}`; `cargo codegen eject {E} --layer use-case` prints one to start from"
)]
#[async_trait]
pub trait UseCase<E: Resource>: Send + Sync + 'static {
    /// The entity with this id.
    async fn get(&self, session: &mut Session, id: &E::Id, deleted: Deleted) -> Result<E, Error>;

    /// One page of entities.
    async fn list(&self, session: &mut Session, query: &Query<E>) -> Result<Page<E>, Error>;

    /// One page of selected columns, by position.
    async fn project(
        &self,
        session: &mut Session,
        query: &Query<E>,
        columns: &[usize],
    ) -> Result<Page<Row>, Error>;

    /// Creates an entity.
    async fn create(&self, session: &mut Session, input: E::Create) -> Result<E, Error>;

    /// Changes one entity by a merge patch.
    async fn update(
        &self,
        session: &mut Session,
        id: &E::Id,
        expected: &Expected,
        input: E::Update,
    ) -> Result<E, Error>;

    /// Replaces every writable field of one entity; what the input leaves out goes back to its default.
    async fn replace(
        &self,
        session: &mut Session,
        id: &E::Id,
        expected: &Expected,
        input: E::Create,
    ) -> Result<E, Error>;

    /// Deletes one entity: marks it where the entity has the role, else removes it.
    async fn delete(
        &self,
        session: &mut Session,
        id: &E::Id,
        expected: &Expected,
    ) -> Result<E, Error>;

    /// Brings a marked entity back.
    async fn restore(
        &self,
        session: &mut Session,
        id: &E::Id,
        expected: &Expected,
    ) -> Result<E, Error>;

    /// Removes a marked entity for good.
    async fn purge(
        &self,
        session: &mut Session,
        id: &E::Id,
        expected: &Expected,
    ) -> Result<(), Error>;

    /// Several operations, as if one after another in this order; needs a transaction.
    ///
    /// Atomic: the first failure is the answer, as [`Error::Operation`]. Otherwise each operation has its own result,
    /// and those that fail leave nothing behind. A constant number of statements where the operations do not depend on
    /// each other and the database accepts them.
    async fn batch(
        &self,
        session: &mut Session,
        operations: Vec<Operation<E>>,
        atomic: bool,
    ) -> Result<Vec<Result<Outcome<E>, Error>>, Error>;

    /// Whether this kind of write by this caller needs a transaction; without one it is a single statement.
    fn needs_transaction(&self, context: &Context, write: Write) -> bool;
}

/// The versions that the caller accepts: what `If-Match` says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Expected {
    /// The caller said nothing.
    #[default]
    Unstated,
    /// Any version, as long as the row exists.
    Any,
    /// One of these.
    Versions(Vec<i64>),
}

impl Expected {
    /// Refuses an entity at a version that the caller does not accept, and silence where the entity demands a version.
    ///
    /// # Errors
    /// [`Error::Precondition`] or [`Error::PreconditionRequired`].
    pub fn check<E: Entity>(&self, entity: &E) -> Result<(), Error> {
        match (self, version_of(entity)) {
            (Self::Unstated, _) if E::schema().options.require_if_match => {
                Err(Error::PreconditionRequired)
            }
            (Self::Versions(accepted), Some(current)) => {
                if accepted.contains(&current) {
                    Ok(())
                } else {
                    Err(Error::Precondition { current: Some(current) })
                }
            }
            // Without a version there is no tag that could match.
            (Self::Versions(_), _) => Err(Error::Precondition { current: None }),
            (Self::Unstated | Self::Any, _) => Ok(()),
        }
    }
}

/// The kinds of write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "named after the use cases")]
pub enum Write {
    Create,
    Update,
    Replace,
    Delete,
    Restore,
    Purge,
    Batch,
}

/// One operation of a batch.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the members are the arguments of the use case")]
pub enum Operation<E: Resource> {
    Create { input: E::Create },
    Update { id: E::Id, expected: Expected, input: E::Update },
    Delete { id: E::Id, expected: Expected },
    Restore { id: E::Id, expected: Expected },
}

/// The result of one operation of a batch.
#[derive(Debug, Clone)]
pub enum Outcome<E> {
    /// Made.
    Created(E),
    /// Changed or restored.
    Updated(E),
    /// Deleted.
    Deleted,
}
