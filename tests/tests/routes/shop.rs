//! A shop with every kind of field, a relation and an aggregate, on SQLite in memory.

use std::sync::Arc;

use framework::adapters::http::cursor::CursorKey;
use framework::adapters::http::{EntityParts, entity_router, finish};
use framework::adapters::persistence::PoolOptions;
use framework::adapters::persistence::ddl::create_table;
use framework::application::crud::CrudUseCase;
use framework::application::event_bus::EventBus;
use framework::application::hooks::NoHooks;
use framework::application::mapper::GeneratedMapper;
use framework::application::relatives::{Relatives, ResourceRelative};
use framework::application::session::PendingEvent;
use framework::axum::Router;
use framework::axum::body::Body;
use framework::sea_orm::ConnectionTrait as _;
use framework::testing::{Answer, Client};
use framework::{
    AllowAll, Bytes, DateTime, Decimal, Entity, EntityEnum, Json, NaiveDate, NaiveDateTime,
    NaiveTime, Resource, SqlStore, StoreRepository, SystemClock, UnitOfWork, Utc, Uuid,
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

struct Silent;

impl EventBus for Silent {
    fn publish(&self, _: Vec<PendingEvent>) {}
}

/// The whole application on a database of its own.
pub(crate) async fn app() -> Router {
    // One file per application: the reader and the writer of an in-memory database would not share it.
    let file = std::env::temp_dir().join(format!("http-{}.db", Uuid::now_v7()));
    let url = format!("sqlite://{}?mode=rwc", file.display());
    let store = SqlStore::connect(&url, &PoolOptions::default()).await.unwrap();
    for schema in [Customer::schema(), Purchase::schema(), Line::schema()] {
        for statement in create_table(schema, store.dialect()) {
            store.connection().execute_unprepared(&statement).await.unwrap();
        }
    }
    let unit_of_work = UnitOfWork::new(Arc::new(store), Arc::new(SystemClock), Arc::new(Silent));
    let mut relatives = Relatives::default();
    relatives.add(Arc::new(relative::<Customer>()));
    relatives.add(Arc::new(relative::<Purchase>()));
    let relatives = Arc::new(relatives);
    let api = routes::<Customer>(&unit_of_work, &relatives)
        .merge(routes::<Purchase>(&unit_of_work, &relatives));
    let panics = framework::axum::routing::get(panicking);
    finish(Router::new().nest("/api", api).route("/panic", panics))
}

async fn panicking() -> String {
    panic!("on purpose")
}

fn relative<E: Resource>() -> ResourceRelative<E> {
    ResourceRelative::new(Arc::new(AllowAll), Arc::new(GeneratedMapper))
}

fn routes<E: Resource>(unit_of_work: &UnitOfWork, relatives: &Arc<Relatives>) -> Router {
    let use_case = CrudUseCase::<E> {
        repository: Arc::new(StoreRepository::<E>::default()),
        policy: Arc::new(AllowAll),
        hooks: Arc::new(NoHooks),
        mapper: Arc::new(GeneratedMapper),
        relatives: Arc::clone(relatives),
    };
    entity_router(EntityParts {
        use_case: Arc::new(use_case),
        mapper: Arc::new(GeneratedMapper),
        unit_of_work: unit_of_work.clone(),
        includes: Arc::clone(relatives),
        cursor_key: CursorKey::new([7; 32]),
    })
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
    app: &Router,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Body>,
) -> Answer {
    Client::new(app.clone()).send(method, path, headers, body).await
}

pub(crate) async fn get(app: &Router, path: &str) -> Answer {
    Client::new(app.clone()).get(path).await
}

pub(crate) async fn post(app: &Router, path: &str, body: &Json) -> Answer {
    Client::new(app.clone()).post(path, body).await
}

pub(crate) async fn patch(
    app: &Router,
    path: &str,
    headers: &[(&str, &str)],
    body: &Json,
) -> Answer {
    let media = ("content-type", "application/merge-patch+json");
    let headers: Vec<_> = headers.iter().copied().chain([media]).collect();
    send(app, "PATCH", path, &headers, body.to_string()).await
}
