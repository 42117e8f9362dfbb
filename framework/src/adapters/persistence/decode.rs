//! Rows on their way from a driver, by position.

use rust_decimal::Decimal;
use sqlx::error::BoxDynError;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::types::Json;
use sqlx::{ColumnIndex, Decode, Row as _};

use crate::domain::schema::{EntitySchema, Kind};
use crate::domain::value::Value;

/// The kinds of the columns that a statement yields.
#[derive(Debug, Clone, Copy)]
pub(super) enum Columns<'a> {
    /// Every field of the schema, in its order.
    All(&'static EntitySchema),
    /// None at all.
    None,
    /// These fields.
    Some(&'static EntitySchema, &'a [usize]),
}

impl Columns<'_> {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::All(schema) => schema.fields.len(),
            Self::None => 0,
            Self::Some(_, positions) => positions.len(),
        }
    }

    fn kind(&self, index: usize) -> Option<Kind> {
        let field = match self {
            Self::All(schema) => schema.fields.get(index),
            Self::None => None,
            Self::Some(schema, positions) => {
                positions.get(index).and_then(|position| schema.fields.get(*position))
            }
        };
        field.map(|field| field.kind)
    }
}

/// A row that can be read by position.
pub(super) trait Readable {
    fn value(&self, index: usize, kind: Kind) -> Result<Value, BoxDynError>;
    fn total(&self, index: usize) -> Result<u64, BoxDynError>;

    fn values(&self, columns: &Columns<'_>) -> Result<Vec<Value>, BoxDynError> {
        // `collect` into a `Result` would not know how many there are, and move them as they grow.
        let mut values = Vec::with_capacity(columns.len());
        for index in 0..columns.len() {
            let Some(kind) = columns.kind(index) else { break };
            values.push(self.value(index, kind)?);
        }
        Ok(values)
    }
}

fn get<'r, R, T>(row: &'r R, index: usize) -> Result<Option<T>, BoxDynError>
where
    R: sqlx::Row,
    usize: ColumnIndex<R>,
    T: Decode<'r, R::Database>,
    Option<T>: Decode<'r, R::Database>,
{
    Ok(row.try_get_unchecked::<Option<T>, _>(index)?)
}

macro_rules! standard {
    ($row:ident, $index:ident, $kind:ident, { $($special:tt)* }) => {
        match $kind {
            Kind::Bool => get($row, $index)?.map(Value::Bool),
            Kind::Text | Kind::Enum(_) => get($row, $index)?.map(Value::Text),
            Kind::Uuid => get($row, $index)?.map(Value::Uuid),
            Kind::Date => get($row, $index)?.map(Value::Date),
            Kind::Time => get($row, $index)?.map(Value::Time),
            Kind::DateTime => get($row, $index)?.map(Value::DateTime),
            Kind::Instant => get($row, $index)?.map(Value::Instant),
            Kind::Bytes => get($row, $index)?.map(Value::Bytes),
            Kind::Json | Kind::List(_) => get($row, $index)?
                .map(|Json(document): Json<serde_json::Value>| Value::Json(Box::new(document))),
            $($special)*
        }
    };
}

impl Readable for PgRow {
    fn value(&self, index: usize, kind: Kind) -> Result<Value, BoxDynError> {
        let value = standard!(self, index, kind, {
            Kind::Int { bits, signed } => match (bits, signed) {
                (8, _) | (16, true) => get::<_, i16>(self, index)?.map(i64::from),
                (16, false) | (32, true) => get::<_, i32>(self, index)?.map(i64::from),
                _ => get::<_, i64>(self, index)?,
            }
            .map(Value::Int),
            Kind::Float { bits: 32 } => {
                get::<_, f32>(self, index)?.map(|float| Value::Float(f64::from(float)))
            }
            Kind::Float { .. } => get(self, index)?.map(Value::Float),
            // One form for each number, 12.5 and never 12.50, whatever the column adds.
            Kind::Decimal { .. } => get::<_, Decimal>(self, index)?
                .map(|decimal| Value::Decimal(decimal.normalize())),
        });
        Ok(value.unwrap_or(Value::Null))
    }

    fn total(&self, index: usize) -> Result<u64, BoxDynError> {
        Ok(u64::try_from(self.try_get_unchecked::<i64, _>(index)?)?)
    }
}

impl Readable for SqliteRow {
    fn value(&self, index: usize, kind: Kind) -> Result<Value, BoxDynError> {
        let value = standard!(self, index, kind, {
            Kind::Int { .. } => get(self, index)?.map(Value::Int),
            Kind::Float { .. } => get(self, index)?.map(Value::Float),
            Kind::Decimal { scale, .. } => get::<_, i64>(self, index)?
                .map(|mantissa| Decimal::new(mantissa, u32::from(scale)).normalize())
                .map(Value::Decimal),
        });
        Ok(value.unwrap_or(Value::Null))
    }

    fn total(&self, index: usize) -> Result<u64, BoxDynError> {
        Ok(u64::try_from(self.try_get_unchecked::<i64, _>(index)?)?)
    }
}
