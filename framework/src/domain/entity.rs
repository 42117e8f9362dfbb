//! The traits that a declaration implements.

use std::fmt::{Debug, Display};
use std::hash::Hash;

use chrono::{DateTime, Utc};

use super::scalar::{Scalar, ScalarError};
use super::schema::EntitySchema;
use super::value::{Row, Value};

/// A thing with an identity, described by its [`EntitySchema`]. Implemented by `#[derive(Entity)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an entity",
    note = "add `#[derive(framework::Entity)]` to the struct"
)]
pub trait Entity: Clone + Debug + Send + Sync + Sized + 'static {
    /// The type of the field with the `id` role.
    type Id: Scalar + Debug + Display + Eq + Hash;

    /// What the struct declares.
    fn schema() -> &'static EntitySchema;

    /// The identity.
    fn id(&self) -> &Self::Id;

    /// The value of the stored field at this position of the schema; null beyond the last.
    fn value(&self, position: usize) -> Value;

    /// Every stored value, in the order of the schema.
    fn into_row(self) -> Row;

    /// Back from stored values, in the order of the schema. Owned children start empty.
    ///
    /// # Errors
    /// When a value does not fit its field.
    fn from_row(row: Row) -> Result<Self, DecodeError>;

    /// The rows of an owned relation, in their order; empty for relations that are not owned.
    fn children(&self, _relation: &str) -> Vec<Row> {
        Vec::new()
    }

    /// Puts the rows of an owned relation into the aggregate.
    ///
    /// # Errors
    /// When a value does not fit its field.
    fn set_children(&mut self, _relation: &str, _rows: Vec<Row>) -> Result<(), DecodeError> {
        Ok(())
    }
}

/// The version of a row, where the entity has one.
pub(crate) fn version_of<E: Entity>(entity: &E) -> Option<i64> {
    match entity.value(E::schema().roles.version?) {
        Value::Int(version) => Some(version),
        _ => None,
    }
}

/// A stored value that does not fit the field it was read for: the table and the declaration disagree.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{entity}.{field}: {source}")]
pub struct DecodeError {
    /// Type name of the entity.
    pub entity: &'static str,
    /// Wire name of the field.
    pub field: &'static str,
    /// What does not fit.
    pub source: ScalarError,
}

/// An entity that knows when it was created or changed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not know when it was made or changed",
    note = "add `#[entity(created_at)] created_at: DateTime<Utc>` or `#[entity(updated_at)] updated_at: DateTime<Utc>` to the entity"
)]
pub trait Timestamped: Entity {
    /// When the row was created, if the entity keeps it.
    fn created_at(&self) -> Option<DateTime<Utc>>;
    /// When the row last changed, if the entity keeps it.
    fn updated_at(&self) -> Option<DateTime<Utc>>;
}

/// An entity whose deletion is a mark, to be undone by restore or completed by purge.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is removed by a deletion, not marked",
    note = "add `#[entity(deleted_at)] deleted_at: Option<DateTime<Utc>>` to the entity"
)]
pub trait SoftDeletable: Entity {
    /// When the row was deleted.
    fn deleted_at(&self) -> Option<DateTime<Utc>>;
    /// Whether the row is deleted.
    fn is_deleted(&self) -> bool {
        self.deleted_at().is_some()
    }
}

/// An entity whose every change counts a version up: no update is lost.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not count its changes",
    note = "add `#[entity(version)] version: i64` to the entity"
)]
pub trait Versioned: Entity {
    /// The version; 1 for a new row.
    fn version(&self) -> i64;
}

/// An entity that belongs to an actor.
#[diagnostic::on_unimplemented(
    message = "`{Self}` belongs to no actor",
    note = "add `#[entity(owner)]` to the field that names the actor"
)]
pub trait Owned: Entity {
    /// The value of the field with the `owner` role.
    fn owner(&self) -> Value;
}

/// An entity that belongs to a tenant.
#[diagnostic::on_unimplemented(
    message = "`{Self}` belongs to no tenant",
    note = "add `#[entity(tenant)]` to the field that names the tenant"
)]
pub trait TenantScoped: Entity {
    /// The value of the field with the `tenant` role.
    fn tenant(&self) -> Value;
}
