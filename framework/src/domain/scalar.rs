//! How a Rust type becomes a [`Value`] and back.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::schema::{Bound, Kind, Rules};
use super::value::Value;

/// A type that one column can hold.
///
/// Implemented for the standard types; `#[derive(EntityEnum)]` and `#[derive(ValueObject)]` implement it for yours.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the type of an entity's field",
    label = "not a scalar type",
    note = "use an integer, float, bool, String, Uuid, chrono date or time, Decimal, Bytes, serde_json::Value, or Option<T> and Vec<T> of these",
    note = "for an enum add `#[derive(EntityEnum)]`; for a newtype add `#[derive(ValueObject)]`"
)]
pub trait Scalar: Clone + Send + Sync + Sized + 'static {
    /// The shape of the stored value.
    const KIND: Kind;
    /// Bounds that every value of the type obeys; a field may narrow them.
    const RULES: Rules = Rules::NONE;
    /// The standard type that a database driver stores for it.
    type Stored;

    /// The value to store, compare and bind.
    fn into_value(self) -> Value;

    /// Back from a stored value or from checked input.
    ///
    /// # Errors
    /// When the value has another kind or is refused by the type's constructor.
    fn from_value(value: Value) -> Result<Self, ScalarError>;
}

/// A value that does not fit the type it should become.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ScalarError(pub String);

impl ScalarError {
    /// For a value of another kind.
    pub fn mismatch(expected: &str, found: &Value) -> Self {
        Self(format!("expected {expected}, found {found:?}"))
    }
}

/// A nullable scalar's value.
pub fn option_into_value<T: Scalar>(value: Option<T>) -> Value {
    value.map_or(Value::Null, T::into_value)
}

/// Back from a nullable scalar's value.
///
/// # Errors
/// As [`Scalar::from_value`].
pub fn option_from_value<T: Scalar>(value: Value) -> Result<Option<T>, ScalarError> {
    if value.is_null() { Ok(None) } else { T::from_value(value).map(Some) }
}

/// Cuts an instant to the microsecond, the precision that every database keeps.
pub fn to_micros(instant: DateTime<Utc>) -> DateTime<Utc> {
    instant.with_nanosecond(instant.nanosecond() % 1_000_000_000 / 1_000 * 1_000).unwrap_or(instant)
}

macro_rules! scalar {
    ($type:ty, $kind:expr, $variant:ident, $name:literal, |$from:ident| $into:expr) => {
        impl Scalar for $type {
            const KIND: Kind = $kind;
            type Stored = Self;

            fn into_value(self) -> Value {
                let $from = self;
                Value::$variant($into)
            }

            fn from_value(value: Value) -> Result<Self, ScalarError> {
                match value {
                    Value::$variant(inner) => Ok(inner),
                    other => Err(ScalarError::mismatch($name, &other)),
                }
            }
        }
    };
}

scalar!(bool, Kind::Bool, Bool, "a boolean", |v| v);
scalar!(String, Kind::Text, Text, "text", |v| v);
scalar!(Uuid, Kind::Uuid, Uuid, "a UUID", |v| v);
scalar!(NaiveDate, Kind::Date, Date, "a date", |v| v);
scalar!(NaiveTime, Kind::Time, Time, "a time", |v| v
    .with_nanosecond(v.nanosecond() % 1_000_000_000 / 1_000 * 1_000)
    .unwrap_or(v));
scalar!(NaiveDateTime, Kind::DateTime, DateTime, "a date and time", |v| v
    .with_nanosecond(v.nanosecond() % 1_000_000_000 / 1_000 * 1_000)
    .unwrap_or(v));
scalar!(DateTime<Utc>, Kind::Instant, Instant, "an instant", |v| to_micros(v));
scalar!(f64, Kind::Float { bits: 64 }, Float, "a number", |v| v);
scalar!(Decimal, Kind::Decimal { precision: 18, scale: 4 }, Decimal, "a decimal", |v| v);

impl Scalar for f32 {
    const KIND: Kind = Kind::Float { bits: 32 };
    type Stored = Self;

    fn into_value(self) -> Value {
        Value::Float(f64::from(self))
    }

    #[allow(
        clippy::cast_possible_truncation,
        reason = "the column holds 32 bits; the value came from one"
    )]
    fn from_value(value: Value) -> Result<Self, ScalarError> {
        match value {
            Value::Float(inner) => Ok(inner as f32),
            other => Err(ScalarError::mismatch("a number", &other)),
        }
    }
}

