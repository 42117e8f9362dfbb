//! Reads.

use std::cmp::Ordering;

use super::evaluate::{matches, value_at};
use super::store::Tables;
use crate::application::store::{Select, Selection};
use crate::domain::query::{Count, Direction, Position, Window};
use crate::domain::value::{Row, Value};

/// Rows in order, with the total if asked.
pub(super) fn select(tables: &Tables, select: &Select<'_>) -> Selection {
    let mut rows: Vec<&Row> = tables
        .rows(select.schema)
        .iter()
        .filter(|row| matches(tables, select.schema, row, select.predicates, select.deleted))
        .collect();
    let total = (select.count != Count::None).then_some(rows.len() as u64);
    rows.sort_by(|a, b| order(select, a, |_, field| value_at(b, field)));
    window(select, &mut rows);
    if let Some((field, limit)) = select.limit_per {
        rows = first_per(rows, field, limit);
    }
    if let Some(limit) = select.limit {
        rows.truncate(limit as usize);
    }
    let rows = rows.into_iter().map(|row| project(row, select.columns)).collect();
    Selection { rows, total }
}

/// How a row stands to other values of the sort keys.
fn order(select: &Select<'_>, row: &Row, other: impl Fn(usize, usize) -> Value) -> Ordering {
    for (index, key) in select.order.iter().enumerate() {
        let ordering = value_at(row, key.field).sort_order(&other(index, key.field));
        let ordering = match key.direction {
            Direction::Ascending => ordering,
            Direction::Descending => ordering.reverse(),
        };
        if ordering.is_ne() {
            return ordering;
        }
    }
    Ordering::Equal
}

fn window(select: &Select<'_>, rows: &mut Vec<&Row>) {
    let against = |position: &Position, row: &Row| {
        order(select, row, |index, _| position.0.get(index).cloned().unwrap_or(Value::Null))
    };
    match &select.window {
        Window::First => {}
        Window::After(position) => rows.retain(|row| against(position, row).is_gt()),
        Window::Before(position) => {
            rows.retain(|row| against(position, row).is_lt());
            rows.reverse();
        }
        Window::Offset(offset) => {
            let offset = usize::try_from(*offset).unwrap_or(usize::MAX).min(rows.len());
            rows.drain(..offset);
        }
    }
}

fn first_per(rows: Vec<&Row>, field: usize, limit: u32) -> Vec<&Row> {
    let mut seen: Vec<(Value, u32)> = Vec::new();
    rows.into_iter()
        .filter(|row| {
            let value = value_at(row, field);
            match seen.iter_mut().find(|(known, _)| *known == value) {
                Some((_, count)) => {
                    *count += 1;
                    *count <= limit
                }
                None => {
                    seen.push((value, 1));
                    limit > 0
                }
            }
        })
        .collect()
}

fn project(row: &Row, columns: Option<&[usize]>) -> Row {
    match columns {
        None => row.clone(),
        Some(positions) => positions.iter().map(|position| value_at(row, *position)).collect(),
    }
}
