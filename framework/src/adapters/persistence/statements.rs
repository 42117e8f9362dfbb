//! Running each kind of statement on a connection, and saying why one failed.

use sqlx::{AssertSqlSafe, SqlSafeStr as _};

use super::decode::Columns;
use super::error::{Doing, is_unnamed_reference, on};
use super::execute::Connection;
use super::sql::Sql;
use super::store::SqlStore;
use super::{select as read, write};
use crate::application::store::{Delete, Replace, Select, Selection, Update};
use crate::domain::error::{Conflict, Error};
use crate::domain::query::{Count, Window};
use crate::domain::schema::EntitySchema;
use crate::domain::specification::Predicate;
use crate::domain::value::{Row, Value};

pub(super) async fn select_on(
    connection: &mut Connection,
    store: &SqlStore,
    select: &Select<'_>,
) -> Result<Selection, Error> {
    let dialect = connection.dialect();
    let failed = |error| on(Doing::Reading, select.schema, error);
    let estimates = read::estimates(select, dialect);
    let total = estimates || read::counts_inline(select, dialect);
    let sql = read::statement(dialect, select);
    let columns = read::columns(select);
    let mut selection =
        connection.fetch(sql, &columns, total, store.counter()).await.map_err(failed)?;
    if select.count == Count::None || selection.total.is_some() {
        return Ok(selection);
    }
    // The page carries the total, and there is no row to carry it.
    let is_first = matches!(select.window, Window::First | Window::Offset(0));
    let limited = select.limit == Some(0) || matches!(select.limit_per, Some((_, 0)));
    selection.total = Some(if is_first && !limited && selection.rows.is_empty() {
        0
    } else {
        connection.count(read::count(dialect, select), store.counter()).await.map_err(failed)?
    });
    Ok(selection)
}

pub(super) async fn insert_on(
    connection: &mut Connection,
    store: &SqlStore,
    schema: &'static EntitySchema,
    rows: &[Row],
) -> Result<(), Error> {
    let dialect = connection.dialect();
    let counter = store.counter();
    for chunk in rows.chunks(write::chunk(dialect, schema)) {
        let result = if let [row] = chunk {
            let text = AssertSqlSafe(store.insert_text(schema)).into_sql_str();
            let binds = write::insert_binds(schema, row);
            connection.fetch_text(text, &binds, &Columns::None, false, counter).await
        } else {
            let sql = write::insert(dialect, schema, chunk);
            connection.fetch(sql, &Columns::None, false, counter).await
        };
        if let Err(error) = result {
            return Err(explained(connection, store, schema, rows, error).await);
        }
    }
    Ok(())
}

pub(super) async fn update_on(
    connection: &mut Connection,
    store: &SqlStore,
    update: &Update<'_>,
) -> Result<Vec<Row>, Error> {
    let sql = write::update(connection.dialect(), update);
    match connection.fetch(sql, &Columns::All(update.schema), false, store.counter()).await {
        Ok(selection) => Ok(selection.rows),
        Err(error) => {
            let mut row = vec![Value::Null; update.schema.fields.len()];
            for (position, value) in update.set {
                if let Some(place) = row.get_mut(*position) {
                    place.clone_from(value);
                }
            }
            Err(explained(connection, store, update.schema, &[row], error).await)
        }
    }
}

pub(super) async fn replace_on(
    connection: &mut Connection,
    store: &SqlStore,
    replace: &Replace<'_>,
) -> Result<Vec<Value>, Error> {
    let dialect = connection.dialect();
    let id = [replace.schema.roles.id];
    let columns = Columns::Some(replace.schema, &id);
    let mut replaced = Vec::with_capacity(replace.rows.len());
    for chunk in replace.rows.chunks(write::chunk(dialect, replace.schema)) {
        let sql = write::replace(dialect, replace, chunk);
        match connection.fetch(sql, &columns, false, store.counter()).await {
            Ok(selection) => replaced.extend(selection.rows.into_iter().flatten()),
            Err(error) => {
                return Err(explained(connection, store, replace.schema, replace.rows, error).await);
            }
        }
    }
    Ok(replaced)
}

pub(super) async fn delete_on(
    connection: &mut Connection,
    store: &SqlStore,
    delete: &Delete<'_>,
) -> Result<Vec<Row>, Error> {
    let sql = write::delete(connection.dialect(), delete);
    connection
        .fetch(sql, &Columns::All(delete.schema), false, store.counter())
        .await
        .map(|selection| selection.rows)
        .map_err(|error| on(Doing::Deleting, delete.schema, error))
}

/// Translates a failed write.
async fn explained(
    connection: &mut Connection,
    store: &SqlStore,
    schema: &'static EntitySchema,
    rows: &[Row],
    error: sqlx::Error,
) -> Error {
    if is_unnamed_reference(&error) {
        Box::pin(missing_reference(connection, store, schema, rows)).await
    } else {
        on(Doing::Writing, schema, error)
    }
}

/// SQLite does not say which reference is missing, so the references are looked up.
async fn missing_reference(
    connection: &mut Connection,
    store: &SqlStore,
    schema: &'static EntitySchema,
    rows: &[Row],
) -> Error {
    for (position, field) in schema.fields.iter().enumerate() {
        let Some(reference) = field.reference else { continue };
        let target = (reference.target)();
        let wanted: Vec<Value> = rows
            .iter()
            .filter_map(|row| row.get(position))
            .filter(|id| !id.is_null())
            .cloned()
            .collect();
        let ids = Predicate::In { field: target.roles.id, values: wanted.clone(), negated: false };
        let sql: Sql = write::existing(connection.dialect(), target, &ids);
        let id = [target.roles.id];
        let columns = Columns::Some(target, &id);
        let found = match connection.fetch(sql, &columns, false, store.counter()).await {
            Ok(selection) => selection.rows,
            Err(error) => return on(Doing::Writing, schema, error),
        };
        let itself = target.table == schema.table;
        let known = |id: &Value| {
            found.iter().flatten().any(|found| found == id)
                || (itself && rows.iter().any(|row| row.get(schema.roles.id) == Some(id)))
        };
        if !wanted.iter().all(known) {
            return Error::Conflict(Conflict::MissingReference { field: field.name });
        }
    }
    Error::Conflict(Conflict::StillReferenced)
}
