//! The tables of applications that have no migrations.

use super::ddl::{create_table, in_dependency_order};
use super::dialect::Dialect;
use super::error::{Doing, plain};
use super::execute::Connection;
use super::sql::Sql;
use super::step::Step;
use super::store::SqlStore;
use crate::domain::error::Error;
use crate::domain::schema::{EntitySchema, Kind};
use crate::domain::value::Value;

/// Those of these entities, and of the ones that they own or refer to, whose tables are not there.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn missing(
    schemas: &[&'static EntitySchema],
    store: &SqlStore,
) -> Result<Vec<&'static EntitySchema>, Error> {
    absent(schemas, store, &mut store.reader().await?).await
}

/// Creates the tables that are not there, all of them or none; returns the entities whose tables they are. Of two
/// processes that do so at once one waits for the other.
///
/// # Errors
/// When a statement fails.
pub(crate) async fn create_missing(
    schemas: &[&'static EntitySchema],
    store: &SqlStore,
) -> Result<Vec<&'static EntitySchema>, Error> {
    // Whoever has nothing to do needs neither the lock nor the right to create tables.
    if missing(schemas, store).await?.is_empty() {
        return Ok(Vec::new());
    }
    let mut step = Step::begin(store).await?;
    let created = absent(schemas, store, step.connection()?).await?;
    for schema in &created {
        for statement in create_table(schema, store.dialect()) {
            step.run(&statement).await?;
        }
    }
    step.commit().await?;
    Ok(created)
}

async fn absent(
    schemas: &[&'static EntitySchema],
    store: &SqlStore,
    connection: &mut Connection,
) -> Result<Vec<&'static EntitySchema>, Error> {
    let mut absent = in_dependency_order(schemas);
    let mut at = 0;
    while let Some(schema) = absent.get(at) {
        let found = connection.count(find(schema.table, store.dialect()), store.counter()).await;
        if found.map_err(|error| plain(Doing::Preparing, error))? == 0 {
            at += 1;
        } else {
            absent.remove(at);
        }
    }
    Ok(absent)
}

/// Counts the tables and views of this name.
///
/// PostgreSQL's `to_regclass` would not do: it answers from what the session remembers of names, and the table may be
/// another process' work since this transaction began.
pub(super) fn find(table: &str, dialect: Dialect) -> Sql {
    let mut sql = Sql::new(dialect);
    match dialect {
        Dialect::Sqlite => {
            sql.push(
                "SELECT COUNT(*) FROM sqlite_schema WHERE type IN ('table', 'view') AND name = ",
            );
            sql.bind(Kind::Text, Value::Text(table.to_owned()));
            sql.push(" COLLATE NOCASE");
        }
        Dialect::Postgres => {
            sql.push(
                "SELECT COUNT(*) FROM pg_catalog.pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND \
                 pg_catalog.pg_table_is_visible(oid) AND relname = ",
            );
            sql.bind(Kind::Text, Value::Text(table.to_owned()));
        }
    }
    sql
}
