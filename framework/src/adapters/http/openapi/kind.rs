//! The JSON schema of one field's value.

use serde_json::{Value as Json, json};

use super::pattern;
use crate::adapters::http::limits;
use crate::domain::format;
use crate::domain::scalar::MAX_SAFE_INTEGER;
use crate::domain::schema::{Bound, FieldSchema, Kind, Rules};

/// The schema of a field: its kind, its rules, its documentation, null where allowed.
pub(super) fn field(field: &FieldSchema) -> Json {
    let mut schema = value(&field.kind, &field.rules);
    if field.nullable {
        schema = nullable(schema);
    }
    describe(&mut schema, field.doc);
    if let Some(example) = super::example::of(field) {
        put(&mut schema, "examples", json!([example]));
    }
    schema
}

/// The schema of a value that is compared with a field: its kind without the field's own bounds.
pub(super) fn operand(kind: &Kind) -> Json {
    value(kind, &Rules::NONE)
}

/// Allows null beside what the schema allows.
pub(super) fn nullable(mut schema: Json) -> Json {
    if schema.get("$ref").is_some() {
        return json!({ "anyOf": [schema, { "type": "null" }] });
    }
    if let Some(Json::String(kind)) = schema.get("type").cloned() {
        put(&mut schema, "type", json!([kind, "null"]));
    }
    schema
}

/// Sets one keyword.
pub(super) fn put(schema: &mut Json, keyword: &str, value: Json) {
    if let Some(members) = schema.as_object_mut() {
        members.insert(keyword.to_owned(), value);
    }
}

/// Sets the description, unless there is nothing to say.
pub(super) fn describe(schema: &mut Json, doc: &str) {
    if !doc.trim().is_empty() {
        put(schema, "description", json!(doc.trim()));
    }
}

fn value(kind: &Kind, rules: &Rules) -> Json {
    match kind {
        Kind::Bool => json!({ "type": "boolean" }),
        Kind::Int { bits, signed } => integer(*bits, *signed, rules),
        Kind::Float { bits } => float(*bits, rules),
        Kind::Decimal { precision, scale } => decimal(*precision, *scale, rules),
        Kind::Text => text(rules),
        Kind::Uuid => fixed("uuid", 36),
        Kind::Date => json!({ "type": "string", "format": "date", "maxLength": 10 }),
        Kind::Time => json!({ "type": "string", "pattern": pattern::TIME, "maxLength": 15 }),
        Kind::DateTime => {
            json!({ "type": "string", "pattern": pattern::date_time(), "maxLength": 26 })
        }
        Kind::Instant => json!({ "type": "string", "format": "date-time", "maxLength": 40 }),
        Kind::Bytes => bytes(rules),
        Kind::Json => json!({ "$ref": "#/components/schemas/JsonValue" }),
        Kind::Enum(known) => json!({ "$ref": format!("#/components/schemas/{}", known.name) }),
        Kind::List(item) => json!({
            "type": "array",
            "items": operand(item),
            "minItems": rules.min_length.unwrap_or(0),
            "maxItems": rules.max_length.map_or(limits::ITEMS, u64::from),
        }),
    }
}

fn fixed(format: &str, length: u32) -> Json {
    json!({ "type": "string", "format": format, "minLength": length, "maxLength": length })
}

fn integer(bits: u8, signed: bool, rules: &Rules) -> Json {
    let limit = |bits: u8| (1_i64 << bits.min(53)) - 1;
    let (low, high) = match (bits, signed) {
        (64, true) => (-MAX_SAFE_INTEGER, MAX_SAFE_INTEGER),
        (64, false) => (0, MAX_SAFE_INTEGER),
        (bits, true) => (-limit(bits - 1) - 1, limit(bits - 1)),
        (bits, false) => (0, limit(bits)),
    };
    let narrow = bits < 32 || (bits == 32 && signed);
    json!({
        "type": "integer",
        "format": if narrow { "int32" } else { "int64" },
        "minimum": rules.minimum.map_or(json!(low), bound),
        "maximum": rules.maximum.map_or(json!(high), bound),
    })
}

fn float(bits: u8, rules: &Rules) -> Json {
    let mut schema =
        json!({ "type": "number", "format": if bits == 32 { "float" } else { "double" } });
    let edge = (bits == 32).then(|| f64::from(f32::MAX));
    if let Some(low) = rules.minimum.map(bound).or(edge.map(|edge| json!(-edge))) {
        put(&mut schema, "minimum", low);
    }
    if let Some(high) = rules.maximum.map(bound).or(edge.map(|edge| json!(edge))) {
        put(&mut schema, "maximum", high);
    }
    schema
}

fn bound(bound: Bound) -> Json {
    match bound {
        Bound::Int(number) => json!(number),
        Bound::Float(number) => json!(number),
    }
}

fn decimal(precision: u8, scale: u8, rules: &Rules) -> Json {
    let signed = match rules.minimum {
        Some(Bound::Int(least)) => least < 0,
        Some(Bound::Float(least)) => least < 0.0,
        None => true,
    };
    let mut schema = json!({
        "type": "string",
        "format": "decimal",
        "pattern": pattern::decimal(precision, scale, signed),
        "maxLength": u32::from(precision) + 3,
    });
    // JSON Schema has no bounds for numbers in strings; tools that know `decimal` read these.
    if let Some(low) = rules.minimum {
        put(&mut schema, "x-minimum", bound(low));
    }
    if let Some(high) = rules.maximum {
        put(&mut schema, "x-maximum", bound(high));
    }
    schema
}

fn text(rules: &Rules) -> Json {
    let of_format = rules.format.and_then(format::pattern);
    let mut schema = json!({
        "type": "string",
        "minLength": rules.min_length.unwrap_or(0),
        "maxLength": rules.max_length.map_or(limits::TEXT, u64::from),
        "pattern": rules.pattern.or(of_format).unwrap_or(pattern::NO_NUL),
    });
    if rules.pattern.is_some_and(pattern::admits_nul) {
        put(&mut schema, "allOf", json!([{ "pattern": pattern::NO_NUL }]));
    }
    if let Some(format) = rules.format {
        put(&mut schema, "format", json!(format));
    }
    schema
}

fn bytes(rules: &Rules) -> Json {
    let encoded = |bytes: u32| u64::from(bytes).div_ceil(3) * 4;
    json!({
        "type": "string",
        "contentEncoding": "base64",
        "pattern": pattern::base64(rules.max_length),
        "minLength": rules.min_length.map_or(0, encoded),
        "maxLength": rules.max_length.map_or(limits::TEXT, encoded),
    })
}
