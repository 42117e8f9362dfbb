//! What holds of an entity or of the children that are written with it.

use crate::domain::schema::EntitySchema;

/// Whether rows of the entity or of its children can collide with others.
pub(super) fn is_unique(schema: &'static EntitySchema) -> bool {
    aggregate(schema).any(|schema| {
        !schema.unique.is_empty()
            || schema.fields.iter().any(|field| field.unique)
            || schema.options.client_id
    })
}

/// Whether a body names other rows: by reference, or children that are there.
pub(super) fn refers(schema: &'static EntitySchema) -> bool {
    let refers =
        |schema: &EntitySchema| schema.fields.iter().any(|field| field.reference.is_some());
    aggregate(schema).any(refers)
}

/// Whether rows say who made them, so that nobody unknown can make one.
pub(super) fn names_its_maker(schema: &'static EntitySchema) -> bool {
    aggregate(schema).any(|schema| {
        let roles = [schema.roles.owner, schema.roles.tenant];
        let mut fields = roles.into_iter().flatten().filter_map(|at| schema.fields.get(at));
        fields.any(|field| !field.nullable && field.default.is_none())
    })
}

fn aggregate(schema: &'static EntitySchema) -> impl Iterator<Item = &'static EntitySchema> {
    std::iter::once(schema).chain(schema.owned().map(|relation| (relation.target)()))
}
