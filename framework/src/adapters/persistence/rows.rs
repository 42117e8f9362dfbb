//! Statements on a pool or in a transaction.

use async_trait::async_trait;
use sqlx::{AssertSqlSafe, Executor, Postgres, Sqlite};

use super::error::{self, Doing};
use super::statement::{Dialect, Statement};
use super::store::{Pools, SqlStore};
use super::{driver, select, write};
use crate::application::store::{Delete, Replace, Rows, Select, Selection, Transaction, Update};
use crate::domain::error::Error;
use crate::domain::query::{Count, Deleted};
use crate::domain::schema::{EntitySchema, Kind};
use crate::domain::specification::Predicate;
use crate::domain::value::{Row, Value};

/// Where statements go.
pub(super) enum Channel {
    /// To any connection, each committing by itself.
    Pool,
    Postgres(sqlx::Transaction<'static, Postgres>),
    Sqlite(sqlx::Transaction<'static, Sqlite>),
}

/// [`Rows`] on a database; in a transaction also [`Transaction`]. sqlx rolls a dropped transaction back.
pub(super) struct SqlRows {
    store: SqlStore,
    channel: Channel,
}

const TOTAL: Kind = Kind::Int { bits: 64, signed: true };

impl SqlRows {
    pub(super) fn new(store: SqlStore, channel: Channel) -> Self {
        Self { store, channel }
    }

    fn dialect(&self) -> Dialect {
        self.store.dialect()
    }

    async fn fetch(
        &mut self,
        statement: Statement,
        kinds: &[Kind],
        writes: bool,
    ) -> Result<Vec<Row>, sqlx::Error> {
        self.store.count_statement();
        match (&mut self.channel, self.store.pools()) {
            (Channel::Postgres(transaction), _) => {
                postgres(&mut **transaction, statement, kinds).await
            }
            (Channel::Sqlite(transaction), _) => sqlite(&mut **transaction, statement, kinds).await,
            (Channel::Pool, Pools::Postgres(pool)) => postgres(pool, statement, kinds).await,
            (Channel::Pool, Pools::Sqlite { writer, reader }) => {
                sqlite(if writes { writer } else { reader }, statement, kinds).await
            }
        }
    }

    async fn control(&mut self, text: String) -> Result<(), Error> {
        let done = match &mut self.channel {
            Channel::Postgres(transaction) => {
                transaction.execute(sqlx::query(AssertSqlSafe(text))).await.map(drop)
            }
            Channel::Sqlite(transaction) => {
                transaction.execute(sqlx::query(AssertSqlSafe(text))).await.map(drop)
            }
            Channel::Pool => {
                return Err(Error::Configuration("a savepoint needs a transaction".to_owned()));
            }
        };
        done.map_err(error::connecting)
    }

    /// Names the reference that a write broke, where the driver does not: SQLite says only that one is broken.
    async fn blame(&mut self, schema: &'static EntitySchema, rows: &[Row], found: Error) -> Error {
        if !error::is_unnamed_reference(&found) {
            return found;
        }
        for (position, field) in schema.fields.iter().enumerate() {
            let Some(reference) = field.reference else { continue };
            let target = (reference.target)();
            let mut values: Vec<Value> = Vec::new();
            for value in
                rows.iter().filter_map(|row| row.get(position)).filter(|value| !value.is_null())
            {
                // A row may refer to one that is written with it.
                let beside = std::ptr::eq(target, schema)
                    && rows.iter().any(|row| row.get(schema.roles.id) == Some(value));
                if !beside && !values.contains(value) {
                    values.push(value.clone());
                }
            }
            if values.is_empty() {
                continue;
            }
            let wanted = values.len();
            let predicate = Predicate::In { field: target.roles.id, values, negated: false };
            let predicates = [&predicate];
            let mut select = Select::new(target, &predicates);
            select.deleted = Deleted::Include;
            match self.select(&select).await {
                Ok(selection) if selection.rows.len() < wanted => {
                    return error::missing_reference(field.name);
                }
                Ok(_) => {}
                Err(error) => return error,
            }
        }
        found
    }
}

#[async_trait]
impl Rows for SqlRows {
    async fn select(&mut self, wanted: &Select<'_>) -> Result<Selection, Error> {
        let schema = wanted.schema;
        let mut kinds: Vec<Kind> = match wanted.columns {
            Some(columns) => columns
                .iter()
                .filter_map(|at| schema.fields.get(*at))
                .map(|field| field.kind)
                .collect(),
            None => schema.fields.iter().map(|field| field.kind).collect(),
        };
        let counts = select::counts(wanted);
        if counts {
            kinds.push(TOTAL);
        }
        let statement = select::select(self.dialect(), wanted);
        let fetched = self.fetch(statement, &kinds, false).await;
        let mut rows = fetched.map_err(|error| error::translate(error, schema, Doing::Reading))?;
        if wanted.count == Count::None {
            return Ok(Selection { rows, total: None });
        }
        let mut total = None;
        for row in &mut rows {
            if let Some(Value::Int(count)) = row.pop() {
                total = u64::try_from(count).ok();
            }
        }
        if total.is_none() {
            let statement = select::count(self.dialect(), wanted);
            let fetched = self.fetch(statement, &[TOTAL], false).await;
            let counted =
                fetched.map_err(|error| error::translate(error, schema, Doing::Reading))?;
            if let Some([Value::Int(count)]) = counted.first().map(Vec::as_slice) {
                total = u64::try_from(*count).ok();
            }
        }
        Ok(Selection { rows, total })
    }

    async fn insert(&mut self, schema: &'static EntitySchema, rows: &[Row]) -> Result<(), Error> {
        for chunk in rows.chunks(write::rows_per_statement(self.dialect(), schema)) {
            let statement = write::insert(self.dialect(), schema, chunk);
            if let Err(error) = self.fetch(statement, &[], true).await {
                let found = error::translate(error, schema, Doing::Writing);
                return Err(self.blame(schema, rows, found).await);
            }
        }
        Ok(())
    }

    async fn update(&mut self, update: &Update<'_>) -> Result<Vec<Row>, Error> {
        let schema = update.schema;
        let kinds: Vec<Kind> = schema.fields.iter().map(|field| field.kind).collect();
        let statement = write::update(self.dialect(), update);
        match self.fetch(statement, &kinds, true).await {
            Ok(rows) => Ok(rows),
            Err(error) => {
                let found = error::translate(error, schema, Doing::Writing);
                let mut row = vec![Value::Null; schema.fields.len()];
                for (position, value) in update.set {
                    if let Some(slot) = row.get_mut(*position) {
                        *slot = value.clone();
                    }
                }
                Err(self.blame(schema, &[row], found).await)
            }
        }
    }

    async fn replace(&mut self, replace: &Replace<'_>) -> Result<Vec<Value>, Error> {
        let schema = replace.schema;
        let mut replaced = Vec::with_capacity(replace.rows.len());
        for chunk in replace.rows.chunks(write::rows_per_statement(self.dialect(), schema)) {
            let statement = write::replace(self.dialect(), replace, chunk);
            match self.fetch(statement, &[schema.id().kind], true).await {
                Ok(rows) => replaced.extend(rows.into_iter().flatten()),
                Err(error) => {
                    let found = error::translate(error, schema, Doing::Writing);
                    return Err(self.blame(schema, replace.rows, found).await);
                }
            }
        }
        Ok(replaced)
    }

    async fn delete(&mut self, delete: &Delete<'_>) -> Result<Vec<Row>, Error> {
        let schema = delete.schema;
        let kinds: Vec<Kind> = schema.fields.iter().map(|field| field.kind).collect();
        let statement = write::delete(self.dialect(), delete);
        let fetched = self.fetch(statement, &kinds, true).await;
        fetched.map_err(|error| error::translate(error, schema, Doing::Deleting))
    }
}

#[async_trait]
impl Transaction for SqlRows {
    async fn savepoint(&mut self, depth: usize) -> Result<(), Error> {
        self.control(format!("SAVEPOINT s{depth}")).await
    }

    async fn release(&mut self, depth: usize) -> Result<(), Error> {
        self.control(format!("RELEASE SAVEPOINT s{depth}")).await
    }

    async fn rollback_to(&mut self, depth: usize) -> Result<(), Error> {
        self.control(format!("ROLLBACK TO SAVEPOINT s{depth}")).await
    }

    async fn commit(self: Box<Self>) -> Result<(), Error> {
        let done = match self.channel {
            Channel::Postgres(transaction) => transaction.commit().await,
            Channel::Sqlite(transaction) => transaction.commit().await,
            Channel::Pool => Ok(()),
        };
        done.map_err(error::connecting)
    }

    async fn rollback(self: Box<Self>) -> Result<(), Error> {
        let done = match self.channel {
            Channel::Postgres(transaction) => transaction.rollback().await,
            Channel::Sqlite(transaction) => transaction.rollback().await,
            Channel::Pool => Ok(()),
        };
        done.map_err(error::connecting)
    }
}

async fn postgres<'c>(
    executor: impl Executor<'c, Database = Postgres>,
    statement: Statement,
    kinds: &[Kind],
) -> Result<Vec<Row>, sqlx::Error> {
    let arguments = driver::postgres_arguments(statement.bounds).map_err(sqlx::Error::Encode)?;
    let rows =
        sqlx::query_with(AssertSqlSafe(statement.text), arguments).fetch_all(executor).await?;
    rows.iter().map(|row| driver::postgres_row(row, kinds)).collect()
}

async fn sqlite<'c>(
    executor: impl Executor<'c, Database = Sqlite>,
    statement: Statement,
    kinds: &[Kind],
) -> Result<Vec<Row>, sqlx::Error> {
    let arguments = driver::sqlite_arguments(statement.bounds).map_err(sqlx::Error::Encode)?;
    let rows =
        sqlx::query_with(AssertSqlSafe(statement.text), arguments).fetch_all(executor).await?;
    rows.iter().map(|row| driver::sqlite_row(row, kinds)).collect()
}
