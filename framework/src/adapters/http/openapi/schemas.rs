//! The components of each entity: view, inputs, page; and those that all share.

use serde_json::{Map, Value as Json, json};

use super::{batch, example, filters, kind, pattern};
use crate::adapters::http::limits;
use crate::domain::schema::{EntitySchema, FieldSchema, Kind, Link, RelationSchema};

/// Every schema that these resources need, those of their relatives included.
pub(super) fn all(resources: &[&'static EntitySchema]) -> Map<String, Json> {
    let mut components = shared();
    let mut reached: Vec<&'static EntitySchema> = Vec::new();
    for schema in resources {
        reach(schema, &mut reached);
        let name = schema.name;
        components.insert(format!("{name}Selection"), view(schema, false));
        components.insert(format!("{name}Page"), page(schema));
        filters::components(schema, &mut components);
        batch::components(schema, &mut components);
    }
    for schema in reached {
        components.insert(schema.name.to_owned(), view(schema, true));
        for field in schema.fields {
            enumeration(&field.kind, &mut components);
        }
        let is_resource = resources.iter().any(|known| known.name == schema.name);
        if is_resource || is_child(schema) {
            components.insert(format!("Create{}", schema.name), create(schema));
            components.insert(format!("Update{}", schema.name), update(schema));
        }
    }
    components
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
    if reached.iter().any(|known| known.name == schema.name) {
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

fn enumeration(kind: &Kind, components: &mut Map<String, Json>) {
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
            components.insert(known.name.to_owned(), schema);
        }
        _ => {}
    }
}

/// What clients see. Complete views require every member; selections (`fields=`) none.
fn view(schema: &'static EntitySchema, complete: bool) -> Json {
    let readable = || schema.fields.iter().filter(|field| field.access.read);
    let mut properties = Map::new();
    let mut required: Vec<&str> = Vec::new();
    for field in readable() {
        let mut property = kind::field(field);
        if !field.access.create && !field.access.update && property.get("$ref").is_none() {
            kind::put(&mut property, "readOnly", json!(true));
        }
        properties.insert(field.name.to_owned(), property);
        required.push(field.name);
    }
    for relation in schema.relations {
        if relation.owned {
            required.push(relation.name);
        }
        properties.insert(relation.name.to_owned(), related(schema, relation));
    }
    let about = if complete {
        doc(schema)
    } else {
        format!("The members of a {} that `fields` asked for.", schema.name)
    };
    let mut object = object(&about, properties);
    if complete {
        kind::put(&mut object, "required", json!(required));
        if let Some(example) = sample(schema, readable(), 0) {
            kind::put(&mut object, "examples", json!([example]));
        }
    }
    object
}

fn related(schema: &EntitySchema, relation: &RelationSchema) -> Json {
    let target = reference((relation.target)().name);
    let mut property = if relation.link.is_many() {
        let most = if relation.owned { limits::ITEMS } else { schema.options.include_limit.into() };
        json!({ "type": "array", "items": target, "maxItems": most })
    } else {
        json!({ "anyOf": [target, { "type": "null" }] })
    };
    let doc = relation.doc.trim();
    let when = if relation.owned {
        "Part of the aggregate."
    } else {
        "Present when `include` asks for it."
    };
    kind::describe(&mut property, &format!("{doc} {when}"));
    property
}

/// An object that refuses unknown members.
pub(super) fn object(doc: &str, properties: Map<String, Json>) -> Json {
    let mut schema =
        json!({ "type": "object", "properties": properties, "additionalProperties": false });
    kind::describe(&mut schema, doc);
    schema
}

fn create(schema: &'static EntitySchema) -> Json {
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
    children(schema, &mut properties);
    let mut object = object(&format!("What it takes to make a {}.", schema.name), properties);
    kind::put(&mut object, "required", json!(required));
    if let Some(example) = sample(schema, writable(), 0) {
        kind::put(&mut object, "examples", json!([example]));
    }
    object
}

fn update(schema: &'static EntitySchema) -> Json {
    let writable = || schema.fields.iter().filter(|field| field.access.update);
    let mut properties: Map<_, _> =
        writable().map(|field| (field.name.to_owned(), kind::field(field))).collect();
    children(schema, &mut properties);
    let about =
        format!("A merge patch (RFC 7396) of a {}: absent members stay, null clears.", schema.name);
    let mut object = object(&about, properties);
    kind::put(&mut object, "minProperties", json!(0));
    if let Some(example) = sample(schema, writable().take(1), 1) {
        kind::put(&mut object, "examples", json!([example]));
    }
    object
}

fn children(schema: &'static EntitySchema, properties: &mut Map<String, Json>) {
    for relation in schema.owned() {
        let input = reference(&format!("Create{}", (relation.target)().name));
        let mut property = json!({ "type": "array", "items": input, "maxItems": limits::ITEMS });
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

/// A view as reads answer it: complete, or the selection that `fields` asked for.
pub(super) fn shown(schema: &EntitySchema) -> Json {
    json!({ "anyOf": [reference(schema.name), reference(&format!("{}Selection", schema.name))] })
}

/// An example object of these fields; `None` when a required member has no example.
fn sample<'a>(
    schema: &EntitySchema,
    fields: impl Iterator<Item = &'a FieldSchema>,
    depth: usize,
) -> Option<Json> {
    let mut object = Map::new();
    for field in fields {
        match example::of(field) {
            _ if Some(field.name) == schema.roles.deleted_at.map(|at| schema.fields[at].name) => {
                object.insert(field.name.to_owned(), Json::Null);
            }
            Some(value) => {
                object.insert(field.name.to_owned(), value);
            }
            None if field.nullable => {
                object.insert(field.name.to_owned(), Json::Null);
            }
            None => return None,
        }
    }
    if depth == 0 {
        for relation in
            schema.owned().filter(|relation| matches!(relation.link, Link::HasMany { .. }))
        {
            object.insert(relation.name.to_owned(), json!([]));
        }
    }
    Some(Json::Object(object))
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

fn shared() -> Map<String, Json> {
    let text =
        |most: u32| json!({ "type": "string", "pattern": pattern::NO_NUL, "maxLength": most });
    let place = |about: &str| json!({ "type": "string", "pattern": pattern::NO_NUL, "maxLength": 2048, "description": about });
    let problem = json!({
        "type": "object",
        "description": "What went wrong (RFC 9457).",
        "additionalProperties": false,
        "required": ["type", "title", "status"],
        "properties": {
            "type": { "type": "string", "format": "uri-reference", "maxLength": 200, "description": "Address of a page about this kind of problem." },
            "title": text(200),
            "status": { "type": "integer", "format": "int32", "minimum": 100, "maximum": 599 },
            "detail": text(10_000),
            "instance": { "type": "string", "format": "uri-reference", "maxLength": 20_000, "description": "The path asked for." },
            "trace_id": { "type": "string", "pattern": "^[ -~]*$", "maxLength": 200, "description": "Id of the request in the server's logs." },
            "errors": { "type": "array", "maxItems": 10_000, "items": reference("ProblemError") },
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
            "detail": text(10_000),
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
