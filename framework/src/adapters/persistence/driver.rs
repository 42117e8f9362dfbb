//! Values to and from the two drivers: by position, by kind, without names.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments as _, Row as _};
use uuid::Uuid;

use super::statement::Bound;
use crate::domain::schema::Kind;
use crate::domain::value::{Row, Value};

type BindError = Box<dyn std::error::Error + Send + Sync>;

/// Adds an optional value of one type, or its typed null.
macro_rules! add {
    ($arguments:expr, $value:expr, $variant:ident, $type:ty) => {
        match $value {
            Value::$variant(inner) => $arguments.add(inner),
            _ => $arguments.add(None::<$type>),
        }
    };
}

pub(super) fn postgres_arguments(bounds: Vec<Bound>) -> Result<PgArguments, BindError> {
    let mut arguments = PgArguments::default();
    for bound in bounds {
        match bound {
            Bound::One(value, kind) => match kind {
                Kind::Bool => add!(arguments, value, Bool, bool)?,
                // Every integer is bound as 64 bits: the database casts it on assignment and compares across widths.
                Kind::Int { .. } => add!(arguments, value, Int, i64)?,
                Kind::Float { .. } => add!(arguments, value, Float, f64)?,
                Kind::Decimal { .. } => add!(arguments, value, Decimal, Decimal)?,
                Kind::Text | Kind::Enum(_) => add!(arguments, value, Text, String)?,
                Kind::Uuid => add!(arguments, value, Uuid, Uuid)?,
                Kind::Date => add!(arguments, value, Date, NaiveDate)?,
                Kind::Time => add!(arguments, value, Time, NaiveTime)?,
                Kind::DateTime => add!(arguments, value, DateTime, NaiveDateTime)?,
                Kind::Instant => add!(arguments, value, Instant, DateTime<Utc>)?,
                Kind::Bytes => add!(arguments, value, Bytes, Vec<u8>)?,
                Kind::Json | Kind::List(_) => match value {
                    Value::Json(inner) => arguments.add(*inner)?,
                    _ => arguments.add(None::<serde_json::Value>)?,
                },
            },
            Bound::Many(values, kind) => postgres_array(&mut arguments, values, kind)?,
        }
    }
    Ok(arguments)
}

fn postgres_array(
    arguments: &mut PgArguments,
    values: Vec<Value>,
    kind: Kind,
) -> Result<(), BindError> {
    macro_rules! array {
        ($variant:ident, $type:ty) => {{
            let inner = values.into_iter().filter_map(|value| match value {
                Value::$variant(inner) => Some(inner),
                _ => None,
            });
            arguments.add(inner.collect::<Vec<$type>>())
        }};
    }
    match kind {
        Kind::Bool => array!(Bool, bool),
        Kind::Int { .. } => array!(Int, i64),
        Kind::Float { .. } => array!(Float, f64),
        Kind::Decimal { .. } => array!(Decimal, Decimal),
        Kind::Text | Kind::Enum(_) => array!(Text, String),
        Kind::Uuid => array!(Uuid, Uuid),
        Kind::Date => array!(Date, NaiveDate),
        Kind::Time => array!(Time, NaiveTime),
        Kind::DateTime => array!(DateTime, NaiveDateTime),
        Kind::Instant => array!(Instant, DateTime<Utc>),
        Kind::Bytes => array!(Bytes, Vec<u8>),
        Kind::Json | Kind::List(_) => {
            let inner = values.into_iter().filter_map(|value| match value {
                Value::Json(inner) => Some(*inner),
                _ => None,
            });
            arguments.add(inner.collect::<Vec<serde_json::Value>>())
        }
    }
}

pub(super) fn sqlite_arguments(bounds: Vec<Bound>) -> Result<SqliteArguments, BindError> {
    let mut arguments = SqliteArguments::default();
    for bound in bounds {
        let (values, kind) = match bound {
            Bound::One(value, kind) => (vec![value], kind),
            Bound::Many(values, kind) => (values, kind),
        };
        for value in values {
            match value {
                Value::Null => arguments.add(None::<i64>)?,
                Value::Bool(inner) => arguments.add(inner)?,
                Value::Int(inner) => arguments.add(inner)?,
                Value::Float(inner) => arguments.add(inner)?,
                Value::Decimal(inner) => arguments.add(scaled(inner, kind)?)?,
                Value::Text(inner) => arguments.add(inner)?,
                Value::Uuid(inner) => arguments.add(inner)?,
                Value::Date(inner) => arguments.add(inner)?,
                Value::Time(inner) => arguments.add(inner)?,
                Value::DateTime(inner) => arguments.add(inner)?,
                Value::Instant(inner) => arguments.add(inner)?,
                Value::Bytes(inner) => arguments.add(inner)?,
                Value::Json(inner) => arguments.add(inner.to_string())?,
            }
        }
    }
    Ok(arguments)
}

