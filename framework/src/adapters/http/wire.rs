//! Values on the wire: the one place that knows how each kind is written in JSON and in query strings.
//!
//! What is accepted here is what the OpenAPI document states.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use rust_decimal::Decimal;
use serde_json::Value as Json;
use uuid::Uuid;

use crate::domain::scalar::{MAX_SAFE_INTEGER, Scalar as _};
use crate::domain::schema::Kind;
use crate::domain::value::Value;

/// Why a value is not of its kind: a stable code and what would be right.
pub(crate) type Refusal = (&'static str, String);

/// A value of this kind from JSON. Null is for the caller to decide.
pub(super) fn from_json(kind: &Kind, json: Json) -> Result<Value, Refusal> {
    match (kind, json) {
        (Kind::Json, json) => Ok(Value::Json(Box::new(json))),
        (Kind::Bool, Json::Bool(value)) => Ok(Value::Bool(value)),
        (Kind::Int { .. }, Json::Number(number)) => integer(&number).ok_or_else(|| expected(kind)),
        (Kind::Float { bits }, Json::Number(number)) => {
            let number = number.as_f64().ok_or_else(|| expected(kind))?;
            Ok(Value::Float(if *bits == 32 { narrow(number) } else { number }))
        }
        (Kind::List(item), Json::Array(mut items)) => {
            for (index, element) in items.iter_mut().enumerate() {
                let value = from_json(item, element.clone())
                    .and_then(|value| in_range(item, value))
                    .map_err(|(code, detail)| (code, format!("item {index}: {detail}")))?;
                match value {
                    Value::Text(text) if text.contains('\0') => {
                        return Err(("nul_character", format!("item {index} contains NUL")));
                    }
                    // One number has one form, as outside of lists.
                    Value::Int(number) => *element = Json::from(number),
                    _ => {}
                }
            }
            Ok(Value::Json(Box::new(Json::Array(items))))
        }
        (Kind::Text, Json::String(text)) => Ok(Value::Text(text)),
        // Whether the text is one of the set is a rule of the field.
        (Kind::Enum(_), Json::String(text)) => Ok(Value::Text(text)),
        (_, Json::String(text)) if is_text_on_wire(kind) => parse(kind, &text),
        _ => Err(expected(kind)),
    }
}

/// A value to compare with a field of this kind, from JSON.
pub(super) fn operand_from_json(kind: &Kind, json: Json) -> Result<Value, Refusal> {
    if let Json::String(text) = &json {
        precise(kind, text)?;
    }
    from_json(kind, json).and_then(|value| in_range(kind, value)).and_then(without_nul)
}

/// A value to compare with a field of this kind, from a query string.
pub(super) fn operand_from_text(kind: &Kind, text: &str) -> Result<Value, Refusal> {
    let value = match kind {
        Kind::Bool => match text {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            _ => Err(expected(kind)),
        },
        // JSON allows white space around a number, which is no part of it here.
        Kind::Int { .. } | Kind::Float { .. } if text.contains(|any: char| any.is_whitespace()) => {
            Err(expected(kind))
        }
        Kind::Int { .. } => match serde_json::from_str::<Json>(text) {
            Ok(Json::Number(number)) if !text.contains(['e', 'E']) => {
                integer(&number).ok_or_else(|| expected(kind))
            }
            _ => Err(expected(kind)),
        },
        Kind::Float { bits } => {
            let number = serde_json::from_str::<f64>(text).map_err(|_| expected(kind))?;
            Ok(Value::Float(if *bits == 32 { narrow(number) } else { number }))
        }
        Kind::Text | Kind::Enum(_) => Ok(Value::Text(text.to_owned())),
        Kind::Json | Kind::List(_) => Err(expected(kind)),
        _ => precise(kind, text).and_then(|()| parse(kind, text)),
    };
    value.and_then(|value| in_range(kind, value)).and_then(without_nul)
}

/// JSON from the text of a CSV cell: lists and documents are written as JSON, everything else as in a query string.
pub(super) fn json_from_text(kind: &Kind, text: String) -> Result<Json, Refusal> {
    match kind {
        Kind::Bool | Kind::Int { .. } | Kind::Float { .. } => {
            Ok(match serde_json::from_str(&text) {
                Ok(json @ (Json::Bool(_) | Json::Number(_))) => json,
                // Not of its kind, which is for the field to say.
                _ => Json::String(text),
            })
        }
        Kind::Json | Kind::List(_) => {
            serde_json::from_str(&text).map_err(|_| ("type", "expected JSON text".to_owned()))
        }
        _ => Ok(Json::String(text)),
    }
}

/// An identity, from a path.
pub(super) fn id_from_text(kind: &Kind, text: &str) -> Option<Value> {
    operand_from_text(kind, text).ok()
}

/// What a value of this kind looks like.
pub(super) fn expected(kind: &Kind) -> Refusal {
    let what = match kind {
        Kind::Bool => "true or false",
        Kind::Int { .. } => "an integer",
        Kind::Float { .. } => "a number",
        Kind::Decimal { .. } => "a decimal number in a string, such as \"12.50\"",
        Kind::Text => "a string",
        Kind::Enum(_) => "one of the listed strings",
        Kind::Uuid => "a UUID such as \"019bd8a0-7c3e-7d52-9a3b-5f0e6c1d2b4a\"",
        Kind::Date => "a date such as \"2026-01-31\"",
        Kind::Time => "a time such as \"13:30:00\"",
        Kind::DateTime => "a date and time such as \"2026-01-31T13:30:00\"",
        Kind::Instant => "an RFC 3339 instant such as \"2026-01-31T13:30:00Z\"",
        Kind::Bytes => "base64 text",
        Kind::Json => "any JSON value",
        Kind::List(_) => "an array",
    };
    ("type", format!("expected {what}"))
}

fn is_text_on_wire(kind: &Kind) -> bool {
    !matches!(kind, Kind::Bool | Kind::Int { .. } | Kind::Float { .. } | Kind::List(_))
}

/// JSON has one kind of number: `1.0` is an integer. Beyond 64 bits the nearest end is taken, for the bounds to refuse.
#[expect(clippy::cast_possible_truncation, reason = "the cast saturates, which is what is wanted")]
fn integer(number: &serde_json::Number) -> Option<Value> {
    if let Some(value) = number.as_i64() {
        return Some(Value::Int(value));
    }
    let number = number.as_f64()?;
    (number.fract() == 0.0).then_some(Value::Int(number as i64))
}

#[expect(clippy::cast_possible_truncation, reason = "the column holds 32 bits")]
fn narrow(number: f64) -> f64 {
    f64::from(number as f32)
}

/// Texts that every other kind is written as.
fn parse(kind: &Kind, text: &str) -> Result<Value, Refusal> {
    let refused = || expected(kind);
    match kind {
        Kind::Uuid if text.len() == 36 => {
            Uuid::try_parse(text).map(Value::Uuid).map_err(|_| refused())
        }
        Kind::Date => date(text).map(Value::Date).ok_or_else(refused),
        Kind::Time => time(text).map(|time| time.into_value()).ok_or_else(refused),
        Kind::DateTime => {
            let (day, time_of_day) = text.split_once('T').ok_or_else(refused)?;
            let value = NaiveDateTime::new(
                date(day).ok_or_else(refused)?,
                time(time_of_day).ok_or_else(refused)?,
            );
            Ok(value.into_value())
        }
        Kind::Instant => instant(text).map(|instant| instant.into_value()).ok_or_else(refused),
        Kind::Bytes => STANDARD.decode(text).map(Value::Bytes).map_err(|_| refused()),
        Kind::Decimal { .. } if is_decimal(text) => Decimal::from_str_exact(text)
            // One number has one form, the one that every database gives back.
            .map(|number| Value::Decimal(number.normalize()))
            .map_err(|_| ("too_large", "it has more digits than can be kept".to_owned())),
        _ => Err(refused()),
    }
}

fn date(text: &str) -> Option<NaiveDate> {
    let shaped = text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if shaped { NaiveDate::parse_from_str(text, "%Y-%m-%d").ok() } else { None }
}

fn time(text: &str) -> Option<NaiveTime> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let shaped = whole.len() == 8
        && !whole.ends_with("60")
        && matches!(fraction.len(), 1..=6)
        && fraction.bytes().all(|byte| byte.is_ascii_digit());
    if shaped { NaiveTime::parse_from_str(text, "%H:%M:%S%.f").ok() } else { None }
}

