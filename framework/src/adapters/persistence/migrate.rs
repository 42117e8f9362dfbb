//! Migrations: plain SQL, each in its own transaction, one process at a time, nothing twice.

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};
use sqlx::{AssertSqlSafe, Executor as _, Row as _};

use super::error;
use super::migration::{Migration, Script};
use super::statement::Dialect;
use super::store::{Pools, SqlStore};
use crate::domain::error::Error;

/// Where a migration stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationStatus {
    /// Its name.
    pub name: String,
    /// When it was applied.
    pub applied_at: Option<DateTime<Utc>>,
    /// Whether its text is no longer what was applied, or the program does not know it any more.
    pub changed: bool,
}

/// Applies and undoes migrations.
pub struct Migrator {
    store: SqlStore,
    migrations: Vec<Migration>,
}

/// The advisory lock that keeps two starting processes apart.
const LOCK: i64 = 0x006d_6967_7261_7465;

const HISTORY: &str = "CREATE TABLE IF NOT EXISTS _migrations \
     (name TEXT PRIMARY KEY, checksum TEXT NOT NULL, applied_at TEXT NOT NULL)";

impl Migrator {
    /// A migrator of this store.
    pub fn new(store: SqlStore, migrations: &[Migration]) -> Self {
        let mut migrations = migrations.to_vec();
        migrations.sort_by_key(|migration| migration.name);
        Self { store, migrations }
    }

    /// Applies everything that is pending, in order; returns the names.
    ///
    /// # Errors
    /// When a script fails (it and what follows stay pending), or an applied one has changed.
    pub async fn up(&self) -> Result<Vec<String>, Error> {
        let mut applied = Vec::new();
        loop {
            let mut guard = self.lock().await?;
            let status = self.compare(&guard.history().await?);
            if let Some(changed) = status.iter().find(|status| status.changed) {
                return Err(Error::Configuration(format!(
                    "the migration {} was changed or removed after it was applied; restore it and write a new one",
                    changed.name
                )));
            }
            let pending = status.iter().find(|status| status.applied_at.is_none());
            let Some(migration) = pending.and_then(|status| self.named(&status.name)) else {
                guard.commit().await?;
                return Ok(applied);
            };
            guard.run(migration.name, self.script(migration).up).await?;
            guard.remember(migration.name, &self.checksum(migration)).await?;
            guard.commit().await?;
            applied.push(migration.name.to_owned());
        }
    }

    /// Undoes the last applied migrations; returns the names.
    ///
    /// # Errors
    /// When a script fails or is not known any more.
    pub async fn down(&self, steps: usize) -> Result<Vec<String>, Error> {
        let mut undone = Vec::new();
        for _ in 0..steps {
            let mut guard = self.lock().await?;
            let history = guard.history().await?;
            let Some((name, ..)) = history.last() else {
                guard.commit().await?;
                break;
            };
            let migration = self.named(name).ok_or_else(|| {
                Error::Configuration(format!(
                    "the migration {name} is applied but this program does not know it"
                ))
            })?;
            guard.run(migration.name, self.script(migration).down).await?;
            guard.forget(name).await?;
            guard.commit().await?;
            undone.push(name.clone());
        }
        Ok(undone)
    }

