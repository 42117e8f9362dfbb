//! Rows as JSON, exactly as their view would be.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::ser::{Serialize, SerializeMap as _, Serializer};

use crate::domain::schema::{EntitySchema, Kind};
use crate::domain::value::{Row, Value};

/// Some columns of a row.
pub(super) struct Selected<'a> {
    pub schema: &'static EntitySchema,
    pub columns: &'a [usize],
    pub row: &'a Row,
}

impl Serialize for Selected<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.columns.len()))?;
        for (position, value) in self.columns.iter().zip(self.row) {
            if let Some(field) = self.schema.fields.get(*position) {
                map.serialize_entry(field.name, &Written { kind: &field.kind, value })?;
            }
        }
        map.end()
    }
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
            Value::Instant(value) => value.serialize(serializer),
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
