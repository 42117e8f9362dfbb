//! The operations of one entity.

use serde_json::{Map, Value as Json, json};

use super::aggregate::{is_unique, names_its_maker, refers};
use super::document::Version;
use super::parameters::{self, reference as parameter};
use super::responses::{self, Facts, success};
use super::{bulk, filters, kind, sample_rows, schemas};
use crate::domain::schema::EntitySchema;

/// Problems that every operation can have.
const ALWAYS: [u16; 9] = [400, 403, 406, 408, 414, 431, 500, 502, 503];

/// Headers of every write.
const WRITTEN: [&str; 2] = ["Preference-Applied", "Idempotency-Replayed"];

/// Adds the paths of an entity.
pub(super) fn of(schema: &'static EntitySchema, version: Version, paths: &mut Map<String, Json>) {
    let base = format!("/{}", schema.plural);
    let builder = Builder { schema };
    let mut collection = json!({ "get": builder.list(), "post": builder.create() });
    if version == Version::V3_2 {
        kind::put(&mut collection, "query", builder.search("query"));
    }
    paths.insert(base.clone(), collection);
    paths.insert(format!("{base}/search"), json!({ "post": builder.search("search") }));
    paths.insert(format!("{base}/batch"), json!({ "post": builder.batch() }));
    paths.insert(
        format!("{base}/{{id}}"),
        json!({
            "parameters": [parameters::id(schema)],
            "get": builder.read(),
            "put": builder.replace(),
            "patch": builder.update(),
            "delete": builder.delete(),
        }),
    );
    if schema.roles.deleted_at.is_some() {
        for (verb, operation) in [("restore", builder.restore()), ("purge", builder.purge())] {
            let item = json!({ "parameters": [parameters::id(schema)], "post": operation });
            paths.insert(format!("{base}/{{id}}/{verb}"), item);
        }
    }
}

/// What every action on one row takes and answers.
pub(in crate::adapters::http) fn of_action(
    schema: &'static EntitySchema,
) -> (Vec<Json>, Vec<(u16, Json)>, Vec<u16>) {
    let Parts { parameters, successes, mut problems, .. } = Builder { schema }.write(None);
    problems.extend(ALWAYS);
    let parameters = std::iter::once(parameters::id(schema)).chain(parameters).collect();
    (parameters, successes, problems)
}

struct Builder {
    schema: &'static EntitySchema,
}

impl Builder {
    fn operation(&self, verb: &str, summary: &str, about: &str, parts: Parts) -> Json {
        let mut problems = ALWAYS.to_vec();
        problems.extend(parts.problems);
        if matches!(verb, "create" | "replace" | "batch") && names_its_maker(self.schema) {
            problems.push(401);
        }
        let cursor = matches!(verb, "list" | "search" | "query");
        let writes = !cursor && verb != "read";
        let body = parts.body.is_some();
        let facts = Facts {
            body,
            cursor,
            writes,
            unique: is_unique(self.schema) && writes && (body || verb == "restore"),
            refers: refers(self.schema) && writes && body,
            keyed: writes && self.schema.options.require_idempotency_key,
            conditional: matches!(verb, "update" | "replace" | "delete" | "restore" | "purge"),
            revives: matches!(verb, "restore" | "purge"),
        };
        let mut operation = json!({
            "operationId": self.id(verb),
            "tags": [self.schema.plural],
            "summary": summary,
            "description": about,
            "parameters": parameters::array(parts.parameters),
            "responses": responses::of(parts.successes, &problems, &facts),
            "x-problem-types": facts.types(&problems),
        });
        if let Some(content) = parts.body {
            kind::put(
                &mut operation,
                "requestBody",
                json!({ "required": true, "content": content }),
            );
        }
        operation
    }

    fn id(&self, verb: &str) -> String {
        format!("{}_{verb}", self.schema.plural.replace('-', "_"))
    }

    /// An example of an input: all of it, or one member.
    fn input(&self, whole: bool) -> Option<Json> {
        let fields = self
            .schema
            .fields
            .iter()
            .filter(|field| if whole { field.access.create } else { field.access.update });
        let most = if whole { usize::MAX } else { 1 };
        sample_rows::of_fields(self.schema, fields.take(most), whole)
    }

    fn view(&self) -> Json {
        schemas::reference(self.schema.name)
    }

    fn component(&self, prefix: &str, suffix: &str) -> Json {
        schemas::reference(&format!("{prefix}{}{suffix}", self.schema.name))
    }

