//! The other side of a comparison, made fit for the column, so that no value is ever an error to the database and
//! every database answers as memory does.

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use rust_decimal::{Decimal, RoundingStrategy};

use crate::domain::schema::Kind;
use crate::domain::value::Value;

/// Where a value stands among all values that a column can hold.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Operand {
    /// Nothing can be said: null, another kind, not a number.
    Unknown,
    /// Before everything the column can hold.
    Below,
    /// Exactly here.
    At(Value),
    /// Behind this value and before the next that the column can hold.
    Behind(Value),
    /// Behind everything the column can hold.
    Above,
}

/// Places a value among those of a column.
pub(super) fn operand(kind: Kind, value: &Value) -> Operand {
    match (kind, value) {
        (Kind::Float { .. }, Value::Float(float)) if float.is_nan() => Operand::Unknown,
        (Kind::Decimal { scale, .. }, Value::Decimal(decimal)) => decimal_operand(scale, *decimal),
        (Kind::Text | Kind::Enum(_), Value::Text(text)) => text_operand(text),
        (Kind::Date, Value::Date(date)) => {
            outside(*date).unwrap_or_else(|| Operand::At(value.clone()))
        }
        (Kind::Time, Value::Time(time)) => {
            let (time, exact) = floor_time(*time);
            placed(Value::Time(time), exact)
        }
        (Kind::DateTime, Value::DateTime(at)) => {
            let (time, exact) = floor_time(at.time());
            outside(at.date()).unwrap_or_else(|| {
                placed(Value::DateTime(NaiveDateTime::new(at.date(), time)), exact)
            })
        }
        (Kind::Instant, Value::Instant(at)) => {
            let local = at.naive_utc();
            let (time, exact) = floor_time(local.time());
            outside(local.date()).unwrap_or_else(|| {
                placed(Value::Instant(NaiveDateTime::new(local.date(), time).and_utc()), exact)
            })
        }
        (Kind::Bool, Value::Bool(_))
        | (Kind::Int { .. }, Value::Int(_))
        | (Kind::Float { .. }, Value::Float(_))
        | (Kind::Uuid, Value::Uuid(_))
        | (Kind::Bytes, Value::Bytes(_))
        | (Kind::Json | Kind::List(_), Value::Json(_)) => Operand::At(value.clone()),
        _ => Operand::Unknown,
    }
}

fn placed(value: Value, exact: bool) -> Operand {
    if exact { Operand::At(value) } else { Operand::Behind(value) }
}

/// Digits that the column does not keep put the value between two that it can hold. The integer that SQLite stores
/// bounds the range.
fn decimal_operand(scale: u8, decimal: Decimal) -> Operand {
    let mut floor =
        decimal.round_dp_with_strategy(u32::from(scale), RoundingStrategy::ToNegativeInfinity);
    let exact = floor == decimal;
    floor.rescale(u32::from(scale));
    // A number too large for its scale keeps fewer digits: it is far outside of what 18 digits hold.
    if floor.scale() == u32::from(scale) && i64::try_from(floor.mantissa()).is_ok() {
        placed(Value::Decimal(floor), exact)
    } else if decimal.is_sign_negative() {
        Operand::Below
    } else {
        Operand::Above
    }
}

/// Stored text has no NUL, so what begins one stands right behind the text before it.
fn text_operand(text: &str) -> Operand {
    match text.split_once('\0') {
        Some((before, _)) => Operand::Behind(Value::Text(before.to_owned())),
        None => Operand::At(Value::Text(text.to_owned())),
    }
}

/// Stored dates lie in the years 0 to 9999: what ISO 8601 writes with four digits.
fn outside(date: NaiveDate) -> Option<Operand> {
    match date.year() {
        ..0 => Some(Operand::Below),
        0..=9999 => None,
        _ => Some(Operand::Above),
    }
}

/// Cuts to the microsecond. A leap second is behind the last microsecond of the second before it.
fn floor_time(time: NaiveTime) -> (NaiveTime, bool) {
    let nanosecond = time.nanosecond();
    let floor = nanosecond.min(999_999_999) / 1_000 * 1_000;
    (time.with_nanosecond(floor).unwrap_or(time), floor == nanosecond)
}
