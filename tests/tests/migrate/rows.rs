//! Rows 0 and 1 of every table: their numbers, in the words of each kind.

use codegen_cli::diff::hints::Hints;
use framework::adapters::persistence::{Dialect, SqlStore};
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};

use super::hints::{fill, origin, was};
use super::samples::{KINDS, Resolved, ResolvedColumn, ResolvedTable};

/// Makes the rows; references are to the row of the same number.
pub(crate) async fn insert(store: &SqlStore, schema: &Resolved, coins: u64) {
    let (off, on) = match store.dialect() {
        Dialect::Sqlite => ("PRAGMA foreign_keys = OFF;", "PRAGMA foreign_keys = ON;"),
        Dialect::Postgres => {
            ("SET session_replication_role = replica;", "SET session_replication_role = DEFAULT;")
        }
    };
    let mut text = off.to_owned();
    for table in &schema.tables {
        for row in 0..2 {
            let names: Vec<String> =
                table.columns.iter().map(|column| format!("\"{}\"", column.name)).collect();
            let value = |column: &ResolvedColumn| {
                if is_null(table, column, row, coins) {
                    return "NULL".to_owned();
                }
                let (_, postgres, _) = KINDS[column.kind];
                let shown = shown(column.kind, column.kind, row, store.dialect());
                match postgres {
                    "DATE" | "TEXT COLLATE \"C\"" => format!("'{shown}'"),
                    _ => shown,
                }
            };
            let values: Vec<String> = table.columns.iter().map(value).collect();
            let (names, values) = (names.join(", "), values.join(", "));
            text.push_str(&format!("INSERT INTO \"{}\" ({names}) VALUES ({values});", table.name));
        }
    }
    text.push_str(on);
    store.connection().execute_unprepared(&text).await.unwrap();
}

/// Compares every value that was to be kept, and those that were given.
pub(crate) async fn check(
    store: &SqlStore,
    from: &Resolved,
    to: &Resolved,
    hints: &Hints,
    coins: u64,
) -> Result<(), String> {
    for table in &to.tables {
        let Some(old) = from.table(&was(hints, &table.name)) else { continue };
        for column in &table.columns {
            let before = origin(hints, from, &table.name, &column.name);
            for row in 0..2 {
                let given = hints
                    .fills
                    .iter()
                    .any(|it| it.table == table.name && it.column == column.name)
                    .then(|| fill(column.kind))
                    .map(|_| shown(column.kind, column.kind, 0, store.dialect()));
                let expected = match before {
                    Some(before) if !is_null(old, before, row, coins) => {
                        Some(shown(before.kind, column.kind, row, store.dialect()))
                    }
                    _ => given,
                };
                let found = value(store, &table.name, &column.name, row).await?;
                if found != expected {
                    let place = format!("{}.{} of row {row}", table.name, column.name);
                    return Err(format!("{place} is {found:?} instead of {expected:?}"));
                }
            }
        }
    }
    Ok(())
}

/// A value as text; the row must be there.
async fn value(
    store: &SqlStore,
    table: &str,
    column: &str,
    row: u32,
) -> Result<Option<String>, String> {
    let backend = match store.dialect() {
        Dialect::Sqlite => DbBackend::Sqlite,
        Dialect::Postgres => DbBackend::Postgres,
    };
    let text =
        format!("SELECT CAST(\"{column}\" AS TEXT) AS x FROM \"{table}\" WHERE \"id\" = {row}");
    let statement = Statement::from_string(backend, text);
    let found = store.connection().query_one_raw(statement).await.map_err(|e| e.to_string())?;
    let found = found.ok_or_else(|| format!("row {row} of {table} is gone"))?;
    found.try_get("", "x").map_err(|error| error.to_string())
}

fn is_null(table: &ResolvedTable, column: &ResolvedColumn, row: u32, coins: u64) -> bool {
    let place = table.name.len() + usize::from(column.name.as_bytes()[0]);
    column.nullable && row == 1 && coins.rotate_right(u32::try_from(place).unwrap()) % 2 == 0
}

/// The number of a row as it was written for one kind and became another.
fn shown(before: usize, after: usize, row: u32, dialect: Dialect) -> String {
    let (_, was, _) = KINDS[before];
    let (_, is, scale) = KINDS[after];
    let date = format!("2000-01-0{}", row + 1);
    let truth = if row == 1 { "true" } else { "false" };
    match (is, dialect) {
        ("DATE", _) => date,
        ("TEXT COLLATE \"C\"", _) => match was {
            "DATE" => date,
            "BOOLEAN" => truth.to_owned(),
            _ => row.to_string(),
        },
        ("BOOLEAN", Dialect::Postgres) => truth.to_owned(),
        ("DOUBLE PRECISION", Dialect::Sqlite) => format!("{row}.0"),
        (_, Dialect::Sqlite) => (row * 10_u32.pow(scale)).to_string(),
        (_, Dialect::Postgres) if scale > 0 => {
            format!("{row}.{}", "0".repeat(usize::try_from(scale).unwrap()))
        }
        _ => row.to_string(),
    }
}
