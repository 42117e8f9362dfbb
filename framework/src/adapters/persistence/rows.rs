//! Running statements: each by itself, or inside a transaction that nobody can leave open.

use async_trait::async_trait;
use sqlx::{AssertSqlSafe, SqlSafeStr as _};

use super::decode::Columns;
use super::dialect::Dialect;
use super::error::{Doing, is_unnamed_reference, on, plain};
use super::execute::Connection;
use super::sql::Sql;
use super::store::SqlStore;
use super::turns::Turn;
use super::{select as read, write};
use crate::application::store::{Delete, Replace, Rows, Select, Selection, Transaction, Update};
use crate::domain::error::{Conflict, Error};
use crate::domain::query::{Count, Window};
use crate::domain::schema::{EntitySchema, Kind};
use crate::domain::specification::Predicate;
use crate::domain::value::{Row, Value};

/// Each statement takes a connection and commits by itself.
pub(super) struct Autocommit {
    store: SqlStore,
}

impl Autocommit {
    pub(super) fn new(store: SqlStore) -> Self {
        Self { store }
    }
}

#[async_trait]
impl Rows for Autocommit {
    async fn select(&mut self, select: &Select<'_>) -> Result<Selection, Error> {
        let mut connection = self.store.reader().await?;
        select_on(&mut connection, &self.store, select).await
    }

    async fn insert(&mut self, schema: &'static EntitySchema, rows: &[Row]) -> Result<(), Error> {
        let several = rows.len() > write::chunk(self.store.dialect(), schema);
        let mut writer = Writer::take(&self.store, several).await?;
        let result = insert_on(writer.connection()?, &self.store, schema, rows).await;
        writer.end(result).await
    }

    async fn update(&mut self, update: &Update<'_>) -> Result<Vec<Row>, Error> {
        let mut writer = Writer::take(&self.store, false).await?;
        let result = update_on(writer.connection()?, &self.store, update).await;
        writer.end(result).await
    }

    async fn replace(&mut self, replace: &Replace<'_>) -> Result<Vec<Value>, Error> {
        let several = replace.rows.len() > write::chunk(self.store.dialect(), replace.schema);
        let mut writer = Writer::take(&self.store, several).await?;
        let result = replace_on(writer.connection()?, &self.store, replace).await;
        writer.end(result).await
    }

    async fn delete(&mut self, delete: &Delete<'_>) -> Result<Vec<Row>, Error> {
        let mut writer = Writer::take(&self.store, false).await?;
        let result = delete_on(writer.connection()?, &self.store, delete).await;
        writer.end(result).await
    }
}

/// Where a write outside of any transaction happens: alone, unless it has several statements or shares a commit.
enum Writer {
    Alone { connection: Connection, _turn: Option<Turn> },
    InTransaction(SqlTransaction),
}

impl Writer {
    async fn take(store: &SqlStore, several: bool) -> Result<Self, Error> {
        let turn = match store.turns() {
            Some(turns) => Some(Turn::take(store, turns).await?),
            None => None,
        };
        if !several && turn.as_ref().is_none_or(Turn::is_alone) {
            return Ok(Self::Alone { connection: store.writer().await?, _turn: turn });
        }
        Ok(Self::InTransaction(SqlTransaction::begin_with(store.clone(), turn).await?))
    }

    fn connection(&mut self) -> Result<&mut Connection, Error> {
        match self {
            Self::Alone { connection, .. } => Ok(connection),
            Self::InTransaction(transaction) => {
                transaction.parts().map(|(connection, _)| connection)
            }
        }
    }

    async fn end<T>(self, result: Result<T, Error>) -> Result<T, Error> {
        let Self::InTransaction(transaction) = self else { return result };
        let value = result?; // dropped, the transaction rolls back
        Box::new(transaction).commit().await?;
        Ok(value)
    }
}

/// A transaction. Whatever happens to the future that uses it, the connection goes back to its pool only behind a
/// COMMIT or a ROLLBACK.
pub(super) struct SqlTransaction {
    store: SqlStore,
    /// `None` once it has ended.
    hold: Option<Hold>,
}

enum Hold {
    Own(Connection),
    Shared(Turn),
}

impl SqlTransaction {
    /// Starts a transaction; on SQLite one that holds the write lock from its start.
    pub(super) async fn begin(store: SqlStore) -> Result<Self, Error> {
        let turn = match store.turns() {
            Some(turns) => Some(Turn::take(&store, turns).await?),
            None => None,
        };
        Self::begin_with(store, turn).await
    }

