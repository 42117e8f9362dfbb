//! The text of writes.

use super::statement::{Dialect, Statement};
use crate::application::store::{Delete, Replace, Update};
use crate::domain::schema::EntitySchema;
use crate::domain::value::Row;

/// How many values one statement may bind.
pub(super) fn most_bounds(dialect: Dialect) -> usize {
    match dialect {
        Dialect::Postgres => 65_535,
        Dialect::Sqlite => 32_766,
    }
}

/// How many rows of a schema fit one statement.
pub(super) fn rows_per_statement(dialect: Dialect, schema: &EntitySchema) -> usize {
    (most_bounds(dialect) / schema.fields.len().max(1)).max(1)
}

pub(super) fn insert(dialect: Dialect, schema: &'static EntitySchema, rows: &[Row]) -> Statement {
    let mut statement = Statement::new(dialect);
    statement
        .push("INSERT INTO ")
        .name(schema.table)
        .push(" (")
        .columns(None, schema, None)
        .push(") VALUES ");
    for (index, row) in rows.iter().enumerate() {
        statement.push(if index > 0 { ", (" } else { "(" });
        for (position, (value, field)) in row.iter().zip(schema.fields).enumerate() {
            if position > 0 {
                statement.push(", ");
            }
            statement.bind(value.clone(), field.kind);
        }
        statement.push(")");
    }
    statement
}

pub(super) fn update(dialect: Dialect, update: &Update<'_>) -> Statement {
    let schema = update.schema;
    let mut statement = Statement::new(dialect);
    statement.push("UPDATE ").name(schema.table).push(" AS t0 SET ");
    let mut first = true;
    for (position, value) in update.set {
        let Some(field) = schema.fields.get(*position) else { continue };
        if Some(*position) == schema.roles.version {
            continue;
        }
        if !std::mem::take(&mut first) {
            statement.push(", ");
        }
        statement.name(field.column).push(" = ").bind(value.clone(), field.kind);
    }
    if let Some(version) = schema.roles.version.and_then(|position| schema.fields.get(position)) {
        if !std::mem::take(&mut first) {
            statement.push(", ");
        }
        statement.name(version.column).push(" = ").column(0, version).push(" + 1");
    }
    if first {
        // Nothing to set: the row is still found, and answered.
        statement.name(schema.id().column).push(" = ").column(0, schema.id());
    }
    statement.filter(0, schema, update.predicates, update.deleted);
    // SQLite knows no alias in RETURNING.
    statement.push(" RETURNING ").columns(returning(dialect), schema, None);
    statement
}

pub(super) fn delete(dialect: Dialect, delete: &Delete<'_>) -> Statement {
    let schema = delete.schema;
    let mut statement = Statement::new(dialect);
    statement.push("DELETE FROM ").name(schema.table).push(" AS t0");
    statement.filter(0, schema, delete.predicates, delete.deleted);
    statement.push(" RETURNING ").columns(returning(dialect), schema, None);
    statement
}

fn returning(dialect: Dialect) -> Option<usize> {
    (dialect == Dialect::Postgres).then_some(0)
}

/// Whole rows over those with the same ids, in one statement: the new rows are a list of values joined by id.
pub(super) fn replace(dialect: Dialect, replace: &Replace<'_>, rows: &[Row]) -> Statement {
    let schema = replace.schema;
    let version = schema.roles.version.and_then(|position| schema.fields.get(position));
    let mut statement = Statement::new(dialect);
    statement.push("WITH given (").columns(None, schema, None).push(") AS (VALUES ");
    for (index, row) in rows.iter().enumerate() {
        statement.push(if index > 0 { ", (" } else { "(" });
        for (position, (value, field)) in row.iter().zip(schema.fields).enumerate() {
            if position > 0 {
                statement.push(", ");
            }
            statement.bind(value.clone(), field.kind);
        }
        statement.push(")");
    }
    statement.push(") UPDATE ").name(schema.table).push(" AS t0 SET ");
    let mut first = true;
    for (position, field) in schema.fields.iter().enumerate() {
        if position == schema.roles.id {
            continue;
        }
        if !std::mem::take(&mut first) {
            statement.push(", ");
        }
        statement.name(field.column).push(" = ");
        if Some(position) == schema.roles.version {
            statement.column(0, field).push(" + 1");
        } else {
            statement.push("given.").name(field.column);
        }
    }
    if first {
        statement.name(schema.id().column).push(" = ").column(0, schema.id());
    }
    statement
        .push(" FROM given WHERE ")
        .column(0, schema.id())
        .push(" = given.")
        .name(schema.id().column);
    if let Some(version) = version {
        statement.push(" AND ").column(0, version).push(" = given.").name(version.column);
    }
    for predicate in replace.predicates {
        statement.push(" AND ").predicate(0, schema, predicate);
    }
    statement.push(" RETURNING ");
    match dialect {
        Dialect::Postgres => statement.column(0, schema.id()),
        Dialect::Sqlite => statement.name(schema.id().column),
    };
    statement
}
