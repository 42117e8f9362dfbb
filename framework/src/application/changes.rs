//! Which cached rows a session has changed, through whichever repository.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;

use super::store::{Delete, Replace, Rows, Select, Selection, Update};
use crate::domain::error::Error;
use crate::domain::schema::EntitySchema;
use crate::domain::value::{Row, Value};

/// The keys of changed rows by table, of the tables that are cached, and every table that has lost rows.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) rows: HashMap<&'static str, HashSet<String>>,
    pub(super) removed: HashSet<&'static str>,
}

/// The key of a row in the cache.
pub(super) fn cache_key(id: &Value) -> String {
    match id {
        Value::Uuid(id) => id.to_string(),
        Value::Int(id) => id.to_string(),
        Value::Text(id) => id.clone(),
        other => format!("{other:?}"),
    }
}

impl Changes {
    fn note<'a>(&mut self, schema: &EntitySchema, ids: impl Iterator<Item = &'a Value>) {
        if schema.options.cache_seconds.is_some() {
            self.rows.entry(schema.table).or_default().extend(ids.map(cache_key));
        }
    }

    fn note_rows(&mut self, schema: &EntitySchema, rows: &[Row]) {
        self.note(schema, rows.iter().filter_map(|row| row.get(schema.roles.id)));
    }
}

/// Rows that remember what was changed in them. What a savepoint undid stays remembered: that forgets too much, which
/// costs a read, and never too little.
pub(super) struct Recorded<R: ?Sized> {
    pub(super) changes: Changes,
    pub(super) inner: Box<R>,
}

impl<R: ?Sized> Recorded<R> {
    pub(super) fn new(inner: Box<R>) -> Self {
        Self { changes: Changes::default(), inner }
    }
}

#[async_trait]
impl<R: Rows + ?Sized> Rows for Recorded<R> {
    async fn select(&mut self, select: &Select<'_>) -> Result<Selection, Error> {
        self.inner.select(select).await
    }

    async fn insert(&mut self, schema: &'static EntitySchema, rows: &[Row]) -> Result<(), Error> {
        // A row that was not there is not kept anywhere.
        self.inner.insert(schema, rows).await
    }

    async fn update(&mut self, update: &Update<'_>) -> Result<Vec<Row>, Error> {
        let rows = self.inner.update(update).await?;
        self.changes.note_rows(update.schema, &rows);
        Ok(rows)
    }

    async fn replace(&mut self, replace: &Replace<'_>) -> Result<Vec<Value>, Error> {
        let ids = self.inner.replace(replace).await?;
        self.changes.note(replace.schema, ids.iter());
        Ok(ids)
    }

    async fn delete(&mut self, delete: &Delete<'_>) -> Result<Vec<Row>, Error> {
        let rows = self.inner.delete(delete).await?;
        if !rows.is_empty() {
            self.changes.removed.insert(delete.schema.table);
        }
        self.changes.note_rows(delete.schema, &rows);
        Ok(rows)
    }
}
