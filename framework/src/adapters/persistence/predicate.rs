//! A condition becomes SQL, with the same three truth values as [`Predicate::evaluate`].

use super::bind::Bind;
use super::dialect::Dialect;
use super::json_list;
use super::operand::{Operand, operand};
use super::sql::{Alias, Sql};
use crate::domain::query::Deleted;
use crate::domain::schema::{EntitySchema, FieldSchema, Kind, Link, RelationSchema};
use crate::domain::specification::{Comparison, Predicate, TextMatch};
use crate::domain::value::Value;

/// Lists longer than this reach SQLite as one JSON parameter: of the lists that one search may hold, all the others
/// together stay far below the number of parameters that a statement may have.
const LIST_AS_JSON: usize = 16;

/// Appends a condition on the rows of `alias`.
pub(super) fn write(sql: &mut Sql, schema: &'static EntitySchema, alias: Alias, it: &Predicate) {
    match it {
        Predicate::Always => truth(sql, true),
        Predicate::Never => truth(sql, false),
        Predicate::Compare { field, comparison, value } => {
            compare(sql, alias, &schema.fields[*field], *comparison, value);
        }
        Predicate::In { field, values, negated } => {
            within(sql, alias, &schema.fields[*field], values, *negated);
        }
        Predicate::Null { field, negated } => {
            sql.column(alias, &schema.fields[*field]);
            sql.push(if *negated { " IS NOT NULL" } else { " IS NULL" });
        }
        Predicate::Text { field, kind, text, ignore_case } => {
            matches(sql, alias, &schema.fields[*field], *kind, text, *ignore_case);
        }
        Predicate::Exists { relation, predicate } => {
            exists(sql, schema, alias, &schema.relations[*relation], predicate);
        }
        Predicate::And(parts) if parts.is_empty() => truth(sql, true),
        Predicate::Or(parts) if parts.is_empty() => truth(sql, false),
        Predicate::And(parts) => joined(sql, schema, alias, parts, " AND "),
        Predicate::Or(parts) => joined(sql, schema, alias, parts, " OR "),
        Predicate::Not(inner) => {
            sql.push("(NOT ");
            write(sql, schema, alias, inner);
            sql.push(")");
        }
    }
}

/// Appends ` WHERE …` for all conditions of a statement, or nothing.
pub(super) fn write_where(
    sql: &mut Sql,
    schema: &'static EntitySchema,
    alias: Alias,
    predicates: &[&Predicate],
    deleted: Deleted,
) -> bool {
    let mut any = false;
    let mut and = |sql: &mut Sql| {
        sql.push(if any { " AND " } else { " WHERE " });
        any = true;
    };
    if let Some(field) = schema.roles.deleted_at
        && deleted != Deleted::Include
    {
        and(sql);
        sql.column(alias, &schema.fields[field]);
        sql.push(if deleted == Deleted::Only { " IS NOT NULL" } else { " IS NULL" });
    } else if deleted == Deleted::Only {
        and(sql);
        truth(sql, false);
    }
    for predicate in predicates {
        if **predicate != Predicate::Always {
            and(sql);
            write(sql, schema, alias, predicate);
        }
    }
    any
}

/// Longer lists are written as two halves in parentheses: a chain is as deep as it is long, and SQLite limits the depth.
const CHAIN: usize = 16;

fn joined(sql: &mut Sql, schema: &'static EntitySchema, alias: Alias, all: &[Predicate], by: &str) {
    sql.push("(");
    if all.len() > CHAIN {
        let (left, right) = all.split_at(all.len() / 2);
        sql.list(by, [left, right], |sql, half| joined(sql, schema, alias, half, by));
    } else {
        sql.list(by, all, |sql, part| write(sql, schema, alias, part));
    }
    sql.push(")");
}

fn truth(sql: &mut Sql, truth: bool) {
    sql.push(if truth { "TRUE" } else { "FALSE" });
}

fn unknown(sql: &mut Sql) {
    sql.push("CAST(NULL AS BOOLEAN)");
}

