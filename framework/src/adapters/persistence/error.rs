//! The one place where a driver's error becomes ours.

use sha2::{Digest as _, Sha256};
use sqlx::error::{DatabaseError, ErrorKind};

use crate::domain::error::{Conflict, Error};
use crate::domain::schema::{EntitySchema, FieldSchema, Kind};
use crate::domain::violation::{Place, Violation, Violations};

/// What was being done when the driver failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doing {
    Connecting,
    Reading,
    Writing,
    Deleting,
    Committing,
    Preparing,
}

impl Doing {
    fn text(self) -> &'static str {
        match self {
            Self::Connecting => "connecting to the database",
            Self::Reading => "reading from the database",
            Self::Writing => "writing to the database",
            Self::Deleting => "deleting from the database",
            Self::Committing => "ending a transaction",
            Self::Preparing => "preparing the migrations",
        }
    }
}

/// Translates a failure that has nothing to do with one table.
pub(super) fn plain(doing: Doing, error: sqlx::Error) -> Error {
    translate(doing, None, error)
}

/// Translates a failure of a statement on a table.
pub(super) fn on(doing: Doing, schema: &EntitySchema, error: sqlx::Error) -> Error {
    translate(doing, Some(schema), error)
}

/// Whether a foreign key was broken without being named, as SQLite does.
pub(super) fn is_unnamed_reference(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .is_some_and(|error| is_reference(error) && error.constraint().is_none())
}

/// Whether a foreign key was broken. RESTRICT has a code of its own: SQLite keeps it with a trigger (1811), PostgreSQL
/// names it restrict_violation from version 18 on (23001).
fn is_reference(error: &dyn DatabaseError) -> bool {
    error.kind() == ErrorKind::ForeignKeyViolation
        || matches!(error.code().as_deref(), Some("1811" | "23001"))
}

fn translate(doing: Doing, schema: Option<&EntitySchema>, error: sqlx::Error) -> Error {
    if is_cancelled(&error) {
        let error = text(&error);
        tracing::warn!(error, doing = doing.text(), "the database ended a statement");
        return Error::TimedOut;
    }
    if is_transient(&error) {
        let error = text(&error);
        tracing::warn!(error, doing = doing.text(), "the database is not available");
        return Error::Unavailable("the database is busy or not reachable".to_owned());
    }
    if is_read_only(&error) || is_out_of_storage(&error) {
        let error = text(&error);
        tracing::error!(error, doing = doing.text(), "the database has no storage to work with");
        return Error::Unavailable("the database cannot be written right now".to_owned());
    }
    if is_undone(&error) {
        let error = text(&error);
        tracing::warn!(error, doing = doing.text(), "the database undid a statement");
        return Error::RolledBack;
    }
    match (error.as_database_error(), schema) {
        (Some(database), Some(schema)) if database.code().as_deref() == Some(TOO_LARGE) => {
            Error::Validation(too_large(schema, database))
        }
        (Some(database), Some(schema)) => conflict(doing, schema, database)
            .map_or_else(|| Error::infrastructure(doing.text(), text(&error)), Error::Conflict),
        _ => Error::infrastructure(doing.text(), text(&error)),
    }
}

/// What went wrong, without the line of PostgreSQL's own sources where it noticed.
pub(super) fn text(error: &sqlx::Error) -> String {
    error.as_database_error().map_or_else(|| error.to_string(), |said| said.message().to_owned())
}

/// The code of SQLite, without what extends it in its higher bits.
fn sqlite_code(error: &dyn DatabaseError) -> Option<u32> {
    // Those of PostgreSQL have five characters.
    let code = error.code().filter(|code| code.len() < 5)?;
    code.parse::<u32>().ok().map(|code| code & 0xFF)
}

/// Whether the database only reads: a file without the right to write it, a standby.
pub(super) fn is_read_only(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| {
        const READONLY: u32 = 8;
        sqlite_code(error) == Some(READONLY) || error.code().as_deref() == Some("25006")
    })
}

/// Whether the disk is full or fails. PostgreSQL's full disk is among what it lacks for a while.
fn is_out_of_storage(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| {
        const IOERR: u32 = 10;
        const FULL: u32 = 13;
        matches!(sqlite_code(error), Some(IOERR | FULL)) || error.code().as_deref() == Some("58030")
    })
}

/// Whether the database undid it for the sake of others, and the same may succeed now: deadlocks, serialization failures.
fn is_undone(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    // 40003 does not know whether it was done.
    code.is_some_and(|code| code.len() == 5 && code.starts_with("40") && code != "40003")
}

/// Whether the database ended a statement that took too long, or that somebody told it to end. It has undone it, be it
/// a COMMIT: what is durable is never taken back.
fn is_cancelled(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.as_deref() == Some("57014")
}

/// Whether the same may succeed later: connection trouble, a busy writer.
pub(super) fn is_transient(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::Io(_)
        | sqlx::Error::Tls(_) => true,
        sqlx::Error::Database(database) => {
            if let Some(code) = sqlite_code(database.as_ref()) {
                // SQLITE_BUSY and SQLITE_LOCKED.
                return matches!(code, 5 | 6);
            }
            let code = database.code().unwrap_or_default();
            // Connection exceptions, shutdowns and crashes, too many connections, lock timeouts.
            ["08", "53", "57P"].iter().any(|class| code.starts_with(class))
                || matches!(code.as_ref(), "40003" | "55P03" | "25P03")
        }
        _ => false,
    }
}

