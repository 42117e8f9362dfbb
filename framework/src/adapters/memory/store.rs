//! The tables, and who may change them when.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::rows::{Autocommit, MemoryTransaction};
use crate::application::sound_transaction::SoundTransaction;
use crate::application::store::{Rows, Store, Transaction};
use crate::domain::error::Error;
use crate::domain::schema::EntitySchema;
use crate::domain::value::Row;

/// Rows in memory. Cheap to clone; clones share the rows.
///
/// One writer at a time, as on SQLite; readers see what was committed last.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    committed: Arc<RwLock<Arc<Tables>>>,
    writer: Arc<Mutex<()>>,
}

/// Every row of every table.
#[derive(Debug, Clone, Default)]
pub(super) struct Tables {
    tables: HashMap<&'static str, Arc<Table>>,
}

/// The rows of one entity.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub(super) schema: &'static EntitySchema,
    pub(super) rows: Vec<Row>,
}

impl MemoryStore {
    /// A store without rows.
    pub fn new() -> Self {
        Self::default()
    }

    pub(super) fn snapshot(&self) -> Arc<Tables> {
        Arc::clone(&self.committed.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn publish(&self, tables: Tables) {
        *self.committed.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(tables);
    }

    pub(super) async fn lock(&self) -> OwnedMutexGuard<()> {
        Arc::clone(&self.writer).lock_owned().await
    }
}

impl Tables {
    pub(super) fn rows(&self, schema: &EntitySchema) -> &[Row] {
        self.tables.get(schema.table).map_or(&[], |table| &table.rows)
    }

    /// The rows, to be changed; copied if a snapshot still needs them.
    pub(super) fn rows_mut(&mut self, schema: &'static EntitySchema) -> &mut Vec<Row> {
        let table = self
            .tables
            .entry(schema.table)
            .or_insert_with(|| Arc::new(Table { schema, rows: Vec::new() }));
        &mut Arc::make_mut(table).rows
    }

    /// Every entity that has had rows.
    pub(super) fn schemas(&self) -> Vec<&'static EntitySchema> {
        self.tables.values().map(|table| table.schema).collect()
    }
}

#[async_trait]
impl Store for MemoryStore {
    fn autocommit(&self) -> Box<dyn Rows> {
        Box::new(Autocommit::new(self.clone()))
    }

    async fn begin(&self) -> Result<Box<dyn Transaction>, Error> {
        Ok(Box::new(SoundTransaction::new(MemoryTransaction::begin(self.clone()).await)))
    }

    async fn ping(&self) -> Result<(), Error> {
        Ok(())
    }
}