    async fn begin_with(store: SqlStore, turn: Option<Turn>) -> Result<Self, Error> {
        if let Some(turn) = turn {
            return Ok(Self { hold: Some(Hold::Shared(turn.begin().await?)), store });
        }
        let connection = store.writer().await?;
        // Owned by the guard before BEGIN is sent: a caller that leaves now still gets a ROLLBACK behind it.
        let mut this = Self { store, hold: Some(Hold::Own(connection)) };
        this.run("BEGIN").await?;
        Ok(this)
    }

    /// Runs text without parameters.
    pub(super) async fn run(&mut self, text: &str) -> Result<(), Error> {
        let (connection, store) = self.parts()?;
        connection.run(text, store.counter()).await.map_err(|error| plain(Doing::Committing, error))
    }

    pub(super) fn parts(&mut self) -> Result<(&mut Connection, &SqlStore), Error> {
        let connection = match &mut self.hold {
            Some(Hold::Own(connection)) => Some(connection),
            Some(Hold::Shared(turn)) => turn.connection(),
            None => None,
        };
        match connection {
            Some(connection) => Ok((connection, &self.store)),
            None => Err(Error::Configuration("the transaction has ended".to_owned())),
        }
    }

    async fn end(mut self: Box<Self>, keep: bool) -> Result<(), Error> {
        if let Some(Hold::Shared(turn)) = self.hold.take_if(|hold| matches!(hold, Hold::Shared(_)))
        {
            return turn.end(keep).await;
        }
        self.run(if keep { "COMMIT" } else { "ROLLBACK" }).await?;
        self.hold = None; // back to the pool: nothing is open
        Ok(())
    }
}

impl Drop for SqlTransaction {
    fn drop(&mut self) {
        // A turn takes care of itself.
        let Some(Hold::Own(mut connection)) = self.hold.take() else {
            return;
        };
        let store = self.store.clone();
        // Nobody else can have the connection before this task lets it go. Without a runtime the process ends, and the
        // database rolls back by itself.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                if let Err(error) = connection.run("ROLLBACK", store.counter()).await {
                    tracing::warn!(%error, "a dropped transaction could not be rolled back");
                    connection.discard();
                }
            });
        } else {
            connection.discard();
        }
    }
}

#[async_trait]
impl Rows for SqlTransaction {
    async fn select(&mut self, select: &Select<'_>) -> Result<Selection, Error> {
        let (connection, store) = self.parts()?;
        select_on(connection, store, select).await
    }

    async fn insert(&mut self, schema: &'static EntitySchema, rows: &[Row]) -> Result<(), Error> {
        let (connection, store) = self.parts()?;
        insert_on(connection, store, schema, rows).await
    }

    async fn update(&mut self, update: &Update<'_>) -> Result<Vec<Row>, Error> {
        let (connection, store) = self.parts()?;
        update_on(connection, store, update).await
    }

    async fn replace(&mut self, replace: &Replace<'_>) -> Result<Vec<Value>, Error> {
        let (connection, store) = self.parts()?;
        replace_on(connection, store, replace).await
    }

    async fn delete(&mut self, delete: &Delete<'_>) -> Result<Vec<Row>, Error> {
        let (connection, store) = self.parts()?;
        delete_on(connection, store, delete).await
    }
}

#[async_trait]
impl Transaction for SqlTransaction {
    async fn savepoint(&mut self, depth: usize) -> Result<(), Error> {
        self.run(&format!("SAVEPOINT s{depth}")).await
    }

    async fn release(&mut self, depth: usize) -> Result<(), Error> {
        self.run(&format!("RELEASE SAVEPOINT s{depth}")).await
    }

    async fn rollback_to(&mut self, depth: usize) -> Result<(), Error> {
        self.run(&format!("ROLLBACK TO SAVEPOINT s{depth}; RELEASE SAVEPOINT s{depth}")).await
    }

    async fn try_lock(&mut self, number: i64) -> Result<bool, Error> {
        if self.store.dialect() == Dialect::Sqlite {
            return Ok(true);
        }
        let mut sql = Sql::new(Dialect::Postgres);
        sql.push("SELECT pg_try_advisory_xact_lock(");
        sql.bind(Kind::Int { bits: 64, signed: true }, Value::Int(number));
        sql.push(")::int::bigint");
        let (connection, store) = self.parts()?;
        let taken = connection.count(sql, store.counter()).await;
        taken.map(|taken| taken == 1).map_err(|error| plain(Doing::Reading, error))
    }

    async fn commit(self: Box<Self>) -> Result<(), Error> {
        self.end(true).await
    }

    async fn rollback(self: Box<Self>) -> Result<(), Error> {
        self.end(false).await
    }
}

async fn select_on(
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

async fn insert_on(
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

async fn update_on(
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

async fn replace_on(
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

async fn delete_on(
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
