//! Routes of an application's own, beside CRUD, with what the document says about them.

use axum::handler::Handler;
use axum::routing::{MethodFilter, MethodRouter, on};
use http::Method;
use serde_json::{Value as Json, json};

use super::openapi::{Facts, of_action, responses_of, success};

/// One method of one path.
pub struct Route {
    /// The path, below the prefix of the API.
    pub path: String,
    /// What answers.
    pub handler: MethodRouter,
    method: Method,
    operation: Json,
    problems: Vec<u16>,
    once: bool,
    body: bool,
    generated: bool,
}

impl Route {
    /// Answers `GET`.
    pub fn get<H: Handler<T, ()>, T: 'static>(path: &str, handler: H) -> Self {
        Self::new(Method::GET, MethodFilter::GET, path, handler)
    }

    /// Answers `POST`.
    pub fn post<H: Handler<T, ()>, T: 'static>(path: &str, handler: H) -> Self {
        Self::new(Method::POST, MethodFilter::POST, path, handler)
    }

    /// Answers `PUT`.
    pub fn put<H: Handler<T, ()>, T: 'static>(path: &str, handler: H) -> Self {
        Self::new(Method::PUT, MethodFilter::PUT, path, handler)
    }

    /// Answers `PATCH`.
    pub fn patch<H: Handler<T, ()>, T: 'static>(path: &str, handler: H) -> Self {
        Self::new(Method::PATCH, MethodFilter::PATCH, path, handler)
    }

    /// Answers `DELETE`.
    pub fn delete<H: Handler<T, ()>, T: 'static>(path: &str, handler: H) -> Self {
        Self::new(Method::DELETE, MethodFilter::DELETE, path, handler)
    }

    fn new<H: Handler<T, ()>, T: 'static>(
        method: Method,
        filter: MethodFilter,
        path: &str,
        handler: H,
    ) -> Self {
        let parameters: Vec<Json> = path
            .split('/')
            .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
            .map(|name| {
                json!({
                    "name": name, "in": "path", "required": true, "description": "Identity.",
                    "schema": {"type": "string", "format": "uuid", "minLength": 36, "maxLength": 36},
                    "example": "019bd8a0-7c3e-7d52-9a3b-5f0e6c1d2b4a",
                })
            })
            .collect();
        let operation = json!({"parameters": parameters, "responses": {}});
        Self {
            path: path.to_owned(),
            handler: on(filter, handler),
            method,
            operation,
            problems: Vec::new(),
            once: false,
            body: false,
            generated: false,
        }
    }

    /// Its method and path.
    pub fn address(&self) -> (Method, String) {
        (self.method.clone(), self.path.clone())
    }

    /// Names the operation for generated clients.
    #[must_use]
    pub fn id(self, id: &str) -> Self {
        self.with("operationId", json!(id))
    }

    /// Puts the operation under a heading, such as an entity's plural.
    #[must_use]
    pub fn tag(self, tag: &str) -> Self {
        self.with("tags", json!([tag]))
    }

    /// One line about the operation.
    #[must_use]
    pub fn summary(self, summary: &str) -> Self {
        self.with("summary", json!(summary))
    }

    /// More about the operation, as Markdown.
    #[must_use]
    pub fn description(self, description: &str) -> Self {
        self.with("description", json!(description))
    }

    /// Answers with the view of an entity.
    #[must_use]
    pub fn answers<E: crate::domain::entity::Entity>(mut self, status: u16) -> Self {
        let schema = E::schema();
        let about = format!("The {}.", schema.name);
        let view = json!({"$ref": format!("#/components/schemas/{}", schema.name)});
        let headers: &[&str] =
            if self.once { &["Preference-Applied", "Idempotency-Replayed"] } else { &[] };
        self.operation["responses"][status.to_string()] = success(&about, Some(view), headers);
        self
    }

    /// Answers with these problems, by status, beside those that any route can answer: 403, 414, 431, 500 and 503, and 400
    /// where the path has parameters.
    #[must_use]
    pub fn problems(mut self, statuses: &[u16]) -> Self {
        self.problems.extend(statuses);
        self
    }

    /// Answers through [`Endpoints`](super::Endpoints), like the generated route with this address: what the document
    /// says about that one stays, and what is said here goes over it.
    #[must_use]
    pub fn generated(mut self) -> Self {
        self.generated = true;
        self
    }

    /// Understands `Idempotency-Key` and `Prefer`: say so, first of all, where the handler takes [`Once`](super::Once).
    #[must_use]
    pub fn idempotent(mut self) -> Self {
        let key = json!({"$ref": "#/components/parameters/IdempotencyKey"});
        if let Some(parameters) = self.operation["parameters"].as_array_mut() {
            parameters.extend([json!({"$ref": "#/components/parameters/PreferDryRun"}), key]);
        }
        self.once = true;
        self.problems(&[400, 408, 409, 422])
    }

    /// Does something to one row through [`Action`](super::Action): say so, first of all. The document says what such a
    /// route takes and answers.
    #[must_use]
    pub fn acts_on<E: crate::domain::entity::Entity>(mut self) -> Self {
        let (parameters, successes, problems) = of_action(E::schema());
        self.operation["parameters"] = Json::Array(parameters);
        self.once = true;
        for (status, success) in successes {
            self.operation["responses"][status.to_string()] = success;
        }
        self.problems(&problems).tag(E::schema().plural)
    }

    /// Reads a JSON body of this schema, which may refer to `#/components/schemas/…`.
    #[must_use]
    pub fn reads(mut self, schema: &Json) -> Self {
        self.body = true;
        self.operation["requestBody"] =
            json!({"required": true, "content": {"application/json": {"schema": schema}}});
        self.problems(&[400, 408, 413, 415, 422])
    }

    /// The operation's part of the document.
    pub fn fragment(&self) -> Json {
        let mut operation = self.operation.clone();
        let mut problems = self.problems.clone();
        let facts = Facts { writes: self.once, body: self.body, ..Facts::default() };
        if self.generated {
            if let Some(members) = operation.as_object_mut() {
                members.remove("parameters");
            }
        } else {
            problems.extend([403, 414, 431, 500, 503]);
            problems.extend(self.path.contains('{').then_some(400));
            operation["x-problem-types"] = json!(facts.types(&problems));
        }
        if let Json::Object(described) = responses_of(Vec::new(), &problems, &facts)
            && let Some(responses) = operation["responses"].as_object_mut()
        {
            responses.extend(described);
        }
        let method = self.method.as_str().to_lowercase();
        json!({"paths": {&self.path: {method: operation}}})
    }

    fn with(mut self, member: &str, value: Json) -> Self {
        self.operation[member] = value;
        self
    }
}
