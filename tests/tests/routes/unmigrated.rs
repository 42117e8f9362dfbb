//! An application without migrations: the smallest one, tried out, and in production.

use framework::adapters::persistence::PoolOptions;
use framework::infrastructure::config::Sources;
use framework::sea_orm::{ConnectionTrait as _, Statement};
use framework::testing::Client;
use framework::{AllowAll, App, Config, Migration, Module, RunError, Script, SqlStore};
use serde_json::json;
use tests::support::postgres;

#[allow(dead_code, unreachable_pub, reason = "an example is a program of its own")]
#[path = "../../../framework/examples/items.rs"]
mod items;

/// The example's application on this database, as these settings say.
fn app(url: &str, settings: &[(&'static str, &str)]) -> App {
    let always = [
        ("DATABASE_URL", url),
        ("APP__CURSOR_SECRET", "a secret that only this test knows, and long enough"),
        ("APP__LOG__FILTER", "warn"),
    ];
    let settings = always.into_iter().chain(settings.iter().copied());
    let config = Config::from_sources("items", &Sources::variables(settings)).expect("no slip");
    App::new("items", config).module(Module::new("items").entity::<items::Item>(AllowAll))
}

/// Empty databases, and the folder of the one that is a file.
async fn databases() -> (tempfile::TempDir, Vec<String>) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = format!("sqlite://{}?mode=rwc", folder.path().join("items.db").display());
    (folder, [Some(file), postgres().await].into_iter().flatten().collect())
}

/// Whether the database has the table of items.
async fn has_items(url: &str) -> bool {
    let store = SqlStore::connect(url, &PoolOptions::default()).await.expect("a database");
    let connection = store.connection();
    let query = Statement::from_string(connection.get_database_backend(), "SELECT 1 FROM items");
    connection.query_all_raw(query).await.is_ok()
}

#[tokio::test]
async fn development_creates_the_tables_once_and_a_second_start_keeps_the_rows() {
    let (_folder, urls) = databases().await;
    for url in urls {
        let starts = (0..3).map(|_| app(&url, &[]).build());
        let mut started = futures_util::future::join_all(starts).await;
        let first = started.pop().expect("three").expect("a start");
        started.into_iter().for_each(|other| drop(other.expect("a start")));
        let item = json!({"sku": "SKU-1", "name": "A lamp", "price_cents": 1, "quantity": 0});
        Client::new(first.router()).post("/api/items", &item).await.expect(201);
        drop(first);
        let second = app(&url, &[]).build().await.expect("a second start");
        let kept = Client::new(second.router()).get("/api/items").await.expect(200).json();
        assert_eq!(kept["items"][0]["sku"], "SKU-1", "{url}");
        let production = app(&url, &[("APP__ENVIRONMENT", "production")]).build().await;
        production.map(drop).expect("nothing is missing any more");
    }
}

#[tokio::test]
async fn production_refuses_to_start_without_the_tables_and_names_them() {
    let (_folder, urls) = databases().await;
    for url in urls {
        match app(&url, &[("APP__ENVIRONMENT", "production")]).build().await {
            Err(error @ RunError::NoTables(_)) => {
                let said = error.to_string();
                assert!(said.contains("Item (`items`)"), "{said}");
                assert!(said.contains("App::migrations"), "{said}");
            }
            other => panic!("started, or failed otherwise: {:?}", other.map(drop).err()),
        }
        assert!(!has_items(&url).await, "{url}");
    }
}

#[tokio::test]
async fn nothing_is_created_where_migrations_are_off_or_where_the_application_has_some() {
    const SCRIPT: Script = Script { up: "CREATE TABLE a (id INTEGER)", down: "DROP TABLE a" };
    const STEPS: &[Migration] =
        &[Migration { name: "20260101000000_first", sqlite: SCRIPT, postgres: SCRIPT }];
    let (_folder, urls) = databases().await;
    for url in urls {
        let off = app(&url, &[("APP__DATABASE__MIGRATE", "off")]).build().await;
        off.map(drop).expect("a start without a table");
        assert!(!has_items(&url).await, "{url}");
        app(&url, &[]).migrations(STEPS).build().await.map(drop).expect("a start with migrations");
        assert!(!has_items(&url).await, "{url}");
    }
}
