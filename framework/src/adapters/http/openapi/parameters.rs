//! Parameters: those of lists, those of representations, and the headers of writes.

use serde_json::{Value as Json, json};

use super::{example, filters, kind, pattern};
use crate::adapters::http::etag::PATTERN as TAGS;
use crate::adapters::http::list::include_paths;
use crate::adapters::http::{filter, idempotency, limits};
use crate::domain::schema::{EntitySchema, FieldSchema, Operator};

const RETURN: &str = "`return=minimal` or `return=representation`";
const DRY_RUN: &str = "`tx=rollback` checks the write completely and keeps nothing of it";
const MAX_AFFECTED: &str =
    "`max-affected=<n>` with `handling=strict` refuses a batch of more operations";
const COUNT: &str = "`count=exact`, `count=estimated` or `count=none`, as the parameter `count`";

/// Header parameters that every entity shares.
pub(super) fn components() -> Json {
    let header = |name: &str, required: bool, about: &str, pattern: &str, example: &str| {
        json!({
            "name": name, "in": "header", "required": required, "description": about, "example": example,
            "schema": { "type": "string", "pattern": pattern, "maxLength": limits::HEADER },
        })
    };
    let if_match =
        "The request is followed only if the row is at one of these versions (or exists, for `*`).";
    let prefer = |preferences: &[&str], example: &str| {
        let about = include_str!("text/prefer.md").trim();
        let about = about.replace("{{preferences}}", &preferences.join("; "));
        header("Prefer", false, &about, r"^[\t -~]*$", example)
    };
    let key = |required: bool| {
        let about = include_str!("text/idempotency.md").trim();
        let example = "8e03978e-40d5-43dd-bc93-6894a57f9324";
        header("Idempotency-Key", required, about, idempotency::PATTERN, example)
    };
    json!({
        "IfMatch": header("If-Match", false, if_match, TAGS, "\"1\""),
        "IfMatchPage": header("If-Match", false, "Anything but `*` is answered with 412: the tags of pages are weak, and `If-Match` compares strongly.", TAGS, "*"),
        "IfMatchRequired": header("If-Match", true, if_match, TAGS, "\"1\""),
        "IfNoneMatch": header("If-None-Match", false, "Answers 304 if the representation is one of these.", TAGS, "\"0\""),
        "IfNoneOf": header("If-None-Match", false, "Answers 412 if the row is one of these; `*`: if there is one.", TAGS, "\"0\""),
        "IfNoneMatchAny": header("If-None-Match", false, "`*`: only create, never replace.", r"^\*$", "*"),
        "Prefer": prefer(&[RETURN, DRY_RUN], "return=representation"),
        "PreferBatch": prefer(&[RETURN, DRY_RUN, MAX_AFFECTED], "return=minimal"),
        "PreferDryRun": prefer(&[DRY_RUN], "tx=rollback"),
        "PreferCount": prefer(&[COUNT], "count=exact"),
        "IdempotencyKey": key(false),
        "IdempotencyKeyRequired": key(true),
    })
}

/// A reference to a component parameter.
pub(super) fn reference(name: &str) -> Json {
    json!({ "$ref": format!("#/components/parameters/{name}") })
}

/// The id in the path.
pub(super) fn id(schema: &EntitySchema) -> Json {
    let field = schema.id();
    let mut parameter = json!({
        "name": "id", "in": "path", "required": true, "schema": kind::operand(&field.kind),
        "description": format!("Identity of the {}.", schema.name),
    });
    if let Some(example) = example::operand(field) {
        kind::put(&mut parameter, "example", example);
    }
    parameter
}

/// `fields` and `include`, which choose a representation.
pub(super) fn representation(schema: &'static EntitySchema) -> Vec<Json> {
    list_members(schema)
        .into_iter()
        .filter(|(name, _)| matches!(*name, "fields" | "include"))
        .map(|(name, schema)| query(name, schema))
        .collect()
}

/// Every query parameter of the list.
pub(super) fn list(schema: &'static EntitySchema) -> Vec<Json> {
    let mut parameters: Vec<_> =
        list_members(schema).into_iter().map(|(name, schema)| query(name, schema)).collect();
    for field in filters::filterable(schema) {
        parameters.extend(operators(field, ""));
    }
    for (prefix, target) in filter::relatives(schema) {
        for field in filters::filterable(target) {
            parameters.extend(operators(field, &prefix));
        }
    }
    parameters
}

