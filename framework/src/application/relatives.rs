//! What one entity may know of the others: scoped relation filters and includes.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use serde_json::{Map, Value as Json};

use super::context::Context;
use super::mapper::Mapper;
use super::policy::{Action, Policy};
use super::resource::Resource;
use super::session::Session;
use super::store::Select;
use super::store_repository::with_children;
use crate::domain::error::Error;
use crate::domain::query::{Deleted, Direction, Order};
use crate::domain::schema::{EntitySchema, Link, RelationSchema};
use crate::domain::specification::Predicate;
use crate::domain::value::{Key, Row, Value};

/// Views of related rows, by the value that relates them.
type Views = HashMap<Key, Vec<Json>>;

/// The read side of one entity without its type: what includes and relation filters of other entities need.
#[async_trait]
pub trait Relative: Send + Sync {
    /// What the entity declares.
    fn schema(&self) -> &'static EntitySchema;

    /// The rows that the caller may read.
    ///
    /// # Errors
    /// When the caller may read none.
    fn scope(&self, context: &Context) -> Result<Predicate, Error>;

    /// Rows that match, within the scope, each with its view.
    async fn load(
        &self,
        session: &mut Session,
        select: Select<'_>,
    ) -> Result<Vec<(Row, Json)>, Error>;
}

/// [`Relative`] for a typed entity.
pub struct ResourceRelative<E: Resource> {
    policy: Arc<dyn Policy<E>>,
    mapper: Arc<dyn Mapper<E>>,
}

impl<E: Resource> ResourceRelative<E> {
    /// The read side of `E` under this policy, seen through this mapper.
    pub fn new(policy: Arc<dyn Policy<E>>, mapper: Arc<dyn Mapper<E>>) -> Self {
        Self { policy, mapper }
    }
}

#[async_trait]
impl<E: Resource> Relative for ResourceRelative<E> {
    fn schema(&self) -> &'static EntitySchema {
        E::schema()
    }

    fn scope(&self, context: &Context) -> Result<Predicate, Error> {
        Ok(self.policy.scope(context, Action::Read)?.specification().predicate().clone())
    }

    async fn load(
        &self,
        session: &mut Session,
        select: Select<'_>,
    ) -> Result<Vec<(Row, Json)>, Error> {
        let rows = session.rows().select(&select).await?.rows;
        let entities: Vec<E> = with_children(session, rows.clone()).await?;
        rows.into_iter()
            .zip(entities)
            .map(|(row, entity)| {
                let view = serde_json::to_value(self.mapper.view(entity))
                    .map_err(|error| Error::infrastructure("rendering an included row", error))?;
                Ok((row, view))
            })
            .collect()
    }
}

/// A wish for related rows: a relation and what to include below it.
#[derive(Debug, Clone)]
pub struct Include {
    /// The relation to follow.
    pub relation: &'static RelationSchema,
    /// Relations of the target to follow in turn.
    pub nested: Vec<Include>,
}

