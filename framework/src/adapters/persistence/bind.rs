//! Values on their way to a driver, with the type that their column has.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use rust_decimal::{Decimal, RoundingStrategy};
use sqlx::error::BoxDynError;
use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;
use sqlx::types::Json;
use sqlx::{Arguments as _, Encode, Postgres, Sqlite, Type};
use uuid::Uuid;

use crate::domain::schema::Kind;
use crate::domain::value::Value;

/// What stands for one parameter.
#[derive(Debug, Clone)]
pub(super) enum Bind {
    /// A value of a column of this kind, or null.
    One(Kind, Value),
    /// Values of a column of this kind: one array parameter. PostgreSQL only.
    Many(Kind, Vec<Value>),
}

/// The parameters for PostgreSQL.
pub(super) fn postgres(binds: &[Bind]) -> Result<PgArguments, BoxDynError> {
    let mut arguments = PgArguments::default();
    arguments.reserve(binds.len(), binds.len() * 16);
    for bind in binds {
        match bind {
            Bind::One(kind, value) => one_postgres(&mut arguments, *kind, value)?,
            Bind::Many(kind, values) => many_postgres(&mut arguments, *kind, values)?,
        }
    }
    Ok(arguments)
}

/// The parameters for SQLite.
pub(super) fn sqlite(binds: &[Bind]) -> Result<SqliteArguments, BoxDynError> {
    let mut arguments = SqliteArguments::default();
    for bind in binds {
        match bind {
            Bind::One(kind, value) => one_sqlite(&mut arguments, *kind, value)?,
            Bind::Many(..) => return Err("SQLite has no arrays".into()),
        }
    }
    Ok(arguments)
}

/// A decimal as it is stored: cut to the scale of its column, half away from zero, as NUMERIC does.
pub(super) fn rounded(value: &Decimal, scale: u8) -> Decimal {
    let mut value =
        value.round_dp_with_strategy(u32::from(scale), RoundingStrategy::MidpointAwayFromZero);
    value.rescale(u32::from(scale));
    value
}

/// A decimal as SQLite stores it: an integer, `scale` digits of which stand behind the point.
pub(super) fn scaled(value: &Decimal, scale: u8) -> Result<i64, BoxDynError> {
    Ok(i64::try_from(rounded(value, scale).mantissa())?)
}

/// A list or document as SQLite stores it.
pub(super) fn json_text(value: &serde_json::Value) -> String {
    value.to_string()
}

fn mismatch(kind: Kind, value: &Value) -> BoxDynError {
    format!("{value:?} does not fit a column of {kind:?}").into()
}

macro_rules! inner {
    ($variant:ident, $kind:expr, $value:expr) => {
        match $value {
            Value::Null => None,
            Value::$variant(inner) => Some(inner),
            other => return Err(mismatch($kind, other)),
        }
    };
}

fn one_postgres(to: &mut PgArguments, kind: Kind, value: &Value) -> Result<(), BoxDynError> {
    match kind {
        Kind::Bool => to.add(inner!(Bool, kind, value).copied()),
        // Wider than the column at times: PostgreSQL compares across widths, and narrows on assignment.
        Kind::Int { .. } => to.add(inner!(Int, kind, value).copied()),
        Kind::Float { .. } => to.add(inner!(Float, kind, value).copied()),
        Kind::Decimal { .. } => to.add(inner!(Decimal, kind, value)),
        Kind::Text | Kind::Enum(_) => to.add(inner!(Text, kind, value)),
        Kind::Uuid => to.add(inner!(Uuid, kind, value).copied()),
        Kind::Date => to.add(inner!(Date, kind, value).copied()),
        Kind::Time => to.add(inner!(Time, kind, value).copied()),
        Kind::DateTime => to.add(inner!(DateTime, kind, value).copied()),
        Kind::Instant => to.add(inner!(Instant, kind, value).copied()),
        Kind::Bytes => to.add(inner!(Bytes, kind, value)),
        Kind::Json | Kind::List(_) => to.add(inner!(Json, kind, value).map(Json)),
    }
}

fn many_postgres(to: &mut PgArguments, kind: Kind, values: &[Value]) -> Result<(), BoxDynError> {
    macro_rules! array {
        ($variant:ident, $type:ty, |$inner:ident| $convert:expr) => {{
            let mut array: Vec<Option<$type>> = Vec::with_capacity(values.len());
            for value in values {
                array.push(inner!($variant, kind, value).map(|$inner| $convert));
            }
            add_array(to, array)
        }};
    }
    match kind {
        Kind::Bool => array!(Bool, bool, |inner| *inner),
        Kind::Int { .. } => array!(Int, i64, |inner| *inner),
        Kind::Float { .. } => array!(Float, f64, |inner| *inner),
        Kind::Decimal { .. } => array!(Decimal, Decimal, |inner| *inner),
        Kind::Text | Kind::Enum(_) => array!(Text, String, |inner| inner.clone()),
        Kind::Uuid => array!(Uuid, Uuid, |inner| *inner),
        Kind::Date => array!(Date, NaiveDate, |inner| *inner),
        Kind::Time => array!(Time, NaiveTime, |inner| *inner),
        Kind::DateTime => array!(DateTime, NaiveDateTime, |inner| *inner),
        Kind::Instant => array!(Instant, DateTime<Utc>, |inner| *inner),
        Kind::Bytes => array!(Bytes, Vec<u8>, |inner| inner.clone()),
        Kind::Json | Kind::List(_) => {
            array!(Json, Json<serde_json::Value>, |inner| Json((**inner).clone()))
        }
    }
}

fn add_array<T>(to: &mut PgArguments, array: Vec<T>) -> Result<(), BoxDynError>
where
    Vec<T>: for<'a> Encode<'a, Postgres> + Type<Postgres>,
{
    to.add(array)
}

fn one_sqlite(to: &mut SqliteArguments, kind: Kind, value: &Value) -> Result<(), BoxDynError> {
    fn add<'t, T: Encode<'t, Sqlite> + Type<Sqlite>>(
        to: &mut SqliteArguments,
        value: T,
    ) -> Result<(), BoxDynError> {
        to.add(value)
    }
    match kind {
        Kind::Bool => add(to, inner!(Bool, kind, value).copied()),
        Kind::Int { .. } => add(to, inner!(Int, kind, value).copied()),
        Kind::Float { .. } => add(to, inner!(Float, kind, value).copied()),
        Kind::Decimal { scale, .. } => {
            add(to, inner!(Decimal, kind, value).map(|inner| scaled(inner, scale)).transpose()?)
        }
        Kind::Text | Kind::Enum(_) => add(to, inner!(Text, kind, value).cloned()),
        Kind::Uuid => add(to, inner!(Uuid, kind, value).copied()),
        Kind::Date => add(to, inner!(Date, kind, value).copied()),
        Kind::Time => add(to, inner!(Time, kind, value).copied()),
        Kind::DateTime => add(to, inner!(DateTime, kind, value).copied()),
        Kind::Instant => add(to, inner!(Instant, kind, value).copied()),
        Kind::Bytes => add(to, inner!(Bytes, kind, value).cloned()),
        Kind::Json | Kind::List(_) => {
            add(to, inner!(Json, kind, value).map(|inner| json_text(inner)))
        }
    }
}
