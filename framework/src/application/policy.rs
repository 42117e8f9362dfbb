//! Who may see and change which rows: a context becomes a specification that every statement carries.

use std::fmt;

use super::context::Context;
use crate::domain::entity::Entity;
use crate::domain::error::Error;
use crate::domain::specification::{Predicate, Specification};

/// What the caller wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "named after the use cases")]
pub enum Action {
    Read,
    Create,
    Update,
    Delete,
}

/// Decides which rows of `E` a caller may touch.
///
/// The scope is AND-ed into every statement: reads, lists, counts, includes, updates, deletes, bulk items. A row
/// outside it does not exist for the caller (404). A created or changed row must lie inside it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say who may do what with `{E}`",
    note = "write `impl Policy<{E}> for {Self}` with its `scope`, or take `AllowAll`"
)]
pub trait Policy<E: Entity>: Send + Sync + 'static {
    /// The rows that the caller may touch with this action.
    ///
    /// # Errors
    /// [`Error::Unauthorized`] or [`Error::Forbidden`] when the action is not allowed on any row.
    fn scope(&self, context: &Context, action: Action) -> Result<Scope<E>, Error>;
}

/// The rows that one caller may touch. Repositories demand it, so that no statement can forget it.
pub struct Scope<E>(Specification<E>);

impl<E: Entity> Scope<E> {
    /// Only rows that satisfy this.
    pub fn only(specification: Specification<E>) -> Self {
        Self(specification)
    }

    /// Every row. Say it only where the caller is the system itself or the policy decided so.
    pub fn unrestricted() -> Self {
        Self(Specification::always())
    }

    /// Whether the entity lies inside, judged on its own row.
    pub fn admits(&self, entity: &E) -> bool {
        self.0.predicate() == &Predicate::Always || self.0.is_satisfied_by(entity)
    }

    /// The condition.
    pub fn specification(&self) -> &Specification<E> {
        &self.0
    }
}

impl<E> Clone for Scope<E> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<E> fmt::Debug for Scope<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Everyone may do everything: an explicit choice, never a default.
#[derive(Debug, Clone, Copy)]
pub struct AllowAll;

impl<E: Entity> Policy<E> for AllowAll {
    fn scope(&self, _context: &Context, _action: Action) -> Result<Scope<E>, Error> {
        Ok(Scope::unrestricted())
    }
}
