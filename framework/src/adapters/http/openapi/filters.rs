//! Filters: the recursive search body, and the operators of one field.

use serde_json::{Map, Value as Json, json};

use super::components::Components;
use super::schemas::{object, reference};
use super::{kind, parameters, pattern};
use crate::adapters::http::filter::longest_operand;
use crate::adapters::http::limits;
use crate::domain::schema::{EntitySchema, FieldSchema, Kind, Operator};

/// `ProductFilter` and `ProductSearch`, and one filter per relative.
pub(super) fn components(schema: &'static EntitySchema, components: &mut Components) {
    let name = format!("{}Filter", schema.name);
    let mut properties = fields(schema);
    relatives(schema, schema.options.filter_depth, &mut properties);
    let branches = json!({ "type": "array", "items": reference(&name), "minItems": 1, "maxItems": limits::BRANCHES });
    properties.insert("and".to_owned(), branches.clone());
    properties.insert("or".to_owned(), branches);
    properties.insert("not".to_owned(), reference(&name));
    let about = "A condition: all members must hold. At most 32 levels and 500 comparisons.";
    components.insert(name.clone(), object(about, properties));
    components.insert(format!("{}Search", schema.name), search(schema, &name));
}

/// Conditions on related rows, and on what those are related to as far as the depth goes.
fn relatives(schema: &'static EntitySchema, depth: u32, properties: &mut Map<String, Json>) {
    let Some(rest) = depth.checked_sub(1) else { return };
    for relation in schema.relations {
        let target = (relation.target)();
        let mut inner = fields(target);
        relatives(target, rest, &mut inner);
        if !inner.is_empty() {
            let about = format!("At least one related row of `{}` matches.", relation.name);
            properties.insert(relation.name.to_owned(), object(&about, inner));
        }
    }
}

/// The schema of one operator's operand.
pub(super) fn operand(field: &FieldSchema, operator: Operator, longest_list: usize) -> Json {
    let one = || match field.kind {
        Kind::Text => text(field),
        Kind::Instant => {
            let mut instant = kind::operand(&Kind::Instant);
            kind::put(&mut instant, "pattern", json!(pattern::INSTANT_TO_COMPARE));
            instant
        }
        kind => kind::operand(&kind),
    };
    match operator {
        Operator::IsNull => json!({ "type": "boolean" }),
        Operator::In | Operator::NotIn => {
            json!({ "type": "array", "items": one(), "minItems": 1, "maxItems": longest_list })
        }
        Operator::Between => {
            json!({ "type": "array", "items": one(), "minItems": 2, "maxItems": 2 })
        }
        Operator::Contains
        | Operator::IContains
        | Operator::StartsWith
        | Operator::IStartsWith
        | Operator::EndsWith
        | Operator::IExact => text(field),
        _ => one(),
    }
}

fn text(field: &FieldSchema) -> Json {
    json!({ "type": "string", "pattern": pattern::NO_NUL, "maxLength": longest_operand(field) })
}

/// What an operator means, for its description.
pub(super) fn meaning(operator: Operator) -> &'static str {
    match operator {
        Operator::Eq => "Equal to the value.",
        Operator::Ne => "Different from the value, and not null.",
        Operator::In => "Equal to one of the values.",
        Operator::NotIn => "Equal to none of the values, and not null.",
        Operator::Gt => "Greater than the value.",
        Operator::Gte => "Greater than or equal to the value.",
        Operator::Lt => "Less than the value.",
        Operator::Lte => "Less than or equal to the value.",
        Operator::Between => "Within both ends, inclusive.",
        Operator::Contains => "Contains the text.",
        Operator::IContains => "Contains the text, ASCII letters compared without case.",
        Operator::StartsWith => "Starts with the text.",
        Operator::IStartsWith => "Starts with the text, ASCII letters compared without case.",
        Operator::EndsWith => "Ends with the text.",
        Operator::IExact => "Equal to the text, ASCII letters compared without case.",
        Operator::IsNull => "Null if true, not null if false.",
    }
}

/// The fields of an entity that clients may filter.
pub(super) fn filterable(
    schema: &'static EntitySchema,
) -> impl Iterator<Item = &'static FieldSchema> {
    schema.fields.iter().filter(|field| field.access.read && field.filter.iter().next().is_some())
}

fn fields(schema: &'static EntitySchema) -> Map<String, Json> {
    filterable(schema)
        .map(|field| {
            let operators = field
                .filter
                .iter()
                .map(|operator| {
                    let mut operand = operand(field, operator, limits::LIST);
                    if operand.get("$ref").is_none() {
                        kind::describe(&mut operand, meaning(operator));
                    }
                    (operator.name().to_owned(), operand)
                })
                .collect();
            let about = format!("Conditions on `{}`; all must hold.", field.name);
            (field.name.to_owned(), object(&about, operators))
        })
        .collect()
}

fn search(schema: &'static EntitySchema, filter: &str) -> Json {
    let mut properties = Map::new();
    properties.insert("filter".to_owned(), reference(filter));
    for (name, schema) in parameters::list_members(schema) {
        properties.insert(name.to_owned(), schema);
    }
    if let Some(cursor) = properties.get_mut("cursor") {
        *cursor = kind::nullable(cursor.take());
    }
    let mut search = object("The list with a condition of any shape.", properties);
    let no_cursor = json!({ "properties": { "cursor": { "type": "null" } } });
    kind::put(&mut search, "dependentSchemas", json!({ "offset": no_cursor }));
    kind::put(&mut search, "examples", json!([example(schema)]));
    search
}

/// An example of a search body: a condition on the first open field, where there is one.
pub(super) fn example(schema: &'static EntitySchema) -> Json {
    let condition = filterable(schema).find_map(|field| {
        let operator = field.filter.iter().find(|operator| *operator == Operator::Eq)?;
        Some(json!({ field.name: { operator.name(): super::example::operand(field)? } }))
    });
    match condition {
        Some(condition) => json!({ "filter": { "or": [condition] }, "limit": 20 }),
        None => json!({ "limit": 20 }),
    }
}
