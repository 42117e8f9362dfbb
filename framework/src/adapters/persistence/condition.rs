//! Predicates as SQL: the counterpart of [`Predicate::evaluate`], equal to it on every row.
//!
//! `(c = c)` and `(c <> c)` stand for "true, unknown if null" and "false, unknown if null".

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use super::statement::{Dialect, Statement};
use crate::application::children::key_position;
use crate::domain::query::Deleted;
use crate::domain::schema::{EntitySchema, FieldSchema, Kind, Link};
use crate::domain::specification::{Comparison, Predicate, TextMatch};
use crate::domain::value::Value;

impl Statement {
    /// ` WHERE …` for predicates and the deletion mark; nothing when all rows match.
    pub(super) fn filter(
        &mut self,
        alias: usize,
        schema: &'static EntitySchema,
        predicates: &[&Predicate],
        deleted: Deleted,
    ) -> &mut Self {
        let mut word = " WHERE ";
        for predicate in predicates.iter().filter(|predicate| ***predicate != Predicate::Always) {
            self.push(std::mem::replace(&mut word, " AND "));
            self.predicate(alias, schema, predicate);
        }
        if let Some(mark) = mark_of(schema, deleted) {
            self.push(word).column(alias, mark.0).push(mark.1);
        }
        self
    }

    pub(super) fn predicate(
        &mut self,
        alias: usize,
        schema: &'static EntitySchema,
        predicate: &Predicate,
    ) -> &mut Self {
        match predicate {
            Predicate::Always => self.push("(1 = 1)"),
            Predicate::Never => self.push("(1 = 0)"),
            Predicate::Compare { field, comparison, value } => match schema.fields.get(*field) {
                Some(field) => self.comparison(alias, field, *comparison, value),
                None => self.push("NULL"),
            },
            Predicate::In { field, values, negated } => match schema.fields.get(*field) {
                Some(field) => self.membership(alias, field, values, *negated),
                None => self.push("NULL"),
            },
            Predicate::Null { field, negated } => match schema.fields.get(*field) {
                Some(field) => self.column(alias, field).push(if *negated {
                    " IS NOT NULL"
                } else {
                    " IS NULL"
                }),
                None => self.push("NULL"),
            },
            Predicate::Text { field, kind, text, ignore_case } => match schema.fields.get(*field) {
                Some(field) => self.text_match(alias, field, *kind, text, *ignore_case),
                None => self.push("NULL"),
            },
            Predicate::Exists { relation, predicate } => {
                self.exists(alias, schema, *relation, predicate)
            }
            Predicate::And(parts) => self.join(alias, schema, parts, " AND ", "(1 = 1)"),
            Predicate::Or(parts) => self.join(alias, schema, parts, " OR ", "(1 = 0)"),
            Predicate::Not(inner) => {
                self.push("NOT ");
                self.push("(").predicate(alias, schema, inner).push(")")
            }
        }
    }

