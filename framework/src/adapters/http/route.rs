//! Custom routes beside CRUD, with what the document says about them.

use axum::handler::Handler;
use axum::routing::{MethodFilter, MethodRouter, on};
use http::Method;
use serde_json::{Value as Json, json};

use super::openapi::{Facts, of_action, responses_of, success};
use crate::domain::entity::Entity;
use crate::domain::schema::EntitySchema;

/// One method of one path. What is said about it may be said in any order.
pub struct Route {
    /// The path, below the prefix of the API.
    pub(crate) path: String,
    /// What answers.
    pub(crate) handler: MethodRouter,
    method: Method,
    /// Members of the operation that are given as they are.
    operation: Json,
    /// Parameters of the path, and those that the application describes.
    parameters: Vec<Json>,
    answers: Vec<Answer>,
    problems: Vec<u16>,
    acts_on: Option<&'static EntitySchema>,
    once: bool,
    body: bool,
    generated: bool,
}

/// A success, as the document describes it.
struct Answer {
    status: u16,
    description: String,
    schema: Option<Json>,
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
        let in_path = |part: &str| Some(part.strip_prefix('{')?.strip_suffix('}')?.to_owned());
        let parameters = path.split('/').filter_map(in_path).map(|name| {
            let name = name.trim_start_matches('*');
            json!({
                "name": name, "in": "path", "required": true,
                "description": format!("The part of the path that is called {name}."),
                "schema": {"type": "string"},
            })
        });
        Self {
            path: path.to_owned(),
            handler: on(filter, handler),
            method,
            operation: json!({}),
            parameters: parameters.collect(),
            answers: Vec::new(),
            problems: Vec::new(),
            acts_on: None,
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

    /// Describes a parameter, as OpenAPI does. It takes the place of one with the same `name` and `in`: the parameters of the
    /// path are there already, as any text.
    ///
    /// ```
    /// # use framework::http::Route;
    /// # use framework::serde_json::json;
    /// # async fn report() {}
    /// let year = json!({"type": "integer", "minimum": 2000});
    /// let currency = json!({"type": "string", "enum": ["EUR", "USD"]});
    /// Route::get("/reports/{year}", report)
    ///     .parameter(json!({"name": "year", "in": "path", "required": true, "schema": year}))
    ///     .parameter(json!({"name": "currency", "in": "query", "schema": currency}))
    ///     .responds(200, "The report.", Some(json!({"type": "object"})));
    /// ```
    #[must_use]
    pub fn parameter(mut self, parameter: Json) -> Self {
        let of = |parameter: &Json| (parameter["name"].clone(), parameter["in"].clone());
        match self.parameters.iter_mut().find(|it| of(it) == of(&parameter)) {
            Some(found) => *found = parameter,
            None => self.parameters.push(parameter),
        }
        self
    }

    /// Answers with JSON of this schema, which may refer to `#/components/schemas/…`, or with no body.
    #[must_use]
    pub fn responds(mut self, status: u16, description: &str, schema: Option<Json>) -> Self {
        self.answers.push(Answer { status, description: description.to_owned(), schema });
        self
    }

    /// Answers with the view of an entity.
    #[must_use]
    pub fn answers<E: Entity>(self, status: u16) -> Self {
        let name = E::schema().name;
        let view = json!({"$ref": format!("#/components/schemas/{name}")});
        self.responds(status, &format!("The {name}."), Some(view))
    }

    /// Answers with these problems, by status, beside those that any route can answer: 403, 414, 431, 500 and 503, and 400
    /// where the path has parameters.
    #[must_use]
    pub fn problems(mut self, statuses: &[u16]) -> Self {
        self.problems.extend(statuses);
        self
    }

    /// Answers through [`Endpoints`](super::Endpoints), like the generated route with this address: what the document
    /// says about that one stays, its parameters always, and what else is said here goes over it.
    #[must_use]
    pub fn generated(mut self) -> Self {
        self.generated = true;
        self
    }

    /// Honours `Idempotency-Key` and `Prefer`: for handlers that take [`Once`](super::Once).
    #[must_use]
    pub fn idempotent(mut self) -> Self {
        self.once = true;
        self.problems(&[400, 408, 409, 422])
    }

    /// Does something to one row: for handlers that take [`RowRequest`](super::RowRequest). The document says what such
    /// a route takes and answers.
    #[must_use]
    pub fn acts_on<E: Entity>(mut self) -> Self {
        self.acts_on = Some(E::schema());
        self.once = true;
        if self.operation["tags"].is_null() { self.tag(E::schema().plural) } else { self }
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
        let (writes, body, conditional) = (self.once, self.body, self.acts_on.is_some());
        let facts = Facts { writes, body, conditional, ..Facts::default() };
        let mut operation = self.operation.clone();
        let mut problems = self.problems.clone();
        let (mut parameters, mut successes) = (self.parameters.clone(), Vec::new());
        if let Some(schema) = self.acts_on {
            let (of_row, of_success, of_problem) = of_action(schema);
            parameters.retain(|parameter| parameter["name"] != "id");
            parameters.splice(..0, of_row);
            successes.extend(of_success);
            problems.extend(of_problem);
        } else if self.once {
            parameters.extend(["PreferDryRun", "IdempotencyKey"].map(parameter_component));
        }
        let headers: &[&str] =
            if self.once { &["Preference-Applied", "Idempotency-Replayed"] } else { &[] };
        successes.extend(self.answers.iter().map(|answer| {
            let Answer { status, description, schema } = answer;
            (*status, success(description, schema.clone(), headers))
        }));
        if !self.generated {
            operation["parameters"] = Json::Array(parameters);
            problems.extend([403, 414, 431, 500, 503]);
            problems.extend(self.path.contains('{').then_some(400));
            operation["x-problem-types"] = json!(facts.types(&problems));
        }
        operation["responses"] = responses_of(successes, &problems, &facts);
        let method = self.method.as_str().to_lowercase();
        json!({"paths": {&self.path: {method: operation}}})
    }

    fn with(mut self, member: &str, value: Json) -> Self {
        self.operation[member] = value;
        self
    }
}

fn parameter_component(name: &str) -> Json {
    json!({"$ref": format!("#/components/parameters/{name}")})
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn handler() {}

    fn operation(route: &Route) -> Json {
        route.fragment()["paths"]["/reports/{year}"]["post"].clone()
    }

    #[test]
    fn a_route_says_what_it_takes_and_answers_in_whatever_order_it_is_told() {
        let year =
            json!({"name": "year", "in": "path", "required": true, "schema": {"type": "integer"}});
        let page = json!({"name": "page", "in": "query", "schema": {"type": "integer"}});
        let new = || Route::post("/reports/{year}", handler);
        let one = new().parameter(year.clone()).parameter(page.clone()).idempotent();
        let one = one.responds(200, "The report.", Some(json!({"type": "object"}))).id("report");
        let other =
            new().id("report").responds(200, "The report.", Some(json!({"type": "object"})));
        let other = other.idempotent().parameter(page).parameter(year);
        let (mut one, mut other) = (operation(&one), operation(&other));
        let names = |operation: &Json| {
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            let name = |it: &Json| it["name"].as_str().map(str::to_owned);
            parameters.iter().filter_map(name).collect::<Vec<_>>()
        };
        assert_eq!(names(&one), ["year", "page"]);
        assert_eq!(one["parameters"][0]["schema"]["type"], "integer");
        assert_eq!(one["responses"]["200"]["description"], "The report.");
        assert!(!one["responses"]["200"]["headers"]["Idempotency-Replayed"].is_null());
        for operation in [&mut one, &mut other] {
            operation["parameters"].as_array_mut().unwrap().sort_by_key(Json::to_string);
        }
        assert_eq!(one, other);
    }

    #[test]
    fn a_part_of_the_path_that_nobody_describes_is_any_text() {
        let route = Route::post("/reports/{year}", handler);
        assert_eq!(operation(&route)["parameters"][0]["schema"], json!({"type": "string"}));
    }
}
