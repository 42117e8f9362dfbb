//! What differs between two schemas, line by line, without deciding what became what.

use super::schema::{Column, Rule, Schema, Table};
use crate::sql::Dialect;

/// A line for each difference; none if the schemas are the same but for the order of their parts.
pub fn differences(before: &Schema, after: &Schema) -> Vec<String> {
    let mut lines = Vec::new();
    for table in &after.tables {
        match before.table(&table.name) {
            None => lines.push(format!("+ table {}", table.name)),
            Some(old) => compare(old, table, &mut lines),
        }
    }
    for table in &before.tables {
        if after.table(&table.name).is_none() {
            lines.push(format!("- table {}", table.name));
        }
    }
    lines
}

fn compare(before: &Table, after: &Table, lines: &mut Vec<String>) {
    let table = &after.name;
    for column in &after.columns {
        let place = format!("{table}.{}", column.name);
        match before.column(&column.name) {
            None => lines.push(format!("+ {place}: {}", describe(column))),
            Some(old) if old != column => {
                lines.push(format!("~ {place}: {} → {}", describe(old), describe(column)));
            }
            Some(_) => {}
        }
    }
    for column in &before.columns {
        if after.column(&column.name).is_none() {
            lines.push(format!("- {table}.{}", column.name));
        }
    }
    for dialect in Dialect::BOTH {
        let (old, new) = (before.rules(dialect), after.rules(dialect));
        let mut rules = |old: &[Rule], new: &[Rule]| {
            let mut line = |sign, rule: &Rule| {
                lines.push(format!(
                    "{sign} {table}, {}: {} {}",
                    dialect.name(),
                    rule.name,
                    rule.text
                ));
            };
            old.iter().filter(|rule| !new.contains(rule)).for_each(|rule| line('-', rule));
            new.iter().filter(|rule| !old.contains(rule)).for_each(|rule| line('+', rule));
        };
        rules(&old.constraints, &new.constraints);
        rules(&old.indexes, &new.indexes);
    }
}

fn describe(column: &Column) -> String {
    let null = if column.nullable { ", optional" } else { "" };
    format!("{}{null}", column.postgres)
}
