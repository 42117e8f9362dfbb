//! A value for what was lost on the way: as empty as the column allows.

use super::kind::Kind;
use super::literal::Literal;
use super::schema::{Column, Table, quoted};
use crate::sql::Dialect;

/// The emptiest value that the checks of the column let pass, as far as their usual forms tell.
pub fn of(table: &Table, column: &Column) -> Literal {
    let Some(kind) = Kind::of(&column.postgres) else { return Literal::Text(String::new()) };
    let name = quoted(&column.name);
    let checks = table.postgres.constraints.iter();
    let mut found = checks.filter_map(|rule| {
        let check = rule.text.strip_prefix("CHECK (")?.strip_suffix(')')?;
        allowed(check, &name, kind)
    });
    let fits = |literal: &Literal| literal.write(kind, Dialect::Postgres).is_some();
    found.next().filter(fits).unwrap_or_else(|| Literal::zero(kind))
}

fn allowed(check: &str, name: &str, kind: Kind) -> Option<Literal> {
    if let Some(words) = check.strip_prefix(&format!("{name} IN (")) {
        let end = words.get(1..)?.find('\'')? + 2;
        return Literal::parse(words.get(..end)?);
    }
    if let Some(length) = check.strip_prefix(&format!("length({name}) ")) {
        let low = length.strip_prefix("BETWEEN ").or_else(|| length.strip_prefix(">= "))?;
        let low: usize = low.split(' ').next()?.parse().ok()?;
        let filling = if kind == Kind::Bytes { "00" } else { "-" };
        return Some(Literal::Text(filling.repeat(low)));
    }
    let end = |operator: &str| {
        let (_, end) = check.split_once(&format!("{name} {operator} "))?;
        end.split(' ').next()
    };
    let number = |end: &str| end.parse::<f64>().ok();
    let low = end(">=").filter(|end| number(end).is_some_and(|end| end > 0.0));
    let high = end("<=").filter(|end| number(end).is_some_and(|end| end < 0.0));
    Literal::parse(low.or(high)?)
}
