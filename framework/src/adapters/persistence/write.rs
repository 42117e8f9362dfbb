//! The text of changes. Each is one statement, whatever the number of rows, as long as its parameters fit into one.

use super::bind::Bind;
use super::dialect::Dialect;
use super::predicate::{write, write_where};
use super::sql::{ROOT, Sql};
use crate::application::store::{Delete, Replace, Update};
use crate::domain::query::Deleted;
use crate::domain::schema::{EntitySchema, FieldSchema};
use crate::domain::specification::Predicate;
use crate::domain::value::{Row, Value};

/// How many rows one statement can carry.
pub(super) fn chunk(dialect: Dialect, schema: &EntitySchema) -> usize {
    match dialect {
        Dialect::Postgres => usize::MAX, // one array parameter per column
        Dialect::Sqlite => {
            // Some parameters are left for the conditions of a guard.
            (dialect.bind_limit() / 2 / schema.fields.len().max(1)).max(1)
        }
    }
}

/// The text that inserts one row: the same for every row of an entity.
pub(super) fn insert_text(schema: &EntitySchema) -> String {
    let mut text = insert_head(schema).text;
    text.push_str("VALUES (");
    for position in 1..=schema.fields.len() {
        text.push_str(if position > 1 { ", $" } else { "$" });
        text.push_str(&position.to_string());
    }
    text.push(')');
    text
}

/// The values of one row, in the order of [`insert_text`].
pub(super) fn insert_binds(schema: &EntitySchema, row: &Row) -> Vec<Bind> {
    let fields = schema.fields.iter().enumerate();
    fields.map(|(position, field)| Bind::One(field.kind, value_at(row, position))).collect()
}

fn insert_head(schema: &EntitySchema) -> Sql {
    let mut sql = Sql::new(Dialect::Sqlite);
    sql.push("INSERT INTO ").name(schema.table).push(" (");
    sql.list(", ", schema.fields, |sql, field| {
        sql.name(field.column);
    });
    sql.push(") ");
    sql
}

/// New rows.
pub(super) fn insert(dialect: Dialect, schema: &EntitySchema, rows: &[Row]) -> Sql {
    let mut sql = Sql::new(dialect);
    sql.push(&insert_head(schema).text);
    if dialect == Dialect::Postgres && rows.len() > 1 {
        sql.push("SELECT * FROM ");
        unnest(&mut sql, schema, rows);
    } else {
        sql.push("VALUES ");
        tuples(&mut sql, schema, rows);
    }
    sql
}

/// The same values for every row that matches.
pub(super) fn update(dialect: Dialect, update: &Update<'_>) -> Sql {
    let schema = update.schema;
    let mut sql = Sql::new(dialect);
    sql.push("UPDATE ").name(schema.table).push(" AS t0 SET ");
    let set = update.set.iter().filter(|(position, _)| Some(*position) != schema.roles.version);
    let mut any = false;
    for (position, value) in set {
        let field = &schema.fields[*position];
        sql.push(if any { ", " } else { "" }).name(field.column).push(" = ");
        if Some(*position) == schema.roles.updated_at {
            latest(&mut sql, dialect, field, value);
        } else {
            sql.bind(field.kind, value.clone());
        }
        any = true;
    }
    count_up(&mut sql, schema, any);
    write_where(&mut sql, schema, ROOT, update.predicates, update.deleted);
    returning(&mut sql, schema.fields);
    sql
}

/// Whole rows over those with the same ids.
pub(super) fn replace(dialect: Dialect, replace: &Replace<'_>, rows: &[Row]) -> Sql {
    let schema = replace.schema;
    let mut sql = Sql::new(dialect);
    let kept =
        |position: usize| position == schema.roles.id || Some(position) == schema.roles.version;
    let changed = || (0..schema.fields.len()).filter(move |position| !kept(*position));
    let single = if let [row] = rows { Some(row) } else { None };
    if single.is_none() && dialect == Dialect::Sqlite {
        sql.push("WITH v");
        names(&mut sql, schema);
        sql.push(" AS (VALUES ");
        tuples(&mut sql, schema, rows);
        sql.push(") ");
    }
    sql.push("UPDATE ").name(schema.table).push(" AS t0 SET ");
    sql.list(", ", changed(), |sql, position| {
        let field = &schema.fields[position];
        sql.name(field.column).push(" = ");
        incoming(sql, field, single.map(|row| value_at(row, position)), position);
    });
    count_up(&mut sql, schema, changed().next().is_some());
    if single.is_none() {
        sql.push(" FROM ");
        if dialect == Dialect::Postgres {
            unnest(&mut sql, schema, rows);
        } else {
            sql.push("v");
        }
    }
    sql.push(" WHERE ");
    sql.list(
        " AND ",
        [Some(schema.roles.id), schema.roles.version].into_iter().flatten(),
        |sql, position| {
            let field = &schema.fields[position];
            sql.column(ROOT, field).push(" = ");
            incoming(sql, field, single.map(|row| value_at(row, position)), position);
        },
    );
    for predicate in replace.predicates {
        if **predicate != Predicate::Always {
            sql.push(" AND ");
            write(&mut sql, schema, ROOT, predicate);
        }
    }
    // Qualified, because the incoming rows have columns too; SQLite knows no alias here, and no other table.
    sql.push(" RETURNING ");
    if dialect == Dialect::Postgres {
        sql.column(ROOT, schema.id());
    } else {
        sql.name(schema.id().column);
    }
    sql
}

