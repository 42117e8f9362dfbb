//! The text of reads.

use super::decode::Columns;
use super::dialect::Dialect;
use super::operand::{Operand, operand};
use super::predicate::{compare, write_where};
use super::sql::{ROOT, Sql, literal, quoted};
use crate::application::store::Select;
use crate::domain::query::{Count, Direction, Order, Position, Window};
use crate::domain::schema::{EntitySchema, FieldSchema};
use crate::domain::specification::{Comparison, Predicate};
use crate::domain::value::Value;

/// The columns that a select yields, before the total if there is one.
pub(super) fn columns<'a>(select: &Select<'a>) -> Columns<'a> {
    match select.columns {
        None => Columns::All(select.schema),
        Some(positions) => Columns::Some(select.schema, positions),
    }
}

/// Whether the total can ride along as one more column.
pub(super) fn counts_inline(select: &Select<'_>, dialect: Dialect) -> bool {
    select.count == Count::Exact
        || (select.count == Count::Estimated && !estimates(select, dialect))
}

/// Whether the database's statistics answer: PostgreSQL, no condition at all.
pub(super) fn estimates(select: &Select<'_>, dialect: Dialect) -> bool {
    select.count == Count::Estimated
        && dialect == Dialect::Postgres
        && select.schema.roles.deleted_at.is_none()
        && select.predicates.iter().all(|predicate| **predicate == Predicate::Always)
}

/// A whole select.
pub(super) fn statement(dialect: Dialect, select: &Select<'_>) -> Sql {
    let mut sql = Sql::new(dialect);
    let per = select.limit_per;
    sql.push(if per.is_some() { "SELECT * FROM (SELECT " } else { "SELECT " });
    column_list(&mut sql, select);
    let mut filter = Sql::new(dialect);
    let any = write_where(&mut filter, select.schema, ROOT, select.predicates, select.deleted);
    if counts_inline(select, dialect) {
        sql.push(", (SELECT count(*)");
        from(&mut sql, select.schema).push(&filter.text).push(")");
    }
    if estimates(select, dialect) {
        // Negative until the table has been analysed: then only counting knows.
        sql.push(", (SELECT CASE WHEN reltuples >= 0 THEN reltuples::bigint ELSE (SELECT count(*)");
        from(&mut sql, select.schema).push(") END FROM pg_class WHERE oid = ");
        sql.push(&literal(&quoted(select.schema.table))).push("::regclass)");
    }
    if let Some((field, _)) = per {
        sql.push(", row_number() OVER (PARTITION BY ").column(ROOT, &select.schema.fields[field]);
        order_by(&mut sql, select);
        sql.push(") AS \"__position\"");
    }
    from(&mut sql, select.schema);
    // The filter is written once; its parameters are numbered from 1 and may be named twice.
    let text = std::mem::take(&mut filter.text);
    sql.push(&text);
    sql.adopt(filter);
    window(&mut sql, select, any);
    if let Some((_, limit)) = per {
        sql.push(") AS \"__ranked\" WHERE \"__position\" <= ").number(u64::from(limit));
        sql.push(" ORDER BY \"__position\"");
    } else {
        order_by(&mut sql, select);
    }
    bounds(&mut sql, select);
    sql
}

/// The same rows, kept from being changed by others until the transaction ends; references to them are let through.
pub(super) fn lock(select: &Select<'_>) -> Sql {
    let mut sql = statement(Dialect::Postgres, select);
    sql.push(" FOR NO KEY UPDATE OF t0");
    sql
}

/// The number of all matching rows: where the page that should carry it is empty.
pub(super) fn count(dialect: Dialect, select: &Select<'_>) -> Sql {
    let mut sql = Sql::new(dialect);
    sql.push("SELECT count(*)");
    from(&mut sql, select.schema);
    write_where(&mut sql, select.schema, ROOT, select.predicates, select.deleted);
    sql
}

/// Appends ` FROM "table" AS t0`.
pub(super) fn from<'a>(sql: &'a mut Sql, schema: &EntitySchema) -> &'a mut Sql {
    sql.push(" FROM ").name(schema.table).push(" AS t0")
}

fn column_list(sql: &mut Sql, select: &Select<'_>) {
    let fields = select.schema.fields;
    let write = |sql: &mut Sql, field: &FieldSchema| {
        sql.column(ROOT, field);
    };
    match select.columns {
        None => sql.list(", ", fields, write),
        Some([]) if select.limit_per.is_none() => sql.push("1"),
        Some(positions) => sql.list(", ", positions.iter().map(|at| &fields[*at]), write),
    };
}

