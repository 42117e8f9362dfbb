//! The ways from an entity to those that it is related to.

use crate::domain::schema::{EntitySchema, RelationSchema};

/// Every way of at most so many relations, by their names, with the entity at its end.
pub(super) fn below(
    schema: &'static EntitySchema,
    depth: u32,
    open: fn(&RelationSchema) -> bool,
) -> Vec<(Vec<&'static str>, &'static EntitySchema)> {
    let Some(rest) = depth.checked_sub(1) else { return Vec::new() };
    let mut ways = Vec::new();
    for relation in schema.relations.iter().filter(|relation| open(relation)) {
        let target = (relation.target)();
        ways.push((vec![relation.name], target));
        for (mut names, end) in below(target, rest, open) {
            names.insert(0, relation.name);
            ways.push((names, end));
        }
    }
    ways
}
