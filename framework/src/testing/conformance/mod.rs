//! Every promise of the HTTP contract, checked against one entity.
//!
//! ```no_run
//! # async fn example<Product: framework::Resource>(app: framework::App) {
//! framework::testing::conformance::<Product>(app).await;
//! # }
//! ```

mod conditions;
mod inputs;
mod lists;
mod reads;
mod repeats;
mod streams;
mod writes;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use serde_json::{Value as Json, json};

use super::app::TestApp;
use super::client::{Answer, Client};
use super::strategy;
use crate::application::resource::Resource;
use crate::domain::schema::EntitySchema;
use crate::infrastructure::app::App;

/// Runs every check of the contract against the routes of `E`, on a fresh SQLite database, and reports all broken
/// promises at once.
///
/// The application must serve `E` and every entity that it refers to.
///
/// # Panics
/// When a promise is broken; the message lists them.
pub async fn conformance<E: Resource>(app: App) {
    let app = TestApp::start(app).await;
    conformance_of::<E>(&app).await;
}

/// [`conformance`] against an application that runs already, on a database of the caller's choice.
///
/// # Panics
/// When a promise is broken; the message lists them.
pub async fn conformance_of<E: Resource>(app: &TestApp) {
    let mut suite = Suite::new(app.client.clone(), &app.prefix, E::schema());
    inputs::check(&mut suite).await;
    writes::check(&mut suite).await;
    repeats::check(&mut suite).await;
    reads::check(&mut suite).await;
    conditions::check(&mut suite).await;
    lists::check(&mut suite).await;
    streams::check(&mut suite).await;
    assert!(
        suite.broken.is_empty(),
        "{} breaks its contract:\n  {}",
        E::schema().name,
        suite.broken.join("\n  ")
    );
}

/// Characters of a path segment that stay as they are.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// One entity under test.
struct Suite {
    /// Sends keys where some entity demands them.
    client: Client,
    /// Sends what it is told and nothing else.
    bare: Client,
    prefix: String,
    schema: &'static EntitySchema,
    path: String,
    runner: TestRunner,
    broken: Vec<String>,
}

impl Suite {
    fn new(client: Client, prefix: &str, schema: &'static EntitySchema) -> Self {
        let bare = client.clone();
        let keyed = demands_keys(schema, &mut Vec::new());
        Self {
            client: if keyed { client.with_keys() } else { client },
            bare,
            prefix: prefix.to_owned(),
            schema,
            path: format!("{prefix}/{}", schema.plural),
            runner: TestRunner::deterministic(),
            broken: Vec::new(),
        }
    }

    /// Notes a broken promise unless the condition holds.
    fn promise(&mut self, holds: bool, promise: &str, answer: &Answer) {
        if !holds {
            let body: String = String::from_utf8_lossy(&answer.body).chars().take(300).collect();
            self.broken.push(format!("{promise}\n      answered {}: {body}", answer.status));
        }
    }

    /// Notes a broken promise unless the answer is a problem with this status.
    fn promise_problem(&mut self, status: u16, promise: &str, answer: &Answer) {
        let is_problem = answer.header("content-type").starts_with("application/problem+json");
        let holds = answer.status.as_u16() == status && is_problem;
        self.promise(holds, promise, answer);
    }

    /// A valid body, its references pointing to rows made for it.
    async fn body(&mut self) -> Json {
        self.body_of(self.schema).await
    }

    /// A valid replacement of a row: its id is said by the path, and what is set once is repeated.
    async fn replacement_of(&mut self, row: &Json) -> Json {
        let mut body = self.body().await;
        for name in set_once(self.schema) {
            body[name] = row[name].clone();
        }
        if let Some(members) = body.as_object_mut() {
            members.remove(self.schema.id().name);
        }
        body
    }

    fn body_of<'a>(
        &'a mut self,
        schema: &'static EntitySchema,
    ) -> std::pin::Pin<Box<dyn Future<Output = Json> + Send + 'a>> {
        Box::pin(async move {
            let mut body = match strategy::create_body(schema).new_tree(&mut self.runner) {
                Ok(tree) => tree.current(),
                Err(reason) => panic!("no valid {} can be made: {reason}", schema.name),
            };
            for field in schema.fields.iter().filter(|field| field.access.create) {
                let Some(reference) = field.reference else { continue };
                let target = (reference.target)();
                if std::ptr::eq(target, schema) && field.nullable {
                    continue;
                }
                let id = self.make(target).await[target.id().name].clone();
                body[field.name] = id;
            }
            body
        })
    }

    /// A stored row of another entity, made through its own routes.
    async fn make(&mut self, schema: &'static EntitySchema) -> Json {
        let body = self.body_of(schema).await;
        let answer = self.client.post(&format!("{}/{}", self.prefix, schema.plural), &body).await;
        assert_eq!(
            answer.status.as_u16(),
            201,
            "a valid {} is refused: {body}\n{answer:?}",
            schema.name
        );
        answer.json()
    }

    /// A stored row of the entity under test.
    async fn row(&mut self) -> Json {
        self.make(self.schema).await
    }

    /// The path of a row.
    fn row_path(&self, row: &Json) -> String {
        let id = &row[self.schema.id().name];
        let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
        format!("{}/{}", self.path, utf8_percent_encode(&id, SEGMENT))
    }

    fn versioned(&self) -> bool {
        self.schema.roles.version.is_some()
    }
}

/// Whether the entity, or one that rows are made of for it, refuses writes without a key.
fn demands_keys(schema: &'static EntitySchema, seen: &mut Vec<&'static str>) -> bool {
    if seen.contains(&schema.table) {
        return false;
    }
    seen.push(schema.table);
    let references = schema.fields.iter().filter_map(|field| field.reference);
    schema.options.require_idempotency_key
        || references.into_iter().any(|reference| demands_keys((reference.target)(), seen))
}

/// A well-formed id that no row has.
fn unknown_id() -> Json {
    json!(uuid::Uuid::now_v7())
}

/// The members that clients set when they make a row, see, and cannot change.
fn set_once(schema: &'static EntitySchema) -> impl Iterator<Item = &'static str> {
    let id = schema.id().name;
    let fixed = schema.fields.iter().filter(move |field| {
        field.access.create && field.access.read && !field.access.update && field.name != id
    });
    fixed.map(|field| field.name)
}
