//! Rows as JSON, exactly as their view would be.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::ser::{Serialize, SerializeMap as _, Serializer};

use super::instant;
use crate::domain::schema::{EntitySchema, FieldSchema, Kind};
use crate::domain::value::{Row, Value};

/// Everything that clients see of a row.
pub(super) struct Whole<'a> {
    pub schema: &'static EntitySchema,
    pub row: &'a Row,
}

impl Serialize for Whole<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = self.schema.fields.iter().zip(self.row);
        members(fields.filter(|(field, _)| field.access.read), serializer)
    }
}

/// Some columns of a row.
pub(super) struct Selected<'a> {
    pub schema: &'static EntitySchema,
    pub columns: &'a [usize],
    pub row: &'a Row,
}

impl Serialize for Selected<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = self.columns.iter().map(|position| self.schema.fields.get(*position));
        members(fields.zip(self.row).filter_map(|(field, value)| Some((field?, value))), serializer)
    }
}

fn members<'a, S: Serializer>(
    fields: impl Iterator<Item = (&'static FieldSchema, &'a Value)>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    for (field, value) in fields {
        map.serialize_entry(field.name, &Written { kind: &field.kind, value })?;
    }
    map.end()
}

/// One value.
pub(crate) struct Written<'a> {
    pub kind: &'a Kind,
    pub value: &'a Value,
}

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.value {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Int(value) => serializer.serialize_i64(*value),
            Value::Float(value) => float(self.kind, *value, serializer),
            Value::Decimal(value) => serializer.collect_str(value),
            Value::Text(value) => serializer.serialize_str(value),
            Value::Uuid(value) => value.serialize(serializer),
            Value::Date(value) => value.serialize(serializer),
            Value::Time(value) => value.serialize(serializer),
            Value::DateTime(value) => value.serialize(serializer),
            Value::Instant(value) => instant::serialize(value, serializer),
            Value::Bytes(value) => serializer.serialize_str(&STANDARD.encode(value)),
            Value::Json(value) => value.serialize(serializer),
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the field holds 32 bits")]
fn float<S: Serializer>(kind: &Kind, value: f64, serializer: S) -> Result<S::Ok, S::Error> {
    match kind {
        Kind::Float { bits: 32 } => serializer.serialize_f32(value as f32),
        _ => serializer.serialize_f64(value),
    }
}
