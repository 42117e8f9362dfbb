//! The batch body and its result.

use serde_json::{Value as Json, json};

use super::components::Components;
use super::kind;
use super::schemas::reference;
use crate::adapters::http::limits;
use crate::domain::schema::EntitySchema;

/// `ProductBatch` and `ProductBatchResult`.
pub(super) fn components(schema: &'static EntitySchema, components: &mut Components) {
    let name = schema.name;
    let mut id = kind::operand(&schema.id().kind);
    kind::describe(&mut id, &format!("Identity of the {name}."));
    let verb =
        |op: &str| json!({ "type": "string", "const": op, "description": "What is to be done." });
    let if_match = json!({
        "type": "string", "pattern": r#"^(?:\*|"[!#-~]*")$"#, "maxLength": 512,
        "description": "As the header If-Match, for this operation.",
    });
    let with_id = |op: &str, value: Option<Json>| {
        let mut properties = json!({ "op": verb(op), "id": id, "if_match": if_match });
        let mut required = vec!["op", "id"];
        if let Some(value) = value {
            kind::put(&mut properties, "value", value);
            required.push("value");
        }
        if schema.options.require_if_match {
            required.push("if_match");
        }
        json!({ "type": "object", "additionalProperties": false, "required": required, "properties": properties })
    };
    let mut operations = vec![
        json!({
            "type": "object", "additionalProperties": false, "required": ["op", "value"],
            "properties": { "op": verb("create"), "value": reference(&format!("Create{name}")) },
        }),
        with_id("update", Some(reference(&format!("Update{name}")))),
        with_id("delete", None),
    ];
    if schema.roles.deleted_at.is_some() {
        operations.push(with_id("restore", None));
    }
    components.insert(format!("{name}Batch"), json!({
        "type": "object", "additionalProperties": false, "required": ["operations"],
        "description": "Several writes in one request.",
        "properties": {
            "atomic": { "type": "boolean", "default": true, "description": "All or nothing; otherwise each on its own." },
            "operations": {
                "type": "array", "minItems": 1, "maxItems": schema.options.max_batch, "items": { "oneOf": operations },
                "description": "What is to be done, as if one after another in this order: each sees what those before it have done.",
            },
        },
    }));
    components.insert(format!("{name}BatchResult"), json!({
        "type": "object", "additionalProperties": false, "required": ["results"],
        "description": "The outcome of each operation, in the order of the request.",
        "properties": { "results": {
            "type": "array", "maxItems": limits::IMPORT_ROWS_EVER, "items": reference(&format!("{name}BatchOutcome")), "description": "One outcome for each operation.",
        } },
    }));
    components.insert(format!("{name}BatchOutcome"), json!({
        "type": "object", "additionalProperties": false, "required": ["status"],
        "description": "The outcome of one operation, or of one line of an import.",
        "properties": {
            "line": { "type": "integer", "format": "int64", "minimum": 1, "maximum": 9_007_199_254_740_991_i64, "description": "The line of an import, from 1." },
            "status": { "type": "integer", "format": "int32", "minimum": 100, "maximum": 599, "description": "The status that the operation alone would have had." },
            "id": id,
            "value": reference(name),
            "problem": reference("Problem"),
        },
    }));
}
