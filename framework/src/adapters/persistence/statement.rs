//! A statement in the making: text and the values bound to its placeholders.

use crate::domain::schema::{EntitySchema, FieldSchema, Kind};
use crate::domain::value::Value;

/// Which database speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite 3.35 or newer.
    Sqlite,
    /// PostgreSQL 12 or newer.
    Postgres,
}

/// A value with the kind that decides how it is bound; nulls need one too.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Bound {
    /// One value.
    One(Value, Kind),
    /// A list, bound as one array on PostgreSQL.
    Many(Vec<Value>, Kind),
}

/// Text under construction. Identifiers come from schemas only, values only through placeholders.
#[derive(Debug)]
pub(super) struct Statement {
    pub(super) dialect: Dialect,
    pub(super) text: String,
    pub(super) bounds: Vec<Bound>,
    aliases: usize,
}

impl Statement {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self { dialect, text: String::with_capacity(256), bounds: Vec::new(), aliases: 0 }
    }

    pub(super) fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// A quoted identifier.
    pub(super) fn name(&mut self, name: &str) -> &mut Self {
        self.text.push('"');
        for character in name.chars() {
            if character == '"' {
                self.text.push('"');
            }
            self.text.push(character);
        }
        self.text.push('"');
        self
    }

    /// A column of the table behind this alias.
    pub(super) fn column(&mut self, alias: usize, field: &FieldSchema) -> &mut Self {
        self.alias(alias).push(".").name(field.column)
    }

    pub(super) fn alias(&mut self, alias: usize) -> &mut Self {
        self.text.push('t');
        self.text.push_str(&alias.to_string());
        self
    }

    /// An alias that no other table of the statement has.
    pub(super) fn fresh_alias(&mut self) -> usize {
        self.aliases += 1;
        self.aliases
    }

    /// A placeholder for a value of this field.
    pub(super) fn bind(&mut self, value: Value, kind: Kind) -> &mut Self {
        let number = self.next_number();
        self.bounds.push(Bound::One(value, kind));
        self.placeholder(number)
    }

    /// A parenthesised list, or an array, of values: what follows `IN` or `= ANY`.
    pub(super) fn bind_many(&mut self, values: Vec<Value>, kind: Kind) -> &mut Self {
        if self.dialect == Dialect::Postgres {
            let number = self.next_number();
            self.bounds.push(Bound::Many(values, kind));
            return self.push("(").placeholder(number).push(")");
        }
        // Padded to a power of two with the last value, so that few different texts are prepared.
        let padded = values.len().next_power_of_two();
        let last = values.last().cloned();
        self.push("(");
        for (index, value) in
            values.into_iter().chain(last.into_iter().cycle()).take(padded).enumerate()
        {
            if index > 0 {
                self.push(",");
            }
            self.bind(value, kind);
        }
        self.push(")")
    }

    fn next_number(&self) -> usize {
        self.bounds.len() + 1
    }

    fn placeholder(&mut self, number: usize) -> &mut Self {
        self.text.push(match self.dialect {
            Dialect::Postgres => '$',
            Dialect::Sqlite => '?',
        });
        self.text.push_str(&number.to_string());
        self
    }

    /// The columns of a schema, or some of them, separated by commas.
    pub(super) fn columns(
        &mut self,
        alias: Option<usize>,
        schema: &EntitySchema,
        positions: Option<&[usize]>,
    ) -> &mut Self {
        let mut first = true;
        let mut one = |statement: &mut Self, field: &FieldSchema| {
            if !std::mem::take(&mut first) {
                statement.push(", ");
            }
            match alias {
                Some(alias) => statement.column(alias, field),
                None => statement.name(field.column),
            };
        };
        match positions {
            Some(positions) => {
                for field in positions.iter().filter_map(|position| schema.fields.get(*position)) {
                    one(self, field);
                }
            }
            None => {
                for field in schema.fields {
                    one(self, field);
                }
            }
        }
        self
    }
}