    fn join(
        &mut self,
        alias: usize,
        schema: &'static EntitySchema,
        parts: &[Predicate],
        word: &str,
        empty: &str,
    ) -> &mut Self {
        if parts.is_empty() {
            return self.push(empty);
        }
        self.push("(");
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                self.push(word);
            }
            self.predicate(alias, schema, part);
        }
        self.push(")")
    }

    fn comparison(
        &mut self,
        alias: usize,
        field: &'static FieldSchema,
        comparison: Comparison,
        value: &Value,
    ) -> &mut Self {
        match storable(self.dialect, field.kind, comparison, value) {
            Storable::Compare(comparison, value) => {
                let sign = match comparison {
                    Comparison::Eq => " = ",
                    Comparison::Ne => " <> ",
                    Comparison::Gt => " > ",
                    Comparison::Ge => " >= ",
                    Comparison::Lt => " < ",
                    Comparison::Le => " <= ",
                };
                self.column(alias, field).push(sign).bind(value, field.kind)
            }
            Storable::Always => self.if_not_null(alias, field, true),
            Storable::Never => self.if_not_null(alias, field, false),
            Storable::Unknown => self.push("NULL"),
        }
    }

    /// A truth that is unknown where the field is null.
    fn if_not_null(&mut self, alias: usize, field: &FieldSchema, truth: bool) -> &mut Self {
        let sign = if truth { " = " } else { " <> " };
        self.push("(").column(alias, field).push(sign).column(alias, field).push(")")
    }

    fn membership(
        &mut self,
        alias: usize,
        field: &'static FieldSchema,
        values: &[Value],
        negated: bool,
    ) -> &mut Self {
        let values: Vec<Value> = values
            .iter()
            .filter_map(|value| match storable(self.dialect, field.kind, Comparison::Eq, value) {
                Storable::Compare(_, value) => Some(value),
                _ => None,
            })
            .collect();
        if values.is_empty() {
            return self.if_not_null(alias, field, negated);
        }
        self.column(alias, field);
        self.push(match (self.dialect, negated) {
            (Dialect::Postgres, false) => " = ANY",
            (Dialect::Postgres, true) => " <> ALL",
            (Dialect::Sqlite, false) => " IN ",
            (Dialect::Sqlite, true) => " NOT IN ",
        });
        self.bind_many(values, field.kind)
    }

    fn text_match(
        &mut self,
        alias: usize,
        field: &'static FieldSchema,
        kind: TextMatch,
        text: &str,
        ignore_case: bool,
    ) -> &mut Self {
        if text.contains('\0') {
            return self.if_not_null(alias, field, false);
        }
        if text.is_empty() && kind != TextMatch::Exact {
            return self.if_not_null(alias, field, true);
        }
        let text = if ignore_case { text.to_ascii_lowercase() } else { text.to_owned() };
        let bound = |statement: &mut Self| {
            statement.bind(Value::Text(text.clone()), Kind::Text);
        };
        let column = |statement: &mut Self| {
            match (ignore_case, statement.dialect) {
                (false, _) => statement.column(alias, field),
                (true, Dialect::Sqlite) => statement.push("lower(").column(alias, field).push(")"),
                // Under "C" only ASCII letters fold, as everywhere else.
                (true, Dialect::Postgres) => {
                    statement.push("lower(").column(alias, field).push(" COLLATE \"C\")")
                }
            };
        };
        match (kind, self.dialect) {
            (TextMatch::Exact, _) => {
                column(self);
                self.push(" = ");
                bound(self);
            }
            (TextMatch::Contains, dialect) => {
                self.push(if dialect == Dialect::Postgres { "strpos(" } else { "instr(" });
                column(self);
                self.push(", ");
                bound(self);
                self.push(") > 0");
            }
            (TextMatch::StartsWith, Dialect::Postgres) => {
                self.push("starts_with(");
                column(self);
                self.push(", ");
                bound(self);
                self.push(")");
            }
            (TextMatch::StartsWith, Dialect::Sqlite) => {
                self.push("substr(");
                column(self);
                self.push(&format!(", 1, {}) = ", text.chars().count()));
                bound(self);
            }
            (TextMatch::EndsWith, dialect) => {
                let length = text.chars().count();
                self.push(if dialect == Dialect::Postgres { "right(" } else { "substr(" });
                column(self);
                self.push(&match dialect {
                    Dialect::Postgres => format!(", {length}) = "),
                    Dialect::Sqlite => format!(", -{length}) = "),
                });
                bound(self);
            }
        }
        self
    }

    fn exists(
        &mut self,
        alias: usize,
        schema: &'static EntitySchema,
        relation: usize,
        predicate: &Predicate,
    ) -> &mut Self {
        let Some(relation) = schema.relations.get(relation) else { return self.push("(1 = 0)") };
        let target = (relation.target)();
        let inner = self.fresh_alias();
        self.push("EXISTS (SELECT 1 FROM ").name(target.table).push(" AS ").alias(inner);
        match relation.link {
            Link::BelongsTo { field } => {
                let Some(field) = schema.fields.get(field) else {
                    return self.push(" WHERE 1 = 0)");
                };
                self.push(" WHERE ").column(inner, target.id()).push(" = ").column(alias, field);
            }
            Link::HasOne { .. } | Link::HasMany { .. } => {
                let key = key_position(relation).and_then(|key| target.fields.get(key));
                let Some(key) = key else { return self.push(" WHERE 1 = 0)") };
                self.push(" WHERE ").column(inner, key).push(" = ").column(alias, schema.id());
            }
            Link::ManyToMany { via, source, target: key } => {
                let via = via();
                let (Some(source), Some(key)) = (via.field(source), via.field(key)) else {
                    return self.push(" WHERE 1 = 0)");
                };
                let link = self.fresh_alias();
                self.push(" JOIN ").name(via.table).push(" AS ").alias(link).push(" ON ");
                self.column(link, key).push(" = ").column(inner, target.id());
                if let Some(mark) = mark_of(via, Deleted::Exclude) {
                    self.push(" AND ").column(link, mark.0).push(mark.1);
                }
                self.push(" WHERE ").column(link, source).push(" = ").column(alias, schema.id());
            }
        }
        if let Some(mark) = mark_of(target, Deleted::Exclude) {
            self.push(" AND ").column(inner, mark.0).push(mark.1);
        }
        if *predicate != Predicate::Always {
            self.push(" AND ").predicate(inner, target, predicate);
        }
        self.push(")")
    }
}