    /// A page, or the whole list as a stream.
    fn page(&self, headers: &[&str]) -> Vec<(u16, Json)> {
        let mut page = success("The page.", Some(self.component("", "Page")), headers);
        exemplify(&mut page, sample_rows::of_page(self.schema));
        if let Some(content) = page.get_mut("content") {
            let about = "A line of names, then a line for each row; lists and documents as JSON.";
            bulk::lines(content, &schemas::shown(self.schema), Some(about));
        }
        vec![(200, page)]
    }

    /// A page, or word that it is the one that the caller has.
    fn tagged_page(&self) -> Vec<(u16, Json)> {
        let headers = ["ETag", "Preference-Applied"];
        let mut successes = self.page(&headers);
        successes.push((304, success("The page is the one that the caller has.", None, &headers)));
        successes
    }

    fn list(&self) -> Json {
        let mut parameters = parameters::list(self.schema);
        parameters.extend(["IfMatchPage", "IfNoneMatch", "PreferCount"].map(parameter));
        let successes = self.tagged_page();
        let about = include_str!("text/list.md").trim();
        self.operation(
            "list",
            &format!("List {}", self.schema.plural),
            about,
            Parts { parameters, successes, problems: vec![412], ..Parts::default() },
        )
    }

    fn search(&self, verb: &str) -> Json {
        let body = example_body(self.component("", "Search"), Some(filters::example(self.schema)));
        let mut parts = Parts {
            parameters: vec![parameter("PreferCount")],
            body: Some(body),
            successes: self.page(&["Preference-Applied"]),
            problems: vec![413, 415, 422],
        };
        // Only this one is safe by its method, and so has a representation to compare with.
        if verb == "query" {
            parts.parameters = ["IfMatchPage", "IfNoneMatch", "PreferCount"].map(parameter).into();
            parts.successes = self.tagged_page();
            parts.problems.push(412);
        }
        let summary = format!("Search {} with a condition of any shape", self.schema.plural);
        self.operation(verb, &summary, include_str!("text/search.md").trim(), parts)
    }

    fn create(&self) -> Json {
        let headers = ["ETag", "Location", "Preference-Applied", "Idempotency-Replayed"];
        let mut created = success("The new row.", Some(self.view()), &headers);
        kind::put(&mut created, "links", self.links());
        let parts = Parts {
            parameters: vec![parameter("Prefer"), self.key()],
            body: Some(example_body(self.component("Create", ""), self.input(true))),
            successes: vec![(201, created)],
            problems: vec![409, 413, 415, 422],
        };
        let summary = format!("Create one {}", self.schema.name);
        self.operation(
            "create",
            &summary,
            "Creates a row and returns it; `Location` is its URL.",
            parts,
        )
    }

    /// What can be done with a row that was just made.
    fn links(&self) -> Json {
        let id = format!("$response.body#/{}", self.schema.id().name);
        ["read", "update", "replace", "delete"]
            .into_iter()
            .map(|verb| {
                let link = json!({ "operationId": self.id(verb), "parameters": { "id": id } });
                (verb.to_owned(), link)
            })
            .collect::<Map<_, _>>()
            .into()
    }

    fn read(&self) -> Json {
        let mut parameters = parameters::representation(self.schema);
        parameters.extend([parameter("IfMatch"), parameter("IfNoneMatch")]);
        let parts = Parts {
            parameters,
            successes: vec![
                (200, success("The row.", Some(schemas::shown(self.schema)), &["ETag"])),
                (
                    304,
                    success("The representation is the one that the caller has.", None, &["ETag"]),
                ),
            ],
            problems: vec![404, 412],
            ..Parts::default()
        };
        let summary = format!("Read one {}", self.schema.name);
        self.operation("read", &summary, "Answers one row, or 304 if it has not changed.", parts)
    }

    fn replace(&self) -> Json {
        let input = if schemas::has_children(self.schema) { "Replace" } else { "Create" };
        let body = example_body(self.component(input, ""), self.input(true));
        let mut parts = self.write(Some(body));
        parts.problems.extend([413, 415]);
        if self.schema.options.client_id {
            let headers = ["ETag", "Location", "Preference-Applied", "Idempotency-Replayed"];
            parts.successes.push((201, success("The new row.", Some(self.view()), &headers)));
            parts.parameters.retain(|given| *given != parameter("IfNoneOf"));
            parts.parameters.push(parameter("IfNoneMatchAny"));
        }
        let summary = format!("Replace one {}", self.schema.name);
        self.operation("replace", &summary, "Replaces every writable member.", parts)
    }

    fn update(&self) -> Json {
        let mut patch = json!({ "schema": self.component("Update", "") });
        if let Some(example) = self.input(false) {
            kind::put(&mut patch, "example", example);
        }
        let body = json!({ "application/merge-patch+json": patch, "application/json": patch });
        let mut parts = self.write(Some(body));
        parts.problems.extend([413, 415]);
        let summary = format!("Change one {}", self.schema.name);
        self.operation("update", &summary, "Applies a JSON merge patch (RFC 7396).", parts)
    }

