//! The repository over any [`Store`](super::store::Store): entities to rows and back, children with their aggregate.

use std::collections::HashSet;
use std::marker::PhantomData;

use async_trait::async_trait;

use super::children;
use super::policy::Scope;
use super::repository::{Repository, Target};
use super::session::Session;
use super::store::{Delete, Replace, Select, Selection, Update};
use crate::domain::entity::{DecodeError, Entity};
use crate::domain::error::Error;
use crate::domain::query::{
    Deleted, Lock, Order, Page, Position, Query, Window, position_of, total_order,
};
use crate::domain::scalar::Scalar;
use crate::domain::specification::Predicate;
use crate::domain::value::{Key, Row, Value};

/// The repository that every entity has unless another is registered.
#[derive(Debug)]
pub struct StoreRepository<E>(PhantomData<fn() -> E>);

impl<E> Default for StoreRepository<E> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

#[async_trait]
impl<E: Entity> Repository<E> for StoreRepository<E> {
    async fn find(
        &self,
        session: &mut Session,
        scope: &Scope<E>,
        id: &E::Id,
        deleted: Deleted,
    ) -> Result<Option<E>, Error> {
        let wanted = id_is::<E>(id);
        let predicates = [&wanted, scope.specification().predicate()];
        let mut select = Select::new(E::schema(), &predicates);
        select.deleted = deleted;
        let found = session.rows().select(&select).await?;
        let mut entities = with_children::<E>(session, found.rows).await?;
        Ok(entities.pop())
    }

    async fn list(
        &self,
        session: &mut Session,
        scope: &Scope<E>,
        query: &Query<E>,
    ) -> Result<Page<E>, Error> {
        let order = total_order(E::schema(), &query.sort);
        let selection = select_page(session, scope, query, &order, None).await?;
        let page = paginate(selection, query, |row| position_of(&order, row));
        let Page { items, next, previous, total } = page;
        Ok(Page { items: with_children(session, items).await?, next, previous, total })
    }

    async fn project(
        &self,
        session: &mut Session,
        scope: &Scope<E>,
        query: &Query<E>,
        columns: &[usize],
    ) -> Result<Page<Row>, Error> {
        let order = total_order(E::schema(), &query.sort);
        // The sort keys are read too, for the cursors, and cut off again below.
        let mut wanted = columns.to_vec();
        let keys: Vec<usize> = order
            .iter()
            .map(|key| {
                wanted.iter().position(|column| *column == key.field).unwrap_or_else(|| {
                    wanted.push(key.field);
                    wanted.len() - 1
                })
            })
            .collect();
        let selection = select_page(session, scope, query, &order, Some(&wanted)).await?;
        let page = paginate(selection, query, |row| {
            Position(keys.iter().map(|at| row.get(*at).cloned().unwrap_or(Value::Null)).collect())
        });
        Ok(page.map(|mut row| {
            row.truncate(columns.len());
            row
        }))
    }

    async fn insert(&self, session: &mut Session, entities: Vec<E>) -> Result<Vec<E>, Error> {
        if entities.is_empty() {
            return Ok(entities);
        }
        let rows: Vec<Row> = entities.iter().map(|entity| entity.clone().into_row()).collect();
        session.rows().insert(E::schema(), &rows).await?;
        children::insert(session, &entities).await?;
        Ok(entities)
    }

    async fn update(
        &self,
        session: &mut Session,
        scope: &Scope<E>,
        entities: Vec<E>,
    ) -> Result<Vec<Option<E>>, Error> {
        if entities.is_empty() {
            return Ok(Vec::new());
        }
        let schema = E::schema();
        let rows: Vec<Row> = entities.iter().map(|entity| entity.clone().into_row()).collect();
        let predicates = [scope.specification().predicate()];
        let replaced = session
            .rows()
            .replace(&Replace { schema, rows: &rows, predicates: &predicates })
            .await?;
        let replaced: HashSet<Key> = replaced.into_iter().map(Key).collect();
        let stored: Vec<Option<E>> = entities
            .into_iter()
            .map(|entity| {
                let id = entity.id().clone().into_value();
                replaced.contains(&Key(id)).then(|| next_version(entity)).transpose()
            })
            .collect::<Result<_, _>>()
            .map_err(corrupt)?;
        children::update(session, stored.iter().flatten()).await?;
        Ok(stored)
    }

    async fn patch(
        &self,
        session: &mut Session,
        scope: &Scope<E>,
        target: &Target<'_, E>,
        set: Vec<(usize, Value)>,
    ) -> Result<Option<E>, Error> {
        let wanted = id_is::<E>(target.id);
        let versions = versions_in::<E>(target.versions);
        let predicates = [&wanted, &versions, scope.specification().predicate()];
        let update = Update {
            schema: E::schema(),
            predicates: &predicates,
            deleted: target.deleted,
            set: &set,
        };
        let rows = session.rows().update(&update).await?;
        Ok(with_children::<E>(session, rows).await?.pop())
    }

