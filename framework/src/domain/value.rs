//! One column's value, detached from any driver.

use std::cmp::Ordering;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

/// The values of one stored entity, in the order of its schema's fields (or of a projection of them).
pub type Row = Vec<Value>;

/// A value of one field: what specifications compare, rows hold and cursors remember.
///
/// The set is closed, so that every interpretation (memory, SQL, JSON) handles every case.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// No value; only nullable fields hold it.
    Null,
    /// A truth value.
    Bool(bool),
    /// Any integer type up to 64 bits; unsigned ones are bounded by `i64::MAX`.
    Int(i64),
    /// A finite floating point number.
    Float(f64),
    /// An exact decimal number.
    Decimal(Decimal),
    /// Text without NUL characters.
    Text(String),
    /// A UUID.
    Uuid(Uuid),
    /// A calendar date.
    Date(NaiveDate),
    /// A time of day, to the microsecond.
    Time(NaiveTime),
    /// A date and time without a zone, to the microsecond.
    DateTime(NaiveDateTime),
    /// A point in time, to the microsecond.
    Instant(DateTime<Utc>),
    /// Raw bytes; base64 on the wire.
    Bytes(Vec<u8>),
    /// A JSON document, or a list of scalars. Boxed because it is rare and large.
    Json(Box<serde_json::Value>),
}

impl Value {
    /// Whether this is [`Value::Null`].
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Compares two values the way both databases do: `None` when either is null or the kinds differ.
    ///
    /// Text compares by bytes, UUIDs by bytes, numbers by value across [`Value::Int`], [`Value::Float`] and
    /// [`Value::Decimal`] of the same field kind.
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        use Value::*;
        match (self, other) {
            (Bool(a), Bool(b)) => Some(a.cmp(b)),
            (Int(a), Int(b)) => Some(a.cmp(b)),
            (Float(a), Float(b)) => a.partial_cmp(b),
            (Decimal(a), Decimal(b)) => Some(a.cmp(b)),
            (Text(a), Text(b)) => Some(a.as_bytes().cmp(b.as_bytes())),
            (Uuid(a), Uuid(b)) => Some(a.as_bytes().cmp(b.as_bytes())),
            (Date(a), Date(b)) => Some(a.cmp(b)),
            (Time(a), Time(b)) => Some(a.cmp(b)),
            (DateTime(a), DateTime(b)) => Some(a.cmp(b)),
            (Instant(a), Instant(b)) => Some(a.cmp(b)),
            (Bytes(a), Bytes(b)) => Some(a.cmp(b)),
            (Json(a), Json(b)) => (a == b).then_some(Ordering::Equal),
            _ => None,
        }
    }

    /// Orders two values for sorting: like [`compare`](Self::compare), with null after every other value.
    pub fn sort_order(&self, other: &Self) -> Ordering {
        match (self.is_null(), other.is_null()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => self.compare(other).unwrap_or(Ordering::Equal),
        }
    }
}
