//! Statements inside a transaction that nobody can leave open.

use async_trait::async_trait;

use super::dialect::Dialect;
use super::error::{Doing, plain};
use super::execute::Connection;
use super::sql::Sql;
use super::statements::{delete_on, insert_on, replace_on, select_on, update_on};
use super::store::SqlStore;
use super::turns::Turn;
use crate::application::store::{Delete, Replace, Rows, Select, Selection, Transaction, Update};
use crate::domain::error::Error;
use crate::domain::schema::{EntitySchema, Kind};
use crate::domain::value::{Row, Value};

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

    pub(super) async fn begin_with(store: SqlStore, turn: Option<Turn>) -> Result<Self, Error> {
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

    /// What PostgreSQL says about a lock of its users; SQLite has one writer, who holds every lock.
    async fn advisory(&mut self, call: &str, number: i64, end: &str) -> Result<u64, Error> {
        if self.store.dialect() == Dialect::Sqlite {
            return Ok(1);
        }
        let mut sql = Sql::new(Dialect::Postgres);
        sql.push(call);
        sql.bind(Kind::Int { bits: 64, signed: true }, Value::Int(number));
        sql.push(end);
        let (connection, store) = self.parts()?;
        let answer = connection.count(sql, store.counter()).await;
        answer.map_err(|error| plain(Doing::Reading, error))
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
        let taken = self.advisory("SELECT pg_try_advisory_xact_lock(", number, ")::int::bigint");
        taken.await.map(|taken| taken == 1)
    }

    async fn lock(&mut self, number: i64) -> Result<(), Error> {
        let taken = self.advisory("SELECT 1::bigint FROM pg_advisory_xact_lock(", number, ")");
        taken.await.map(drop)
    }

    async fn commit(self: Box<Self>) -> Result<(), Error> {
        self.end(true).await
    }

    async fn rollback(self: Box<Self>) -> Result<(), Error> {
        self.end(false).await
    }
}