    async fn delete(
        &self,
        session: &mut Session,
        scope: &Scope<E>,
        targets: &[(E::Id, Option<Vec<i64>>)],
        deleted: Deleted,
    ) -> Result<Vec<E>, Error> {
        if targets.is_empty() {
            return Ok(Vec::new());
        }
        let schema = E::schema();
        let wanted = targets_are::<E>(targets);
        let predicates = [&wanted, scope.specification().predicate()];
        let delete = Delete { schema, predicates: &predicates, deleted };
        if schema.owned().next().is_none() {
            let rows = session.rows().delete(&delete).await?;
            return rows.into_iter().map(E::from_row).collect::<Result<_, _>>().map_err(corrupt);
        }
        // The aggregates are held before their children are touched, as every write does it: whoever holds one decides
        // over all of it, and nobody waits in a circle.
        let order = total_order(schema, &[]);
        let mut select = Select::new(schema, &predicates);
        select.deleted = deleted;
        select.order = &order;
        select.lock = Lock::Remove;
        let held = session.rows().select(&select).await?.rows;
        let held = held.into_iter().map(E::from_row).collect::<Result<Vec<E>, _>>();
        let aggregates = children::delete(session, held.map_err(corrupt)?).await?;
        // The scope was asked while the children were there, which it may look at.
        let delete = Delete { schema, predicates: &[&wanted], deleted };
        let gone = session.rows().delete(&delete).await?;
        if gone.len() != aggregates.len() {
            return Err(Error::Unavailable(format!("{} changed meanwhile", schema.name)));
        }
        Ok(aggregates)
    }
}

async fn select_page<E: Entity>(
    session: &mut Session,
    scope: &Scope<E>,
    query: &Query<E>,
    order: &[Order],
    columns: Option<&[usize]>,
) -> Result<Selection, Error> {
    let predicates = [query.filter.predicate(), scope.specification().predicate()];
    let select = Select {
        schema: E::schema(),
        columns,
        predicates: &predicates,
        deleted: query.deleted,
        order,
        window: query.window.clone(),
        // One more than asked tells whether there is a next page.
        limit: Some(query.limit.saturating_add(1)),
        limit_per: None,
        count: query.count,
        lock: query.lock,
    };
    session.rows().select(&select).await
}

fn paginate<E>(
    selection: Selection,
    query: &Query<E>,
    position: impl Fn(&Row) -> Position,
) -> Page<Row> {
    let Selection { rows: mut items, total } = selection;
    let limit = query.limit as usize;
    let more = items.len() > limit;
    items.truncate(limit);
    let backward = matches!(query.window, Window::Before(_));
    if backward {
        items.reverse();
    }
    let first = items.first().map(&position);
    let last = items.last().map(&position);
    let (next, previous) = match &query.window {
        Window::First | Window::Offset(0) => (last.filter(|_| more), None),
        Window::Offset(_) => (last.filter(|_| more), first),
        Window::After(anchor) => (last.filter(|_| more), first.or_else(|| Some(anchor.clone()))),
        Window::Before(anchor) => (last.or_else(|| Some(anchor.clone())), first.filter(|_| more)),
    };
    Page { items, next, previous, total }
}

/// Entities from rows, with their owned children: one statement per owned relation.
pub(super) async fn with_children<E: Entity>(
    session: &mut Session,
    rows: Vec<Row>,
) -> Result<Vec<E>, Error> {
    let mut entities = Vec::with_capacity(rows.len());
    for row in rows {
        entities.push(E::from_row(row).map_err(corrupt)?);
    }
    children::read(session, entities).await
}

fn next_version<E: Entity>(entity: E) -> Result<E, DecodeError> {
    match (E::schema().roles.version, E::schema().roles.version.map(|at| entity.value(at))) {
        (Some(position), Some(Value::Int(version))) => {
            with_values(entity, [(position, Value::Int(version + 1))])
        }
        _ => Ok(entity),
    }
}

/// The entity with other values at some positions, its children kept.
pub(super) fn with_values<E: Entity>(
    entity: E,
    values: impl IntoIterator<Item = (usize, Value)>,
) -> Result<E, DecodeError> {
    let children: Vec<_> = E::schema()
        .owned()
        .map(|relation| (relation.name, entity.children(relation.name)))
        .collect();
    let mut row = entity.into_row();
    for (position, value) in values {
        if let Some(slot) = row.get_mut(position) {
            *slot = value;
        }
    }
    let mut entity = E::from_row(row)?;
    for (relation, rows) in children {
        entity.set_children(relation, rows)?;
    }
    Ok(entity)
}

fn id_is<E: Entity>(id: &E::Id) -> Predicate {
    Predicate::eq(E::schema().roles.id, id.clone().into_value())
}

fn versions_in<E: Entity>(versions: Option<&[i64]>) -> Predicate {
    match (E::schema().roles.version, versions) {
        (Some(field), Some(versions)) => {
            let values = versions.iter().map(|version| Value::Int(*version)).collect();
            Predicate::In { field, values, negated: false }
        }
        _ => Predicate::Always,
    }
}

fn targets_are<E: Entity>(targets: &[(E::Id, Option<Vec<i64>>)]) -> Predicate {
    if targets.iter().all(|(_, versions)| versions.is_none()) {
        let values = targets.iter().map(|(id, _)| id.clone().into_value()).collect();
        return Predicate::In { field: E::schema().roles.id, values, negated: false };
    }
    targets
        .iter()
        .map(|(id, versions)| id_is::<E>(id).and(versions_in::<E>(versions.as_deref())))
        .fold(Predicate::Never, Predicate::or)
}

/// A stored row that its own entity cannot read: the table does not fit the declaration.
pub(super) fn corrupt(error: DecodeError) -> Error {
    Error::infrastructure("reading a stored row", error)
}
