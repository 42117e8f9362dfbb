//! The statements about children that go with those about their aggregates.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use super::key_position;
use crate::application::session::Session;
use crate::application::store::{Delete, Replace, Select};
use crate::application::store_repository::corrupt;
use crate::domain::entity::Entity;
use crate::domain::error::Error;
use crate::domain::query::{Deleted, Direction, Order};
use crate::domain::scalar::Scalar as _;
use crate::domain::schema::RelationSchema;
use crate::domain::specification::Predicate;
use crate::domain::value::{Key, Row, Value};

/// The aggregates with the children that are stored for them: one statement per owned relation.
///
/// # Errors
/// What the store says, or that a stored row does not fit its declaration.
pub async fn read<E: Entity>(
    session: &mut Session,
    mut aggregates: Vec<E>,
) -> Result<Vec<E>, Error> {
    if aggregates.is_empty() {
        return Ok(aggregates);
    }
    for relation in E::schema().owned() {
        let key = key_position(relation)?;
        let mut families = children_by_parent(session, relation, key, aggregates.iter()).await?;
        for aggregate in &mut aggregates {
            let id = aggregate.id().clone().into_value();
            let rows = families.remove(&Key(id)).unwrap_or_default();
            aggregate.set_children(relation.name, rows).map_err(corrupt)?;
        }
    }
    Ok(aggregates)
}

/// Stores the children of new aggregates, whose own rows are there already.
///
/// # Errors
/// What the store says.
pub async fn insert<E: Entity>(session: &mut Session, aggregates: &[E]) -> Result<(), Error> {
    for relation in E::schema().owned() {
        let children: Vec<Row> =
            aggregates.iter().flat_map(|aggregate| aggregate.children(relation.name)).collect();
        if !children.is_empty() {
            session.rows().insert((relation.target)(), &children).await?;
        }
    }
    Ok(())
}

/// Makes the stored children of these aggregates equal to the given ones: those that are gone are removed, changed ones
/// are written, new ones are stored.
///
/// # Errors
/// What the store says, or a conflict with another writer.
pub async fn update<'a, E: Entity>(
    session: &mut Session,
    aggregates: impl Iterator<Item = &'a E> + Clone,
) -> Result<(), Error> {
    for relation in E::schema().owned() {
        replace(session, relation, aggregates.clone()).await?;
    }
    Ok(())
}

/// Removes the children of these aggregates, whose own rows go next; returns the aggregates with what was removed. Hold
/// the aggregates' rows before ([`Lock::Remove`](crate::Lock)), or another write puts children back.
///
/// # Errors
/// What the store says, or that a stored row does not fit its declaration.
pub async fn delete<E: Entity>(
    session: &mut Session,
    mut aggregates: Vec<E>,
) -> Result<Vec<E>, Error> {
    if aggregates.is_empty() {
        return Ok(aggregates);
    }
    for relation in E::schema().owned() {
        let key = key_position(relation)?;
        let child = (relation.target)();
        let of_parents = ids_in(key, aggregates.iter());
        let predicates = [&of_parents];
        let delete = Delete { schema: child, predicates: &predicates, deleted: Deleted::Include };
        let mut rows = session.rows().delete(&delete).await?;
        rows.sort_by(|a, b| match (a.get(child.roles.id), b.get(child.roles.id)) {
            (Some(a), Some(b)) => a.compare(b).unwrap_or(Ordering::Equal),
            _ => Ordering::Equal,
        });
        let mut families = by_parent(key, rows);
        for aggregate in &mut aggregates {
            let id = aggregate.id().clone().into_value();
            let rows = families.remove(&Key(id)).unwrap_or_default();
            aggregate.set_children(relation.name, rows).map_err(corrupt)?;
        }
    }
    Ok(aggregates)
}

/// Makes the stored children of these parents equal to the given ones: at most one statement of each kind.
async fn replace<'a, E: Entity>(
    session: &mut Session,
    relation: &'static RelationSchema,
    parents: impl Iterator<Item = &'a E> + Clone,
) -> Result<(), Error> {
    let key = key_position(relation)?;
    let child = (relation.target)();
    let id = child.roles.id;
    let stored = children_by_parent(session, relation, key, parents.clone()).await?;
    let stored: Vec<Row> = stored.into_values().flatten().collect();
    let wanted: Vec<Row> = parents.flat_map(|parent| parent.children(relation.name)).collect();
    let id_of = |row: &Row| Key(row.get(id).cloned().unwrap_or(Value::Null));

    let kept: HashSet<Key> = wanted.iter().map(id_of).collect();
    let gone = stored.iter().map(id_of).filter(|id| !kept.contains(id));
    let gone: Vec<Value> = gone.map(|Key(id)| id).collect();
    if !gone.is_empty() {
        let predicate = Predicate::In { field: id, values: gone, negated: false };
        let delete = Delete { schema: child, predicates: &[&predicate], deleted: Deleted::Include };
        session.rows().delete(&delete).await?;
    }
    let stored: HashMap<Key, Row> = stored.into_iter().map(|row| (id_of(&row), row)).collect();
    let (known, new): (Vec<Row>, Vec<Row>) =
        wanted.into_iter().partition(|row| stored.contains_key(&id_of(row)));
    let is_changed = |row: &Row| stored.get(&id_of(row)) != Some(row);
    let changed: Vec<Row> = known.into_iter().filter(is_changed).collect();
    if !changed.is_empty() {
        let replaced = session
            .rows()
            .replace(&Replace { schema: child, rows: &changed, predicates: &[] })
            .await?;
        if replaced.len() != changed.len() {
            return Err(Error::conflict(format!("{} changed meanwhile", relation.name)));
        }
    }
    if !new.is_empty() {
        session.rows().insert(child, &new).await?;
    }
    Ok(())
}

async fn children_by_parent<'a, E: Entity>(
    session: &mut Session,
    relation: &'static RelationSchema,
    key: usize,
    parents: impl Iterator<Item = &'a E>,
) -> Result<HashMap<Key, Vec<Row>>, Error> {
    let child = (relation.target)();
    let of_parents = ids_in(key, parents);
    let predicates = [&of_parents];
    let order = [Order { field: child.roles.id, direction: Direction::Ascending }];
    let mut select = Select::new(child, &predicates);
    select.order = &order;
    Ok(by_parent(key, session.rows().select(&select).await?.rows))
}

fn by_parent(key: usize, rows: Vec<Row>) -> HashMap<Key, Vec<Row>> {
    let mut families: HashMap<Key, Vec<Row>> = HashMap::new();
    for row in rows {
        let parent = row.get(key).cloned().unwrap_or(Value::Null);
        families.entry(Key(parent)).or_default().push(row);
    }
    families
}

fn ids_in<'a, E: Entity>(field: usize, entities: impl Iterator<Item = &'a E>) -> Predicate {
    let values = entities.map(|entity| entity.id().clone().into_value()).collect();
    Predicate::In { field, values, negated: false }
}
