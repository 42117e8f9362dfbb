//! One struct becomes a documented CRUD API.

// Expansions name the crate from outside; this lets our own tests use the derives too.
#[allow(unused_extern_crates, reason = "used by expansions inside this crate")]
extern crate self as framework;

pub mod adapters;
pub mod application;
pub mod domain;
pub mod infrastructure;
#[cfg(feature = "testing")]
pub mod testing;

#[doc(hidden)]
pub mod __private;

pub use adapters::persistence::Persistent;
pub use adapters::persistence::{Migration, Script};
pub use application::resource::{Input, Resource};
pub use domain::entity::Entity;
pub use domain::event::{EntityEvent, Envelope};
pub use domain::field::{Field, Relation};
pub use domain::patch::Patch;
pub use domain::scalar::{Bytes, Scalar, ScalarError};
pub use domain::specification::Specification;

pub use async_trait::async_trait;
pub use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
pub use rust_decimal::Decimal;
pub use serde_json::Value as Json;
pub use uuid::Uuid;
pub use {axum, sea_orm, serde, serde_json, tokio, tracing, utoipa};

#[doc = include_str!("../docs/entity.md")]
pub use macros::Entity;
#[doc = include_str!("../docs/entity_enum.md")]
pub use macros::EntityEnum;
#[doc = include_str!("../docs/value_object.md")]
pub use macros::ValueObject;

/// Embeds the migrations of a folder, which is named from the folder of the crate's `Cargo.toml`.
///
/// Each migration is a folder `<YYYYMMDDHHMMSS>_<name>` with `sqlite.up.sql`, `sqlite.down.sql`, `postgres.up.sql` and
/// `postgres.down.sql`. The result is a `&'static [Migration]`, oldest first; a folder that is not there holds none.
///
/// ```
/// assert!(framework::migrations!("no_such_folder").is_empty());
/// ```
#[macro_export]
macro_rules! migrations {
    ($folder:literal) => {
        $crate::__private::migrations!($crate, $folder)
    };
}
