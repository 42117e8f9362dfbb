//! Rows outside of any transaction: each statement by itself.

use async_trait::async_trait;

use super::execute::Connection;
use super::statements::{delete_on, insert_on, replace_on, select_on, update_on};
use super::store::SqlStore;
use super::transaction::SqlTransaction;
use super::turns::Turn;
use super::write;
use crate::application::store::{
    Delete, Replace, Rows, Select, Selection, Transaction as _, Update,
};
use crate::domain::error::Error;
use crate::domain::schema::EntitySchema;
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
