//! Responses: success with its headers, and the problems of each operation.

use serde_json::{Map, Value as Json, json};

/// Statuses of problems with the component's name and what it means.
const PROBLEMS: [(u16, &str, &str); 15] = [
    (
        400,
        "BadRequest",
        "The request is not understood: a malformed body, an unknown or ill-typed parameter, a foreign cursor, or a business rule refuses it.",
    ),
    (403, "Forbidden", "The caller may not do this."),
    (404, "NotFound", "No such row, or none that the caller may see."),
    (406, "NotAcceptable", "No representation that the request accepts."),
    (408, "RequestTimeout", "The body did not arrive in time."),
    (
        409,
        "Conflict",
        "The change contradicts what is stored: a duplicate, a missing reference, a row still referred to, or a request with this idempotency key under way.",
    ),
    (
        412,
        "PreconditionFailed",
        "The row is not at the version that the request named; ETag says at which it is.",
    ),
    (413, "ContentTooLarge", "The body is larger than the server takes."),
    (414, "UriTooLong", "The address is longer than the server takes."),
    (415, "UnsupportedMediaType", "The body has a content type that this operation does not read."),
    (
        422,
        "UnprocessableContent",
        "The input breaks the declared rules; every violation is named. Or the idempotency key belongs to another request.",
    ),
    (428, "PreconditionRequired", "This write needs an If-Match header."),
    (500, "InternalServerError", "The server failed; the trace id finds the cause in its logs."),
    (502, "BadGateway", "Another service, on which this one depends, failed."),
    (503, "ServiceUnavailable", "The server cannot answer now; try again later."),
];

/// The addresses of the problems behind these statuses, for an operation with or without a body, a cursor, an effect.
pub(crate) fn types(problems: &[u16], body: bool, cursor: bool, writes: bool) -> Vec<String> {
    let slugs = |status: u16| match status {
        400 => vec![
            ("malformed", body),
            ("bad-request", true),
            ("bad-cursor", cursor),
            ("rule", writes),
        ],
        403 => vec![("forbidden", true)],
        404 => vec![("not-found", true)],
        406 => vec![("not-acceptable", true)],
        408 => vec![("request-timeout", true)],
        409 => vec![
            ("conflict", true),
            ("duplicate", body),
            ("missing-reference", body),
            ("idempotency-in-flight", writes),
        ],
        412 => vec![("stale", true)],
        413 => vec![("too-large", true)],
        414 => vec![("uri-too-long", true)],
        415 => vec![("unsupported-media-type", true)],
        422 => vec![("validation", body), ("idempotency-key-reused", writes)],
        428 => vec![("precondition-required", true)],
        500 => vec![("internal", true)],
        502 => vec![("bad-gateway", true)],
        _ => vec![("unavailable", true)],
    };
    PROBLEMS
        .iter()
        .filter(|(status, ..)| problems.contains(status))
        .flat_map(|(status, ..)| slugs(*status))
        .filter(|(_, applies)| *applies)
        .map(|(slug, _)| format!("/problems/{slug}"))
        .collect()
}

/// Component headers.
pub(super) fn headers() -> Json {
    let text = |about: &str, pattern: &str, example: &str| json!({ "description": about, "example": example, "schema": { "type": "string", "pattern": pattern, "maxLength": 2048 } });
    json!({
        "ETag": text("Version of the representation.", r#"^(?:W/)?"[!#-~]*"$"#, "\"1\""),
        "Location": text("Address of the new row.", "^[!-~]*$", "/api/products/019bd8a0-7c3e-7d52-9a3b-5f0e6c1d2b4a"),
        "Preference-Applied": text("Preferences that the server followed.", "^[ -~]*$", "return=representation"),
        "Idempotency-Replayed": text("`true`: this is what the first request with the same key was answered.", "^true$", "true"),
        "X-Request-Id": text("Id of the request in the server's logs.", "^[ -~]*$", "019bd8a0-7c3e-7d52-9a3b-5f0e6c1d2b4a"),
        "Access-Control-Allow-Origin": text("Origin that may read the answer, where cross-origin access is configured.", "^[!-~]*$", "https://shop.example"),
        "Retry-After": { "description": "Seconds until a retry can succeed.", "example": 1, "schema": { "type": "integer", "format": "int32", "minimum": 0, "maximum": 86_400 } },
    })
}

/// Component responses: one per status of a problem.
pub(super) fn components() -> Json {
    PROBLEMS
        .iter()
        .map(|(status, name, about)| {
            let extra: &[&str] = match status {
                412 => &["ETag"],
                409 | 503 => &["Retry-After"],
                _ => &[],
            };
            let schema = json!({ "$ref": "#/components/schemas/Problem" });
            let body = json!({ "application/problem+json": { "schema": schema } });
            (
                (*name).to_owned(),
                json!({ "description": about, "headers": with(extra), "content": body }),
            )
        })
        .collect::<Map<_, _>>()
        .into()
}

/// The responses of an operation: its successes and these problems.
pub(crate) fn of(successes: Vec<(u16, Json)>, problems: &[u16]) -> Json {
    let mut responses: Map<String, Json> =
        successes.into_iter().map(|(status, body)| (status.to_string(), body)).collect();
    for (status, name, _) in PROBLEMS.iter().filter(|(status, ..)| problems.contains(status)) {
        let reference = json!({ "$ref": format!("#/components/responses/{name}") });
        responses.insert(status.to_string(), reference);
    }
    Json::Object(responses)
}

/// A success with a JSON body, or with none.
pub(crate) fn success(about: &str, body: Option<Json>, headers: &[&str]) -> Json {
    let mut response = json!({ "description": about, "headers": with(headers) });
    if let Some(schema) = body {
        super::kind::put(
            &mut response,
            "content",
            json!({ "application/json": { "schema": schema } }),
        );
    }
    response
}

fn with(names: &[&str]) -> Json {
    names
        .iter()
        .chain(&["X-Request-Id", "Access-Control-Allow-Origin"])
        .map(|name| ((*name).to_owned(), json!({ "$ref": format!("#/components/headers/{name}") })))
        .collect::<Map<_, _>>()
        .into()
}
