//! The port through which use cases reach the rows of one entity.

use async_trait::async_trait;

use super::policy::Scope;
use super::session::Session;
use crate::domain::entity::Entity;
use crate::domain::error::Error;
use crate::domain::query::{Deleted, Page, Query};
use crate::domain::value::{Row, Value};

/// Typed access to the rows of one entity, in a session and within a scope.
///
/// Every method is a constant number of statements, whatever the number of rows. Owned children are part of the
/// entity: read, written and removed with it.
///
/// # Errors
/// Every method: [`Error::Conflict`] when the database refuses the rows, [`Error::Unavailable`] or
/// [`Error::Infrastructure`] when it does not answer. A row that does not match is never an error.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a repository of `{E}`",
    note = "write `#[framework::async_trait] impl Repository<{E}> for {Self}`; `cargo codegen eject {E} --layer repository` prints one to start from"
)]
#[async_trait]
pub trait Repository<E: Entity>: Send + Sync + 'static {
    /// The entity with this id, if it is within the scope.
    async fn find(
        &self,
        session: &mut Session,
        scope: &Scope<E>,
        id: &E::Id,
        deleted: Deleted,
    ) -> Result<Option<E>, Error>;

    /// One page of entities. A query may ask to hold its rows until the transaction ends; where a repository knows no such
    /// thing, changes of entities without a version may be lost between two writers.
    async fn list(
        &self,
        session: &mut Session,
        scope: &Scope<E>,
        query: &Query<E>,
    ) -> Result<Page<E>, Error>;

    /// One page of selected columns, by position; owned children are left out.
    async fn project(
        &self,
        session: &mut Session,
        scope: &Scope<E>,
        query: &Query<E>,
        columns: &[usize],
    ) -> Result<Page<Row>, Error>;

    /// Stores new entities, all or none.
    async fn insert(&self, session: &mut Session, entities: Vec<E>) -> Result<Vec<E>, Error>;

    /// Writes whole entities over the stored ones, each only if the stored one is within the scope and, where the entity
    /// has a version, still at the version that the given one carries. Returns them with their new version; those that
    /// did not match are `None`.
    async fn update(
        &self,
        session: &mut Session,
        scope: &Scope<E>,
        entities: Vec<E>,
    ) -> Result<Vec<Option<E>>, Error>;

    /// Sets single fields of one row, in one statement; `None` when no row matches id, version and scope.
    async fn patch(
        &self,
        session: &mut Session,
        scope: &Scope<E>,
        target: &Target<'_, E>,
        set: Vec<(usize, Value)>,
    ) -> Result<Option<E>, Error>;

    /// Removes rows for good, each only if it is at one of its versions (any for `None`); returns those that were there
    /// and within the scope.
    async fn delete(
        &self,
        session: &mut Session,
        scope: &Scope<E>,
        targets: &[(E::Id, Option<Vec<i64>>)],
        deleted: Deleted,
    ) -> Result<Vec<E>, Error>;
}

/// The row that a single-row write is about.
#[derive(Debug)]
pub struct Target<'a, E: Entity> {
    /// Its id.
    pub id: &'a E::Id,
    /// The versions it may have; `None` for any.
    pub versions: Option<&'a [i64]>,
    /// Whether it may be, or must be, marked as deleted.
    pub deleted: Deleted,
}
