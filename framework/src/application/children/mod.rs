//! Owned children: rows of another table that live and die with their aggregate.
//!
//! What a repository and a mapper of your own need so that aggregates stay whole: [`assign`] puts inputs into the
//! aggregate; [`read`], [`insert`], [`update`] and [`delete`] are the statements beside those of the aggregate's own row,
//! a constant number of them, and none for an entity without children.

mod inputs;
mod rows;

pub(super) use inputs::apply;
pub use inputs::assign;
pub use rows::{delete, insert, read, update};

use crate::domain::schema::{Link, RelationSchema};

/// The position of the field of the child that names its aggregate.
pub fn key_position(relation: &RelationSchema) -> Option<usize> {
    match relation.link {
        Link::HasOne { key } | Link::HasMany { key } => (relation.target)().position(key),
        Link::BelongsTo { .. } | Link::ManyToMany { .. } => None,
    }
}
