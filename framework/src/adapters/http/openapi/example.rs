//! Example values: the declared one, else one that the kind and the rules allow.

use serde_json::{Value as Json, json};

use super::sample;
use crate::domain::schema::{Bound, FieldSchema, Kind, Rules};

/// An example of a field's value; `None` where none can be made.
pub(super) fn of(field: &FieldSchema) -> Option<Json> {
    let declared = field.example.and_then(|text| serde_json::from_str(text).ok());
    declared.or_else(|| value(&field.kind, &field.rules, field.name))
}

/// An example of a value with which a field of this kind is compared.
pub(super) fn operand(field: &FieldSchema) -> Option<Json> {
    of(field).or_else(|| value(&field.kind, &Rules::NONE, field.name))
}

fn value(kind: &Kind, rules: &Rules, name: &str) -> Option<Json> {
    Some(match kind {
        Kind::Bool => json!(true),
        Kind::Int { .. } => match (rules.minimum, rules.maximum) {
            (Some(Bound::Int(low)), Some(Bound::Int(high))) => {
                json!(1_i64.clamp(low, high.max(low)))
            }
            (Some(Bound::Int(low)), _) => json!(low.max(1)),
            (_, Some(Bound::Int(high))) => json!(high.min(1)),
            _ => json!(1),
        },
        Kind::Float { .. } => match (rules.minimum, rules.maximum) {
            (Some(low), _) => number(low),
            (None, Some(high)) => number(high),
            _ => json!(1.5),
        },
        Kind::Decimal { scale, .. } => match rules.minimum {
            Some(Bound::Int(low)) => json!(low.to_string()),
            _ if *scale > 0 => json!("0.5"),
            _ => json!("0"),
        },
        Kind::Text => json!(text(rules, name)?),
        Kind::Uuid => json!("019bd8a0-7c3e-7d52-9a3b-5f0e6c1d2b4a"),
        Kind::Date => json!("2026-01-31"),
        Kind::Time => json!("09:30:00"),
        Kind::DateTime => json!("2026-01-31T09:30:00"),
        Kind::Instant => json!("2026-01-31T09:30:00Z"),
        Kind::Bytes => {
            use base64::Engine as _;
            let least = rules.min_length.unwrap_or(3) as usize;
            json!(base64::engine::general_purpose::STANDARD.encode(vec![b'a'; least.min(64)]))
        }
        Kind::Json => json!({ "key": "value" }),
        Kind::Enum(known) => json!(known.variants.first()?.0),
        Kind::List(item) => {
            let one = value(item, &Rules::NONE, name)?;
            json!(vec![one; rules.min_length.unwrap_or(1).max(1) as usize])
        }
    })
}

fn number(bound: Bound) -> Json {
    match bound {
        Bound::Int(number) => json!(number),
        Bound::Float(number) => json!(number),
    }
}

fn text(rules: &Rules, name: &str) -> Option<String> {
    let least = rules.min_length.unwrap_or(0) as usize;
    let most = rules.max_length.map_or(usize::MAX, |most| most as usize);
    match (rules.format, rules.pattern) {
        (Some("email"), None) => Some("person@example.com".to_owned()),
        (Some("uri"), None) => Some("https://example.com/".to_owned()),
        (_, Some(pattern)) => sample::of(pattern, least, most),
        _ => {
            let mut text: String = name.replace('_', " ").chars().take(most).collect();
            while text.chars().count() < least {
                text.push('x');
            }
            Some(text)
        }
    }
}