    fn delete(&self) -> Json {
        let parts = self.removal("It is gone.");
        let about = if self.schema.roles.deleted_at.is_some() {
            "Marks the row as deleted; restore undoes it, purge completes it."
        } else {
            "Deletes the row."
        };
        self.operation("delete", &format!("Delete one {}", self.schema.name), about, parts)
    }

    fn restore(&self) -> Json {
        let parts = self.write(None);
        let summary = format!("Restore one {}", self.schema.name);
        self.operation("restore", &summary, "Undoes the deletion.", parts)
    }

    fn purge(&self) -> Json {
        let parts = self.removal("It is gone for good.");
        let summary = format!("Purge one {}", self.schema.name);
        let about = "Removes for good a row that is marked as deleted.";
        self.operation("purge", &summary, about, parts)
    }

    fn batch(&self) -> Json {
        let result = |about| {
            let result = Some(self.component("", "BatchResult"));
            let mut result = success(about, result, &WRITTEN);
            let example = sample_rows::of_view(self.schema);
            let id = example.as_ref().and_then(|row| row.get(self.schema.id().name).cloned());
            exemplify(
                &mut result,
                example
                    .map(|row| json!({ "results": [{ "status": 201, "id": id, "value": row }] })),
            );
            if let Some(content) = result.get_mut("content") {
                bulk::lines(content, &self.component("", "BatchOutcome"), None);
            }
            result
        };
        let example = self
            .input(true)
            .map(|value| json!({ "operations": [{ "op": "create", "value": value }] }));
        let mut body = example_body(self.component("", "Batch"), example);
        let about = "A line of the names of members, then a line for each row to be made.";
        if !self.schema.options.require_idempotency_key {
            bulk::lines(&mut body, &self.component("Create", ""), Some(about));
        }
        let parts = Parts {
            parameters: vec![bulk::atomic(), parameter("PreferBatch"), self.key()],
            body: Some(body),
            successes: vec![
                (200, result("Every operation succeeded.")),
                (207, result("Each operation has its own outcome.")),
            ],
            problems: vec![404, 409, 412, 413, 415, 422],
        };
        let summary = format!("Write several {} at once", self.schema.plural);
        self.operation("batch", &summary, include_str!("text/batch.md").trim(), parts)
    }

    fn key(&self) -> Json {
        let required = self.schema.options.require_idempotency_key;
        parameter(if required { "IdempotencyKeyRequired" } else { "IdempotencyKey" })
    }

    /// A write after which there is nothing to answer.
    fn removal(&self, about: &str) -> Parts {
        let mut parts = self.write(None);
        parts.successes = vec![(204, success(about, None, &WRITTEN))];
        for given in &mut parts.parameters {
            if *given == parameter("Prefer") {
                *given = parameter("PreferDryRun");
            }
        }
        parts
    }

    /// A write to one row: conditional, idempotent, answering the row.
    fn write(&self, body: Option<Json>) -> Parts {
        let required = self.schema.options.require_if_match;
        let mut problems = vec![404, 409, 412, 422];
        if required {
            problems.push(428);
        }
        let if_match = if required { "IfMatchRequired" } else { "IfMatch" };
        Parts {
            parameters: vec![
                parameter(if_match),
                parameter("IfNoneOf"),
                parameter("Prefer"),
                self.key(),
            ],
            body,
            successes: vec![
                (
                    200,
                    success(
                        "The row as it is now.",
                        Some(self.view()),
                        &["ETag", "Preference-Applied", "Idempotency-Replayed"],
                    ),
                ),
                (
                    204,
                    success(
                        "Done; the caller preferred no body.",
                        None,
                        &["ETag", "Preference-Applied", "Idempotency-Replayed"],
                    ),
                ),
            ],
            problems,
        }
    }
}

#[derive(Default)]
struct Parts {
    parameters: Vec<Json>,
    body: Option<Json>,
    successes: Vec<(u16, Json)>,
    problems: Vec<u16>,
}

fn example_body(schema: Json, example: Option<Json>) -> Json {
    let mut media = json!({ "schema": schema });
    if let Some(example) = example {
        kind::put(&mut media, "example", example);
    }
    json!({ "application/json": media })
}

/// Shows a JSON answer.
fn exemplify(response: &mut Json, example: Option<Json>) {
    if let (Some(media), Some(example)) =
        (response.pointer_mut("/content/application~1json"), example)
    {
        kind::put(media, "example", example);
    }
}