/// Appends a constant that is unknown where the field is null.
fn constant(sql: &mut Sql, alias: Alias, field: &FieldSchema, value: bool) {
    if !field.nullable {
        return truth(sql, value);
    }
    sql.push(if value { "(NOT (" } else { "(" });
    sql.column(alias, field).push(" IS NULL AND ");
    unknown(sql);
    sql.push(if value { "))" } else { ")" });
}

/// Appends a comparison of a column with a value.
pub(super) fn compare(
    sql: &mut Sql,
    alias: Alias,
    field: &FieldSchema,
    comparison: Comparison,
    value: &Value,
) {
    use Comparison::{Eq, Ge, Gt, Le, Lt, Ne};
    match operand(field.kind, value) {
        Operand::Unknown => unknown(sql),
        Operand::Below => constant(sql, alias, field, matches!(comparison, Ne | Gt | Ge)),
        Operand::Above => constant(sql, alias, field, matches!(comparison, Ne | Lt | Le)),
        Operand::Behind(value) => match comparison {
            Eq => constant(sql, alias, field, false),
            Ne => constant(sql, alias, field, true),
            Gt | Ge => plain(sql, alias, field, ">", value),
            Lt | Le => plain(sql, alias, field, "<=", value),
        },
        // Documents are equal or incomparable.
        Operand::At(value) if matches!(field.kind, Kind::Json | Kind::List(_)) => {
            sql.push("CASE WHEN ");
            plain(sql, alias, field, "=", value);
            sql.push(if matches!(comparison, Eq | Ge | Le) {
                " THEN TRUE END"
            } else {
                " THEN FALSE END"
            });
        }
        Operand::At(value) => {
            let symbol = match comparison {
                Eq => "=",
                Ne => "<>",
                Gt => ">",
                Ge => ">=",
                Lt => "<",
                Le => "<=",
            };
            plain(sql, alias, field, symbol, value);
        }
    }
}

fn plain(sql: &mut Sql, alias: Alias, field: &FieldSchema, symbol: &str, value: Value) {
    sql.column(alias, field).push(" ").push(symbol).push(" ").bind(field.kind, value);
}

fn within(sql: &mut Sql, alias: Alias, field: &FieldSchema, values: &[Value], negated: bool) {
    let values: Vec<Value> = values
        .iter()
        .filter_map(|value| match operand(field.kind, value) {
            Operand::At(value) => Some(value),
            _ => None,
        })
        .collect();
    if values.is_empty() {
        return constant(sql, alias, field, negated);
    }
    sql.column(alias, field);
    match sql.dialect {
        // One array parameter: the text, and so the plan, does not depend on the number of values.
        Dialect::Postgres => {
            sql.push(if negated { " <> ALL(" } else { " = ANY(" });
            sql.bind_any(Bind::Many(field.kind, values)).push(")");
        }
        Dialect::Sqlite => {
            sql.push(if negated { " NOT IN (" } else { " IN (" });
            let list = (values.len() > LIST_AS_JSON)
                .then(|| json_list::text_of(field.kind, &values).ok())
                .flatten();
            match list {
                Some(list) => {
                    sql.push(json_list::rows_of(field.kind));
                    sql.bind(Kind::Text, Value::Text(list)).push(")");
                }
                None => {
                    sql.list(", ", values, |sql, value| {
                        sql.bind(field.kind, value);
                    });
                }
            }
            sql.push(")");
        }
    }
}

