//! Routes of an application's own, beside CRUD, with what the document says about them.

use axum::handler::Handler;
use axum::routing::{MethodFilter, MethodRouter, on};
use http::Method;
use serde_json::{Value as Json, json};

/// One method of one path.
pub struct Route {
    /// The path, below the prefix of the API.
    pub path: String,
    /// What answers.
    pub handler: MethodRouter,
    method: Method,
    operation: Json,
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
                })
            })
            .collect();
        let operation = json!({"parameters": parameters, "responses": {}});
        Self { path: path.to_owned(), handler: on(filter, handler), method, operation }
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
        let name = E::schema().name;
        self.operation["responses"][status.to_string()] = json!({
            "description": format!("The {name}."),
            "content": {"application/json": {"schema": {"$ref": format!("#/components/schemas/{name}")}}},
        });
        self
    }

    /// Answers with these problems, by status.
    #[must_use]
    pub fn problems(mut self, statuses: &[u16]) -> Self {
        for status in statuses {
            let reason = http::StatusCode::from_u16(*status)
                .ok()
                .and_then(|status| status.canonical_reason());
            self.operation["responses"][status.to_string()] = json!({
                "description": reason.unwrap_or("Problem"),
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
            });
        }
        self
    }

    /// Answers through [`Endpoints`](super::Endpoints), like the generated route with this address: what the document
    /// says about that one stays, and what is said here goes over it.
    #[must_use]
    pub fn generated(mut self) -> Self {
        if let Some(operation) = self.operation.as_object_mut() {
            operation.retain(|member, said| match member.as_str() {
                "parameters" => false,
                "responses" => said.as_object().is_some_and(|responses| !responses.is_empty()),
                _ => true,
            });
        }
        self
    }

    /// Understands `Idempotency-Key`: say so where the handler takes [`Once`](super::Once).
    #[must_use]
    pub fn idempotent(mut self) -> Self {
        let key = json!({"$ref": "#/components/parameters/IdempotencyKey"});
        if let Some(parameters) = self.operation.get_mut("parameters").and_then(Json::as_array_mut)
        {
            parameters.push(key);
        }
        self.problems(&[409, 422])
    }

    /// The operation's part of the document.
    pub fn fragment(&self) -> Json {
        let method = self.method.as_str().to_lowercase();
        json!({"paths": {&self.path: {method: self.operation}}})
    }

    fn with(mut self, member: &str, value: Json) -> Self {
        self.operation[member] = value;
        self
    }
}
