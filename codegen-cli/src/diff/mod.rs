//! From one schema to the next: what is to be done, and the scripts that do it.
//!
//! Read in this order: [`schema`] (what is compared), [`hints`] (what comparing cannot tell), [`mod@resolve`] (what was
//! which), [`postgres`] and [`sqlite`] (the scripts).

pub mod changes;
pub mod hints;
pub mod kind;
pub mod listing;
pub mod literal;
pub mod postgres;
pub mod resolve;
pub mod schema;
pub mod sqlite;
pub mod text;
pub mod zero;

use hints::{Hints, Place};
use resolve::{Resolved, resolve};
use schema::Schema;

use crate::problems::Problems;
use crate::sql::Dialect;

/// The scripts of one database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scripts {
    /// Applies the step.
    pub up: String,
    /// Takes it back.
    pub down: String,
}

/// The way from one schema to the next and back, for SQLite and for PostgreSQL.
///
/// # Errors
/// Everything that cannot be decided without a hint, and every hint that fits nothing.
pub fn scripts(before: &Schema, after: &Schema, hints: &Hints) -> Result<[Scripts; 2], Problems> {
    let there = resolve(before, after, hints)?;
    let reverse = there.reverse();
    let back = resolve(after, before, &reverse)?;
    let (goes, lost) = (goes(&there), [goes(&back), comes_back(&back)].concat());
    Ok(Dialect::BOTH.map(|dialect| Scripts {
        up: text(&goes, &write(&there, dialect), dialect),
        down: text(&lost, &write(&back, dialect), dialect),
    }))
}

fn write(resolved: &Resolved<'_>, dialect: Dialect) -> Vec<String> {
    match dialect {
        Dialect::Sqlite => sqlite::script(resolved),
        Dialect::Postgres => postgres::script(resolved),
    }
}

/// Notes first, then the statements.
fn text(notes: &[String], statements: &[String], dialect: Dialect) -> String {
    let mut parts: Vec<String> = Vec::new();
    if !notes.is_empty() {
        parts.push(notes.join("\n"));
    }
    parts.extend(statements.iter().cloned());
    if statements.is_empty() {
        parts.push(format!("-- Nothing changes in {}.", dialect.name()));
    }
    parts.join("\n\n") + "\n"
}

/// What is lost here.
fn goes(resolved: &Resolved<'_>) -> Vec<String> {
    let tables = resolved.dropped.iter();
    let tables = tables.map(|table| format!("-- `{}` goes, with its rows.", table.name));
    let columns = resolved.kept.iter().flat_map(|kept| {
        let place = |name| Place::column(&kept.before.name, name);
        let dropped = kept.dropped.iter();
        dropped.map(move |column| format!("-- `{}` goes, with its values.", place(&column.name)))
    });
    tables.chain(columns).collect()
}

/// What was lost there.
fn comes_back(resolved: &Resolved<'_>) -> Vec<String> {
    let tables = resolved.created.iter();
    let tables = tables.map(|table| format!("-- `{}` comes back without its rows.", table.name));
    let columns = resolved.kept.iter().flat_map(|kept| {
        let pairs = kept.columns.iter();
        pairs.filter_map(|pair| {
            let place = Place::column(&kept.after.name, &pair.after.name);
            match (pair.before, pair.fill) {
                (None, None) => Some(format!("-- `{place}` comes back empty: its values are lost.")),
                (None, Some(_)) => Some(format!(
                    "-- `{place}` comes back with one value for all rows: its own are lost. Where other values are \
                     needed, write them here."
                )),
                (Some(_), Some(_)) => Some(format!(
                    "-- `{place}` must have a value again: rows that have none by now get one for all."
                )),
                (Some(_), None) => None,
            }
        })
    });
    tables.chain(columns).collect()
}
