//! The databases behind the port: pools, transactions, statements.

use std::str::FromStr as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use sea_orm::DatabaseConnection;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

use super::error;
use super::rows::{Channel, SqlRows};
use super::statement::Dialect;
use crate::application::store::{Rows, Store, Transaction};
use crate::domain::error::Error;

/// How many connections, and how long to wait for one.
#[derive(Debug, Clone)]
pub struct PoolOptions {
    /// Most connections.
    pub max_connections: u32,
    /// How long a request waits for a connection before it is answered 503.
    pub acquire_timeout: Duration,
}

impl Default for PoolOptions {
    fn default() -> Self {
        Self { max_connections: 16, acquire_timeout: Duration::from_secs(5) }
    }
}

/// A store on SQLite or PostgreSQL. A clone is the same store.
#[derive(Clone)]
pub struct SqlStore {
    inner: Arc<Inner>,
}

struct Inner {
    pools: Pools,
    connection: DatabaseConnection,
    statements: AtomicU64,
}

pub(super) enum Pools {
    Postgres(PgPool),
    /// SQLite has one writer at a time: a pool of one queues writers fairly, and readers never wait for them.
    Sqlite {
        writer: SqlitePool,
        reader: SqlitePool,
    },
}

impl SqlStore {
    /// Connects to `postgres://…` or `sqlite://path?mode=rwc` (or `sqlite::memory:`).
    ///
    /// # Errors
    /// When the URL is of another kind or the database cannot be reached.
    pub async fn connect(url: &str, options: &PoolOptions) -> Result<Self, Error> {
        let (pools, connection) = if url.starts_with("postgres://")
            || url.starts_with("postgresql://")
        {
            let pool = postgres(url, options).await.map_err(error::connecting)?;
            let connection = sea_orm::SqlxPostgresConnector::from_sqlx_postgres_pool(pool.clone());
            (Pools::Postgres(pool), connection)
        } else if url.starts_with("sqlite:") {
            let (writer, reader) = sqlite(url, options).await.map_err(error::connecting)?;
            let connection = sea_orm::SqlxSqliteConnector::from_sqlx_sqlite_pool(writer.clone());
            (Pools::Sqlite { writer, reader }, connection)
        } else {
            return Err(Error::Configuration(
                "the database URL must begin with postgres:// or sqlite://".to_owned(),
            ));
        };
        Ok(Self { inner: Arc::new(Inner { pools, connection, statements: AtomicU64::new(0) }) })
    }

    /// The same database for SeaORM, for everything that this framework does not cover.
    pub fn connection(&self) -> &DatabaseConnection {
        &self.inner.connection
    }

    /// Which database this is.
    pub fn dialect(&self) -> Dialect {
        match self.inner.pools {
            Pools::Postgres(_) => Dialect::Postgres,
            Pools::Sqlite { .. } => Dialect::Sqlite,
        }
    }

    /// How many statements were sent so far, for tests that count them. Transaction control is not counted.
    pub fn statements(&self) -> u64 {
        self.inner.statements.load(Ordering::Relaxed)
    }

    pub(super) fn count_statement(&self) {
        self.inner.statements.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn pools(&self) -> &Pools {
        &self.inner.pools
    }
}

#[async_trait]
impl Store for SqlStore {
    fn autocommit(&self) -> Box<dyn Rows> {
        Box::new(SqlRows::new(self.clone(), Channel::Pool))
    }

    async fn begin(&self) -> Result<Box<dyn Transaction>, Error> {
        let channel = match self.pools() {
            Pools::Postgres(pool) => {
                Channel::Postgres(pool.begin().await.map_err(error::connecting)?)
            }
            Pools::Sqlite { writer, .. } => {
                // A deferred transaction would fail, not wait, when it turns from reading to writing.
                Channel::Sqlite(
                    writer.begin_with("BEGIN IMMEDIATE").await.map_err(error::connecting)?,
                )
            }
        };
        Ok(Box::new(SqlRows::new(self.clone(), channel)))
    }

    async fn ping(&self) -> Result<(), Error> {
        let pong = match self.pools() {
            Pools::Postgres(pool) => sqlx::query("SELECT 1").execute(pool).await.map(drop),
            Pools::Sqlite { reader, .. } => sqlx::query("SELECT 1").execute(reader).await.map(drop),
        };
        pong.map_err(error::connecting)
    }
}

async fn postgres(url: &str, options: &PoolOptions) -> Result<PgPool, sqlx::Error> {
    let connect = PgConnectOptions::from_str(url)?.statement_cache_capacity(500);
    PgPoolOptions::new()
        .max_connections(options.max_connections)
        .acquire_timeout(options.acquire_timeout)
        // A ping before every use costs a fifth of a read; a dead connection is noticed by the statement itself.
        .test_before_acquire(false)
        .after_connect(|connection, _| {
            Box::pin(async move {
                // Nothing of ours waits that long inside a transaction: whatever does is lost, and must not keep locks.
                sqlx::query("SET idle_in_transaction_session_timeout = '60s'")
                    .execute(connection)
                    .await?;
                Ok(())
            })
        })
        .connect_with(connect)
        .await
}

async fn sqlite(url: &str, options: &PoolOptions) -> Result<(SqlitePool, SqlitePool), sqlx::Error> {
    let memory = url.contains(":memory:") || url.contains("mode=memory");
    let connect = SqliteConnectOptions::from_str(url)?
        .journal_mode(if memory { SqliteJournalMode::Memory } else { SqliteJournalMode::Wal })
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(5))
        .statement_cache_capacity(500);
    let pool = |most: u32| {
        SqlitePoolOptions::new()
            .max_connections(most)
            .acquire_timeout(options.acquire_timeout)
            .test_before_acquire(false)
    };
    if memory {
        // Each connection would be a database of its own: there is one, and it never closes.
        let only = pool(1)
            .min_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(connect)
            .await?;
        return Ok((only.clone(), only));
    }
    let writer = pool(1).connect_with(connect.clone()).await?;
    let reader = pool(options.max_connections).connect_with(connect.read_only(true)).await?;
    Ok((writer, reader))
}
