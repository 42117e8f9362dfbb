//! Conditions on rows whose relatives are in memory too.

use super::store::Tables;
use crate::domain::query::Deleted;
use crate::domain::schema::{EntitySchema, Link, RelationSchema};
use crate::domain::specification::Predicate;
use crate::domain::value::{Row, Value};

/// Whether a row satisfies all conditions of a statement.
pub(super) fn matches(
    tables: &Tables,
    schema: &'static EntitySchema,
    row: &Row,
    predicates: &[&Predicate],
    deleted: Deleted,
) -> bool {
    let visible = match deleted {
        Deleted::Include => true,
        Deleted::Exclude => is_live(schema, row),
        Deleted::Only => !is_live(schema, row),
    };
    visible && predicates.iter().all(|predicate| satisfies(tables, schema, row, predicate))
}

/// The value at a position; null beyond the last.
pub(super) fn value_at(row: &Row, position: usize) -> Value {
    row.get(position).cloned().unwrap_or(Value::Null)
}

fn satisfies(
    tables: &Tables,
    schema: &'static EntitySchema,
    row: &Row,
    predicate: &Predicate,
) -> bool {
    let value = |position| value_at(row, position);
    let related =
        |relation: &'static RelationSchema, own: &dyn Fn(usize) -> Value, predicate: &Predicate| {
            Some(exists(tables, schema, relation, own, predicate))
        };
    predicate.evaluate(schema, &value, &related) == Some(true)
}

fn is_live(schema: &EntitySchema, row: &Row) -> bool {
    schema.roles.deleted_at.is_none_or(|position| value_at(row, position).is_null())
}

fn exists(
    tables: &Tables,
    schema: &'static EntitySchema,
    relation: &RelationSchema,
    own: &dyn Fn(usize) -> Value,
    predicate: &Predicate,
) -> bool {
    let target = (relation.target)();
    let id = own(schema.roles.id);
    let fits = |row: &&Row| is_live(target, row) && satisfies(tables, target, row, predicate);
    let with = |schema: &'static EntitySchema, position: Option<usize>, wanted: Value| {
        tables.rows(schema).iter().filter(move |row| {
            let found = position.map_or(Value::Null, |position| value_at(row, position));
            !found.is_null() && found == wanted
        })
    };
    match relation.link {
        Link::BelongsTo { field } => {
            with(target, Some(target.roles.id), own(field)).any(|row| fits(&row))
        }
        Link::HasOne { key } | Link::HasMany { key } => {
            with(target, target.key(key), id).any(|row| fits(&row))
        }
        Link::ManyToMany { via, source, target: far } => {
            let via = via();
            let far = via.key(far);
            with(via, via.key(source), id).filter(|joint| is_live(via, joint)).any(|joint| {
                let wanted = far.map_or(Value::Null, |position| value_at(joint, position));
                with(target, Some(target.roles.id), wanted).any(|row| fits(&row))
            })
        }
    }
}
