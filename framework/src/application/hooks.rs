//! Where business rules live: code that runs inside the transaction of a write.

use async_trait::async_trait;

use super::resource::check_entity;
use super::session::Session;
use crate::domain::entity::Entity;
use crate::domain::error::Error;
use crate::domain::violation::Violations;

/// Lifecycle hooks of one entity, all optional. An error undoes the whole write.
///
/// The session is the write's own transaction: a hook reads what the write has done so far, and what it writes is kept or
/// undone with it. The row itself is held until then; other rows are not: on PostgreSQL others may change them between
/// the read and the commit. A hook whose decision depends on rows that it writes, or that others must leave as they are,
/// reads them with [`Query::lock`](crate::Query::lock); a rule over many rows that no lock on a row keeps, such as one
/// over a tree, takes [`Session::lock`] and then reads. SQLite has one writer at a time, for whom nothing changes.
///
/// A soft-deleted row goes in two steps: the delete hooks run when it is marked, the purge hooks when it is removed for
/// good.
///
/// A hook may run more than once for one write. A batch first runs all its operations together; where they turn out to
/// depend on each other, that attempt is rolled back and they run again one by one, so that each sees what those before it
/// have written. Operations depend on each other when a `before_*` hook touches rows of its own entity or their children,
/// filters by a relation, or reads a table that an `after_*` hook writes. Therefore keep effects outside the database, such
/// as mail and payments, out of hooks: use an event handler or [`Session::after_commit`]. A hook sees one row at a time, and
/// each statement it issues comes on top of the constant number of a batch.
///
/// # Errors
/// An error of any method refuses the write: its transaction is rolled back, and the caller gets this error.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not implement the hooks of `{E}`",
    note = "write `#[framework::async_trait] impl Hooks<{E}> for {Self}`; every method has a default"
)]
#[async_trait]
#[expect(unused_variables, reason = "the defaults do nothing")]
pub trait Hooks<E: Entity>: Send + Sync + 'static {
    /// Checks an entity about to be stored; pushes what is wrong. Runs after the declared rules, for creates and updates.
    async fn validate(
        &self,
        session: &mut Session,
        entity: &E,
        violations: &mut Violations,
    ) -> Result<(), Error> {
        Ok(())
    }

    /// Completes or refuses a new entity.
    async fn before_create(&self, session: &mut Session, entity: &mut E) -> Result<(), Error> {
        Ok(())
    }

    /// Follows a creation.
    async fn after_create(&self, session: &mut Session, entity: &E) -> Result<(), Error> {
        Ok(())
    }

    /// Completes or refuses a change.
    async fn before_update(
        &self,
        session: &mut Session,
        before: &E,
        after: &mut E,
    ) -> Result<(), Error> {
        Ok(())
    }

    /// Follows a change.
    async fn after_update(
        &self,
        session: &mut Session,
        before: &E,
        after: &E,
    ) -> Result<(), Error> {
        Ok(())
    }

    /// Refuses a deletion, or prepares for it.
    async fn before_delete(&self, session: &mut Session, entity: &E) -> Result<(), Error> {
        Ok(())
    }

    /// Follows a deletion.
    async fn after_delete(&self, session: &mut Session, entity: &E) -> Result<(), Error> {
        Ok(())
    }

    /// Refuses a purge, or prepares for it. Unless it says otherwise, what may not be deleted may not be purged either.
    async fn before_purge(&self, session: &mut Session, entity: &E) -> Result<(), Error> {
        self.before_delete(session, entity).await
    }

    /// Follows a purge.
    async fn after_purge(&self, session: &mut Session, entity: &E) -> Result<(), Error> {
        Ok(())
    }

    /// Whether no hook does anything: writes then need no transaction and no read before them.
    fn is_empty(&self) -> bool {
        false
    }
}

/// No hooks.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoHooks;

impl<E: Entity> Hooks<E> for NoHooks {
    fn is_empty(&self) -> bool {
        true
    }
}

/// One business rule: pushes what is wrong with an entity.
pub type Rule<E> = fn(&E, &mut Violations);

/// Hooks that judge an entity by itself, each by one function. Without a rule they cost nothing.
///
/// ```
/// use framework::{Rule, Rules, Violations};
///
/// struct Product {
///     name: String,
/// }
///
/// fn check_name(product: &Product, violations: &mut Violations) {
///     if product.name.trim().is_empty() {
///         violations.add("name", "blank", "must not be blank");
///     }
/// }
///
/// const RULES: &[Rule<Product>] = &[check_name];
/// let hooks = Rules(RULES); // for `Module::hooks`
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Rules<E: 'static>(pub &'static [Rule<E>]);

impl<E: Entity> Rules<E> {
    /// What is wrong with an entity, by its declaration and, if that is kept, by these rules: for tests.
    pub fn check(&self, entity: &E) -> Violations {
        let mut violations = check_entity(entity);
        if violations.is_empty() {
            self.judge(entity, &mut violations);
        }
        violations
    }

    fn judge(&self, entity: &E, violations: &mut Violations) {
        self.0.iter().for_each(|rule| rule(entity, violations));
    }
}

#[async_trait]
impl<E: Entity> Hooks<E> for Rules<E> {
    async fn validate(
        &self,
        _session: &mut Session,
        entity: &E,
        violations: &mut Violations,
    ) -> Result<(), Error> {
        self.judge(entity, violations);
        Ok(())
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
