//! What expansions of the derives stand on. Not for people: anything here may change without notice.

use std::fmt::Display;
use std::str::FromStr;

pub use chrono::Utc;
pub use rust_decimal::Decimal;
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

/// A point in time.
pub type Instant = chrono::DateTime<Utc>;

/// A field that starts from its type.
pub const fn field<T: Scalar>(name: &'static str) -> FieldSchema {
    let mut field = FieldSchema::new(name, T::KIND);
    field.rules = T::RULES;
    field
}

/// Stops the compilation when the server cannot make identities of this type.
pub const fn assert_server_id<T: Scalar>() {
    assert!(
        matches!(T::KIND, Kind::Uuid),
        "the server makes only UUIDs; write `id(client)` where the caller chooses the identity"
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

/// Takes the values of a row one by one.
pub struct RowReader {
    schema: &'static EntitySchema,
    position: usize,
    values: std::vec::IntoIter<Value>,
}

impl RowReader {
    /// At the first value.
    pub fn new(schema: &'static EntitySchema, row: Row) -> Self {
        Self { schema, position: 0, values: row.into_iter() }
    }

    /// The next value, of a field that is never null.
    ///
    /// # Errors
    /// When it does not fit.
    pub fn required<T: Scalar>(&mut self) -> Result<T, DecodeError> {
        let (position, value) = self.next();
        T::from_value(value).map_err(|source| decode_error(self.schema, position, source))
    }

    /// The next value, of a nullable field.
    ///
    /// # Errors
    /// When it does not fit.
    pub fn optional<T: Scalar>(&mut self) -> Result<Option<T>, DecodeError> {
        let (position, value) = self.next();
        option_from_value(value).map_err(|source| decode_error(self.schema, position, source))
    }

    fn next(&mut self) -> (usize, Value) {
        let position = self.position;
        self.position += 1;
        (position, self.values.next().unwrap_or(Value::Null))
    }
}

/// Collects the members of an input.
#[derive(Default)]
pub struct ChangesWriter(Changes);

impl ChangesWriter {
    /// A member that is always there.
    pub fn put<T: Scalar>(&mut self, position: usize, value: T) {
        self.0.values.push((position, value.into_value()));
    }

    /// A member of a create that may be absent.
    pub fn put_some<T: Scalar>(&mut self, position: usize, value: Option<T>) {
        self.0.values.extend(value.map(|value| (position, value.into_value())));
    }

    /// A member of a patch.
    pub fn put_patch<T: Scalar>(&mut self, position: usize, value: Patch<T>) {
        if let Patch::Set(value) = value {
            self.0.values.push((position, value.into_value()));
        }
    }

    /// A member of a patch that may be null.
    pub fn put_nullable<T: Scalar>(&mut self, position: usize, value: Patch<Option<T>>) {
        if let Patch::Set(value) = value {
            self.0.values.push((position, option_into_value(value)));
        }
    }

    /// Owned children.
    pub fn put_children<I: Input>(&mut self, relation: &'static str, children: Vec<I>) {
        let children = children.into_iter().map(I::into_changes).collect();
        self.0.children.push((relation, children));
    }

    /// Owned children of a patch.
    pub fn put_children_patch<I: Input>(
        &mut self,
        relation: &'static str,
        children: Patch<Vec<I>>,
    ) {
        if let Patch::Set(children) = children {
            self.put_children(relation, children);
        }
    }

    /// All members.
    pub fn finish(self) -> Changes {
        self.0
    }
}

/// Takes the members of an input out of changes.
pub struct ChangesReader {
    schema: &'static EntitySchema,
    changes: Changes,
}

impl ChangesReader {
    /// Over these changes.
    pub fn new(schema: &'static EntitySchema, changes: Changes) -> Self {
        Self { schema, changes }
    }

    /// A member that must be there.
    ///
    /// # Errors
    /// When it is absent or does not fit.
    pub fn required<T: Scalar>(&mut self, position: usize) -> Result<T, DecodeError> {
        match self.changes.take(position) {
            Some(value) => T::from_value(value).map_err(|source| self.error(position, source)),
            None => Err(self.error(position, ScalarError("it is required".to_owned()))),
        }
    }

    /// A member of a create that may be absent.
    ///
    /// # Errors
    /// When it does not fit.
    pub fn optional<T: Scalar>(&mut self, position: usize) -> Result<Option<T>, DecodeError> {
        let value = self.changes.take(position).unwrap_or(Value::Null);
        option_from_value(value).map_err(|source| self.error(position, source))
    }

    /// A member of a patch.
    ///
    /// # Errors
    /// When it does not fit.
    pub fn patch<T: Scalar>(&mut self, position: usize) -> Result<Patch<T>, DecodeError> {
        match self.changes.take(position) {
            None => Ok(Patch::Absent),
            Some(value) => {
                T::from_value(value).map(Patch::Set).map_err(|source| self.error(position, source))
            }
        }
    }

    /// A member of a patch that may be null.
    ///
    /// # Errors
    /// When it does not fit.
    pub fn nullable<T: Scalar>(
        &mut self,
        position: usize,
    ) -> Result<Patch<Option<T>>, DecodeError> {
        match self.changes.take(position) {
            None => Ok(Patch::Absent),
            Some(value) => option_from_value(value)
                .map(Patch::Set)
                .map_err(|source| self.error(position, source)),
        }
    }

    /// Owned children; none when absent.
    ///
    /// # Errors
    /// When a member of a child does not fit.
    pub fn children<I: Input>(&mut self, relation: &str) -> Result<Vec<I>, DecodeError> {
        let children = self.changes.take_children(relation).unwrap_or_default();
        children.into_iter().map(I::from_changes).collect()
    }

    /// Owned children of a patch.
    ///
    /// # Errors
    /// When a member of a child does not fit.
    pub fn children_patch<I: Input>(
        &mut self,
        relation: &str,
    ) -> Result<Patch<Vec<I>>, DecodeError> {
        match self.changes.take_children(relation) {
            None => Ok(Patch::Absent),
            Some(children) => {
                children.into_iter().map(I::from_changes).collect::<Result<_, _>>().map(Patch::Set)
            }
        }
    }

    fn error(&self, position: usize, source: ScalarError) -> DecodeError {
        decode_error(self.schema, position, source)
    }
}

fn decode_error(
    schema: &'static EntitySchema,
    position: usize,
    source: ScalarError,
) -> DecodeError {
    let field = schema.fields.get(position).map_or("?", |field| field.name);
    DecodeError { entity: schema.name, field, source }
}
