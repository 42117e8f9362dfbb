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

use crate::domain::error::Error;
use crate::domain::schema::{Link, RelationSchema};

/// The position of the field of the child that names its aggregate.
///
/// # Errors
/// [`Error::Configuration`] when the child has no such field: nothing may be lost for that.
pub fn key_position(relation: &RelationSchema) -> Result<usize, Error> {
    let child = (relation.target)();
    let key = match relation.link {
        Link::HasOne { key } | Link::HasMany { key } => child.key(key),
        Link::BelongsTo { .. } | Link::ManyToMany { .. } => None,
    };
    key.ok_or_else(|| {
        let name = relation.name;
        Error::Configuration(format!("{} has no field that names the owner of {name}", child.name))
    })
}
