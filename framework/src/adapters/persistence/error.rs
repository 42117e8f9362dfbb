//! The one place where driver errors become ours.

use sqlx::error::{DatabaseError, ErrorKind};
use sqlx::postgres::PgDatabaseError;

use crate::domain::error::{Conflict, Error};
use crate::domain::schema::EntitySchema;

/// What a statement was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doing {
    Reading,
    Writing,
    Deleting,
}

/// A reference is broken, and the driver does not say which.
const UNNAMED: &str = "";

pub(super) fn missing_reference(field: &'static str) -> Error {
    Error::Conflict(Conflict::MissingReference { field })
}

pub(super) fn is_unnamed_reference(error: &Error) -> bool {
    matches!(error, Error::Conflict(Conflict::MissingReference { field }) if *field == UNNAMED)
}

/// An error of connecting, or of transaction control.
pub(super) fn connecting(error: sqlx::Error) -> Error {
    unavailable(&error).unwrap_or_else(|| Error::infrastructure("talking to the database", error))
}

pub(super) fn translate(error: sqlx::Error, schema: &'static EntitySchema, doing: Doing) -> Error {
    if let Some(unavailable) = unavailable(&error) {
        return unavailable;
    }
    let conflict = error.as_database_error().and_then(|database| conflict(database, schema, doing));
    match conflict {
        Some(conflict) => Error::Conflict(conflict),
        None => Error::infrastructure(
            match doing {
                Doing::Reading => "reading rows",
                Doing::Writing => "writing rows",
                Doing::Deleting => "deleting rows",
            },
            error,
        ),
    }
}

/// What a retry can cure: no connection, a lock, a serialization failure.
fn unavailable(error: &sqlx::Error) -> Option<Error> {
    let reason = match error {
        sqlx::Error::PoolTimedOut => "every database connection is busy",
        sqlx::Error::PoolClosed => "the database is being closed",
        sqlx::Error::Io(_) => "the database cannot be reached",
        sqlx::Error::Database(database) => match database.code().as_deref() {
            Some("40001" | "40P01" | "55P03" | "5" | "6" | "261" | "517") => {
                "the database is busy with another write"
            }
            Some("57P01" | "57P02" | "57P03" | "53300") => {
                "the database does not accept work right now"
            }
            _ => return None,
        },
        _ => return None,
    };
    Some(Error::Unavailable(format!("{reason}; try again")))
}

fn conflict(
    error: &dyn DatabaseError,
    schema: &'static EntitySchema,
    doing: Doing,
) -> Option<Conflict> {
    let postgres = error.try_downcast_ref::<PgDatabaseError>();
    match error.kind() {
        ErrorKind::UniqueViolation => {
            let columns = match postgres {
                Some(postgres) => postgres.detail().map(columns_of_detail).unwrap_or_default(),
                None => columns_of_message(error.message()),
            };
            Some(Conflict::Duplicate { fields: wire_names(schema, &columns) })
        }
        ErrorKind::ForeignKeyViolation if doing == Doing::Deleting => {
            Some(Conflict::StillReferenced)
        }
        ErrorKind::ForeignKeyViolation => {
            let columns = postgres
                .and_then(PgDatabaseError::detail)
                .map(columns_of_detail)
                .unwrap_or_default();
            let field = wire_names(schema, &columns).first().copied().unwrap_or(UNNAMED);
            Some(Conflict::MissingReference { field })
        }
        ErrorKind::CheckViolation => {
            let named = error.constraint().map(str::to_owned);
            let told = || error.message().rsplit(": ").next().unwrap_or_default().to_owned();
            Some(Conflict::Check { constraint: named.unwrap_or_else(told) })
        }
        _ => None,
    }
}

/// `Key (a, b)=(1, 2) already exists.`
fn columns_of_detail(detail: &str) -> Vec<String> {
    let inside = detail
        .split_once("Key (")
        .and_then(|(_, rest)| rest.split_once(")="))
        .map(|(inside, _)| inside);
    let names = inside.unwrap_or_default().split(", ");
    names.map(|name| name.trim_matches('"').to_owned()).filter(|name| !name.is_empty()).collect()
}

/// `UNIQUE constraint failed: table.a, table.b`
fn columns_of_message(message: &str) -> Vec<String> {
    let list = message.rsplit_once("failed: ").map(|(_, list)| list).unwrap_or_default();
    list.split(", ").filter_map(|name| name.rsplit('.').next()).map(str::to_owned).collect()
}

fn wire_names(schema: &'static EntitySchema, columns: &[String]) -> Vec<&'static str> {
    let of_column = |column: &String| schema.fields.iter().find(|field| field.column == column);
    columns.iter().filter_map(of_column).map(|field| field.name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_found_in_what_the_databases_say() {
        assert_eq!(columns_of_detail("Key (sku)=(A-1) already exists."), ["sku"]);
        assert_eq!(columns_of_detail("Key (a, \"b c\")=(1, 2) already exists."), ["a", "b c"]);
        assert_eq!(columns_of_message("UNIQUE constraint failed: products.sku"), ["sku"]);
        assert_eq!(columns_of_message("UNIQUE constraint failed: t.a, t.b"), ["a", "b"]);
    }
}