/// The order in which rows are taken: reversed when they lie before a position.
fn effective(select: &Select<'_>) -> impl Iterator<Item = Order> {
    let reversed = matches!(select.window, Window::Before(_));
    select.order.iter().map(move |order| Order {
        direction: if reversed { order.direction.reversed() } else { order.direction },
        ..*order
    })
}

/// Nulls are the largest of all: last ascending, first descending. PostgreSQL's default, SQLite's opposite.
fn order_by(sql: &mut Sql, select: &Select<'_>) {
    if select.order.is_empty() {
        return;
    }
    sql.push(" ORDER BY ");
    sql.list(", ", effective(select), |sql, order| {
        let field = &select.schema.fields[order.field];
        sql.column(ROOT, field);
        let nulls = field.nullable && sql.dialect == Dialect::Sqlite;
        sql.push(match (order.direction, nulls) {
            (Direction::Ascending, false) => "",
            (Direction::Ascending, true) => " ASC NULLS LAST",
            (Direction::Descending, false) => " DESC",
            (Direction::Descending, true) => " DESC NULLS FIRST",
        });
    });
}

fn bounds(sql: &mut Sql, select: &Select<'_>) {
    let offset = match select.window {
        Window::Offset(offset) if offset > 0 => Some(offset.min(i64::MAX as u64)),
        _ => None,
    };
    match (select.limit, offset, sql.dialect) {
        (Some(limit), _, _) => {
            sql.push(" LIMIT ").number(u64::from(limit));
        }
        (None, Some(_), Dialect::Sqlite) => {
            sql.push(" LIMIT -1");
        }
        _ => {}
    }
    if let Some(offset) = offset {
        sql.push(" OFFSET ");
        sql.bind(
            crate::domain::schema::Kind::Int { bits: 64, signed: true },
            Value::Int(offset as i64),
        );
    }
}

/// Appends the condition that a row stands behind the position, in the effective order.
fn window(sql: &mut Sql, select: &Select<'_>, any: bool) {
    let (Window::After(Position(values)) | Window::Before(Position(values))) = &select.window
    else {
        return;
    };
    let keys: Vec<(&FieldSchema, Direction, &Value)> = effective(select)
        .zip(values)
        .map(|(order, value)| (&select.schema.fields[order.field], order.direction, value))
        .collect();
    sql.push(if any { " AND " } else { " WHERE " });
    if !as_rows(sql, &keys) {
        step(sql, &keys);
    }
}

type Key<'a> = (&'a FieldSchema, Direction, &'a Value);

/// `(a, b) > ($1, $2)`, which both databases answer from an index, where directions agree and no null is possible.
fn as_rows(sql: &mut Sql, keys: &[Key<'_>]) -> bool {
    let Some((_, direction, _)) = keys.first() else {
        return false;
    };
    let mut values = Vec::with_capacity(keys.len());
    for (field, other, value) in keys {
        match operand(field.kind, value) {
            Operand::At(value) if other == direction && !field.nullable => values.push(value),
            _ => return false,
        }
    }
    sql.push("(");
    sql.list(", ", keys, |sql, (field, _, _)| {
        sql.column(ROOT, field);
    });
    sql.push(if *direction == Direction::Ascending { ") > (" } else { ") < (" });
    sql.list(", ", keys.iter().zip(values), |sql, ((field, _, _), value)| {
        sql.bind(field.kind, value);
    });
    sql.push(")");
    true
}

/// Behind in the first key, or equal there and behind in the others.
fn step(sql: &mut Sql, keys: &[Key<'_>]) {
    let Some(((field, direction, value), rest)) = keys.split_first() else {
        sql.push("FALSE");
        return;
    };
    sql.push("(");
    behind(sql, field, *direction, value);
    if !rest.is_empty() {
        sql.push(" OR (");
        if value.is_null() {
            sql.column(ROOT, field).push(" IS NULL");
        } else {
            compare(sql, ROOT, field, Comparison::Eq, value);
        }
        sql.push(" AND ");
        step(sql, rest);
        sql.push(")");
    }
    sql.push(")");
}

fn behind(sql: &mut Sql, field: &FieldSchema, direction: Direction, value: &Value) {
    match (direction, value.is_null()) {
        (Direction::Ascending, true) => {
            sql.push("FALSE");
        }
        (Direction::Ascending, false) => {
            compare(sql, ROOT, field, Comparison::Gt, value);
            if field.nullable {
                sql.push(" OR ").column(ROOT, field).push(" IS NULL");
            }
        }
        (Direction::Descending, true) => {
            sql.column(ROOT, field).push(" IS NOT NULL");
        }
        (Direction::Descending, false) => compare(sql, ROOT, field, Comparison::Lt, value),
    }
}
