//! The transaction of one migration.

use super::alone;
use super::decode::Columns;
use super::dialect::Dialect;
use super::error::{Doing, plain};
use super::execute::Connection;
use super::sql::Sql;
use super::store::SqlStore;
use super::turns::Turn;
use crate::domain::error::Error;
use crate::domain::schema::{EntitySchema, FieldSchema, Kind, Options, Roles};
use crate::domain::value::Value;

/// A transaction in which no other process migrates and, on SQLite, foreign keys are not enforced.
///
/// SQLite changes most things about a table by making it anew, and dropping the old one would delete the rows that
/// refer to it. The switch has no effect inside a transaction, so it is thrown before, and thrown back before anyone
/// else gets the connection; what the references lack is looked up before the commit instead.
pub(super) struct Step {
    store: SqlStore,
    /// `None` once it has ended.
    hold: Option<Hold>,
}

struct Hold {
    connection: Connection,
    /// On SQLite: nobody else writes meanwhile.
    _turn: Option<Turn>,
}

impl Step {
    /// Begins a transaction.
    pub(super) async fn begin(store: &SqlStore) -> Result<Self, Error> {
        let turn = match store.turns() {
            Some(turns) => Some(Turn::take(store, turns).await?.alone().await?),
            None => None,
        };
        let hold = Hold { connection: store.writer().await?, _turn: turn };
        // Owned by the guard before anything is sent: a caller that leaves now still gets everything undone.
        let mut this = Self { store: store.clone(), hold: Some(hold) };
        match store.dialect() {
            Dialect::Sqlite => {
                this.run("PRAGMA foreign_keys = OFF").await?;
                this.run("BEGIN IMMEDIATE").await?;
            }
            Dialect::Postgres => {
                // Rewriting a table takes the time that it takes.
                this.run("BEGIN; SET LOCAL statement_timeout = 0").await?;
                if let Connection::Postgres(connection) = this.connection()? {
                    alone::wait(connection, alone::IN_TRANSACTION).await?;
                }
            }
        }
        Ok(this)
    }

    /// The connection, until the end.
    pub(super) fn connection(&mut self) -> Result<&mut Connection, Error> {
        match &mut self.hold {
            Some(hold) => Ok(&mut hold.connection),
            None => Err(Error::Configuration("the transaction has ended".to_owned())),
        }
    }

    /// Runs text without parameters.
    pub(super) async fn run(&mut self, text: &str) -> Result<(), Error> {
        self.run_as(Doing::Preparing, text).await
    }

    async fn run_as(&mut self, doing: Doing, text: &str) -> Result<(), Error> {
        let store = self.store.clone();
        let done = self.connection()?.run(text, store.counter()).await;
        done.map_err(|error| plain(doing, error))
    }

    /// Runs a statement and reads its rows.
    pub(super) async fn fetch(
        &mut self,
        sql: Sql,
        columns: &Columns<'_>,
    ) -> Result<Vec<Vec<Value>>, Error> {
        let store = self.store.clone();
        let fetched = self.connection()?.fetch(sql, columns, false, store.counter()).await;
        fetched.map(|selection| selection.rows).map_err(|error| plain(Doing::Writing, error))
    }

    /// The tables with rows that refer to rows which are not there, each with the table that it refers to. PostgreSQL
    /// has refused those already.
    pub(super) async fn dangling(&mut self) -> Result<Vec<(String, String)>, Error> {
        if self.store.dialect() == Dialect::Postgres {
            return Ok(Vec::new());
        }
        let mut sql = Sql::new(Dialect::Sqlite);
        sql.push(
            "SELECT DISTINCT \"table\", \"parent\" FROM pragma_foreign_key_check ORDER BY 1, 2",
        );
        let rows = self.fetch(sql, &Columns::All(&VIOLATION)).await?;
        let pairs = rows.into_iter().filter_map(|row| match <[Value; 2]>::try_from(row) {
            Ok([Value::Text(table), Value::Text(parent)]) => Some((table, parent)),
            _ => None,
        });
        Ok(pairs.collect())
    }

    /// Makes it durable.
    pub(super) async fn commit(mut self) -> Result<(), Error> {
        self.run_as(Doing::Committing, "COMMIT").await?;
        self.end().await;
        Ok(())
    }

    /// Undoes it.
    pub(super) async fn rollback(mut self) -> Result<(), Error> {
        self.run_as(Doing::Committing, "ROLLBACK").await?;
        self.end().await;
        Ok(())
    }

    async fn end(&mut self) {
        // Still owned by the guard while it works: the caller may leave here as well.
        if let Some(hold) = &mut self.hold
            && enforces(&mut hold.connection, &self.store).await
        {
            self.hold = None;
        }
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        let Some(mut hold) = self.hold.take() else { return };
        let store = self.store.clone();
        // Nobody else can have the connection before this task lets it go. Without a runtime the process ends, and the
        // database rolls back by itself.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return hold.connection.discard();
        };
        runtime.spawn(async move {
            // It fails where nothing is open; where it fails with something open, the switch below stays off.
            let rolled_back = hold.connection.run("ROLLBACK", store.counter()).await;
            let sound = match store.dialect() {
                Dialect::Sqlite => enforces(&mut hold.connection, &store).await,
                Dialect::Postgres => rolled_back.is_ok(),
            };
            if !sound {
                tracing::warn!("a connection is closed, because its migration could not be undone");
                hold.connection.discard();
            }
        });
    }
}

/// Switches foreign keys on again; whether the connection may go back to its pool.
async fn enforces(connection: &mut Connection, store: &SqlStore) -> bool {
    if connection.dialect() == Dialect::Postgres {
        return true;
    }
    let mut sql = Sql::new(Dialect::Sqlite);
    sql.push("SELECT foreign_keys FROM pragma_foreign_keys");
    connection.run("PRAGMA foreign_keys = ON", store.counter()).await.is_ok()
        && connection.count(sql, store.counter()).await.is_ok_and(|on| on == 1)
}

static FIELDS: [FieldSchema; 2] =
    [FieldSchema::new("table", Kind::Text), FieldSchema::new("parent", Kind::Text)];

static VIOLATION: EntitySchema = EntitySchema {
    name: "Violation",
    plural: "violations",
    table: "pragma_foreign_key_check",
    doc: "",
    fields: &FIELDS,
    relations: &[],
    roles: Roles::identity(0),
    unique: &[],
    options: Options::DEFAULT,
};
