//! Children from inputs.

use super::key_position;
use crate::application::mapper::decode;
use crate::application::resource::{Changes, Input, complete};
use crate::application::session::Session;
use crate::domain::entity::Entity;
use crate::domain::error::{Conflict, Error};
use crate::domain::scalar::Scalar;
use crate::domain::schema::EntitySchema;
use crate::domain::value::{Row, Value};
use crate::domain::violation::Violations;

/// Gives an aggregate the children that inputs describe: an input with the id of a present child changes that child, one
/// without makes a new child, and children that no input names are gone.
///
/// # Errors
/// [`Error::Validation`] naming what is missing or doubled, [`Error::Conflict`] naming what is unknown or set once, by
/// relation and place.
pub fn assign<E: Entity, I: Input>(
    aggregate: &mut E,
    relation: &'static str,
    inputs: Vec<I>,
    session: &Session,
) -> Result<(), Error> {
    let changes = inputs.into_iter().map(I::into_changes).collect();
    apply(aggregate, vec![(relation, changes)], session)
}

/// [`assign`] for several relations at once.
pub(in crate::application) fn apply<E: Entity>(
    entity: &mut E,
    children: Vec<(&'static str, Vec<Changes>)>,
    session: &Session,
) -> Result<(), Error> {
    let mut violations = Violations::new();
    let mut set_once = Violations::new();
    let mut unknown = None;
    for (name, inputs) in children {
        let Some(relation) = E::schema().owned().find(|relation| relation.name == name) else {
            continue;
        };
        let target = (relation.target)();
        let key = key_position(relation)?;
        let parent = entity.id().clone().into_value();
        let present = entity.children(name);
        let mut rows: Vec<Row> = Vec::with_capacity(inputs.len());
        for (index, input) in inputs.into_iter().enumerate() {
            if names_nothing(target, &present, &input) {
                let place = || format!("/{name}/{index}/{}", target.id().name);
                unknown.get_or_insert_with(place);
                continue;
            }
            let place = format!("/{name}/{index}");
            match present_one(target, &present, &input) {
                Some(known) => {
                    let (row, found) = changed(target, known.clone(), input);
                    set_once.extend_below(&place, found);
                    rows.push(row);
                }
                None => match made(target, input, key, &parent, session) {
                    Ok(row) => rows.push(row),
                    Err(Error::Validation(found)) => violations.extend_below(&place, found),
                    Err(error) => return Err(error),
                },
            }
        }
        violations_of_duplicates(target, name, &rows, &mut violations);
        // As they will be read: the order in which they come says nothing.
        rows.sort_by(|one, other| one[target.roles.id].sort_order(&other[target.roles.id]));
        if violations.is_empty() {
            entity.set_children(name, rows).map_err(decode)?;
        }
    }
    violations.into_result()?;
    set_once.into_result().map_err(|found| Error::Conflict(Conflict::SetOnce(found)))?;
    match unknown {
        Some(place) => Err(Error::Conflict(Conflict::MissingChild { place })),
        None => Ok(()),
    }
}

/// Whether an input names a child that is not there, where only the server makes ids.
fn names_nothing(target: &EntitySchema, present: &[Row], input: &Changes) -> bool {
    !target.options.client_id
        && input.get(target.roles.id).is_some()
        && present_one(target, present, input).is_none()
}

/// The child that an input names.
fn present_one<'a>(target: &EntitySchema, present: &'a [Row], input: &Changes) -> Option<&'a Row> {
    let id = target.roles.id;
    let wanted = input.get(id)?;
    present.iter().find(|row| row.get(id) == Some(wanted))
}

/// The child as the input wants it, and what of that cannot be.
fn changed(target: &EntitySchema, mut row: Row, input: Changes) -> (Row, Violations) {
    let mut set_once = Violations::new();
    for (position, value) in input.values {
        let Some(slot) = row.get_mut(position) else { continue };
        let field = target.fields.get(position).filter(|field| !field.access.update);
        if let Some(field) = field.filter(|_| position != target.roles.id && *slot != value) {
            set_once.add_set_once(field.name);
        }
        *slot = value;
    }
    (row, set_once)
}

fn made(
    target: &'static EntitySchema,
    mut input: Changes,
    key: usize,
    parent: &Value,
    session: &Session,
) -> Result<Row, Error> {
    input.values.push((key, parent.clone()));
    complete(target, &input, session)
}

fn violations_of_duplicates(
    target: &EntitySchema,
    name: &str,
    rows: &[Row],
    violations: &mut Violations,
) {
    let id = target.roles.id;
    for (index, row) in rows.iter().enumerate() {
        if rows.iter().take(index).any(|other| other.get(id) == row.get(id)) {
            let mut found = Violations::new();
            found.add(target.id().name, "duplicate", "two children have this id");
            violations.extend_below(&format!("/{name}/{index}"), found);
        }
    }
}
