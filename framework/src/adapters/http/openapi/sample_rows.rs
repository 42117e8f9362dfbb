//! Example rows: of a view, of an input, of a page.

use serde_json::{Map, Value as Json, json};

use super::example;
use crate::domain::schema::{EntitySchema, FieldSchema, Link};

/// An example of the view; `None` when a member has no example.
pub(super) fn of_view(schema: &'static EntitySchema) -> Option<Json> {
    of_fields(schema, schema.fields.iter().filter(|field| field.access.read), true)
}

/// An example object of these fields, with or without owned children; `None` when a required member has no example.
pub(super) fn of_fields<'a>(
    schema: &'static EntitySchema,
    fields: impl Iterator<Item = &'a FieldSchema>,
    children: bool,
) -> Option<Json> {
    let deleted_at = schema.roles.deleted_at.and_then(|at| schema.fields.get(at));
    let mut object = Map::new();
    for field in fields {
        let example =
            example::of(field).filter(|_| deleted_at.is_none_or(|at| at.name != field.name));
        let value = example.or_else(|| field.nullable.then_some(Json::Null))?;
        object.insert(field.name.to_owned(), value);
    }
    let many = |link: &Link| matches!(link, Link::HasMany { .. });
    for relation in schema.owned().filter(|relation| children && many(&relation.link)) {
        object.insert(relation.name.to_owned(), json!([]));
    }
    Some(Json::Object(object))
}

/// An example of a page.
pub(super) fn of_page(schema: &'static EntitySchema) -> Option<Json> {
    let row = of_view(schema)?;
    Some(json!({ "items": [row], "next_cursor": null, "prev_cursor": null }))
}