    /// Every migration, known or applied, in order.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn status(&self) -> Result<Vec<MigrationStatus>, Error> {
        let mut guard = self.lock().await?;
        let status = self.compare(&guard.history().await?);
        guard.commit().await?;
        Ok(status)
    }

    /// The names of what is not applied yet.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn pending(&self) -> Result<Vec<String>, Error> {
        let status = self.status().await?;
        Ok(status
            .into_iter()
            .filter(|status| status.applied_at.is_none())
            .map(|status| status.name)
            .collect())
    }

    fn compare(&self, history: &[(String, String, DateTime<Utc>)]) -> Vec<MigrationStatus> {
        let mut status: Vec<MigrationStatus> = history
            .iter()
            .map(|(name, checksum, applied_at)| MigrationStatus {
                name: name.clone(),
                applied_at: Some(*applied_at),
                changed: self.named(name).is_none_or(|known| self.checksum(known) != *checksum),
            })
            .collect();
        for migration in &self.migrations {
            if !history.iter().any(|(name, ..)| name == migration.name) {
                let name = migration.name.to_owned();
                status.push(MigrationStatus { name, applied_at: None, changed: false });
            }
        }
        status.sort_by(|a, b| a.name.cmp(&b.name));
        status
    }

    fn named(&self, name: &str) -> Option<&Migration> {
        self.migrations.iter().find(|migration| migration.name == name)
    }

    fn script(&self, migration: &Migration) -> Script {
        match self.store.dialect() {
            Dialect::Sqlite => migration.sqlite,
            Dialect::Postgres => migration.postgres,
        }
    }

    fn checksum(&self, migration: &Migration) -> String {
        let digest = Sha256::digest(self.script(migration).up.as_bytes());
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// A transaction that no other migrator is in at the same time.
    async fn lock(&self) -> Result<Guard, Error> {
        let mut guard = match self.store.pools() {
            Pools::Postgres(pool) => {
                Guard::Postgres(pool.begin().await.map_err(error::connecting)?)
            }
            Pools::Sqlite { writer, .. } => Guard::Sqlite(
                writer.begin_with("BEGIN IMMEDIATE").await.map_err(error::connecting)?,
            ),
        };
        if let Guard::Postgres(transaction) = &mut guard {
            let lock = sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(LOCK);
            transaction.execute(lock).await.map_err(error::connecting)?;
        }
        guard.run("_migrations", HISTORY).await?;
        Ok(guard)
    }
}

enum Guard {
    Postgres(sqlx::Transaction<'static, sqlx::Postgres>),
    Sqlite(sqlx::Transaction<'static, sqlx::Sqlite>),
}

impl Guard {
    async fn history(&mut self) -> Result<Vec<(String, String, DateTime<Utc>)>, Error> {
        const TEXT: &str = "SELECT name, checksum, applied_at FROM _migrations ORDER BY name";
        let rows: Vec<(String, String, String)> = match self {
            Self::Postgres(transaction) => {
                let rows =
                    transaction.fetch_all(sqlx::query(TEXT)).await.map_err(error::connecting)?;
                rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect()
            }
            Self::Sqlite(transaction) => {
                let rows =
                    transaction.fetch_all(sqlx::query(TEXT)).await.map_err(error::connecting)?;
                rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect()
            }
        };
        Ok(rows
            .into_iter()
            .map(|(name, checksum, at)| {
                let at =
                    DateTime::parse_from_rfc3339(&at).map(|at| at.to_utc()).unwrap_or_default();
                (name, checksum, at)
            })
            .collect())
    }

    async fn run(&mut self, name: &str, script: &str) -> Result<(), Error> {
        let script = sqlx::raw_sql(AssertSqlSafe(script.to_owned()));
        let done = match self {
            Self::Postgres(transaction) => transaction.execute(script).await.map(drop),
            Self::Sqlite(transaction) => transaction.execute(script).await.map(drop),
        };
        done.map_err(|error| {
            let source = format!("{name}: {error}");
            Error::infrastructure("applying a migration", source)
        })
    }

    async fn remember(&mut self, name: &str, checksum: &str) -> Result<(), Error> {
        const TEXT: &str =
            "INSERT INTO _migrations (name, checksum, applied_at) VALUES ($1, $2, $3)";
        let now = Utc::now().to_rfc3339();
        let done = match self {
            Self::Postgres(transaction) => transaction
                .execute(sqlx::query(TEXT).bind(name).bind(checksum).bind(now))
                .await
                .map(drop),
            Self::Sqlite(transaction) => transaction
                .execute(sqlx::query(TEXT).bind(name).bind(checksum).bind(now))
                .await
                .map(drop),
        };
        done.map_err(error::connecting)
    }

    async fn forget(&mut self, name: &str) -> Result<(), Error> {
        const TEXT: &str = "DELETE FROM _migrations WHERE name = $1";
        let done = match self {
            Self::Postgres(transaction) => {
                transaction.execute(sqlx::query(TEXT).bind(name)).await.map(drop)
            }
            Self::Sqlite(transaction) => {
                transaction.execute(sqlx::query(TEXT).bind(name)).await.map(drop)
            }
        };
        done.map_err(error::connecting)
    }

    async fn commit(self) -> Result<(), Error> {
        let done = match self {
            Self::Postgres(transaction) => transaction.commit().await,
            Self::Sqlite(transaction) => transaction.commit().await,
        };
        done.map_err(error::connecting)
    }
}