fn instant(text: &str) -> Option<DateTime<Utc>> {
    if !matches!(text.as_bytes().get(10), Some(b'T' | b't')) || text.len() > 40 {
        return None;
    }
    let instant = DateTime::parse_from_rfc3339(text).ok()?.with_timezone(&Utc);
    use chrono::Datelike as _;
    // An offset may carry it out of the years that RFC 3339 can write.
    (0..=9999).contains(&instant.year()).then_some(instant)
}

/// `-?(0|[1-9][0-9]*)(\.[0-9]+)?`
fn is_decimal(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let text = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    digits(whole) && digits(fraction) && (whole == "0" || !whole.starts_with('0'))
}

/// Refuses what the column's type cannot even be compared with.
fn in_range(kind: &Kind, value: Value) -> Result<Value, Refusal> {
    let fits = match (kind, &value) {
        (Kind::Int { bits, signed }, Value::Int(number)) => {
            let reach = |bits: u8| (1_i64 << bits.min(53)) - 1;
            let (low, high) = match (bits, signed) {
                (64, true) => (-MAX_SAFE_INTEGER, MAX_SAFE_INTEGER),
                (64, false) => (0, MAX_SAFE_INTEGER),
                (bits, true) => (-reach(bits.saturating_sub(1)) - 1, reach(bits.saturating_sub(1))),
                (bits, false) => (0, reach(*bits)),
            };
            (low..=high).contains(number)
        }
        (Kind::Float { bits: 32 }, Value::Float(number)) => number.abs() <= f64::from(f32::MAX),
        (Kind::Decimal { precision, scale }, Value::Decimal(number)) => {
            let limit = 10_i128.checked_pow(u32::from(precision.saturating_sub(*scale)));
            let whole = number.trunc().mantissa().checked_abs();
            number.scale() <= u32::from(*scale)
                && matches!((whole, limit), (Some(whole), Some(limit)) if whole < limit)
        }
        (Kind::Enum(known), Value::Text(text)) => {
            known.variants.iter().any(|(name, _)| name == text)
        }
        _ => true,
    };
    if fits {
        return Ok(value);
    }
    Err(match kind {
        Kind::Enum(known) => {
            let names: Vec<_> = known.variants.iter().map(|(name, _)| *name).collect();
            ("unknown_value", format!("expected one of {}", names.join(", ")))
        }
        _ => ("out_of_range", "the number is beyond what this field can hold".to_owned()),
    })
}