/// Text matches use no LIKE: nothing to escape, no limit to the pattern's length, no case folding by surprise.
fn matches(
    sql: &mut Sql,
    alias: Alias,
    field: &FieldSchema,
    kind: TextMatch,
    text: &str,
    ignore_case: bool,
) {
    if !matches!(field.kind, Kind::Text | Kind::Enum(_)) {
        return unknown(sql);
    }
    if text.contains('\0') {
        return constant(sql, alias, field, false);
    }
    if text.is_empty() && kind != TextMatch::Exact {
        return constant(sql, alias, field, true);
    }
    let text = if ignore_case { text.to_ascii_lowercase() } else { text.to_owned() };
    let subject = |sql: &mut Sql| {
        if ignore_case {
            sql.push("lower(").column(alias, field).push(")");
        } else {
            sql.column(alias, field);
        }
    };
    let length = text.chars().count() as u64;
    let successor = successor(&text);
    let value = Value::Text(text);
    match kind {
        TextMatch::Exact => {
            subject(sql);
            sql.push(" = ").bind(Kind::Text, value);
        }
        // A range of the index: text is compared by code points everywhere.
        TextMatch::StartsWith => {
            sql.push("(");
            subject(sql);
            sql.push(" >= ").bind(Kind::Text, value);
            if let Some(successor) = successor {
                sql.push(" AND ");
                subject(sql);
                sql.push(" < ").bind(Kind::Text, Value::Text(successor));
            }
            sql.push(")");
        }
        TextMatch::Contains => {
            sql.push(if sql.dialect == Dialect::Sqlite { "(instr(" } else { "(strpos(" });
            subject(sql);
            sql.push(", ").bind(Kind::Text, value).push(") > 0)");
        }
        TextMatch::EndsWith => {
            sql.push(if sql.dialect == Dialect::Sqlite { "(substr(" } else { "(right(" });
            subject(sql);
            sql.push(if sql.dialect == Dialect::Sqlite { ", -" } else { ", " });
            sql.number(length.min(i32::MAX as u64)).push(") = ").bind(Kind::Text, value).push(")");
        }
    }
}

/// The smallest text behind all that start with this one; `None` where there is none.
fn successor(prefix: &str) -> Option<String> {
    let mut characters: Vec<char> = prefix.chars().collect();
    while let Some(last) = characters.pop() {
        let next = match last {
            '\u{D7FF}' => Some('\u{E000}'),
            other => char::from_u32(u32::from(other) + 1),
        };
        if let Some(next) = next {
            characters.push(next);
            return Some(characters.into_iter().collect());
        }
    }
    None
}

fn exists(
    sql: &mut Sql,
    schema: &'static EntitySchema,
    alias: Alias,
    relation: &RelationSchema,
    predicate: &Predicate,
) {
    let target = (relation.target)();
    let inner = sql.next_alias();
    sql.push("EXISTS (SELECT 1 FROM ");
    match relation.link {
        Link::BelongsTo { field } => {
            sql.name(target.table).push(" AS ").alias(inner).push(" WHERE ");
            sql.column(inner, target.id()).push(" = ").column(alias, &schema.fields[field]);
        }
        Link::HasOne { key } | Link::HasMany { key } => {
            sql.name(target.table).push(" AS ").alias(inner).push(" WHERE ");
            key_column(sql, inner, target, key);
            sql.push(" = ").column(alias, schema.id());
        }
        Link::ManyToMany { via, source, target: far } => {
            let via = via();
            let joint = sql.next_alias();
            sql.name(via.table).push(" AS ").alias(joint).push(" JOIN ");
            sql.name(target.table).push(" AS ").alias(inner).push(" ON ");
            sql.column(inner, target.id()).push(" = ");
            key_column(sql, joint, via, far);
            sql.push(" WHERE ");
            key_column(sql, joint, via, source);
            sql.push(" = ").column(alias, schema.id());
            live(sql, via, joint);
        }
    }
    live(sql, target, inner);
    if *predicate != Predicate::Always {
        sql.push(" AND ");
        write(sql, target, inner, predicate);
    }
    sql.push(")");
}

fn key_column(sql: &mut Sql, alias: Alias, schema: &'static EntitySchema, name: &str) {
    match schema.key(name).and_then(|key| schema.fields.get(key)) {
        Some(field) => sql.column(alias, field),
        // The start refuses unknown keys; should one slip through, no row is related.
        None => sql.push("NULL"),
    };
}

fn live(sql: &mut Sql, schema: &'static EntitySchema, alias: Alias) {
    if let Some(field) = schema.roles.deleted_at {
        sql.push(" AND ").column(alias, &schema.fields[field]).push(" IS NULL");
    }
}

#[cfg(test)]
mod tests {
    use super::successor;

    #[test]
    fn the_successor_skips_surrogates_and_carries_over() {
        assert_eq!(successor("ab").as_deref(), Some("ac"));
        assert_eq!(successor("\u{D7FF}").as_deref(), Some("\u{E000}"));
        assert_eq!(successor("a\u{10FFFF}").as_deref(), Some("b"));
        assert_eq!(successor("\u{10FFFF}"), None);
    }
}
