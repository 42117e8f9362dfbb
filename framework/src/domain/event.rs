//! What happened to an entity.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::entity::Entity;

/// A change of an entity, made inside the unit of work and delivered after its commit.
#[derive(Debug, Clone, PartialEq)]
pub enum EntityEvent<E> {
    /// A new row.
    Created(E),
    /// A changed row, with what it was before.
    Updated {
        /// The row before the change.
        before: E,
        /// The row now.
        after: E,
    },
    /// A deleted row, marked or gone, as it was last.
    Deleted(E),
    /// A deleted row that is back.
    Restored(E),
    /// A deleted row that is gone for good, as it was last.
    Purged(E),
}

impl<E> EntityEvent<E> {
    /// The entity as it is now, or as it was last.
    pub fn entity(&self) -> &E {
        match self {
            Self::Created(entity)
            | Self::Updated { after: entity, .. }
            | Self::Deleted(entity)
            | Self::Restored(entity)
            | Self::Purged(entity) => entity,
        }
    }

    /// The verb of the event's type, such as `created`.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Created(_) => "created",
            Self::Updated { .. } => "updated",
            Self::Deleted(_) => "deleted",
            Self::Restored(_) => "restored",
            Self::Purged(_) => "purged",
        }
    }
}

impl<E: Entity> EntityEvent<E> {
    /// The event's type on the wire, such as `product.created`.
    pub fn name(&self) -> String {
        format!("{}.{}", E::schema().name.to_lowercase(), self.verb())
    }
}

/// An event with what is known about its making.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope<T> {
    /// Unique id of the event.
    pub id: Uuid,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    /// The request, or chain of requests, that it belongs to.
    pub correlation_id: Uuid,
    /// The event or command that caused it.
    pub causation_id: Option<Uuid>,
    /// Who caused it.
    pub actor: Option<String>,
    /// What happened.
    pub payload: T,
}
