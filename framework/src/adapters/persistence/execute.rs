//! Running a statement on one connection of either database.

use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::TryStreamExt as _;
use futures_util::stream::BoxStream;
use sqlx::pool::PoolConnection;
use sqlx::postgres::Postgres;
use sqlx::sqlite::Sqlite;
use sqlx::{AssertSqlSafe, Executor as _, SqlSafeStr as _, SqlStr};

use super::bind::{self, Bind};
use super::decode::{Columns, Readable};
use super::dialect::Dialect;
use super::error::is_read_only;
use super::sql::Sql;
use crate::application::store::Selection;

/// A connection out of a pool, which it returns to when dropped.
#[derive(Debug)]
pub(super) enum Connection {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
}

impl Connection {
    pub(super) fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Closes the connection instead of returning it to its pool. The rows of an in-memory database go with it.
    pub(super) fn discard(self) {
        match self {
            Self::Sqlite(mut connection) => connection.close_on_drop(),
            Self::Postgres(mut connection) => connection.close_on_drop(),
        }
    }

    /// Runs text without parameters; it may hold several statements.
    pub(super) async fn run(&mut self, text: &str, counter: &AtomicU64) -> Result<(), sqlx::Error> {
        counter.fetch_add(1, Ordering::Relaxed);
        let query = sqlx::raw_sql(AssertSqlSafe(text));
        match self {
            Self::Sqlite(connection) => connection.execute(query).await.map(|_| ()),
            Self::Postgres(connection) => {
                let done = connection.execute(query).await.map(|_| ());
                leave_standby(connection, &done);
                done
            }
        }
    }

    /// Runs a statement and reads its rows; the total, if wanted, is the column behind the others.
    pub(super) async fn fetch(
        &mut self,
        sql: Sql,
        columns: &Columns<'_>,
        total: bool,
        counter: &AtomicU64,
    ) -> Result<Selection, sqlx::Error> {
        let text = AssertSqlSafe(sql.text).into_sql_str();
        self.fetch_text(text, &sql.binds, columns, total, counter).await
    }

    /// As [`fetch`](Self::fetch), with a text that was written earlier.
    pub(super) async fn fetch_text(
        &mut self,
        text: SqlStr,
        binds: &[Bind],
        columns: &Columns<'_>,
        total: bool,
        counter: &AtomicU64,
    ) -> Result<Selection, sqlx::Error> {
        counter.fetch_add(1, Ordering::Relaxed);
        match self {
            Self::Sqlite(connection) => {
                let arguments = bind::sqlite(binds).map_err(sqlx::Error::Encode)?;
                let query = sqlx::query_with::<Sqlite, _>(text, arguments);
                selection(connection.fetch(query), columns, total).await
            }
            Self::Postgres(connection) => {
                let arguments = bind::postgres(binds).map_err(sqlx::Error::Encode)?;
                let query = sqlx::query_with::<Postgres, _>(text, arguments);
                let fetched = selection(connection.fetch(query), columns, total).await;
                leave_standby(connection, &fetched);
                fetched
            }
        }
    }

    /// Runs a statement that yields one number.
    pub(super) async fn count(
        &mut self,
        sql: Sql,
        counter: &AtomicU64,
    ) -> Result<u64, sqlx::Error> {
        let none = Columns::None;
        let selection = self.fetch(sql, &none, true, counter).await?;
        Ok(selection.total.unwrap_or_default())
    }
}

/// Closes a connection after its use that leads to a server which only reads: behind the same address another one may
/// have taken over.
fn leave_standby<T>(connection: &mut PoolConnection<Postgres>, outcome: &Result<T, sqlx::Error>) {
    if outcome.as_ref().is_err_and(is_read_only) {
        connection.close_on_drop();
    }
}

/// Each row is read as it arrives and let go, so that one place in memory serves them all.
async fn selection<R: Readable>(
    mut arriving: BoxStream<'_, Result<R, sqlx::Error>>,
    columns: &Columns<'_>,
    total: bool,
) -> Result<Selection, sqlx::Error> {
    let mut selection = Selection { rows: Vec::new(), total: None };
    while let Some(row) = arriving.try_next().await? {
        selection.rows.push(row.values(columns).map_err(sqlx::Error::Decode)?);
        if total && selection.total.is_none() {
            selection.total = Some(row.total(columns.len()).map_err(sqlx::Error::Decode)?);
        }
    }
    Ok(selection)
}
