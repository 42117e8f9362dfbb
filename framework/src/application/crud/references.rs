//! References to rows that are marked as deleted: for clients they are not there, though the database finds them.

use crate::application::session::Session;
use crate::application::store::Select;
use crate::domain::entity::Entity;
use crate::domain::error::{Conflict, Error};
use crate::domain::query::Deleted;
use crate::domain::schema::EntitySchema;
use crate::domain::specification::Predicate;
use crate::domain::value::{Row, Value};

/// Refuses entities that newly refer to a row that is marked as deleted: one statement for each field that is set, none
/// where no row can be marked. `written` is what they were, if they were, and what they will be.
///
/// # Errors
/// [`Conflict::MissingReference`], or what the store says.
pub(super) async fn check<E: Entity>(
    session: &mut Session,
    written: &[(Option<&E>, &E)],
) -> Result<(), Error> {
    let schema = E::schema();
    for position in markable(schema) {
        let values = written.iter().filter_map(|(before, after)| {
            let value = after.value(position);
            (before.map(|before| before.value(position)).as_ref() != Some(&value)).then_some(value)
        });
        let values = values.collect();
        check_values(session, schema, position, values).await?;
    }
    for relation in schema.owned() {
        let child = (relation.target)();
        for position in markable(child) {
            // The aggregate itself is there.
            if target(child, position).is_none_or(|target| target.table == schema.table) {
                continue;
            }
            let rows = written.iter().flat_map(|(before, after)| {
                let before = before.map(|it| it.children(relation.name)).unwrap_or_default();
                let rows = after.children(relation.name).into_iter();
                rows.filter_map(move |row| new_value(child, position, &before, &row))
            });
            let values = rows.collect();
            check_values(session, child, position, values).await?;
        }
    }
    Ok(())
}

/// Refuses values of one field that name a row that is marked as deleted.
///
/// # Errors
/// [`Conflict::MissingReference`], or what the store says.
pub(super) async fn check_values(
    session: &mut Session,
    schema: &'static EntitySchema,
    position: usize,
    mut values: Vec<Value>,
) -> Result<(), Error> {
    values.retain(|value| !value.is_null());
    let (Some(field), Some(target)) = (schema.fields.get(position), target(schema, position))
    else {
        return Ok(());
    };
    if values.is_empty() {
        return Ok(());
    }
    let id = target.roles.id;
    let wanted = Predicate::In { field: id, values, negated: false };
    let (predicates, columns) = ([&wanted], [id]);
    let mut select = Select::new(target, &predicates);
    select.columns = Some(&columns);
    select.deleted = Deleted::Only;
    select.limit = Some(1);
    if session.rows().select(&select).await?.rows.is_empty() {
        return Ok(());
    }
    Err(Error::Conflict(Conflict::MissingReference { field: field.name }))
}

/// Positions of the fields that refer to rows that can be marked as deleted.
pub(super) fn markable(schema: &'static EntitySchema) -> impl Iterator<Item = usize> + Send {
    (0..schema.fields.len()).filter(move |position| {
        target(schema, *position).is_some_and(|target| target.roles.deleted_at.is_some())
    })
}

fn target(schema: &EntitySchema, position: usize) -> Option<&'static EntitySchema> {
    let reference = schema.fields.get(position)?.reference?;
    Some((reference.target)())
}

/// The value of a child, unless the same child had it before.
fn new_value(child: &EntitySchema, position: usize, before: &[Row], row: &Row) -> Option<Value> {
    let id = child.roles.id;
    let known = before.iter().find(|known| known.get(id) == row.get(id));
    let is_new = known.is_none_or(|known| known.get(position) != row.get(position));
    row.get(position).filter(|_| is_new).cloned()
}
