//! What a database refuses: duplicates, references to nothing, removal of what is referred to.

use super::evaluate::value_at;
use super::store::Tables;
use crate::domain::error::{Conflict, Error};
use crate::domain::schema::{EntitySchema, Kind, OnDelete};
use crate::domain::value::{Row, Value};

/// A value as the column keeps it.
pub(super) fn stored(kind: Kind, value: Value) -> Value {
    match (kind, value) {
        (Kind::Decimal { scale, .. }, Value::Decimal(decimal)) => {
            let decimal = decimal.round_dp_with_strategy(
                u32::from(scale),
                rust_decimal::RoundingStrategy::MidpointAwayFromZero,
            );
            Value::Decimal(decimal.normalize())
        }
        (_, value) => value,
    }
}

/// Checks the written rows of a table against everything else.
pub(super) fn check(
    tables: &Tables,
    schema: &'static EntitySchema,
    written: &[Row],
) -> Result<(), Error> {
    for row in written {
        for key in unique_keys(schema) {
            duplicate(tables, schema, &key, row)?;
        }
        for (position, field) in schema.fields.iter().enumerate() {
            if let Some(reference) = field.reference {
                let target = (reference.target)();
                let wanted = value_at(row, position);
                let known = |row: &Row| value_at(row, target.roles.id) == wanted;
                if !wanted.is_null() && !tables.rows(target).iter().any(known) {
                    return Err(Error::Conflict(Conflict::MissingReference { field: field.name }));
                }
            }
        }
    }
    Ok(())
}

/// Removes rows from a table, and what hangs on them as their references say.
pub(super) fn remove(
    tables: &mut Tables,
    schema: &'static EntitySchema,
    removed: &[Row],
) -> Result<(), Error> {
    let ids: Vec<Value> = removed.iter().map(|row| value_at(row, schema.roles.id)).collect();
    tables.rows_mut(schema).retain(|row| !ids.contains(&value_at(row, schema.roles.id)));
    for child in tables.schemas() {
        for (position, field) in child.fields.iter().enumerate() {
            let Some(reference) = field.reference else { continue };
            if (reference.target)().table == schema.table {
                orphaned(tables, child, position, reference.on_delete, &ids)?;
            }
        }
    }
    Ok(())
}

fn orphaned(
    tables: &mut Tables,
    child: &'static EntitySchema,
    position: usize,
    on_delete: OnDelete,
    ids: &[Value],
) -> Result<(), Error> {
    let refers = |row: &Row| ids.contains(&value_at(row, position));
    let orphans: Vec<Row> = tables.rows(child).iter().filter(|row| refers(row)).cloned().collect();
    if orphans.is_empty() {
        return Ok(());
    }
    match on_delete {
        OnDelete::Restrict => Err(Error::Conflict(Conflict::StillReferenced)),
        OnDelete::Cascade => remove(tables, child, &orphans),
        OnDelete::SetNull => {
            for row in tables.rows_mut(child).iter_mut().filter(|row| refers(row)) {
                if let Some(value) = row.get_mut(position) {
                    *value = Value::Null;
                }
            }
            Ok(())
        }
    }
}

/// The primary key, then every other unique key.
fn unique_keys(schema: &EntitySchema) -> Vec<Vec<usize>> {
    let single = schema
        .fields
        .iter()
        .enumerate()
        .filter(|(at, field)| field.unique && *at != schema.roles.id);
    std::iter::once(vec![schema.roles.id])
        .chain(single.map(|(at, _)| vec![at]))
        .chain(schema.unique.iter().map(|key| key.to_vec()))
        .collect()
}

fn duplicate(
    tables: &Tables,
    schema: &'static EntitySchema,
    key: &[usize],
    row: &Row,
) -> Result<(), Error> {
    let is_id = key == [schema.roles.id];
    let takes_part = |row: &Row| {
        let is_null = |at: usize| row.get(at).is_none_or(Value::is_null);
        let deleted = schema.roles.deleted_at.is_some_and(|at| !is_null(at));
        (is_id || !deleted) && key.iter().all(|at| !is_null(*at))
    };
    if !takes_part(row) {
        return Ok(());
    }
    let same =
        |other: &&Row| key.iter().all(|at| other.get(*at) == row.get(*at)) && takes_part(other);
    // The row itself is in the table already.
    if tables.rows(schema).iter().filter(same).count() > 1 {
        let fields = key.iter().filter_map(|at| schema.fields.get(*at)).map(|it| it.name);
        return Err(Error::Conflict(Conflict::Duplicate { fields: fields.collect() }));
    }
    Ok(())
}
