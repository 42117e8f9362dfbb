//! Responses: success with its headers, and the problems of each operation.

use serde_json::{Map, Value as Json, json};

use crate::adapters::http::problem::{PROBLEMS as PROBLEM_TYPES, ProblemType};

/// Statuses of problems with the component's name and what it means.
const PROBLEMS: [(u16, &str, &str); 17] = [
    (
        400,
        "BadRequest",
        "The request is not valid: a malformed body, an unknown or ill-typed parameter, a foreign cursor, or a business rule refuses it.",
    ),
    (401, "Unauthorized", "Authentication is required: these rows record who created them."),
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
        "The row is not at the version that the request named, or exists though it must not; ETag says its version.",
    ),
    (413, "ContentTooLarge", "The body is larger than the server takes."),
    (414, "UriTooLong", "The address is longer than the server takes."),
    (
        415,
        "UnsupportedMediaType",
        "The body has a content type that this operation does not read, or is compressed.",
    ),
    (422, "UnprocessableContent", "The input breaks the declared rules; every violation is named."),
    (428, "PreconditionRequired", "This write needs an If-Match header."),
    (431, "HeadersTooLarge", "The header fields are more or longer than the server takes."),
    (500, "InternalServerError", "The server failed; the trace id finds the cause in its logs."),
    (502, "BadGateway", "Another service, on which this one depends, failed."),
    (503, "ServiceUnavailable", "The server cannot answer now; try again later."),
];

/// Statuses whose problems depend on the operation: each operation says which it can answer, with an example of each.
const SPECIFIC: [u16; 5] = [400, 404, 409, 412, 422];

/// What decides which problems an operation can have.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Facts {
    /// It reads a body.
    pub body: bool,
    /// It takes a cursor.
    pub cursor: bool,
    /// It changes something, at most once where it carries a key.
    pub writes: bool,
    /// It writes values that must be unique.
    pub unique: bool,
    /// It writes references to other rows.
    pub refers: bool,
    /// It demands a key.
    pub keyed: bool,
    /// It can be told to write only what is not there.
    pub conditional: bool,
    /// It is for rows that are marked as deleted.
    pub revives: bool,
}

impl Facts {
    fn slugs(&self, status: u16) -> Vec<&'static str> {
        let Self { body, cursor, writes, unique, refers, keyed, conditional, revives: _ } = *self;
        let slugs = match status {
            400 => vec![
                ("malformed", body),
                ("bad-request", true),
                ("bad-cursor", cursor),
                ("idempotency-key-required", keyed),
                ("rule", writes),
            ],
            409 => vec![
                ("conflict", true),
                ("duplicate", unique),
                ("missing-reference", refers),
                ("idempotency-in-flight", writes),
            ],
            412 => vec![("stale", true), ("exists", conditional)],
            422 => vec![("validation", body), ("idempotency-key-reused", writes)],
            status => {
                let of_status = PROBLEM_TYPES.iter().filter(|problem| problem.status == status);
                of_status.map(|problem| (problem.slug, true)).collect()
            }
        };
        slugs.into_iter().filter(|(_, applies)| *applies).map(|(slug, _)| slug).collect()
    }

    /// What a status means where this operation answers it.
    fn meaning(&self, status: u16, about: &str) -> String {
        let more = match status {
            404 if self.revives => " Or the row is not marked as deleted.",
            422 if self.writes && self.body => {
                " Or the idempotency key belongs to another request."
            }
            422 if self.writes => {
                return "The idempotency key belongs to another request.".to_owned();
            }
            _ => "",
        };
        format!("{about}{more}")
    }

    /// The addresses of the problems behind these statuses.
    pub(crate) fn types(&self, problems: &[u16]) -> Vec<String> {
        let described = PROBLEMS.iter().filter(|(status, ..)| problems.contains(status));
        described
            .flat_map(|(status, ..)| self.slugs(*status))
            .map(|slug| format!("/problems/{slug}"))
            .collect()
    }
}

/// Component examples: one per kind of problem.
pub(super) fn examples() -> Json {
    let example = |problem: &ProblemType| {
        let value = json!({
            "type": format!("/problems/{}", problem.slug), "title": problem.title,
            "status": problem.status, "detail": problem.cause,
        });
        (problem.slug.to_owned(), json!({ "summary": problem.title, "value": value }))
    };
    PROBLEM_TYPES.iter().map(example).collect::<Map<_, _>>().into()
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

/// Component responses: one per status of a problem that is the same for every operation.
pub(super) fn components() -> Json {
    PROBLEMS
        .iter()
        .filter(|(status, ..)| !SPECIFIC.contains(status))
        .map(|(status, name, about)| {
            ((*name).to_owned(), response(*status, about, &Facts::default().slugs(*status)))
        })
        .collect::<Map<_, _>>()
        .into()
}

fn response(status: u16, about: &str, slugs: &[&str]) -> Json {
    let extra: &[&str] = match status {
        412 => &["ETag"],
        409 | 503 => &["Retry-After"],
        _ => &[],
    };
    let examples: Map<_, _> = slugs
        .iter()
        .map(|slug| {
            let example = json!({ "$ref": format!("#/components/examples/{slug}") });
            ((*slug).to_owned(), example)
        })
        .collect();
    let media =
        json!({ "schema": { "$ref": "#/components/schemas/Problem" }, "examples": examples });
    let content = json!({ "application/problem+json": media });
    json!({ "description": about, "headers": with(extra), "content": content })
}

/// The responses of an operation: its successes and the problems of these statuses.
pub(crate) fn of(successes: Vec<(u16, Json)>, problems: &[u16], facts: &Facts) -> Json {
    let mut responses: Map<String, Json> =
        successes.into_iter().map(|(status, body)| (status.to_string(), body)).collect();
    for (status, name, about) in PROBLEMS.iter().filter(|(status, ..)| problems.contains(status)) {
        let problem = if SPECIFIC.contains(status) {
            response(*status, &facts.meaning(*status, about), &facts.slugs(*status))
        } else {
            json!({ "$ref": format!("#/components/responses/{name}") })
        };
        responses.insert(status.to_string(), problem);
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
