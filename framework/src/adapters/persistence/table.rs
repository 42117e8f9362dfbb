//! The SeaORM table behind an entity, for whatever the repository does not cover.

use crate::domain::entity::Entity;

/// An entity with a SeaORM table. Implemented by `#[derive(Entity)]`.
///
/// `<Product as Persistent>::Table` is an ordinary SeaORM entity over the same columns. Values have their stored types:
/// enums are text, value objects what they wrap. SQLite keeps decimals as scaled integers, so decimal columns are to be
/// read through the table on PostgreSQL only.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no table",
    note = "add `#[derive(framework::Entity)]` to the struct"
)]
pub trait Persistent: Entity {
    /// The SeaORM entity.
    type Table: sea_orm::EntityTrait;
}
