//! A specification as a condition of SeaORM, for queries of your own.

use sea_orm::Condition;
use sea_orm::sea_query::{ArrayType, Expr, Value as SeaValue};

use super::bind::{Bind, json_text, rounded, scaled};
use super::dialect::Dialect;
use super::predicate;
use super::sql::{ROOT, Sql};
use crate::domain::entity::Entity;
use crate::domain::schema::Kind;
use crate::domain::specification::Specification;
use crate::domain::value::Value;

/// The condition that a row satisfies the specification, in the same words as the repository's own statements.
///
/// The entity's table must appear under its own name in the query.
pub fn to_condition<E: Entity>(specification: &Specification<E>, dialect: Dialect) -> Condition {
    let schema = E::schema();
    let mut sql = Sql::new(dialect);
    predicate::write(&mut sql, schema, ROOT, specification.predicate());
    let table = super::sql::quoted(schema.table);
    let (text, values) = placeholders(&sql.text, &table, &sql.binds, dialect);
    Condition::all().add(Expr::cust_with_values(text, values))
}

/// Gives `t0` the table's name and keeps `$1` as SeaQuery reads it: one value per occurrence.
fn placeholders(
    text: &str,
    table: &str,
    binds: &[Bind],
    dialect: Dialect,
) -> (String, Vec<SeaValue>) {
    let mut out = String::with_capacity(text.len() + 16);
    let mut values = Vec::with_capacity(binds.len());
    let mut quoted = false;
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        if character == '"' {
            quoted = !quoted;
        }
        if !quoted && let Some(tail) = rest.strip_prefix("t0.") {
            out.push_str(table);
            out.push('.');
            rest = tail;
            continue;
        }
        if !quoted && character == '$' {
            let digits = rest[1..].chars().take_while(char::is_ascii_digit).count();
            let number: usize = rest[1..=digits].parse().unwrap_or_default();
            if let Some(bind) = number.checked_sub(1).and_then(|index| binds.get(index)) {
                values.push(sea_value(bind, dialect));
            }
            match dialect {
                Dialect::Sqlite => out.push('?'),
                Dialect::Postgres => out.push_str(&format!("${}", values.len())),
            }
            rest = &rest[1 + digits..];
            continue;
        }
        out.push(character);
        rest = &rest[character.len_utf8()..];
    }
    (out, values)
}

fn sea_value(bind: &Bind, dialect: Dialect) -> SeaValue {
    match bind {
        Bind::One(kind, value) => one(*kind, value, dialect),
        Bind::Many(kind, values) => {
            let values: Vec<SeaValue> =
                values.iter().map(|value| one(*kind, value, dialect)).collect();
            SeaValue::Array(array_type(*kind), Some(Box::new(values)))
        }
    }
}

fn one(kind: Kind, value: &Value, dialect: Dialect) -> SeaValue {
    match (value, kind, dialect) {
        (Value::Null, ..) => SeaValue::String(None),
        (Value::Bool(inner), ..) => (*inner).into(),
        (Value::Int(inner), ..) => (*inner).into(),
        (Value::Float(inner), ..) => (*inner).into(),
        (Value::Decimal(inner), Kind::Decimal { scale, .. }, Dialect::Sqlite) => {
            scaled(inner, scale).unwrap_or(i64::MAX).into()
        }
        (Value::Decimal(inner), Kind::Decimal { scale, .. }, _) => rounded(inner, scale).into(),
        (Value::Decimal(inner), ..) => (*inner).into(),
        (Value::Text(inner), ..) => inner.clone().into(),
        (Value::Uuid(inner), ..) => (*inner).into(),
        (Value::Date(inner), ..) => (*inner).into(),
        (Value::Time(inner), ..) => (*inner).into(),
        (Value::DateTime(inner), ..) => (*inner).into(),
        (Value::Instant(inner), ..) => (*inner).into(),
        (Value::Bytes(inner), ..) => inner.clone().into(),
        (Value::Json(inner), _, Dialect::Sqlite) => json_text(inner).into(),
        (Value::Json(inner), ..) => (**inner).clone().into(),
    }
}

fn array_type(kind: Kind) -> ArrayType {
    match kind {
        Kind::Bool => ArrayType::Bool,
        Kind::Int { .. } => ArrayType::BigInt,
        Kind::Float { .. } => ArrayType::Double,
        Kind::Decimal { .. } => ArrayType::Decimal,
        Kind::Text | Kind::Enum(_) => ArrayType::String,
        Kind::Uuid => ArrayType::Uuid,
        Kind::Date => ArrayType::ChronoDate,
        Kind::Time => ArrayType::ChronoTime,
        Kind::DateTime => ArrayType::ChronoDateTime,
        Kind::Instant => ArrayType::ChronoDateTimeUtc,
        Kind::Bytes => ArrayType::Bytes,
        Kind::Json | Kind::List(_) => ArrayType::Json,
    }
}
