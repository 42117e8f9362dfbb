//! Reads and writes, each by itself or in a transaction.

use async_trait::async_trait;
use tokio::sync::OwnedMutexGuard;

use super::constraints::{check, remove, stored};
use super::evaluate::{matches, value_at};
use super::select::select;
use super::store::{MemoryStore, Tables};
use crate::application::store::{Delete, Replace, Rows, Select, Selection, Transaction, Update};
use crate::domain::error::Error;
use crate::domain::query::Deleted;
use crate::domain::schema::EntitySchema;
use crate::domain::value::{Row, Value};

/// Each call commits by itself.
pub(super) struct Autocommit {
    store: MemoryStore,
}

impl Autocommit {
    pub(super) fn new(store: MemoryStore) -> Self {
        Self { store }
    }

    async fn write<T>(
        &self,
        work: impl FnOnce(&mut Tables) -> Result<T, Error> + Send,
    ) -> Result<T, Error> {
        let _writer = self.store.lock().await;
        let mut tables = (*self.store.snapshot()).clone();
        let result = work(&mut tables)?;
        self.store.publish(tables);
        Ok(result)
    }
}

/// A private copy of the tables, published by the commit.
pub(super) struct MemoryTransaction {
    store: MemoryStore,
    tables: Tables,
    savepoints: Vec<(usize, Tables)>,
    _writer: OwnedMutexGuard<()>,
}

impl MemoryTransaction {
    pub(super) async fn begin(store: MemoryStore) -> Self {
        let writer = store.lock().await;
        let tables = (*store.snapshot()).clone();
        Self { store, tables, savepoints: Vec::new(), _writer: writer }
    }

    /// A statement happens as a whole or not at all.
    fn write<T>(&mut self, work: impl FnOnce(&mut Tables) -> Result<T, Error>) -> Result<T, Error> {
        let mut tables = self.tables.clone();
        let result = work(&mut tables)?;
        self.tables = tables;
        Ok(result)
    }
}

#[async_trait]
impl Rows for Autocommit {
    async fn select(&mut self, it: &Select<'_>) -> Result<Selection, Error> {
        Ok(select(&self.store.snapshot(), it))
    }

    async fn insert(&mut self, schema: &'static EntitySchema, rows: &[Row]) -> Result<(), Error> {
        self.write(|tables| insert(tables, schema, rows)).await
    }

    async fn update(&mut self, it: &Update<'_>) -> Result<Vec<Row>, Error> {
        self.write(|tables| update(tables, it)).await
    }

    async fn replace(&mut self, it: &Replace<'_>) -> Result<Vec<Value>, Error> {
        self.write(|tables| replace(tables, it)).await
    }

    async fn delete(&mut self, it: &Delete<'_>) -> Result<Vec<Row>, Error> {
        self.write(|tables| delete(tables, it)).await
    }
}

#[async_trait]
impl Rows for MemoryTransaction {
    async fn select(&mut self, it: &Select<'_>) -> Result<Selection, Error> {
        Ok(select(&self.tables, it))
    }

    async fn insert(&mut self, schema: &'static EntitySchema, rows: &[Row]) -> Result<(), Error> {
        self.write(|tables| insert(tables, schema, rows))
    }

    async fn update(&mut self, it: &Update<'_>) -> Result<Vec<Row>, Error> {
        self.write(|tables| update(tables, it))
    }

    async fn replace(&mut self, it: &Replace<'_>) -> Result<Vec<Value>, Error> {
        self.write(|tables| replace(tables, it))
    }

    async fn delete(&mut self, it: &Delete<'_>) -> Result<Vec<Row>, Error> {
        self.write(|tables| delete(tables, it))
    }
}

#[async_trait]
impl Transaction for MemoryTransaction {
    async fn savepoint(&mut self, depth: usize) -> Result<(), Error> {
        self.savepoints.push((depth, self.tables.clone()));
        Ok(())
    }

    async fn release(&mut self, depth: usize) -> Result<(), Error> {
        self.savepoints.retain(|(known, _)| *known < depth);
        Ok(())
    }

    async fn rollback_to(&mut self, depth: usize) -> Result<(), Error> {
        if let Some((_, tables)) = self.savepoints.iter().find(|(known, _)| *known == depth) {
            self.tables = tables.clone();
        }
        self.release(depth).await
    }

