//! A statement that is being written: its text and the values that it binds.

use std::fmt::Write as _;

use super::bind::Bind;
use super::dialect::Dialect;
use crate::domain::schema::{FieldSchema, Kind};
use crate::domain::value::Value;

/// Text with numbered parameters (`$1`, which both drivers understand) and their values.
#[derive(Debug)]
pub(super) struct Sql {
    pub(super) dialect: Dialect,
    pub(super) text: String,
    pub(super) binds: Vec<Bind>,
    aliases: usize,
}

impl Sql {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self { dialect, text: String::with_capacity(256), binds: Vec::new(), aliases: 0 }
    }

    /// Appends text.
    pub(super) fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Appends a quoted identifier.
    pub(super) fn name(&mut self, name: &str) -> &mut Self {
        push_name(&mut self.text, name);
        self
    }

    /// Appends a column of an alias.
    pub(super) fn column(&mut self, alias: Alias, field: &FieldSchema) -> &mut Self {
        self.alias(alias).push(".").name(field.column)
    }

    /// Appends an alias.
    pub(super) fn alias(&mut self, alias: Alias) -> &mut Self {
        self.push("t").number(alias.0 as u64)
    }

    /// Appends a number.
    pub(super) fn number(&mut self, number: u64) -> &mut Self {
        // Most are parameters and aliases, of one digit: the formatter costs more than the rest of the statement.
        match u8::try_from(number) {
            Ok(digit @ 0..=9) => self.text.push(char::from(b'0' + digit)),
            _ => drop(write!(self.text, "{number}")),
        }
        self
    }

    /// Appends a parameter.
    pub(super) fn bind(&mut self, kind: Kind, value: Value) -> &mut Self {
        self.bind_any(Bind::One(kind, value))
    }

    /// Appends a parameter that is a list (an array on PostgreSQL).
    pub(super) fn bind_any(&mut self, bind: Bind) -> &mut Self {
        self.binds.push(bind);
        let position = self.binds.len() as u64;
        self.push("$").number(position)
    }

    /// Takes over the parameters and aliases of a part whose text was written first.
    pub(super) fn adopt(&mut self, part: Sql) {
        debug_assert!(self.binds.is_empty(), "the part's parameters are numbered from 1");
        self.binds = part.binds;
        self.aliases = part.aliases;
    }

    /// A table alias that this statement does not use yet.
    pub(super) fn next_alias(&mut self) -> Alias {
        self.aliases += 1;
        Alias(self.aliases)
    }

    /// Appends the items with a separator between them.
    pub(super) fn list<T>(
        &mut self,
        separator: &str,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T),
    ) -> &mut Self {
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                self.push(separator);
            }
            write(self, item);
        }
        self
    }
}

/// A table in a statement: `t0` is the one that the statement is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Alias(pub(super) usize);

/// The table that the statement is about.
pub(super) const ROOT: Alias = Alias(0);

/// Appends a quoted identifier.
pub(super) fn push_name(text: &mut String, name: &str) {
    text.push('"');
    if name.contains('"') {
        text.push_str(&name.replace('"', "\"\""));
    } else {
        text.push_str(name);
    }
    text.push('"');
}

/// A quoted identifier.
pub(super) fn quoted(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 2);
    push_name(&mut text, name);
    text
}

/// A quoted text literal.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
