//! The pools, and the door to them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use log::LevelFilter;
use sea_orm::{DatabaseConnection, SqlxPostgresConnector, SqlxSqliteConnector};
use sqlx::postgres::{PgConnection, PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};

use super::address;
use super::dialect::Dialect;
use super::error::{Doing, is_read_only, plain};
use super::execute::Connection;
use super::rows::Autocommit;
use super::transaction::SqlTransaction;
use super::turns::Turns;
use crate::application::sound_transaction::SoundTransaction;
use crate::application::store::{Rows, Store, Transaction};
use crate::domain::error::Error;
use crate::domain::schema::EntitySchema;

/// How a store connects.
#[derive(Debug, Clone)]
pub struct PoolOptions {
    /// Most connections; on SQLite most readers, beside the one writer.
    pub max_connections: u32,
    /// How long a caller waits for a connection before it is told to try again later.
    pub acquire_timeout: Duration,
    /// How long PostgreSQL works or waits for a lock in one statement before it undoes it; zero is without end. SQLite
    /// has no such limit: its writers wait for their turn, which `acquire_timeout` bounds.
    pub statement_timeout: Duration,
}

impl Default for PoolOptions {
    fn default() -> Self {
        Self {
            max_connections: 10,
            acquire_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(30),
        }
    }
}

/// Rows in SQLite or PostgreSQL. Cheap to clone; clones share the pools.
#[derive(Debug, Clone)]
pub struct SqlStore {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    pools: Pools,
    connection: DatabaseConnection,
    statements: AtomicU64,
    /// The text that inserts one row, by table.
    insert_texts: RwLock<HashMap<&'static str, Arc<str>>>,
}

#[derive(Debug)]
enum Pools {
    /// One writer, so that no writer waits in a busy loop; readers beside it, which WAL never blocks.
    Sqlite {
        writer: SqlitePool,
        reader: SqlitePool,
        turns: Turns,
    },
    Postgres(PgPool),
}

impl SqlStore {
    /// Connects to `sqlite://file.db?mode=rwc`, `sqlite::memory:` or `postgres://user:password@host/database`.
    ///
    /// # Errors
    /// [`Error::Configuration`] for a URL that is not understood or a database that refuses us, [`Error::Unavailable`]
    /// for one that does not answer in time. Both say which database it is, never who logs in.
    pub async fn connect(url: &str, options: &PoolOptions) -> Result<Self, Error> {
        let pools = if address::is_sqlite(url) {
            connect_sqlite(url, options).await?
        } else {
            connect_postgres(url, options).await?
        };
        let connection = match &pools {
            Pools::Sqlite { writer, .. } => {
                SqlxSqliteConnector::from_sqlx_sqlite_pool(writer.clone())
            }
            Pools::Postgres(pool) => SqlxPostgresConnector::from_sqlx_postgres_pool(pool.clone()),
        };
        Ok(Self {
            inner: Arc::new(Inner {
                pools,
                connection,
                statements: AtomicU64::new(0),
                insert_texts: RwLock::default(),
            }),
        })
    }

    /// SeaORM's connection to the same pool (on SQLite the writer's): the way out for queries of your own.
    pub fn connection(&self) -> &DatabaseConnection {
        &self.inner.connection
    }

