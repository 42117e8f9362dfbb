//! Inputs as JSON, read and written by their schema: one function for all of them instead of two impls for each.

use serde::de::{Deserialize as _, Deserializer, Error as _};
use serde::ser::{Serialize, SerializeMap as _, Serializer};

use crate::adapters::http::{Purpose, Written, decode_part};
use crate::application::resource::{Changes, Input};
use crate::domain::schema::EntitySchema;

/// Implements serde's traits for an input.
#[doc(hidden)]
#[macro_export]
macro_rules! __input_json {
    ($input:ident, $schema:ident, $is_patch:literal) => {
        impl $crate::__private::serde::Serialize for $input {
            fn serialize<S>(&self, serializer: S) -> ::core::result::Result<S::Ok, S::Error>
            where
                S: $crate::__private::serde::Serializer,
            {
                $crate::__private::write_input(&$schema, self, serializer)
            }
        }

        impl<'de> $crate::__private::serde::Deserialize<'de> for $input {
            fn deserialize<D>(deserializer: D) -> ::core::result::Result<Self, D::Error>
            where
                D: $crate::__private::serde::Deserializer<'de>,
            {
                $crate::__private::read_input(&$schema, $is_patch, deserializer)
            }
        }
    };
}

/// Reads an input as the API does: unknown members and broken rules are refused.
///
/// # Errors
/// With everything that is wrong.
pub fn read_input<'de, D: Deserializer<'de>, I: Input>(
    schema: &'static EntitySchema,
    is_patch: bool,
    deserializer: D,
) -> Result<I, D::Error> {
    let json = serde_json::Value::deserialize(deserializer)?;
    let purpose = if is_patch { Purpose::Update } else { Purpose::Create };
    let changes = decode_part(schema, purpose, json).map_err(|violations| {
        let wrong: Vec<String> = violations.0.into_iter().map(|wrong| wrong.detail).collect();
        D::Error::custom(wrong.join("; "))
    })?;
    I::from_changes(changes).map_err(D::Error::custom)
}

/// Writes the members that are present.
///
/// # Errors
/// What the serializer says.
pub fn write_input<S: Serializer, I: Input>(
    schema: &'static EntitySchema,
    input: &I,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    Members { schema, changes: &input.clone().into_changes() }.serialize(serializer)
}

struct Members<'a> {
    schema: &'static EntitySchema,
    changes: &'a Changes,
}

impl Serialize for Members<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (position, value) in &self.changes.values {
            if let Some(field) = self.schema.fields.get(*position) {
                map.serialize_entry(field.name, &Written { kind: &field.kind, value })?;
            }
        }
        for (name, children) in &self.changes.children {
            let relation = self.schema.owned().find(|relation| relation.name == *name);
            if let Some(relation) = relation {
                let schema = (relation.target)();
                let children: Vec<Members<'_>> =
                    children.iter().map(|changes| Members { schema, changes }).collect();
                map.serialize_entry(name, &children)?;
            }
        }
        map.end()
    }
}
