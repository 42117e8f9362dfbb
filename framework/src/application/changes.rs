//! Which rows a session has changed, and which tables it has touched, through whichever repository.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;

use super::store::{Delete, Replace, Rows, Select, Selection, Update};
use crate::domain::error::Error;
use crate::domain::schema::EntitySchema;
use crate::domain::specification::Predicate;
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

/// The tables that statements were about.
#[derive(Debug, Default)]
pub(super) struct Touched {
    read: HashSet<&'static str>,
    written: HashSet<&'static str>,
    /// A condition looked at rows of further tables.
    elsewhere: bool,
}

impl Touched {
    /// Whether rows of this entity, or of its children, may have been among them.
    pub(super) fn touches(&self, schema: &EntitySchema) -> bool {
        let has = |table: &str| self.read.contains(table) || self.written.contains(table);
        let mut children = schema.owned().map(|relation| (relation.target)().table);
        self.elsewhere || has(schema.table) || children.any(has)
    }

    /// Whether the later statements wrote where these had read.
    pub(super) fn is_outdated_by(&self, later: &Self) -> bool {
        !self.read.is_disjoint(&later.written)
    }

    /// Also the tables of others.
    pub(super) fn add(&mut self, others: Self) {
        self.read.extend(others.read);
        self.written.extend(others.written);
        self.elsewhere |= others.elsewhere;
    }

    fn note(&mut self, schema: &EntitySchema, predicates: &[&Predicate], writes: bool) {
        let tables = if writes { &mut self.written } else { &mut self.read };
        tables.insert(schema.table);
        self.elsewhere |= predicates.iter().any(|predicate| predicate.looks_elsewhere());
    }
}

/// Rows that remember what was changed in them. What a savepoint undid stays remembered: that forgets too much, which
/// costs a read, and never too little.
pub(super) struct Recorded<R: ?Sized> {
    pub(super) changes: Changes,
    /// While someone watches.
    pub(super) touched: Option<Touched>,
    pub(super) inner: Box<R>,
}

impl<R: ?Sized> Recorded<R> {
    pub(super) fn new(inner: Box<R>) -> Self {
        Self { changes: Changes::default(), touched: None, inner }
    }

    fn touch(&mut self, schema: &EntitySchema, predicates: &[&Predicate], writes: bool) {
        if let Some(touched) = &mut self.touched {
            touched.note(schema, predicates, writes);
        }
    }
}

#[async_trait]
impl<R: Rows + ?Sized> Rows for Recorded<R> {
    async fn select(&mut self, select: &Select<'_>) -> Result<Selection, Error> {
        self.touch(select.schema, select.predicates, false);
        self.inner.select(select).await
    }

    async fn insert(&mut self, schema: &'static EntitySchema, rows: &[Row]) -> Result<(), Error> {
        self.touch(schema, &[], true);
        // A row that was not there is not kept anywhere.
        self.inner.insert(schema, rows).await
    }

    async fn update(&mut self, update: &Update<'_>) -> Result<Vec<Row>, Error> {
        self.touch(update.schema, update.predicates, true);
        let rows = self.inner.update(update).await?;
        self.changes.note_rows(update.schema, &rows);
        Ok(rows)
    }

    async fn replace(&mut self, replace: &Replace<'_>) -> Result<Vec<Value>, Error> {
        self.touch(replace.schema, replace.predicates, true);
        let ids = self.inner.replace(replace).await?;
        self.changes.note(replace.schema, ids.iter());
        Ok(ids)
    }

    async fn delete(&mut self, delete: &Delete<'_>) -> Result<Vec<Row>, Error> {
        self.touch(delete.schema, delete.predicates, true);
        let rows = self.inner.delete(delete).await?;
        if !rows.is_empty() {
            self.changes.removed.insert(delete.schema.table);
        }
        self.changes.note_rows(delete.schema, &rows);
        Ok(rows)
    }
}