/// A decimal as an integer of its column's smallest unit. Values that do not fit were refused by the field's rules.
fn scaled(number: Decimal, kind: Kind) -> Result<i64, BindError> {
    let Kind::Decimal { scale, .. } = kind else {
        return Err("a decimal for a column of another kind".into());
    };
    number
        .checked_mul(Decimal::from(10_i64.pow(u32::from(scale.min(18)))))
        .filter(Decimal::is_integer)
        .and_then(|scaled| scaled.to_i64())
        .ok_or_else(|| format!("{number} does not fit a decimal with {scale} places").into())
}

/// Reads one nullable column, or goes on with null.
macro_rules! read {
    ($row:expr, $index:expr, $type:ty, $into:expr) => {
        $row.try_get_unchecked::<Option<$type>, _>($index)?.map_or(Value::Null, $into)
    };
}

pub(super) fn postgres_row(row: &PgRow, kinds: &[Kind]) -> Result<Row, sqlx::Error> {
    let mut values = Vec::with_capacity(kinds.len());
    for (index, kind) in kinds.iter().enumerate() {
        values.push(match kind {
            Kind::Bool => read!(row, index, bool, Value::Bool),
            Kind::Int { bits: 8 | 16, signed: true } | Kind::Int { bits: 8, .. } => {
                read!(row, index, i16, |inner| Value::Int(i64::from(inner)))
            }
            Kind::Int { bits: 32, signed: true } | Kind::Int { bits: 16, .. } => {
                read!(row, index, i32, |inner| Value::Int(i64::from(inner)))
            }
            Kind::Int { .. } => read!(row, index, i64, Value::Int),
            Kind::Float { bits: 32 } => {
                read!(row, index, f32, |inner| Value::Float(f64::from(inner)))
            }
            Kind::Float { .. } => read!(row, index, f64, Value::Float),
            Kind::Decimal { .. } => {
                read!(row, index, Decimal, |inner| Value::Decimal(inner.normalize()))
            }
            Kind::Text | Kind::Enum(_) => read!(row, index, String, Value::Text),
            Kind::Uuid => read!(row, index, Uuid, Value::Uuid),
            Kind::Date => read!(row, index, NaiveDate, Value::Date),
            Kind::Time => read!(row, index, NaiveTime, Value::Time),
            Kind::DateTime => read!(row, index, NaiveDateTime, Value::DateTime),
            Kind::Instant => read!(row, index, DateTime<Utc>, Value::Instant),
            Kind::Bytes => read!(row, index, Vec<u8>, Value::Bytes),
            Kind::Json | Kind::List(_) => {
                read!(row, index, serde_json::Value, |inner| Value::Json(Box::new(inner)))
            }
        });
    }
    Ok(values)
}

pub(super) fn sqlite_row(row: &SqliteRow, kinds: &[Kind]) -> Result<Row, sqlx::Error> {
    let mut values = Vec::with_capacity(kinds.len());
    for (index, kind) in kinds.iter().enumerate() {
        values.push(match kind {
            Kind::Bool => read!(row, index, bool, Value::Bool),
            Kind::Int { .. } => read!(row, index, i64, Value::Int),
            Kind::Float { .. } => read!(row, index, f64, Value::Float),
            Kind::Decimal { scale, .. } => read!(row, index, i64, |inner| {
                Value::Decimal(
                    Decimal::from_i128_with_scale(i128::from(inner), u32::from(*scale)).normalize(),
                )
            }),
            Kind::Text | Kind::Enum(_) => read!(row, index, String, Value::Text),
            Kind::Uuid => read!(row, index, Uuid, Value::Uuid),
            Kind::Date => read!(row, index, NaiveDate, Value::Date),
            Kind::Time => read!(row, index, NaiveTime, Value::Time),
            Kind::DateTime => read!(row, index, NaiveDateTime, Value::DateTime),
            Kind::Instant => read!(row, index, DateTime<Utc>, Value::Instant),
            Kind::Bytes => read!(row, index, Vec<u8>, Value::Bytes),
            Kind::Json | Kind::List(_) => {
                match row.try_get_unchecked::<Option<String>, _>(index)? {
                    None => Value::Null,
                    Some(text) => Value::Json(Box::new(
                        serde_json::from_str(&text)
                            .map_err(|error| sqlx::Error::Decode(Box::new(error)))?,
                    )),
                }
            }
        });
    }
    Ok(values)
}
