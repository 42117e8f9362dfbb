//! One column's value, detached from any driver.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::mem::discriminant;

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

/// A value by which rows are looked up in maps: equal as values are.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Key(pub(crate) Value);

// Stored floats are finite, so that every value is equal to itself.
impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        discriminant(&self.0).hash(state);
        match &self.0 {
            // What is equal has the same hash: both zeros, and documents in whatever order of their members.
            Value::Null | Value::Json(_) => {}
            Value::Float(value) => (value + 0.0).to_bits().hash(state),
            Value::Bool(value) => value.hash(state),
            Value::Int(value) => value.hash(state),
            Value::Decimal(value) => value.hash(state),
            Value::Text(value) => value.hash(state),
            Value::Uuid(value) => value.hash(state),
            Value::Date(value) => value.hash(state),
            Value::Time(value) => value.hash(state),
            Value::DateTime(value) => value.hash(state),
            Value::Instant(value) => value.hash(state),
            Value::Bytes(value) => value.hash(state),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn values_that_are_equal_are_one_key() {
        let decimal = |text: &str| Value::Decimal(text.parse().unwrap());
        let json = |text| Value::Json(Box::new(serde_json::from_str(text).unwrap()));
        for (one, other) in [
            (Value::Float(0.0), Value::Float(-0.0)),
            (decimal("1.0"), decimal("1.00")),
            (json(r#"{"a":1,"b":2}"#), json(r#"{"b":2,"a":1}"#)),
        ] {
            assert_eq!(one, other);
            assert_eq!(HashSet::from([Key(one), Key(other)]).len(), 1);
        }
        let different = [Value::Int(1), Value::Int(2), Value::Text("1".to_owned()), Value::Null];
        assert_eq!(different.map(Key).into_iter().collect::<HashSet<_>>().len(), 4);
    }
}