    async fn try_lock(&mut self, _number: i64) -> Result<bool, Error> {
        Ok(true)
    }

    async fn lock(&mut self, _number: i64) -> Result<(), Error> {
        Ok(())
    }

    async fn commit(self: Box<Self>) -> Result<(), Error> {
        self.store.publish(self.tables);
        Ok(())
    }

    async fn rollback(self: Box<Self>) -> Result<(), Error> {
        Ok(())
    }
}

fn insert(tables: &mut Tables, schema: &'static EntitySchema, rows: &[Row]) -> Result<(), Error> {
    let rows: Vec<Row> = rows.iter().map(|row| as_stored(schema, row)).collect();
    tables.rows_mut(schema).extend(rows.iter().cloned());
    check(tables, schema, &rows)
}

fn update(tables: &mut Tables, update: &Update<'_>) -> Result<Vec<Row>, Error> {
    let schema = update.schema;
    let hit =
        hits(tables, schema, |row| matches(tables, schema, row, update.predicates, update.deleted));
    let changed = rewrite(tables, schema, &hit, |row| {
        for (position, value) in update.set {
            if Some(*position) != schema.roles.version
                && let (Some(place), Some(field)) =
                    (row.get_mut(*position), schema.fields.get(*position))
            {
                let value = stored(field.kind, value.clone());
                let is_earlier = match (&value, &*place) {
                    (Value::Instant(new), Value::Instant(old)) => new < old,
                    _ => false,
                };
                if Some(*position) != schema.roles.updated_at || !is_earlier {
                    *place = value;
                }
            }
        }
    });
    check(tables, schema, &changed)?;
    Ok(changed)
}

fn replace(tables: &mut Tables, replace: &Replace<'_>) -> Result<Vec<Value>, Error> {
    let schema = replace.schema;
    let same = |position: usize, a: &Row, b: &Row| value_at(a, position) == value_at(b, position);
    let incoming = |row: &Row| {
        replace.rows.iter().find(|new| {
            same(schema.roles.id, row, new)
                && schema.roles.version.is_none_or(|version| same(version, row, new))
        })
    };
    let hit = hits(tables, schema, |row| {
        incoming(row).is_some()
            && matches(tables, schema, row, replace.predicates, Deleted::Include)
    });
    let changed = rewrite(tables, schema, &hit, |row| {
        if let Some(new) = incoming(row) {
            *row = as_stored(schema, new);
        }
    });
    check(tables, schema, &changed)?;
    Ok(changed.iter().map(|row| value_at(row, schema.roles.id)).collect())
}

fn delete(tables: &mut Tables, delete: &Delete<'_>) -> Result<Vec<Row>, Error> {
    let schema = delete.schema;
    let hit: Vec<Row> = tables
        .rows(schema)
        .iter()
        .filter(|row| matches(tables, schema, row, delete.predicates, delete.deleted))
        .cloned()
        .collect();
    remove(tables, schema, &hit)?;
    Ok(hit)
}

fn hits(tables: &Tables, schema: &EntitySchema, hit: impl Fn(&Row) -> bool) -> Vec<usize> {
    let rows = tables.rows(schema).iter().enumerate();
    rows.filter(|(_, row)| hit(row)).map(|(index, _)| index).collect()
}

/// Changes the rows at these places, counts their versions up, and returns them as they are now.
fn rewrite(
    tables: &mut Tables,
    schema: &'static EntitySchema,
    hit: &[usize],
    change: impl Fn(&mut Row),
) -> Vec<Row> {
    let rows = tables.rows_mut(schema);
    let mut changed = Vec::with_capacity(hit.len());
    for index in hit {
        let Some(row) = rows.get_mut(*index) else { continue };
        change(row);
        if let Some(Value::Int(version)) = schema.roles.version.and_then(|at| row.get_mut(at)) {
            *version += 1;
        }
        changed.push(row.clone());
    }
    changed
}

fn as_stored(schema: &EntitySchema, row: &Row) -> Row {
    schema.fields.iter().zip(row).map(|(field, value)| stored(field.kind, value.clone())).collect()
}
