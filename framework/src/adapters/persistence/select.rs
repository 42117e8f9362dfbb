//! The text of reads.

use super::statement::{Dialect, Statement};
use crate::application::store::Select;
use crate::domain::query::{Count, Direction, Order, Position, Window};
use crate::domain::schema::{EntitySchema, FieldSchema};
use crate::domain::value::Value;

/// A page, with the total of all matching rows as its last column if it was asked for.
pub(super) fn select(dialect: Dialect, select: &Select<'_>) -> Statement {
    let mut statement = Statement::new(dialect);
    let schema = select.schema;
    let mut filter = Statement::new(dialect);
    filter.filter(0, schema, select.predicates, select.deleted);
    statement.push("SELECT ").columns(Some(0), schema, select.columns);
    if counts(select) {
        // The same placeholders serve both: the filter's come first in either case.
        statement
            .push(", (SELECT count(*) FROM ")
            .name(schema.table)
            .push(" AS t0")
            .push(&filter.text)
            .push(")");
    }
    let order = if matches!(select.window, Window::Before(_)) {
        select
            .order
            .iter()
            .map(|key| Order { direction: key.direction.reversed(), ..*key })
            .collect()
    } else {
        select.order.to_vec()
    };
    let has_filter = !filter.text.is_empty();
    statement.push(" FROM ");
    match select.limit_per {
        Some((field, _)) => {
            statement.push("(SELECT t0.*, row_number() OVER (PARTITION BY ");
            if let Some(field) = schema.fields.get(field) {
                statement.column(0, field);
            }
            statement.push(" ORDER BY ");
            order_keys(&mut statement, schema, &order);
            statement.push(") AS place FROM ").name(schema.table).push(" AS t0");
            statement.take_filter(filter);
            statement.push(") AS t0");
        }
        None => {
            statement.name(schema.table).push(" AS t0");
            statement.take_filter(filter);
        }
    }
    let word = if has_filter && select.limit_per.is_none() { " AND " } else { " WHERE " };
    match (&select.window, select.limit_per) {
        (Window::After(position) | Window::Before(position), _) => {
            statement.push(word);
            beyond(&mut statement, schema, &order, position);
        }
        (_, Some((_, most))) => {
            statement.push(&format!(" WHERE t0.place <= {most}"));
        }
        _ => {}
    }
    if !order.is_empty() {
        statement.push(" ORDER BY ");
        order_keys(&mut statement, schema, &order);
    }
    if let Some(limit) = select.limit {
        statement.push(&format!(" LIMIT {limit}"));
    }
    if let Window::Offset(offset) = select.window {
        if select.limit.is_none() && dialect == Dialect::Sqlite {
            statement.push(" LIMIT -1");
        }
        statement.push(&format!(" OFFSET {}", offset.min(i64::MAX as u64)));
    }
    statement
}

/// Whether the page's statement counts too.
pub(super) fn counts(select: &Select<'_>) -> bool {
    select.count != Count::None
}

/// How many rows match, without a page: for empty pages.
pub(super) fn count(dialect: Dialect, select: &Select<'_>) -> Statement {
    let mut statement = Statement::new(dialect);
    statement.push("SELECT count(*) FROM ").name(select.schema.table).push(" AS t0");
    statement.filter(0, select.schema, select.predicates, select.deleted);
    statement
}

impl Statement {
    /// Appends a filter that was built on its own, before anything else was bound.
    fn take_filter(&mut self, filter: Statement) {
        debug_assert!(self.bounds.is_empty(), "the filter's placeholders start at one");
        self.push(&filter.text);
        self.bounds = filter.bounds;
    }
}

fn order_keys(statement: &mut Statement, schema: &EntitySchema, order: &[Order]) {
    let mut first = true;
    for key in order {
        let Some(field) = schema.fields.get(key.field) else { continue };
        if !std::mem::take(&mut first) {
            statement.push(", ");
        }
        statement.column(0, field);
        // PostgreSQL's default is ours: nulls last in ascending, first in descending order.
        let explicit = field.nullable && statement.dialect == Dialect::Sqlite;
        statement.push(match (key.direction, explicit) {
            (Direction::Ascending, false) => "",
            (Direction::Ascending, true) => " ASC NULLS LAST",
            (Direction::Descending, false) => " DESC",
            (Direction::Descending, true) => " DESC NULLS FIRST",
        });
    }
}

/// The rows behind a position. One row comparison where every key goes the same way and is never null, so that an
/// index serves it; else the expanded form.
fn beyond(
    statement: &mut Statement,
    schema: &'static EntitySchema,
    order: &[Order],
    position: &Position,
) {
    let keys: Vec<(&'static FieldSchema, Direction, &Value)> = order
        .iter()
        .zip(&position.0)
        .filter_map(|(key, value)| Some((schema.fields.get(key.field)?, key.direction, value)))
        .collect();
    let Some((_, direction, _)) = keys.first().copied() else {
        statement.push("(1 = 1)");
        return;
    };
    let uniform = keys
        .iter()
        .all(|(field, way, value)| *way == direction && !field.nullable && !value.is_null());
    if uniform {
        statement.push("(");
        for (index, (field, _, _)) in keys.iter().enumerate() {
            statement.push(if index > 0 { ", " } else { "" }).column(0, field);
        }
        statement.push(if direction == Direction::Ascending { ") > (" } else { ") < (" });
        for (index, (field, _, value)) in keys.iter().enumerate() {
            statement.push(if index > 0 { ", " } else { "" }).bind((*value).clone(), field.kind);
        }
        statement.push(")");
        return;
    }
    statement.push("(");
    for last in 0..keys.len() {
        if last > 0 {
            statement.push(" OR ");
        }
        statement.push("(");
        for (index, (field, direction, value)) in keys.iter().take(last + 1).enumerate() {
            if index > 0 {
                statement.push(" AND ");
            }
            if index < last {
                same(statement, field, value);
            } else {
                behind(statement, field, *direction, value);
            }
        }
        statement.push(")");
    }
    statement.push(")");
}

fn same(statement: &mut Statement, field: &'static FieldSchema, value: &Value) {
    statement.column(0, field);
    if value.is_null() {
        statement.push(" IS NULL");
    } else {
        statement.push(" = ").bind(value.clone(), field.kind);
    }
}

fn behind(
    statement: &mut Statement,
    field: &'static FieldSchema,
    direction: Direction,
    value: &Value,
) {
    match (direction, value.is_null()) {
        // Nothing comes behind the nulls of an ascending order.
        (Direction::Ascending, true) => statement.push("(1 = 0)"),
        (Direction::Ascending, false) if field.nullable => statement
            .push("(")
            .column(0, field)
            .push(" > ")
            .bind(value.clone(), field.kind)
            .push(" OR ")
            .column(0, field)
            .push(" IS NULL)"),
        (Direction::Ascending, false) => {
            statement.column(0, field).push(" > ").bind(value.clone(), field.kind)
        }
        (Direction::Descending, true) => statement.column(0, field).push(" IS NOT NULL"),
        (Direction::Descending, false) => {
            statement.column(0, field).push(" < ").bind(value.clone(), field.kind)
        }
    };
}
