//! Cached rows that change because rows of another table do.
//!
//! A database that removes a row removes or changes those that refer to it, as their references say, and tells nobody.
//! Which ones those were cannot be known afterwards, so every kept row of those tables is forgotten.

use std::sync::Arc;

use super::cache::EntityCache;
use super::layered::layered;
use super::policy::Scope;
use super::repository::{Repository, Target};
use super::session::Session;
use crate::domain::entity::Entity;
use crate::domain::error::Error;
use crate::domain::query::{Deleted, Page, Query};
use crate::domain::schema::{EntitySchema, OnDelete};
use crate::domain::value::{Row, Value};

/// The cached tables that hang on an entity.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dependents {
    /// Changed with its removal: their rows refer to it, directly or through others.
    removed: Vec<&'static str>,
    /// Changed with its update: their rows are part of it.
    written: Vec<&'static str>,
}

impl Dependents {
    /// Finds them among the entities that are served.
    pub fn of(schema: &'static EntitySchema, served: &[&'static EntitySchema]) -> Self {
        let cached = |schema: &EntitySchema| schema.options.cache_seconds.is_some();
        let is_served = |schema: &EntitySchema| served.iter().any(|it| it.table == schema.table);
        let mut tables: Vec<&'static EntitySchema> = served.to_vec();
        for table in served {
            tables.extend(table.owned().map(|relation| (relation.target)()));
        }
        let owned = schema.owned().map(|relation| (relation.target)());
        let written: Vec<&'static str> = owned
            .filter(|child| cached(child) && is_served(child))
            .map(|child| child.table)
            .collect();
        let (mut removed, mut gone, mut next) = (Vec::new(), vec![schema.table], 0);
        while let Some(parent) = gone.get(next).copied() {
            next += 1;
            for child in &tables {
                let references = child.fields.iter().filter_map(|field| field.reference);
                for reference in references.filter(|it| (it.target)().table == parent) {
                    if reference.on_delete == OnDelete::Restrict {
                        continue;
                    }
                    if cached(child) && is_served(child) && !removed.contains(&child.table) {
                        removed.push(child.table);
                    }
                    if reference.on_delete == OnDelete::Cascade && !gone.contains(&child.table) {
                        gone.push(child.table);
                    }
                }
            }
        }
        Self { removed, written }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.removed.is_empty() && self.written.is_empty()
    }
}

/// Forgets what hangs on the rows that it changes, after the commit.
pub struct DependedOnRepository<E> {
    inner: Arc<dyn Repository<E>>,
    cache: Arc<dyn EntityCache>,
    dependents: Dependents,
}

impl<E: Entity> DependedOnRepository<E> {
    /// Watches over the writes of a repository.
    pub fn new(
        inner: Arc<dyn Repository<E>>,
        cache: Arc<dyn EntityCache>,
        dependents: Dependents,
    ) -> Self {
        Self { inner, cache, dependents }
    }

    fn forget(&self, session: &mut Session, tables: &[&'static str]) {
        for table in tables.iter().copied() {
            let cache = Arc::clone(&self.cache);
            session
                .after_commit(move || Box::pin(async move { cache.invalidate_all(table).await }));
        }
    }
}

layered!(impl DependedOnRepository hands on (find, list, project, insert, patch) {
    async fn update(
        &self,
        session: &mut Session,
        scope: &Scope<E>,
        entities: Vec<E>,
    ) -> Result<Vec<Option<E>>, Error> {
        let stored = self.inner.update(session, scope, entities).await?;
        if stored.iter().any(Option::is_some) {
            self.forget(session, &self.dependents.written);
        }
        Ok(stored)
    }

    async fn delete(
        &self,
        session: &mut Session,
        scope: &Scope<E>,
        targets: &[(E::Id, Option<Vec<i64>>)],
        deleted: Deleted,
    ) -> Result<Vec<E>, Error> {
        let gone = self.inner.delete(session, scope, targets, deleted).await?;
        if !gone.is_empty() {
            self.forget(session, &self.dependents.written);
            self.forget(session, &self.dependents.removed);
        }
        Ok(gone)
    }
});
