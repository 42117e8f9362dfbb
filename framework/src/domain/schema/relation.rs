//! Ways from one entity to another.

use super::EntitySchema;

/// A foreign key.
#[derive(Debug, Clone, Copy)]
pub struct Reference {
    /// The entity that the field points to.
    pub target: fn() -> &'static EntitySchema,
    /// What happens to this row when its target is deleted.
    pub on_delete: OnDelete,
}

/// What happens to a row when the row it refers to is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnDelete {
    /// The deletion is refused.
    Restrict,
    /// The row is deleted too.
    Cascade,
    /// The reference becomes null.
    SetNull,
}

/// A named way from one entity to another.
#[derive(Debug)]
pub struct RelationSchema {
    /// Name in `include` and in relation filters.
    pub name: &'static str,
    /// Doc comment.
    pub doc: &'static str,
    /// The entity at the other end.
    pub target: fn() -> &'static EntitySchema,
    /// How the two are joined.
    pub link: Link,
    /// The children are part of this aggregate: written with it, deleted with it.
    pub owned: bool,
}

/// How two entities are joined.
#[derive(Debug, Clone, Copy)]
pub enum Link {
    /// This entity holds the key, in the field at this position.
    BelongsTo {
        /// Position of the key among this entity's fields.
        field: usize,
    },
    /// The target holds the key, unique there.
    HasOne {
        /// The key field in the target, as [`EntitySchema::key`] finds it.
        key: &'static str,
    },
    /// The target holds the key.
    HasMany {
        /// The key field in the target, as [`EntitySchema::key`] finds it.
        key: &'static str,
    },
    /// A third entity holds both keys.
    ManyToMany {
        /// The joining entity.
        via: fn() -> &'static EntitySchema,
        /// Its field that points here, as [`EntitySchema::key`] finds it.
        source: &'static str,
        /// Its field that points to the target, as [`EntitySchema::key`] finds it.
        target: &'static str,
    },
}

impl Link {
    /// Whether the relation yields a list.
    pub fn is_many(&self) -> bool {
        matches!(self, Self::HasMany { .. } | Self::ManyToMany { .. })
    }
}
