//! Migrations: numbered steps of a schema, each applied once, in order, in a transaction of its own.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};

use super::decode::Columns;
use super::dialect::Dialect;
use super::error::{Doing, plain, text};
use super::execute::Connection;
use super::missing::find;
use super::own;
use super::sql::Sql;
use super::step::Step;
use super::store::SqlStore;
use crate::domain::error::Error;
use crate::domain::schema::{EntitySchema, FieldSchema, Kind, Options, Roles};
use crate::domain::value::Value;

/// One step of the schema, for both databases. Made by `framework::migrations!`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migration {
    /// Name of its folder: a timestamp and what it does. Steps are applied in the order of their names.
    pub name: &'static str,
    /// For SQLite.
    pub sqlite: Script,
    /// For PostgreSQL.
    pub postgres: Script,
}

/// The way there and back. Each text may hold several statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Script {
    /// Applies the step.
    pub up: &'static str,
    /// Takes it back.
    pub down: &'static str,
}

/// What is known about one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationStatus {
    /// Its name.
    pub name: String,
    /// When it was applied; `None` while it is pending.
    pub applied_at: Option<DateTime<Utc>>,
    /// Its text is not the one that was applied.
    pub changed: bool,
    /// It was applied by another version of the program, and is not one of this program's.
    pub unknown: bool,
}

/// Applies migrations. Two processes may do so at once: one waits for the other.
#[derive(Debug, Clone)]
pub struct Migrator {
    store: SqlStore,
    migrations: Vec<Migration>,
}

const CREATE: &str = "CREATE TABLE \"_migrations\" (\"name\" TEXT PRIMARY KEY, \
                      \"checksum\" TEXT NOT NULL, \"applied_at\" TEXT NOT NULL)";

impl Migrator {
    /// The migrations of an application, over its store; the framework's own come before them.
    pub fn of_app(store: SqlStore, migrations: &[Migration]) -> Self {
        Self::new(store, &[own::MIGRATIONS, migrations].concat())
    }

    /// These migrations and no others, over a store.
    pub fn new(store: SqlStore, migrations: &[Migration]) -> Self {
        let mut migrations = migrations.to_vec();
        migrations.sort_by_key(|migration| migration.name);
        Self { store, migrations }
    }

    /// Applies everything that is pending; returns the names of what was applied.
    ///
    /// # Errors
    /// [`Error::Configuration`] when an applied migration has another text now or is unknown, before anything is
    /// changed; otherwise the failure of the first step that fails, be it that rows refer to rows that it took away.
    /// Steps before it stay applied.
    pub async fn up(&self) -> Result<Vec<String>, Error> {
        let mut applied = Vec::new();
        let status = self.status().await?;
        refuse(status.iter().filter(|it| it.changed || it.unknown))?;
        // Whoever has nothing to do needs neither the lock nor the right to create tables.
        if status.iter().all(|it| it.applied_at.is_some()) {
            return Ok(applied);
        }
        for migration in &self.migrations {
            let mut step = self.begin().await?;
            let known = self.settled(&mut step).await?;
            if known.contains_key(migration.name) {
                step.rollback().await?;
                continue;
            }
            self.run(&mut step, migration.name, self.script(migration).up).await?;
            self.note(&mut step, migration).await?;
            step.commit().await?;
            applied.push(migration.name.to_owned());
        }
        Ok(applied)
    }

    /// Takes back the latest steps; returns their names, latest first.
    ///
    /// # Errors
    /// As [`up`](Self::up).
    pub async fn down(&self, steps: usize) -> Result<Vec<String>, Error> {
        let mut undone = Vec::new();
        while undone.len() < steps {
            let mut step = self.begin().await?;
            let known = self.settled(&mut step).await?;
            let latest = self.migrations.iter().rev().find(|it| known.contains_key(it.name));
            let Some(migration) = latest else {
                step.rollback().await?;
                break;
            };
            self.run(&mut step, migration.name, self.script(migration).down).await?;
            let mut sql = Sql::new(self.store.dialect());
            sql.push("DELETE FROM \"_migrations\" WHERE \"name\" = ");
            sql.bind(Kind::Text, Value::Text(migration.name.to_owned()));
            step.fetch(sql, &Columns::None).await?;
            step.commit().await?;
            undone.push(migration.name.to_owned());
        }
        Ok(undone)
    }