fn conflict(doing: Doing, schema: &EntitySchema, error: &dyn DatabaseError) -> Option<Conflict> {
    match error.kind() {
        _ if is_reference(error) && doing == Doing::Deleting => Some(Conflict::StillReferenced),
        ErrorKind::UniqueViolation => {
            Some(Conflict::Duplicate { fields: duplicate(schema, error) })
        }
        ErrorKind::ForeignKeyViolation => {
            let constraint = error.constraint()?;
            let field = schema.fields.iter().find(|field| {
                field.reference.is_some() && foreign_key_name(schema, field) == constraint
            });
            Some(field.map_or(Conflict::StillReferenced, |field| Conflict::MissingReference {
                field: field.name,
            }))
        }
        ErrorKind::CheckViolation => Some(Conflict::Check { constraint: checked(error) }),
        _ => None,
    }
}

/// What PostgreSQL calls program_limit_exceeded: an index cannot take a value of this size.
const TOO_LARGE: &str = "54000";

/// The values that may be too large: those of the index, or of any where PostgreSQL names none.
fn too_large(schema: &EntitySchema, error: &dyn DatabaseError) -> Violations {
    let keys = unique_keys(schema).into_iter().map(|key| (unique_name(schema, &key), key));
    let single = schema.fields.iter().enumerate();
    let single = single.filter(|(at, field)| field.index || *at == schema.roles.id);
    let single = single.map(|(at, field)| (index_name(schema, field), vec![at]));
    let indexes: Vec<_> = keys.chain(single).collect();
    let named = indexes.iter().filter(|(name, _)| Some(name.as_str()) == error.constraint());
    let mut suspects: Vec<usize> = named.flat_map(|(_, key)| key.clone()).collect();
    if suspects.is_empty() {
        suspects = indexes.into_iter().flat_map(|(_, key)| key).collect();
    }
    suspects.sort_unstable();
    suspects.dedup();
    let mut violations = Violations::new();
    for field in suspects.iter().filter_map(|at| schema.fields.get(*at)) {
        if matches!(field.kind, Kind::Text | Kind::Bytes | Kind::Json | Kind::List(_)) {
            let detail = format!("{} may be too large for the index of the database", field.name);
            violations.add(field.name, "too_long", detail);
        }
    }
    if violations.is_empty() {
        let (place, detail) = (Place::Body(String::new()), "a value is too large for the database");
        violations.push(Violation { place, code: "too_long", detail: detail.to_owned() });
    }
    violations
}

fn duplicate(schema: &EntitySchema, error: &dyn DatabaseError) -> Vec<&'static str> {
    let names = |positions: &[usize]| -> Vec<&'static str> {
        positions.iter().filter_map(|at| schema.fields.get(*at)).map(|field| field.name).collect()
    };
    if let Some(constraint) = error.constraint() {
        return unique_keys(schema)
            .into_iter()
            .find(|key| unique_name(schema, key) == constraint)
            .map_or_else(|| names(&[schema.roles.id]), |key| names(&key));
    }
    // SQLite: "UNIQUE constraint failed: products.sku, products.name".
    let message = error.message();
    let list = message.split_once(": ").map_or("", |(_, list)| list);
    let fields: Vec<&'static str> = list
        .split(", ")
        .filter_map(|name| name.rsplit_once('.').map(|(_, column)| column))
        .filter_map(|column| schema.fields.iter().find(|field| field.column == column))
        .map(|field| field.name)
        .collect();
    if fields.is_empty() { names(&[schema.roles.id]) } else { fields }
}

fn checked(error: &dyn DatabaseError) -> String {
    match error.constraint() {
        Some(constraint) => constraint.to_owned(),
        // SQLite: "CHECK constraint failed: ck_products_sku_length".
        None => error.message().rsplit(": ").next().unwrap_or_default().to_owned(),
    }
}

/// Every unique key but the primary one, as positions of fields.
pub(super) fn unique_keys(schema: &EntitySchema) -> Vec<Vec<usize>> {
    let single = schema
        .fields
        .iter()
        .enumerate()
        .filter(|(at, field)| field.unique && *at != schema.roles.id);
    single.map(|(at, _)| vec![at]).chain(schema.unique.iter().map(|key| key.to_vec())).collect()
}

/// The name of a unique key.
pub(super) fn unique_name(schema: &EntitySchema, key: &[usize]) -> String {
    let columns: Vec<&str> =
        key.iter().filter_map(|at| schema.fields.get(*at)).map(|field| field.column).collect();
    bounded(format!("uq_{}_{}", schema.table, columns.join("_")))
}

/// The name of a foreign key.
pub(super) fn foreign_key_name(schema: &EntitySchema, field: &FieldSchema) -> String {
    bounded(format!("fk_{}_{}", schema.table, field.column))
}

/// The name of an index that is not unique.
pub(super) fn index_name(schema: &EntitySchema, field: &FieldSchema) -> String {
    bounded(format!("ix_{}_{}", schema.table, field.column))
}

/// A name that PostgreSQL does not cut behind its 63 bytes: what is longer ends in a digest of the whole, so that two
/// long names do not become one.
pub(super) fn bounded(mut name: String) -> String {
    const MOST: usize = 63;
    if name.len() <= MOST {
        return name;
    }
    let digest = Sha256::digest(name.as_bytes());
    let digest: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let mut end = MOST - digest.len() - 1;
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.truncate(end);
    name + "_" + &digest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_stay_different_and_short_ones_as_they_are() {
        let long = |end: &str| bounded(format!("ck_{}_{end}", "x".repeat(70)));
        assert_ne!(long("length"), long("pattern"));
        // Stored in databases: it must never change.
        assert_eq!(long("length"), format!("ck_{}_33b1c43f", "x".repeat(51)));
        assert_eq!(bounded(format!("x{}", "é".repeat(40))).len(), 62);
        assert_eq!(bounded("x".repeat(63)), "x".repeat(63));
    }
}
