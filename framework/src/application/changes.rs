//! Which rows a session has changed, and which tables it has touched, through whichever repository.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;

use super::store::{Delete, Replace, Rows, Select, Selection, Update};
use crate::domain::error::Error;
use crate::domain::schema::EntitySchema;
use crate::domain::specification::{Comparison, Predicate};
use crate::domain::value::{Row, Value};

/// What a cache has to forget, of the tables that are cached, and every table that has lost rows.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// The keys of changed rows.
    pub(super) rows: HashMap<&'static str, HashSet<String>>,
    /// Tables of which any row may have changed.
    pub(super) whole: HashSet<&'static str>,
    pub(super) removed: HashSet<&'static str>,
    /// The keys of rows that statements named: read again if the caller turns out to have an old one.
    named: HashMap<&'static str, HashSet<String>>,
    /// Statements whose outcome is not known. Noted before each and taken back by its outcome, so that one that is dropped
    /// stays.
    doubts: Vec<Doubt>,
}

/// What a statement may have done.
#[derive(Debug)]
struct Doubt {
    schema: &'static EntitySchema,
    /// The ids that it is about, if it names them.
    ids: Option<Vec<Value>>,
    removes: bool,
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
    /// With what was left in doubt.
    pub(super) fn settled(mut self) -> Self {
        for Doubt { schema, ids, removes } in std::mem::take(&mut self.doubts) {
            match ids {
                Some(ids) => self.note(schema, ids.iter()),
                None if is_cached(schema) => drop(self.whole.insert(schema.table)),
                None => {}
            }
            if removes {
                self.removed.insert(schema.table);
            }
        }
        self
    }

    /// Counts the rows that statements named as changed: the cache has given someone an old one.
    pub(super) fn distrust_named(&mut self) {
        for (table, keys) in std::mem::take(&mut self.named) {
            self.rows.entry(table).or_default().extend(keys);
        }
    }

    /// Only the rows that statements named.
    pub(super) fn only_named(self) -> Self {
        Self { rows: self.named, ..Self::default() }
    }

    fn note<'a>(&mut self, schema: &EntitySchema, ids: impl Iterator<Item = &'a Value>) {
        if is_cached(schema) {
            self.rows.entry(schema.table).or_default().extend(ids.map(cache_key));
        }
    }

    fn note_rows(&mut self, schema: &EntitySchema, rows: &[Row]) {
        self.note(schema, rows.iter().filter_map(|row| row.get(schema.roles.id)));
    }

    fn note_named(&mut self, schema: &EntitySchema, predicates: &[&Predicate]) {
        if is_cached(schema)
            && let Some(ids) = named_ids(schema, predicates)
        {
            self.named.entry(schema.table).or_default().extend(ids.into_iter().map(cache_key));
        }
    }

    fn begin(&mut self, schema: &'static EntitySchema, ids: Option<Vec<&Value>>, removes: bool) {
        // What is not cached is not copied.
        let ids = ids.map(|ids| ids.into_iter().filter(|_| is_cached(schema)).cloned().collect());
        self.doubts.push(Doubt { schema, ids, removes });
    }

    /// The last statement has ended.
    fn end<T>(&mut self, outcome: &Result<T, Error>) {
        if !outcome.as_ref().is_err_and(Error::leaves_doubt) {
            self.doubts.pop();
        }
    }
}

fn is_cached(schema: &EntitySchema) -> bool {
    schema.options.cache_seconds.is_some()
}

/// The ids that conditions leave over, if they name them.
fn named_ids<'a>(schema: &EntitySchema, predicates: &[&'a Predicate]) -> Option<Vec<&'a Value>> {
    predicates.iter().find_map(|predicate| ids_in(schema.roles.id, predicate))
}

fn ids_in(id: usize, predicate: &Predicate) -> Option<Vec<&Value>> {
    match predicate {
        Predicate::Never => Some(Vec::new()),
        Predicate::Compare { field, comparison: Comparison::Eq, value } if *field == id => {
            Some(vec![value])
        }
        Predicate::In { field, values, negated: false } if *field == id => {
            Some(values.iter().collect())
        }
        Predicate::And(all) => all.iter().find_map(|predicate| ids_in(id, predicate)),
        Predicate::Or(any) => {
            let ids: Option<Vec<_>> = any.iter().map(|predicate| ids_in(id, predicate)).collect();
            ids.map(|ids| ids.concat())
        }
        _ => None,
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
        self.changes.note_named(select.schema, select.predicates);
        self.inner.select(select).await
    }

    async fn insert(&mut self, schema: &'static EntitySchema, rows: &[Row]) -> Result<(), Error> {
        self.touch(schema, &[], true);
        // A row that was not there is not kept anywhere.
        self.inner.insert(schema, rows).await
    }

    async fn update(&mut self, update: &Update<'_>) -> Result<Vec<Row>, Error> {
        self.touch(update.schema, update.predicates, true);
        self.changes.note_named(update.schema, update.predicates);
        self.changes.begin(update.schema, named_ids(update.schema, update.predicates), false);
        let outcome = self.inner.update(update).await;
        self.changes.end(&outcome);
        let rows = outcome?;
        self.changes.note_rows(update.schema, &rows);
        Ok(rows)
    }

    async fn replace(&mut self, replace: &Replace<'_>) -> Result<Vec<Value>, Error> {
        self.touch(replace.schema, replace.predicates, true);
        let ids = replace.rows.iter().filter_map(|row| row.get(replace.schema.roles.id));
        self.changes.begin(replace.schema, Some(ids.collect()), false);
        let outcome = self.inner.replace(replace).await;
        self.changes.end(&outcome);
        let ids = outcome?;
        self.changes.note(replace.schema, ids.iter());
        Ok(ids)
    }

    async fn delete(&mut self, delete: &Delete<'_>) -> Result<Vec<Row>, Error> {
        self.touch(delete.schema, delete.predicates, true);
        self.changes.note_named(delete.schema, delete.predicates);
        self.changes.begin(delete.schema, named_ids(delete.schema, delete.predicates), true);
        let outcome = self.inner.delete(delete).await;
        self.changes.end(&outcome);
        let rows = outcome?;
        if !rows.is_empty() {
            self.changes.removed.insert(delete.schema.table);
        }
        self.changes.note_rows(delete.schema, &rows);
        Ok(rows)
    }
}