    /// Every step, those of this program first, then applied ones that it does not know. Only reads, and waits for nobody.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn status(&self) -> Result<Vec<MigrationStatus>, Error> {
        let mut connection = self.store.reader().await?;
        if !self.has_table(&mut connection).await? {
            return Ok(self.compare(&Known::new()));
        }
        Ok(self.compare(&self.applied(&mut connection).await?))
    }

    /// The names of the steps that are not applied.
    ///
    /// # Errors
    /// [`Error::Configuration`] when an applied migration has another text now; otherwise as [`status`](Self::status).
    pub async fn pending(&self) -> Result<Vec<String>, Error> {
        let status = self.status().await?;
        refuse(status.iter().filter(|it| it.changed))?;
        Ok(status.into_iter().filter(|it| it.applied_at.is_none()).map(|it| it.name).collect())
    }

    fn script(&self, migration: &Migration) -> Script {
        match self.store.dialect() {
            Dialect::Sqlite => migration.sqlite,
            Dialect::Postgres => migration.postgres,
        }
    }

    async fn begin(&self) -> Result<Step, Error> {
        let mut step = Step::begin(&self.store).await?;
        // Asked first: PostgreSQL has a notice for who creates what is there.
        if !self.has_table(step.connection()?).await? {
            step.run(CREATE).await?;
        }
        Ok(step)
    }

    async fn has_table(&self, connection: &mut Connection) -> Result<bool, Error> {
        let sql = find("_migrations", self.store.dialect());
        let tables = connection.count(sql, self.store.counter()).await.map_err(unread)?;
        Ok(tables > 0)
    }

    /// What is applied, if none of it is other than this program says.
    async fn settled(&self, step: &mut Step) -> Result<Known, Error> {
        let known = self.applied(step.connection()?).await?;
        refuse(self.compare(&known).iter().filter(|it| it.changed || it.unknown))?;
        Ok(known)
    }

    async fn applied(&self, connection: &mut Connection) -> Result<Known, Error> {
        let mut sql = Sql::new(self.store.dialect());
        sql.push("SELECT \"name\", \"checksum\", \"applied_at\" FROM \"_migrations\"");
        let columns = Columns::All(&TABLE);
        let found = connection.fetch(sql, &columns, false, self.store.counter()).await;
        let mut known = Known::new();
        for row in found.map_err(unread)?.rows {
            if let Ok([Value::Text(name), Value::Text(checksum), Value::Text(at)]) =
                <[Value; 3]>::try_from(row)
            {
                let at = DateTime::parse_from_rfc3339(&at)
                    .map_err(|error| Error::infrastructure("reading the migrations", error))?;
                known.insert(name, (checksum, at.to_utc()));
            }
        }
        Ok(known)
    }

    async fn run(&self, step: &mut Step, name: &str, script: &str) -> Result<(), Error> {
        let failed = |error: String| {
            tracing::error!(migration = name, error, "a migration failed and was rolled back");
            Error::infrastructure("applying a migration", format!("{name}: {error}"))
        };
        let done = step.connection()?.run(script, self.store.counter()).await;
        done.map_err(|error| failed(text(&error)))?;
        let dangling = step.dangling().await?;
        if dangling.is_empty() {
            return Ok(());
        }
        let pairs = dangling.iter().map(|(table, parent)| format!("`{table}` to `{parent}`"));
        Err(failed(format!(
            "it would leave rows that refer to rows which are not there: from {}",
            pairs.collect::<Vec<_>>().join(", from ")
        )))
    }

    async fn note(&self, step: &mut Step, migration: &Migration) -> Result<(), Error> {
        let mut sql = Sql::new(self.store.dialect());
        sql.push("INSERT INTO \"_migrations\" (\"name\", \"checksum\", \"applied_at\") VALUES (");
        let texts =
            [migration.name.to_owned(), checksum(self.script(migration)), Utc::now().to_rfc3339()];
        sql.list(", ", texts, |sql, text| {
            sql.bind(Kind::Text, Value::Text(text));
        });
        sql.push(")");
        step.fetch(sql, &Columns::None).await.map(drop)
    }

    fn compare(&self, known: &Known) -> Vec<MigrationStatus> {
        let ours = self.migrations.iter().map(|migration| {
            let applied = known.get(migration.name);
            MigrationStatus {
                name: migration.name.to_owned(),
                applied_at: applied.map(|(_, at)| *at),
                changed: applied
                    .is_some_and(|(applied, _)| *applied != checksum(self.script(migration))),
                unknown: false,
            }
        });
        let mut unknown: Vec<MigrationStatus> = known
            .iter()
            .filter(|(name, _)| self.migrations.iter().all(|it| it.name != name.as_str()))
            .map(|(name, (_, at))| MigrationStatus {
                name: name.clone(),
                applied_at: Some(*at),
                changed: false,
                unknown: true,
            })
            .collect();
        unknown.sort_by(|a, b| a.name.cmp(&b.name));
        ours.chain(unknown).collect()
    }
}

/// Refuses to go on with a schema that is not this program's.
fn refuse<'a>(wrong: impl Iterator<Item = &'a MigrationStatus>) -> Result<(), Error> {
    let (unknown, changed): (Vec<_>, Vec<_>) = wrong.partition(|status| status.unknown);
    let names = |of: Vec<&MigrationStatus>| -> String {
        of.iter().map(|status| status.name.as_str()).collect::<Vec<_>>().join(", ")
    };
    if !changed.is_empty() {
        return Err(Error::Configuration(format!(
            "these migrations are applied, and their text has changed since: {}; restore it, and put the change into a \
             new migration",
            names(changed)
        )));
    }
    if !unknown.is_empty() {
        return Err(Error::Configuration(format!(
            "these migrations were applied by another version of the program: {}; run that one, or restore them",
            names(unknown)
        )));
    }
    Ok(())
}

fn unread(error: sqlx::Error) -> Error {
    plain(Doing::Preparing, error)
}

/// What the database says: checksum and time by name.
type Known = HashMap<String, (String, DateTime<Utc>)>;

/// The text that was applied; its way back may still be corrected.
fn checksum(script: Script) -> String {
    let digest = Sha256::digest(script.up.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

static FIELDS: [FieldSchema; 3] = [
    FieldSchema::new("name", Kind::Text),
    FieldSchema::new("checksum", Kind::Text),
    FieldSchema::new("applied_at", Kind::Text),
];

static TABLE: EntitySchema = EntitySchema {
    name: "Migration",
    plural: "migrations",
    table: "_migrations",
    doc: "",
    fields: &FIELDS,
    relations: &[],
    roles: Roles::identity(0),
    unique: &[],
    options: Options::DEFAULT,
};