/// What a list takes beside its filter, in the query string and in the search body alike.
pub(super) fn list_members(schema: &'static EntitySchema) -> Vec<(&'static str, Json)> {
    let mut members = Vec::new();
    let readable: Vec<_> = schema.fields.iter().filter(|field| field.access.read).collect();
    if readable.iter().any(|field| field.search) {
        members.push((
            "q",
            json!({
                "type": "string", "pattern": pattern::NO_NUL, "maxLength": limits::SEARCH,
                "description": "Rows that contain this text in a searched field, ASCII letters compared without case.",
            }),
        ));
    }
    let sortable: Vec<_> = readable
        .iter()
        .filter(|field| field.sort)
        .flat_map(|field| [field.name.to_owned(), format!("-{}", field.name)])
        .collect();
    if !sortable.is_empty() {
        members.push((
            "sort",
            choices(&sortable, limits::SORT_KEYS, "Sort keys, `-` for descending."),
        ));
    }
    let names: Vec<_> = readable
        .iter()
        .map(|field| field.name.to_owned())
        .chain(schema.owned().map(|relation| relation.name.to_owned()))
        .collect();
    members.push(("fields", choices(&names, names.len(), "Only these members.")));
    let relations = include_paths(schema);
    if !relations.is_empty() {
        members.push(("include", choices(&relations, relations.len(), "Relations to load.")));
    }
    members.extend(window(schema));
    members
}

fn window(schema: &EntitySchema) -> Vec<(&'static str, Json)> {
    let options = &schema.options;
    let mut members = vec![
        (
            "limit",
            json!({
                "type": "integer", "format": "int32", "minimum": 1, "maximum": limits::LIMIT, "default": options.default_limit,
                "description": format!("Most rows to return; more than {} is taken as {}.", options.max_limit, options.max_limit),
            }),
        ),
        (
            "cursor",
            json!({
                "type": "string", "pattern": "^[A-Za-z0-9_-]+$", "minLength": 1, "maxLength": limits::CURSOR,
                "description": "Where to start: a cursor of a page of this very list.",
            }),
        ),
        (
            "offset",
            json!({
                "type": "integer", "format": "int32", "minimum": 0, "maximum": limits::OFFSET,
                "description": "Rows to skip; slower than a cursor.",
            }),
        ),
        (
            "count",
            json!({
                "type": "string", "enum": ["none", "estimated", "exact"], "default": "none",
                "description": "Whether to count all matching rows.",
            }),
        ),
    ];
    if schema.roles.deleted_at.is_some() {
        members.push((
            "deleted",
            json!({
                "type": "string", "enum": ["exclude", "include", "only"], "default": "exclude",
                "description": "Rows marked as deleted.",
            }),
        ));
    }
    members
}

fn choices(names: &[String], most: usize, about: &str) -> Json {
    json!({
        "type": "array", "items": { "type": "string", "enum": names }, "minItems": 0,
        "maxItems": most, "description": about,
    })
}

/// A query parameter; its description moves from the schema to the parameter.
fn query(name: &str, mut schema: Json) -> Json {
    let about = schema.as_object_mut().and_then(|members| members.remove("description"));
    let mut parameter = json!({ "name": name, "in": "query", "required": false });
    if schema.get("type") == Some(&json!("array")) {
        // Nothing at all is said by leaving the parameter out.
        kind::put(&mut schema, "minItems", json!(1));
        kind::put(&mut parameter, "style", json!("form"));
        kind::put(&mut parameter, "explode", json!(false));
    }
    if let Some(first) = schema.pointer("/items/enum/0") {
        kind::put(&mut parameter, "example", json!([first]));
    }
    kind::put(&mut parameter, "description", about.unwrap_or_default());
    kind::put(&mut parameter, "schema", schema);
    parameter
}

fn operators(field: &'static FieldSchema, prefix: &str) -> Vec<Json> {
    let parameter = |operator: Operator| {
        let suffix = match operator {
            Operator::Eq => String::new(),
            other => format!("__{}", other.name()),
        };
        let schema = filters::operand(field, operator, limits::LIST_IN_ADDRESS);
        let list = matches!(operator, Operator::In | Operator::NotIn | Operator::Between);
        let mut parameter = json!({
            "name": format!("{prefix}{}{suffix}", field.name), "in": "query", "required": false,
            "description": filters::meaning(operator), "schema": schema,
        });
        if list {
            kind::put(&mut parameter, "style", json!("form"));
            kind::put(&mut parameter, "explode", json!(true));
        }
        let example = match operator {
            Operator::IsNull => Some(json!(false)),
            Operator::Between => example::operand(field).map(|value| json!([value, value])),
            _ if list => example::operand(field).map(|value| json!([value])),
            _ => example::operand(field),
        };
        if let Some(example) = example {
            kind::put(&mut parameter, "example", example);
        }
        parameter
    };
    field.filter.iter().map(parameter).collect()
}

/// Parameters as a JSON array.
pub(super) fn array(parts: impl IntoIterator<Item = Json>) -> Json {
    Json::Array(parts.into_iter().collect())
}