/// Refuses instants that are finer than what is kept: compared as they are kept they would find the wrong rows.
fn precise(kind: &Kind, text: &str) -> Result<(), Refusal> {
    let fine = |at: DateTime<Utc>| !at.timestamp_subsec_nanos().is_multiple_of(1_000);
    if *kind == Kind::Instant && instant(text).is_some_and(fine) {
        let detail = "an instant to compare with has at most 6 digits of a second";
        return Err(("too_precise", detail.to_owned()));
    }
    Ok(())
}

fn without_nul(value: Value) -> Result<Value, Refusal> {
    match &value {
        Value::Text(text) if text.contains('\0') => {
            Err(("nul_character", "text must not contain NUL characters".to_owned()))
        }
        _ => Ok(value),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_with_an_empty_fraction_are_integers() {
        let kind = Kind::Int { bits: 32, signed: true };
        assert_eq!(from_json(&kind, json!(1.0)), Ok(Value::Int(1)));
        assert!(from_json(&kind, json!(1.5)).is_err());
        assert!(from_json(&kind, json!("1")).is_err());
        assert_eq!(operand_from_text(&kind, "-7"), Ok(Value::Int(-7)));
        for wrong in ["", "+1", "1.5", "9999999999", "0x1", "1e3", " ", "null", "\x005\0", "1\n"] {
            assert!(operand_from_text(&kind, wrong).is_err(), "{wrong}");
        }
        for wrong in [" 1.5", "1.5\n", "1.5\0"] {
            assert!(operand_from_text(&Kind::Float { bits: 64 }, wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn numbers_with_an_empty_fraction_are_integers_in_lists_too() {
        let kind = Kind::List(&Kind::Int { bits: 32, signed: true });
        let list = from_json(&kind, json!([1.0, 2]));
        assert_eq!(list, Ok(Value::Json(Box::new(json!([1, 2])))));
    }

    #[test]
    fn decimals_are_canonical_strings() {
        let kind = Kind::Decimal { precision: 5, scale: 2 };
        for right in ["0", "-0.5", "123.45", "999"] {
            assert!(operand_from_text(&kind, right).is_ok(), "{right}");
        }
        for wrong in ["1_000", "01", ".5", "1.", "1e2", "1000", "1.234", "", "--1", "+1"] {
            assert!(operand_from_text(&kind, wrong).is_err(), "{wrong}");
        }
        assert!(from_json(&kind, json!(1.5)).is_err());
    }

    #[test]
    fn dates_and_times_have_one_form() {
        assert!(operand_from_text(&Kind::Date, "2024-02-29").is_ok());
        for wrong in ["2023-02-29", "2024-2-29", "+2024-02-29", "2024-02-29T00:00:00"] {
            assert!(operand_from_text(&Kind::Date, wrong).is_err(), "{wrong}");
        }
        assert!(operand_from_text(&Kind::Time, "23:59:59.123456").is_ok());
        for wrong in ["24:00:00", "23:59", "23:59:60", "23:59:59.1234567", "23:59:59."] {
            assert!(operand_from_text(&Kind::Time, wrong).is_err(), "{wrong}");
        }
        for right in ["2024-01-01T00:00:00.5+02:00", "2024-01-01T00:00:00.123456000Z"] {
            assert!(operand_from_text(&Kind::Instant, right).is_ok(), "{right}");
        }
        let fine = operand_from_text(&Kind::Instant, "2024-01-01T00:00:00.1234567Z");
        assert_eq!(fine.map_err(|(code, _)| code), Err("too_precise"));
        for wrong in ["2024-01-01T00:00:00", "2024-01-01 00:00:00Z", "9999-12-31T23:59:59-01:00"] {
            assert!(operand_from_text(&Kind::Instant, wrong).is_err(), "{wrong}");
        }
    }
}