/// Every served entity, by table.
#[derive(Default, Clone)]
pub struct Relatives(HashMap<&'static str, Arc<dyn Relative>>);

impl Relatives {
    /// Adds an entity.
    pub fn add(&mut self, relative: Arc<dyn Relative>) {
        self.0.insert(relative.schema().table, relative);
    }

    /// Narrows every relation condition of a predicate to the rows that the caller may read, so that a filter cannot
    /// tell of rows that a read would hide.
    ///
    /// # Errors
    /// When the caller may not read a related entity at all, or it is not served.
    pub fn guard(
        &self,
        context: &Context,
        schema: &'static EntitySchema,
        predicate: Predicate,
    ) -> Result<Predicate, Error> {
        Ok(match predicate {
            Predicate::Exists { relation: position, predicate } => {
                let relation = &schema.relations[position];
                let target = (relation.target)();
                let inner = self.guard(context, target, *predicate)?;
                // A policy may look at rows that the caller may not: its own conditions are not narrowed again.
                let scope = if relation.owned {
                    Predicate::Always
                } else {
                    self.of(target)?.scope(context)?
                };
                Predicate::Exists { relation: position, predicate: Box::new(inner.and(scope)) }
            }
            Predicate::And(parts) => Predicate::And(self.guard_all(context, schema, parts)?),
            Predicate::Or(parts) => Predicate::Or(self.guard_all(context, schema, parts)?),
            Predicate::Not(inner) => Predicate::Not(Box::new(self.guard(context, schema, *inner)?)),
            other => other,
        })
    }

    fn guard_all(
        &self,
        context: &Context,
        schema: &'static EntitySchema,
        parts: Vec<Predicate>,
    ) -> Result<Vec<Predicate>, Error> {
        parts.into_iter().map(|part| self.guard(context, schema, part)).collect()
    }

    /// The related rows of each of these parents, rendered, by relation name: a constant number of statements.
    ///
    /// Parents are whole rows of the schema.
    ///
    /// # Errors
    /// When a related entity cannot be read.
    pub fn include<'a>(
        &'a self,
        session: &'a mut Session,
        schema: &'static EntitySchema,
        parents: &'a [Row],
        includes: &'a [Include],
    ) -> BoxFuture<'a, Result<Vec<Map<String, Json>>, Error>> {
        Box::pin(async move {
            let mut found = vec![Map::new(); parents.len()];
            if parents.is_empty() {
                return Ok(found);
            }
            for include in includes {
                let loaded = self.follow(session, schema, parents, include).await?;
                for (slot, related) in found.iter_mut().zip(loaded) {
                    slot.insert(include.relation.name.to_owned(), related);
                }
            }
            Ok(found)
        })
    }

    async fn follow(
        &self,
        session: &mut Session,
        schema: &'static EntitySchema,
        parents: &[Row],
        include: &Include,
    ) -> Result<Vec<Json>, Error> {
        let relation = include.relation;
        let target = (relation.target)();
        let limit = schema.options.include_limit;
        match relation.link {
            Link::BelongsTo { field } => {
                let keys = column(parents, field);
                let related =
                    self.fetch(session, target, target.roles.id, &keys, None, include).await?;
                Ok(keys.into_iter().map(|key| one(&related, key)).collect())
            }
            Link::HasOne { key } | Link::HasMany { key } => {
                let position = target.key(key).ok_or_else(|| miswired(relation.name, key))?;
                let ids = column(parents, schema.roles.id);
                let per = relation.link.is_many().then_some((position, limit));
                let related = self.fetch(session, target, position, &ids, per, include).await?;
                Ok(ids
                    .into_iter()
                    .map(|id| match per {
                        Some(_) => Json::Array(all(&related, id)),
                        None => one(&related, id),
                    })
                    .collect())
            }
            Link::ManyToMany { via, source, target: key } => {
                let via = via();
                let source = via.key(source).ok_or_else(|| miswired(relation.name, source))?;
                let key = via.key(key).ok_or_else(|| miswired(relation.name, key))?;
                let ids = column(parents, schema.roles.id);
                let links = self.links(session, via, source, &ids, limit).await?;
                let keys = column(&links, key);
                let related =
                    self.fetch(session, target, target.roles.id, &keys, None, include).await?;
                let sources = column(&links, source).into_iter().map(Key);
                let mut linked: HashMap<Key, Vec<Value>> = HashMap::new();
                for (source, key) in sources.zip(keys) {
                    linked.entry(source).or_default().push(key);
                }
                Ok(ids
                    .into_iter()
                    .map(|id| {
                        let keys = linked.get(&Key(id)).into_iter().flatten();
                        Json::Array(keys.flat_map(|key| all(&related, key.clone())).collect())
                    })
                    .collect())
            }
        }
    }

    /// The views of the target's rows whose field is one of the keys, by that key, with what is included below them.
    async fn fetch(
        &self,
        session: &mut Session,
        target: &'static EntitySchema,
        field: usize,
        keys: &[Value],
        limit_per: Option<(usize, u32)>,
        include: &Include,
    ) -> Result<Views, Error> {
        let relative = self.of(target)?;
        let wanted = Predicate::In { field, values: distinct(keys), negated: false };
        let scope = relative.scope(session.context())?;
        let order = [Order { field: target.roles.id, direction: Direction::Ascending }];
        let predicates = [&wanted, &scope];
        let mut select = Select::new(target, &predicates);
        select.order = &order;
        select.limit_per = limit_per;
        let mut related = relative.load(session, select).await?;
        if !include.nested.is_empty() {
            let rows: Vec<Row> = related.iter().map(|(row, _)| row.clone()).collect();
            let nested = self.include(session, target, &rows, &include.nested).await?;
            for ((_, view), members) in related.iter_mut().zip(nested) {
                if let Json::Object(object) = view {
                    object.extend(members);
                }
            }
        }
        let mut views = Views::new();
        for (row, view) in related {
            let key = row.get(field).cloned().unwrap_or(Value::Null);
            views.entry(Key(key)).or_default().push(view);
        }
        Ok(views)
    }

    async fn links(
        &self,
        session: &mut Session,
        via: &'static EntitySchema,
        source: usize,
        ids: &[Value],
        limit: u32,
    ) -> Result<Vec<Row>, Error> {
        let wanted = Predicate::In { field: source, values: distinct(ids), negated: false };
        let scope = match self.0.get(via.table) {
            Some(relative) => relative.scope(session.context())?,
            None => Predicate::Always,
        };
        let order = [Order { field: via.roles.id, direction: Direction::Ascending }];
        let predicates = [&wanted, &scope];
        let mut select = Select::new(via, &predicates);
        select.order = &order;
        select.limit_per = Some((source, limit));
        select.deleted = Deleted::Exclude;
        Ok(session.rows().select(&select).await?.rows)
    }

    fn of(&self, schema: &'static EntitySchema) -> Result<&Arc<dyn Relative>, Error> {
        self.0.get(schema.table).ok_or_else(|| {
            Error::Configuration(format!(
                "{} is related to but not registered with the application",
                schema.name
            ))
        })
    }
}

fn column(rows: &[Row], position: usize) -> Vec<Value> {
    rows.iter().map(|row| row.get(position).cloned().unwrap_or(Value::Null)).collect()
}

fn distinct(values: &[Value]) -> Vec<Value> {
    let mut seen = HashSet::new();
    let values = values.iter().filter(|value| !value.is_null());
    values.filter(|value| seen.insert(Key((*value).clone()))).cloned().collect()
}

fn one(related: &Views, key: Value) -> Json {
    related.get(&Key(key)).and_then(|views| views.first()).cloned().unwrap_or_default()
}

fn all(related: &Views, key: Value) -> Vec<Json> {
    related.get(&Key(key)).cloned().unwrap_or_default()
}

fn miswired(relation: &str, key: &str) -> Error {
    Error::Configuration(format!(
        "the relation {relation} names the key {key}, which its entity does not have"
    ))
}