/// Rows to remove.
pub(super) fn delete(dialect: Dialect, delete: &Delete<'_>) -> Sql {
    let mut sql = Sql::new(dialect);
    sql.push("DELETE FROM ").name(delete.schema.table).push(" AS t0");
    write_where(&mut sql, delete.schema, ROOT, delete.predicates, delete.deleted);
    returning(&mut sql, delete.schema.fields);
    sql
}

/// Rows of another table that a foreign key points to.
pub(super) fn existing(dialect: Dialect, target: &'static EntitySchema, ids: &Predicate) -> Sql {
    let mut sql = Sql::new(dialect);
    sql.push("SELECT ").column(ROOT, target.id());
    super::select::from(&mut sql, target);
    write_where(&mut sql, target, ROOT, &[ids], Deleted::Include);
    sql
}

fn value_at(row: &Row, position: usize) -> Value {
    row.get(position).cloned().unwrap_or(Value::Null)
}

/// A value of the incoming row: a parameter when there is one row, else a column of `v`.
fn incoming(sql: &mut Sql, field: &FieldSchema, value: Option<Value>, position: usize) {
    match value {
        Some(value) => sql.bind(field.kind, value),
        None => sql.push("v.c").number(position as u64),
    };
}

/// The later of what a row has and what it shall have.
fn latest(sql: &mut Sql, dialect: Dialect, field: &FieldSchema, value: &Value) {
    let function = match dialect {
        Dialect::Sqlite => "max(",
        Dialect::Postgres => "greatest(",
    };
    sql.push(function).column(ROOT, field).push(", ");
    sql.bind(field.kind, value.clone()).push(")");
}

fn count_up(sql: &mut Sql, schema: &EntitySchema, any: bool) {
    match schema.roles.version {
        Some(version) => {
            let column = schema.fields[version].column;
            sql.push(if any { ", " } else { "" }).name(column).push(" = ");
            sql.name(column).push(" + 1");
        }
        // A statement must set something.
        None if !any => {
            let column = schema.id().column;
            sql.name(column).push(" = ").name(column);
        }
        None => {}
    }
}

fn returning(sql: &mut Sql, fields: &[FieldSchema]) {
    sql.push(" RETURNING ");
    sql.list(", ", fields, |sql, field| {
        sql.name(field.column);
    });
}

fn tuples(sql: &mut Sql, schema: &EntitySchema, rows: &[Row]) {
    sql.list(", ", rows, |sql, row| {
        sql.push("(");
        sql.list(", ", schema.fields.iter().enumerate(), |sql, (position, field)| {
            sql.bind(field.kind, value_at(row, position));
        });
        sql.push(")");
    });
}

/// `unnest($1, $2) AS v(c0, c1)`: rows as one array per column, so that the text does not depend on their number.
fn unnest(sql: &mut Sql, schema: &EntitySchema, rows: &[Row]) {
    sql.push("unnest(");
    sql.list(", ", schema.fields.iter().enumerate(), |sql, (position, field)| {
        let values = rows.iter().map(|row| value_at(row, position)).collect();
        sql.bind_any(Bind::Many(field.kind, values));
    });
    sql.push(") AS v");
    names(sql, schema);
}

fn names(sql: &mut Sql, schema: &EntitySchema) {
    sql.push("(");
    sql.list(", ", 0..schema.fields.len(), |sql, position| {
        sql.push("c").number(position as u64);
    });
    sql.push(")");
}
