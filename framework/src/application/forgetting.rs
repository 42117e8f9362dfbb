//! What the cache forgets after a commit: the changed rows, and those that the database changed with them. Also what may
//! have changed, because the outcome of a statement was lost, and rows of which a caller had an old version.
//!
//! A database that removes a row removes or changes those that refer to it, as their references say, and tells nobody.
//! Which ones those were cannot be known afterwards, so every kept row of those tables is forgotten.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::cache::EntityCache;
use super::changes::Changes;
use crate::domain::schema::{EntitySchema, OnDelete};

/// A cache, and what is known about the entities that it keeps.
#[derive(Clone)]
pub struct Forgetting {
    cache: Arc<dyn EntityCache>,
    /// Cached tables whose rows go or change when rows of the table go.
    dependents: Arc<HashMap<&'static str, Vec<&'static str>>>,
}

impl Forgetting {
    /// Forgets rows of these entities, which are all that are served.
    pub fn new(cache: Arc<dyn EntityCache>, served: &[&'static EntitySchema]) -> Self {
        let mut tables = served.to_vec();
        for schema in served {
            tables.extend(schema.owned().map(|relation| (relation.target)()));
        }
        let dependents = tables.iter().map(|schema| (schema.table, dependents(schema, &tables)));
        Self { cache, dependents: Arc::new(dependents.collect()) }
    }

    pub(super) async fn forget(&self, changes: Changes) {
        let of = |table: &&'static str| self.dependents.get(table).into_iter().flatten().copied();
        let mut whole: HashSet<&'static str> = changes.removed.iter().flat_map(of).collect();
        whole.extend(changes.whole);
        for (table, keys) in changes.rows.into_iter().filter(|(table, _)| !whole.contains(table)) {
            let keys: Vec<String> = keys.into_iter().collect();
            if !keys.is_empty() {
                self.cache.invalidate(table, &keys).await;
            }
        }
        for table in whole {
            self.cache.invalidate_all(table).await;
        }
    }
}

/// The cached tables that refer to this one, directly or through others that go with it.
fn dependents(
    schema: &'static EntitySchema,
    tables: &[&'static EntitySchema],
) -> Vec<&'static str> {
    let (mut found, mut gone, mut next) = (Vec::new(), vec![schema.table], 0);
    while let Some(parent) = gone.get(next).copied() {
        next += 1;
        for child in tables {
            let references = child.fields.iter().filter_map(|field| field.reference);
            for reference in references.filter(|it| (it.target)().table == parent) {
                if reference.on_delete == OnDelete::Restrict {
                    continue;
                }
                if child.options.cache_seconds.is_some() && !found.contains(&child.table) {
                    found.push(child.table);
                }
                if reference.on_delete == OnDelete::Cascade && !gone.contains(&child.table) {
                    gone.push(child.table);
                }
            }
        }
    }
    found
}