macro_rules! integer {
    ($($type:ty, $bits:literal, $signed:literal, $stored:ty, $minimum:expr, $maximum:expr;)*) => {$(
        impl Scalar for $type {
            const KIND: Kind = Kind::Int { bits: $bits, signed: $signed };
            const RULES: Rules = Rules {
                minimum: Some(Bound::Int($minimum)),
                maximum: Some(Bound::Int($maximum)),
                ..Rules::NONE
            };
            type Stored = $stored;

            fn into_value(self) -> Value {
                // Only u64 can fail; a value beyond i64 fails its bounds, never wraps.
                Value::Int(i64::try_from(self).unwrap_or(i64::MAX))
            }

            fn from_value(value: Value) -> Result<Self, ScalarError> {
                match value {
                    Value::Int(inner) => Self::try_from(inner)
                        .map_err(|_| ScalarError(format!("{inner} does not fit {}", stringify!($type)))),
                    other => Err(ScalarError::mismatch("an integer", &other)),
                }
            }
        }
    )*};
}

/// The largest integer that every JSON reader keeps exact: 2^53 - 1.
pub const MAX_SAFE_INTEGER: i64 = 9_007_199_254_740_991;

integer! {
    i8, 8, true, i16, i8::MIN as i64, i8::MAX as i64;
    i16, 16, true, i16, i16::MIN as i64, i16::MAX as i64;
    i32, 32, true, i32, i32::MIN as i64, i32::MAX as i64;
    i64, 64, true, i64, -MAX_SAFE_INTEGER, MAX_SAFE_INTEGER;
    u8, 8, false, i16, 0, u8::MAX as i64;
    u16, 16, false, i32, 0, u16::MAX as i64;
    u32, 32, false, i64, 0, u32::MAX as i64;
    u64, 64, false, i64, 0, MAX_SAFE_INTEGER;
}

/// Raw bytes: a column of bytes, base64 text on the wire.
///
/// A type of its own because `Vec<u8>` is a list of small integers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Bytes(pub Vec<u8>);

impl Scalar for Bytes {
    const KIND: Kind = Kind::Bytes;
    type Stored = Vec<u8>;

    fn into_value(self) -> Value {
        Value::Bytes(self.0)
    }

    fn from_value(value: Value) -> Result<Self, ScalarError> {
        match value {
            Value::Bytes(inner) => Ok(Self(inner)),
            other => Err(ScalarError::mismatch("bytes", &other)),
        }
    }
}

impl serde::Serialize for Bytes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use base64::Engine as _;
        serializer.serialize_str(&base64::engine::general_purpose::STANDARD.encode(&self.0))
    }
}

impl<'de> serde::Deserialize<'de> for Bytes {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use base64::Engine as _;
        let text = String::deserialize(deserializer)?;
        base64::engine::general_purpose::STANDARD
            .decode(text)
            .map(Self)
            .map_err(serde::de::Error::custom)
    }
}

impl Scalar for serde_json::Value {
    const KIND: Kind = Kind::Json;
    type Stored = Self;

    fn into_value(self) -> Value {
        Value::Json(Box::new(self))
    }

    fn from_value(value: Value) -> Result<Self, ScalarError> {
        match value {
            Value::Json(inner) => Ok(*inner),
            other => Err(ScalarError::mismatch("JSON", &other)),
        }
    }
}

/// Lists are stored as JSON on every database, so that both behave alike.
impl<T: Scalar + serde::Serialize + serde::de::DeserializeOwned> Scalar for Vec<T> {
    const KIND: Kind = Kind::List(&T::KIND);
    const RULES: Rules = Rules { items: Some(&T::RULES), ..Rules::NONE };
    type Stored = serde_json::Value;

    fn into_value(self) -> Value {
        // Serialising a list of scalars to a JSON value cannot fail.
        Value::Json(Box::new(serde_json::to_value(self).unwrap_or_default()))
    }

    fn from_value(value: Value) -> Result<Self, ScalarError> {
        match value {
            Value::Json(inner) => {
                serde_json::from_value(*inner).map_err(|error| ScalarError(error.to_string()))
            }
            other => Err(ScalarError::mismatch("a list", &other)),
        }
    }
}
