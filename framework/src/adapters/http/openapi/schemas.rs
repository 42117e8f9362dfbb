//! The components of each entity: view, inputs, page; and those that all share.

use serde_json::{Map, Value as Json, json};

use super::components::Components;
use super::{batch, filters, kind, pattern, sample_rows as samples};
use crate::adapters::http::limits;
use crate::domain::schema::{EntitySchema, Kind, RelationSchema};

/// Every schema that these resources need, those of their relatives included.
pub(super) fn all(resources: &[&'static EntitySchema]) -> Components {
    let mut components = Components::from(shared());
    let mut reached: Vec<&'static EntitySchema> = Vec::new();
    for schema in resources {
        reach(schema, &mut reached);
    }
    for schema in reached {
        let is_resource = resources.iter().any(|known| std::ptr::eq(*known, schema));
        of_entity(schema, is_resource, components.of(format!("the entity {}", schema.name)));
        for field in schema.fields {
            enumeration(&field.kind, &mut components);
        }
    }
    components
}

/// The names in the document that two declarations claim, as sentences.
pub(crate) fn name_clashes(resources: &[&'static EntitySchema]) -> Vec<String> {
    all(resources).into_clashes()
}

fn of_entity(schema: &'static EntitySchema, is_resource: bool, components: &mut Components) {
    let name = schema.name;
    components.insert(name.to_owned(), view(schema));
    components.insert(format!("{name}Selection"), selection(schema));
    if is_resource {
        components.insert(format!("{name}Page"), page(schema));
        filters::components(schema, components);
        batch::components(schema, components);
    }
    if is_resource || is_child(schema) {
        components.insert(format!("Create{name}"), create(schema, false));
        components.insert(format!("Update{name}"), update(schema));
        if has_children(schema) {
            components.insert(format!("Replace{name}"), create(schema, true));
        }
        if is_child(schema) {
            components.insert(format!("{name}Item"), item(schema));
        }
    }
}

/// A reference to a component schema.
pub(super) fn reference(name: &str) -> Json {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// The entity's doc comment, or a sentence in its place.
pub(super) fn doc(schema: &EntitySchema) -> String {
    match schema.doc.trim() {
        "" => format!("The resource {}.", schema.plural),
        doc => doc.to_owned(),
    }
}

fn reach(schema: &'static EntitySchema, reached: &mut Vec<&'static EntitySchema>) {
    if reached.iter().any(|known| std::ptr::eq(*known, schema)) {
        return;
    }
    reached.push(schema);
    for relation in schema.relations {
        reach((relation.target)(), reached);
    }
}

/// Whether the entity lives inside an aggregate: one of its references points to an owner.
fn is_child(schema: &EntitySchema) -> bool {
    schema.fields.iter().filter_map(|field| field.reference).any(|reference| {
        (reference.target)().owned().any(|relation| (relation.target)().name == schema.name)
    })
}

fn enumeration(kind: &Kind, components: &mut Components) {
    match kind {
        Kind::List(item) => enumeration(item, components),
        Kind::Enum(known) => {
            let values: Vec<_> = known.variants.iter().map(|(value, _)| *value).collect();
            let mut doc = known.doc.trim().to_owned();
            for (value, about) in known.variants.iter().filter(|(_, about)| !about.is_empty()) {
                doc.push_str(&format!("\n- `{value}`: {}", about.trim()));
            }
            let mut schema =
                json!({ "type": "string", "enum": values, "examples": values.get(..1) });
            kind::describe(&mut schema, &doc);
            let components = components.of(format!("the enum {}", known.name));
            components.insert(known.name.to_owned(), schema);
        }
        _ => {}
    }
}

/// What clients see where they ask for nothing special, and what writes answer: every field, owned children included.
fn view(schema: &'static EntitySchema) -> Json {
    let properties = members(schema);
    let required: Vec<_> = properties.keys().cloned().collect();
    let mut object = object(&doc(schema), properties);
    kind::put(&mut object, "required", json!(required));
    if let Some(example) = samples::of_view(schema) {
        kind::put(&mut object, "examples", json!([example]));
    }
    object
}

/// What `fields` and `include` ask for: any of the members, and related rows beside them.
fn selection(schema: &'static EntitySchema) -> Json {
    let mut properties = members(schema);
    for relation in schema.relations.iter().filter(|relation| !relation.owned) {
        properties.insert(relation.name.to_owned(), related(schema, relation));
    }
    let about = format!("One {} as `fields` and `include` asked for it.", schema.name);
    object(&about, properties)
}

fn members(schema: &'static EntitySchema) -> Map<String, Json> {
    let mut properties = Map::new();
    for field in schema.fields.iter().filter(|field| field.access.read) {
        let mut property = kind::field(field);
        if !field.access.create && !field.access.update && property.get("$ref").is_none() {
            kind::put(&mut property, "readOnly", json!(true));
        }
        properties.insert(field.name.to_owned(), property);
    }
    for relation in schema.owned() {
        let mut property = many(reference((relation.target)().name), limits::CHILDREN as u64);
        kind::describe(&mut property, &format!("{} Part of the aggregate.", relation.doc.trim()));
        properties.insert(relation.name.to_owned(), property);
    }
    properties
}

fn related(schema: &EntitySchema, relation: &RelationSchema) -> Json {
    let name = (relation.target)().name;
    // Related rows have related rows of their own only where includes nest.
    let target = if schema.options.include_depth > 1 {
        reference(&format!("{name}Selection"))
    } else {
        reference(name)
    };
    let mut property = if relation.link.is_many() {
        many(target, schema.options.include_limit.into())
    } else {
        json!({ "anyOf": [target, { "type": "null" }] })
    };
    let doc = relation.doc.trim();
    kind::describe(&mut property, &format!("{doc} Present when `include` asks for it."));
    property
}

fn many(items: Json, most: u64) -> Json {
    json!({ "type": "array", "items": items, "maxItems": most })
}

/// An object that refuses unknown members.
pub(super) fn object(doc: &str, properties: Map<String, Json>) -> Json {
    let mut schema =
        json!({ "type": "object", "properties": properties, "additionalProperties": false });
    kind::describe(&mut schema, doc);
    schema
}

/// Whether replacing differs from creating: the children that are there can be named.
pub(super) fn has_children(schema: &EntitySchema) -> bool {
    schema.owned().next().is_some()
}

fn create(schema: &'static EntitySchema, exists: bool) -> Json {
    let writable = || schema.fields.iter().filter(|field| field.access.create);
    let mut properties = Map::new();
    for field in writable() {
        let mut property = kind::field(field);
        if let Some(default) = field.default.and_then(|default| literal(default())) {
            kind::put(&mut property, "default", default);
        }
        properties.insert(field.name.to_owned(), property);
    }
    let fields = schema.fields.iter().enumerate();
    let required: Vec<_> = fields
        .filter(|(position, _)| schema.requires(*position))
        .map(|(_, field)| field.name)
        .collect();
    children(schema, exists, &mut properties);
    let about = if exists { "Everything that can be written of" } else { "The body that creates" };
    let mut object = object(&format!("{about} one {}.", schema.name), properties);
    kind::put(&mut object, "required", json!(required));
    if let Some(example) = samples::of_fields(schema, writable(), true) {
        kind::put(&mut object, "examples", json!([example]));
    }
    object
}

fn update(schema: &'static EntitySchema) -> Json {
    let writable = || schema.fields.iter().filter(|field| field.access.update);
    let mut properties: Map<_, _> =
        writable().map(|field| (field.name.to_owned(), kind::field(field))).collect();
    children(schema, true, &mut properties);
    let about = format!(
        "A merge patch (RFC 7396) of one {}: absent members stay, null clears.",
        schema.name
    );
    let mut object = object(&about, properties);
    kind::put(&mut object, "minProperties", json!(0));
    if let Some(example) = samples::of_fields(schema, writable().take(1), false) {
        kind::put(&mut object, "examples", json!([example]));
    }
    object
}

/// A child within an aggregate that exists: one that its id names, with what changes, or a new one.
fn item(schema: &'static EntitySchema) -> Json {
    let mut item = create(schema, true);
    let id = schema.id();
    let mut property = kind::operand(&id.kind);
    kind::describe(&mut property, "Names the child that stays; without it a new one is made.");
    if let Some(properties) = item.get_mut("properties").and_then(Json::as_object_mut) {
        properties.insert(id.name.to_owned(), property);
    }
    let about = format!("One {} that stays, named by its id, or a new one.", schema.name);
    kind::describe(&mut item, &about);
    item
}

fn children(schema: &'static EntitySchema, exists: bool, properties: &mut Map<String, Json>) {
    for relation in schema.owned() {
        let name = (relation.target)().name;
        let input = if exists { format!("{name}Item") } else { format!("Create{name}") };
        let mut property = many(reference(&input), limits::CHILDREN as u64);
        kind::describe(&mut property, relation.doc);
        properties.insert(relation.name.to_owned(), property);
    }
}

fn page(schema: &EntitySchema) -> Json {
    let cursor = |about: &str| {
        json!({
            "type": ["string", "null"], "pattern": "^[A-Za-z0-9_-]+$", "minLength": 1,
            "maxLength": limits::CURSOR, "description": about,
        })
    };
    json!({
        "type": "object",
        "description": format!("A page of {}.", schema.plural),
        "additionalProperties": false,
        "required": ["items", "next_cursor", "prev_cursor"],
        "properties": {
            "items": { "type": "array", "maxItems": schema.options.max_limit, "items": shown(schema) },
            "next_cursor": cursor("Where the next page starts; null at the end."),
            "prev_cursor": cursor("Where the page before this one ends; null at the beginning."),
            "total": {
                "type": "integer", "format": "int64", "minimum": 0, "maximum": 9_007_199_254_740_991_i64,
                "description": "Number of matching rows, when `count` asked for it.",
            },
        },
    })
}

/// A view as reads answer it: complete where nothing else is asked for, which a selection includes.
pub(super) fn shown(schema: &EntitySchema) -> Json {
    reference(&format!("{}Selection", schema.name))
}

/// A default as JSON, where it is a plain value.
fn literal(value: crate::domain::value::Value) -> Option<Json> {
    use crate::domain::value::Value;
    match value {
        Value::Bool(value) => Some(json!(value)),
        Value::Int(value) => Some(json!(value)),
        Value::Float(value) => Some(json!(value)),
        Value::Decimal(value) => Some(json!(value.to_string())),
        Value::Text(value) => Some(json!(value)),
        Value::Json(value) => Some(*value),
        _ => None,
    }
}

fn described(mut schema: Json, about: &str) -> Json {
    kind::describe(&mut schema, about);
    schema
}

fn shared() -> Map<String, Json> {
    let text =
        |most: usize| json!({ "type": "string", "pattern": pattern::NO_NUL, "maxLength": most });
    let place = |about: &str| json!({ "type": "string", "pattern": pattern::NO_NUL, "maxLength": limits::PLACE, "description": about });
    let problem = json!({
        "type": "object",
        "description": "What went wrong (RFC 9457).",
        "additionalProperties": false,
        "required": ["type", "title", "status"],
        "properties": {
            "type": { "type": "string", "format": "uri-reference", "maxLength": 200, "description": "Address of a page about this kind of problem." },
            "title": described(text(200), "What kind of problem this is."),
            "status": { "type": "integer", "format": "int32", "minimum": 100, "maximum": 599, "description": "The status of the response." },
            "detail": described(text(limits::DETAIL), "What went wrong this time, and what would be right."),
            "instance": { "type": "string", "format": "uri-reference", "maxLength": limits::URI_BYTES, "description": "The path asked for." },
            "trace_id": { "type": "string", "pattern": "^[ -~]*$", "maxLength": 200, "description": "Id of the request in the server's logs." },
            "errors": { "type": "array", "maxItems": limits::ERRORS, "items": reference("ProblemError"), "description": "Each part that is wrong." },
        },
        "examples": [{
            "type": "/problems/validation", "title": "The input is not valid", "status": 422,
            "detail": "1 member is not valid", "instance": "/api/products",
            "errors": [{ "pointer": "#/name", "code": "required", "detail": "name is required" }],
        }],
    });
    let error = json!({
        "type": "object",
        "description": "One broken rule at one place of the request.",
        "additionalProperties": false,
        "required": ["code", "detail"],
        "properties": {
            "pointer": place("JSON pointer into the body, or into its line, as a fragment."),
            "line": { "type": "integer", "format": "int64", "minimum": 1, "maximum": 9_007_199_254_740_991_i64, "description": "The line of a body of many, from 1." },
            "parameter": place("Name of a query or path parameter."),
            "header": place("Name of a header."),
            "code": { "type": "string", "pattern": "^[a-z_]+$", "maxLength": 64, "description": "Stable reason." },
            "detail": described(text(limits::DETAIL), "What is wrong with this part, and what would be right."),
        },
    });
    let any = json!({
        "description": "Any JSON value.",
        "anyOf": [
            { "type": ["null", "boolean"] },
            { "type": "number", "format": "double", "minimum": -1e15, "maximum": 1e15 },
            text(1_048_576),
            { "type": "array", "items": reference("JsonValue"), "maxItems": 10_000 },
            { "type": "object", "additionalProperties": reference("JsonValue"), "maxProperties": 10_000,
              "propertyNames": { "pattern": pattern::NO_NUL } },
        ],
    });
    Map::from_iter([
        ("Problem".to_owned(), problem),
        ("ProblemError".to_owned(), error),
        ("JsonValue".to_owned(), any),
    ])
}