    /// The database's way of speaking SQL.
    pub fn dialect(&self) -> Dialect {
        match self.inner.pools {
            Pools::Sqlite { .. } => Dialect::Sqlite,
            Pools::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Refuses a file that cannot be written, which SQLite opens all the same. A PostgreSQL that only reads may be a
    /// standby that is about to take over.
    pub(crate) async fn check_writable(&self) -> Result<(), Error> {
        let Pools::Sqlite { writer, .. } = &self.inner.pools else { return Ok(()) };
        let mut connection = self.writer().await?;
        // Only a statement that writes is refused; the lock of a writer is given out all the same.
        let probe = "BEGIN IMMEDIATE; CREATE TABLE _probe (written INTEGER); ROLLBACK";
        let Err(error) = connection.run(probe, self.counter()).await else { return Ok(()) };
        // It may have ended within the transaction.
        connection.discard();
        if is_read_only(&error) {
            let options = writer.connect_options();
            let file = options.get_filename().display().to_string();
            return Err(address::unreachable(&file, &error));
        }
        // Who has to wait for another writer could write.
        Ok(())
    }

    /// How many statements this store has run: for tests that count them.
    pub fn statements(&self) -> u64 {
        self.inner.statements.load(Ordering::Relaxed)
    }

    /// Waits for running work and closes every connection.
    pub async fn close(&self) {
        match &self.inner.pools {
            Pools::Sqlite { writer, reader, .. } => {
                reader.close().await;
                writer.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }

    /// Who writes when, where only one can.
    pub(super) fn turns(&self) -> Option<&Turns> {
        match &self.inner.pools {
            Pools::Sqlite { turns, .. } => Some(turns),
            Pools::Postgres(_) => None,
        }
    }

    pub(super) fn counter(&self) -> &AtomicU64 {
        &self.inner.statements
    }

    /// The text that inserts one row, written once.
    pub(super) fn insert_text(&self, schema: &'static EntitySchema) -> Arc<str> {
        let texts = self.inner.insert_texts.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(text) = texts.get(schema.table) {
            return Arc::clone(text);
        }
        drop(texts);
        let text: Arc<str> = super::write::insert_text(schema).into();
        let mut texts = self.inner.insert_texts.write().unwrap_or_else(PoisonError::into_inner);
        texts.insert(schema.table, Arc::clone(&text));
        text
    }

    /// A connection that is in no pool, where there is a server to ask for one.
    pub(super) async fn connection_of_its_own(&self) -> Result<Option<PgConnection>, Error> {
        let Pools::Postgres(pool) = &self.inner.pools else { return Ok(None) };
        let connected = pool.connect_options().connect().await;
        connected.map(Some).map_err(|error| plain(Doing::Connecting, error))
    }

    /// A connection that may only read.
    pub(super) async fn reader(&self) -> Result<Connection, Error> {
        match &self.inner.pools {
            Pools::Sqlite { reader, .. } => reader.acquire().await.map(Connection::Sqlite),
            Pools::Postgres(pool) => pool.acquire().await.map(Connection::Postgres),
        }
        .map_err(|error| plain(Doing::Connecting, error))
    }

    /// A connection that may write.
    pub(super) async fn writer(&self) -> Result<Connection, Error> {
        match &self.inner.pools {
            Pools::Sqlite { writer, .. } => writer.acquire().await.map(Connection::Sqlite),
            Pools::Postgres(pool) => pool.acquire().await.map(Connection::Postgres),
        }
        .map_err(|error| plain(Doing::Connecting, error))
    }
}

#[async_trait]
impl Store for SqlStore {
    fn autocommit(&self) -> Box<dyn Rows> {
        Box::new(Autocommit::new(self.clone()))
    }

    async fn begin(&self) -> Result<Box<dyn Transaction>, Error> {
        Ok(Box::new(SoundTransaction::new(SqlTransaction::begin(self.clone()).await?)))
    }

    async fn ping(&self) -> Result<(), Error> {
        let mut connection = self.reader().await?;
        connection
            .run("SELECT 1", self.counter())
            .await
            .map_err(|error| plain(Doing::Connecting, error))
    }
}

/// Statements are logged with their whole text, which may be that of a caller's search of a thousand conditions: that is
/// for those who look for it.
const SLOW_STATEMENTS: LevelFilter = LevelFilter::Debug;
const SLOW: Duration = Duration::from_secs(1);

/// A connection that was used this recently is taken to be alive.
const FRESH: Duration = Duration::from_secs(1);

async fn connect_sqlite(url: &str, options: &PoolOptions) -> Result<Pools, Error> {
    let in_memory = address::is_in_memory(url);
    let connect = address::sqlite(url)
        .map_err(address::wrong)?
        .journal_mode(if in_memory { SqliteJournalMode::Memory } else { SqliteJournalMode::Wal })
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(5))
        .synchronous(SqliteSynchronous::Full)
        .statement_cache_capacity(500)
        .log_slow_statements(SLOW_STATEMENTS, SLOW);
    let pool = |connections: u32| {
        let pool = SqlitePoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(options.acquire_timeout)
            .test_before_acquire(false);
        // The rows of an in-memory database live as long as its connection.
        if in_memory { pool.min_connections(1).idle_timeout(None).max_lifetime(None) } else { pool }
    };
    let file = connect.get_filename().display().to_string();
    // The writer comes first: it creates the file and switches it to WAL.
    let writer = pool(1).connect_with(connect.clone()).await;
    let writer = writer.map_err(|error| address::unreachable(&file, &error))?;
    let reader = if in_memory {
        writer.clone()
    } else {
        pool(options.max_connections).connect_lazy_with(connect)
    };
    Ok(Pools::Sqlite { writer, reader, turns: Turns::new(options.acquire_timeout) })
}

async fn connect_postgres(url: &str, options: &PoolOptions) -> Result<Pools, Error> {
    let connect = address::postgres(url)
        .map_err(address::wrong)?
        .statement_cache_capacity(500)
        .log_slow_statements(SLOW_STATEMENTS, SLOW);
    address::reach(&connect, options.acquire_timeout).await?;
    let statement_timeout = options.statement_timeout;
    let pool = PgPoolOptions::new()
        .max_connections(options.max_connections)
        .acquire_timeout(options.acquire_timeout)
        .test_before_acquire(false)
        .before_acquire(|connection, idle| {
            Box::pin(async move {
                // A server that was started again has closed what lay idle. Where there is traffic nobody pays for this.
                Ok(idle.idle_for < FRESH || connection.ping().await.is_ok())
            })
        })
        .after_connect(move |connection, _| {
            Box::pin(async move {
                let limits = sqlx::raw_sql(AssertSqlSafe(session_limits(statement_timeout)));
                limits.execute(connection).await.map(|_| ())
            })
        })
        .connect_lazy_with(connect);
    Ok(Pools::Postgres(pool))
}

/// What PostgreSQL ends by itself, since nobody tells it that a caller has gone away: statements that wait for somebody
/// else's lock, and, as a second guard, transactions that nobody ends.
fn session_limits(statement: Duration) -> String {
    // Its number is of 32 bits, and its zero is "never".
    let least = u128::from(!statement.is_zero());
    let statement = statement.as_millis().clamp(least, i32::MAX.unsigned_abs().into());
    format!("SET statement_timeout = {statement}; SET idle_in_transaction_session_timeout = '60s'")
}
