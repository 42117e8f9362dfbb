//! The media types of bulk: rows as lines, in and out.

use serde_json::{Value as Json, json};

use super::kind;

/// States that a response or a request body may also be lines: of JSON values of this schema, or of CSV.
pub(super) fn lines(content: &mut Json, line: &Json, csv: Option<&str>) {
    kind::put(content, "application/x-ndjson", json!({ "schema": line }));
    if let Some(about) = csv {
        let table = json!({
            "type": "string", "pattern": r"^[\s\S]*$", "maxLength": i32::MAX, "description": about,
        });
        kind::put(content, "text/csv", json!({ "schema": table }));
    }
}

/// The query parameter of a batch.
pub(super) fn atomic() -> Json {
    json!({
        "name": "atomic", "in": "query", "required": false, "schema": { "type": "boolean", "default": true },
        "description": "All or nothing. What the body says goes over it.",
    })
}