/// The deletion mark of a schema and what must hold for it.
fn mark_of(
    schema: &'static EntitySchema,
    deleted: Deleted,
) -> Option<(&'static FieldSchema, &'static str)> {
    let field = schema.fields.get(schema.roles.deleted_at?)?;
    match deleted {
        Deleted::Exclude => Some((field, " IS NULL")),
        Deleted::Only => Some((field, " IS NOT NULL")),
        Deleted::Include => None,
    }
}

/// What a comparison becomes once its value fits the column.
enum Storable {
    Compare(Comparison, Value),
    Always,
    Never,
    Unknown,
}

fn storable(dialect: Dialect, kind: Kind, comparison: Comparison, value: &Value) -> Storable {
    match value {
        Value::Null => Storable::Unknown,
        Value::Float(number) if number.is_nan() => Storable::Unknown,
        Value::Text(text) => match text.split_once('\0') {
            // No stored text has a NUL, and every text that starts with the part before it is longer.
            Some((before, _)) => between(comparison, Value::Text(before.to_owned())),
            None => Storable::Compare(comparison, value.clone()),
        },
        Value::Decimal(number) if dialect == Dialect::Sqlite => match kind {
            Kind::Decimal { scale, .. } => scaled(comparison, *number, scale),
            _ => Storable::Compare(comparison, value.clone()),
        },
        other => Storable::Compare(comparison, other.clone()),
    }
}

/// A comparison with something that lies just above `floor` and equals no stored value.
fn between(comparison: Comparison, floor: Value) -> Storable {
    match comparison {
        Comparison::Eq => Storable::Never,
        Comparison::Ne => Storable::Always,
        Comparison::Gt | Comparison::Ge => Storable::Compare(Comparison::Gt, floor),
        Comparison::Lt | Comparison::Le => Storable::Compare(Comparison::Le, floor),
    }
}

/// Decimals are integers of the smallest unit on SQLite.
fn scaled(comparison: Comparison, number: Decimal, scale: u8) -> Storable {
    let unit = Decimal::from(10_i64.pow(u32::from(scale.min(18))));
    let floor = number.checked_mul(unit).map(|scaled| (scaled.floor(), scaled));
    match floor.and_then(|(floor, exact)| Some((floor.to_i64()?, floor == exact))) {
        Some((floor, true)) => Storable::Compare(comparison, Value::Int(floor)),
        Some((floor, false)) => between(comparison, Value::Int(floor)),
        None => {
            let above = number.is_sign_positive();
            match comparison {
                Comparison::Eq => Storable::Never,
                Comparison::Ne => Storable::Always,
                Comparison::Gt | Comparison::Ge if above => Storable::Never,
                Comparison::Lt | Comparison::Le if !above => Storable::Never,
                _ => Storable::Always,
            }
        }
    }
}
