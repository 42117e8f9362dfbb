//! Whether the order of a batch's operations plays a part that doing them at once would not show.

use std::collections::HashSet;

use super::batch::Plan;
use super::held_rows::{is_removal, named};
use super::{Operation, Resource};
use crate::application::resource::Input as _;
use crate::domain::scalar::Scalar as _;
use crate::domain::value::Key;

/// Whether the order of the operations plays a part that the database would not tell: two on one row, or rows of one
/// table that refer to each other while some of them go.
pub(super) fn matters<E: Resource>(operations: &[Operation<E>]) -> bool {
    let schema = E::schema();
    let mut seen = HashSet::new();
    let ids = operations.iter().filter_map(|operation| match operation {
        Operation::Create { input } if schema.options.client_id => {
            let id = input.clone().into_changes().take(schema.roles.id)?;
            E::Id::from_value(id).ok()
        }
        other => named(other).cloned(),
    });
    if !ids.into_iter().all(|id| seen.insert(id)) {
        return true;
    }
    let refers_to_itself = schema.fields.iter().any(|field| {
        field.reference.is_some_and(|reference| (reference.target)().table == schema.table)
    });
    let removals = operations.iter().filter(|operation| is_removal(operation)).count();
    // Marks alone break no reference.
    let only_marks = removals == operations.len() && schema.roles.deleted_at.is_some();
    refers_to_itself && removals > 0 && !only_marks
}

/// Whether one operation gives up a unique key that another takes: who comes first decides.
pub(super) fn passes_keys_on<E: Resource>(plan: &Plan<E>) -> bool {
    let schema = E::schema();
    let single = schema.fields.iter().enumerate().filter(|(_, field)| field.unique);
    let mut keys = single
        .map(|(position, _)| vec![position])
        .chain(schema.unique.iter().map(|it| it.to_vec()));
    keys.any(|key| {
        // Rows without a value have no key.
        let of = |entity: &E| {
            let values: Vec<_> = key.iter().map(|position| entity.value(*position)).collect();
            let is_key = values.iter().all(|value| !value.is_null());
            is_key.then(|| values.into_iter().map(Key).collect::<Vec<Key>>())
        };
        let changes = || {
            let changes = plan.changes.iter();
            changes.map(|(_, before, after, is_mark)| (of(before), of(after), *is_mark))
        };
        let given_up: HashSet<Vec<Key>> = changes()
            .filter(|(before, after, is_mark)| *is_mark || before != after)
            .map(|(before, ..)| before)
            .chain(plan.removals.iter().map(|(_, before)| of(before)))
            .flatten()
            .collect();
        let taken = changes().filter(|(.., is_mark)| !is_mark).map(|(_, after, _)| after);
        let made = plan.creates.iter().map(|(_, made)| of(made));
        taken.chain(made).flatten().any(|key| given_up.contains(&key))
    })
}
