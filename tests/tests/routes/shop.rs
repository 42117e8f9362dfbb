//! A shop with every kind of field, a relation and an aggregate, on SQLite in memory.

use framework::adapters::http::route::Route;
use framework::adapters::persistence::ddl;
use framework::axum::body::Body;
use framework::testing::{Answer, TestApp};
use framework::{
    AllowAll, App, Bytes, DateTime, Decimal, Entity, EntityEnum, Json, Module, NaiveDate,
    NaiveDateTime, NaiveTime, Utc, Uuid,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EntityEnum)]
pub(crate) enum Status {
    Open,
    Done,
}

#[derive(Debug, Clone, PartialEq, Entity)]
pub(crate) struct Customer {
    #[entity(id(client), filter, sort)]
    pub code: String,
    #[entity(length(1..=40), filter, search)]
    pub name: String,
}

#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(limit(default = 3, max = 5))]
pub(crate) struct Purchase {
    #[entity(id, filter)]
    pub id: Uuid,
    #[entity(unique, filter, sort, search, length(1..=20))]
    pub number: String,
    #[entity(filter, sort, range(0..=1000), default = 7)]
    pub amount: i32,
    #[entity(filter)]
    pub ratio: Option<f64>,
    #[entity(filter, sort, decimal(precision = 8, scale = 2))]
    pub price: Option<Decimal>,
    #[entity(filter(eq, in), default = Status::Open)]
    pub status: Status,
    pub day: Option<NaiveDate>,
    pub at: Option<NaiveTime>,
    pub local: Option<NaiveDateTime>,
    #[entity(filter, sort)]
    pub due: Option<DateTime<Utc>>,
    pub raw: Option<Bytes>,
    pub extra: Option<Json>,
    pub tags: Option<Vec<String>>,
    #[entity(filter)]
    pub open: Option<bool>,
    #[entity(hidden)]
    pub secret: Option<String>,
    #[entity(belongs_to = Customer, filter)]
    pub customer_id: Option<String>,
    #[entity(created_at)]
    pub created_at: DateTime<Utc>,
    #[entity(deleted_at)]
    pub deleted_at: Option<DateTime<Utc>>,
    #[entity(version)]
    pub version: i64,
    #[entity(owned, key = "purchase_id")]
    pub lines: Vec<Line>,
}

#[derive(Debug, Clone, PartialEq, Entity)]
pub(crate) struct Line {
    #[entity(id)]
    pub id: Uuid,
    #[entity(owned_by = Purchase)]
    pub purchase_id: Uuid,
    #[entity(range(1..=99))]
    pub quantity: i32,
}

/// The whole application on a database of its own.
pub(crate) async fn app() -> TestApp {
    let app = TestApp::start(application()).await;
    create_tables(&app).await;
    app
}

fn application() -> App {
    let module = Module::new("shop")
        .entity::<Customer>(AllowAll)
        .entity::<Purchase>(AllowAll)
        .route(Route::get("/panic", panicking));
    App::from_env("shop").unwrap().module(module)
}

/// The same on every database of this machine.
pub(crate) async fn apps() -> Vec<(&'static str, TestApp)> {
    let mut apps = vec![("SQLite", app().await)];
    if let Some(url) = tests::support::postgres().await {
        let app = TestApp::on(application(), &url).await;
        create_tables(&app).await;
        apps.push(("PostgreSQL", app));
    }
    apps
}

async fn create_tables(app: &TestApp) {
    let schemas = [Customer::schema(), Purchase::schema(), Line::schema()];
    ddl::create_all(&schemas, app.application.store()).await.unwrap();
}

async fn panicking() -> String {
    panic!("on purpose")
}

/// The places and codes of a problem's errors.
pub(crate) fn errors(answer: &Answer) -> Vec<(String, String)> {
    let text = |error: &Json, name: &str| error[name].as_str().map(str::to_owned);
    let errors = answer.json()["errors"].as_array().cloned().unwrap_or_default();
    errors
        .iter()
        .map(|error| {
            let place =
                ["pointer", "parameter", "header"].iter().find_map(|name| text(error, name));
            (place.unwrap(), text(error, "code").unwrap())
        })
        .collect()
}

pub(crate) async fn send(
    app: &TestApp,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Body>,
) -> Answer {
    app.client.send(method, path, headers, body).await
}

pub(crate) async fn get(app: &TestApp, path: &str) -> Answer {
    app.client.get(path).await
}

pub(crate) async fn post(app: &TestApp, path: &str, body: &Json) -> Answer {
    app.client.post(path, body).await
}

pub(crate) async fn patch(
    app: &TestApp,
    path: &str,
    headers: &[(&str, &str)],
    body: &Json,
) -> Answer {
    let media = ("content-type", "application/merge-patch+json");
    let headers: Vec<_> = headers.iter().copied().chain([media]).collect();
    send(app, "PATCH", path, &headers, body.to_string()).await
}
