//! What expansions of the derives stand on. Not for people: anything here may change without notice.

mod decode;
mod demand;
mod field;
mod inputs;
mod storage;

use std::fmt::Display;
use std::str::FromStr;

pub use chrono::Utc;
pub use rust_decimal::Decimal;
pub use serde::{Deserialize, Serialize};
pub use uuid::Uuid;
pub use {sea_orm, serde};

pub use crate::adapters::persistence::Persistent;
pub use crate::adapters::persistence::{Migration, Script};
pub use crate::application::resource::{Changes, Input, Resource};
pub use crate::domain::entity::{
    DecodeError, Entity, Owned, SoftDeletable, TenantScoped, Timestamped, Versioned,
};
pub use crate::domain::event::EntityEvent;
pub use crate::domain::field::{Field, Relation};
pub use crate::domain::patch::Patch;
pub use crate::domain::scalar::{Scalar, ScalarError, option_from_value, option_into_value};
pub use crate::domain::schema::{
    Access, Bound, EntitySchema, EnumSchema, FieldSchema, Kind, Link, OnDelete, Operator,
    Operators, Options, Reference, RelationSchema, Roles, Rules,
};
pub use crate::domain::value::{Row, Value};
pub use macros::migrations;

pub use crate::__input_json as input_json;
pub use decode::{ChangesReader, ChangesWriter, RowReader};
pub use demand::{Need, assert_takes};
pub use field::{field, relation, roles};
pub use inputs::{read_input, write_input};
pub use storage::{NoScalar, Probe, Storage, Stored};

/// A point in time.
pub type Instant = chrono::DateTime<Utc>;

/// Stops the compilation when the server cannot make identities of this type.
pub const fn assert_server_id<T: Scalar>() {
    assert!(
        matches!(T::KIND, Kind::Uuid),
        "the server makes only UUIDs; write `id(client)` where the caller chooses the identity"
    );
}

/// Stops the compilation when callers cannot be named by values of this type.
pub const fn assert_caller<T: Scalar>() {
    assert!(
        matches!(T::KIND, Kind::Uuid | Kind::Text),
        "callers are named by `String` or `Uuid`; write one of them, or a value object over one"
    );
}

/// Stops the compilation when a key and the identity that it points to differ in type.
pub const fn assert_key<E: Entity<Id = T>, T>() {}

/// [`Scalar::into_value`] as a function.
pub fn into_value<T: Scalar>(value: T) -> Value {
    value.into_value()
}

/// Rows of owned children.
pub fn to_rows<E: Entity>(children: &[E]) -> Vec<Row> {
    children.iter().cloned().map(E::into_row).collect()
}

/// Owned children from their rows.
///
/// # Errors
/// When a value does not fit its field.
pub fn from_rows<E: Entity>(rows: Vec<Row>) -> Result<Vec<E>, DecodeError> {
    rows.into_iter().map(E::from_row).collect()
}

/// Views of owned children.
pub fn to_views<E: Resource>(children: Vec<E>) -> Vec<E::View> {
    children.into_iter().map(E::into_view).collect()
}

/// The error of a text that names no variant.
pub fn unknown_variant(schema: &EnumSchema, text: &str) -> ScalarError {
    let names: Vec<_> = schema.variants.iter().map(|(name, _)| *name).collect();
    ScalarError(format!("`{text}` is no {}; use one of {}", schema.name, names.join(", ")))
}

/// Checks a value object's declared rules.
///
/// # Errors
/// Says which rule is broken.
pub fn check_value<T: Scalar>(field: &FieldSchema, value: &T) -> Result<(), ScalarError> {
    match field.check(&value.clone().into_value()) {
        None => Ok(()),
        Some((_, detail)) => Err(ScalarError(detail)),
    }
}

/// A value object's constructor as a rule.
///
/// # Errors
/// What the constructor says.
pub fn check_scalar<T: Scalar>(value: &Value) -> Result<(), String> {
    T::from_value(value.clone()).map(drop).map_err(|error| error.to_string())
}

/// Reads a text through `FromStr`.
///
/// # Errors
/// When it is no text, or none of the type's.
pub fn deserialize_text<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: FromStr<Err: Display>,
{
    let text: String = serde::Deserialize::deserialize(deserializer)?;
    text.parse().map_err(serde::de::Error::custom)
}

/// Reads a value through a constructor.
///
/// # Errors
/// When the constructor refuses it.
pub fn deserialize_checked<'de, D, I, T>(
    deserializer: D,
    new: fn(I) -> Result<T, ScalarError>,
) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    I: serde::Deserialize<'de>,
{
    new(I::deserialize(deserializer)?).map_err(serde::de::Error::custom)
}
