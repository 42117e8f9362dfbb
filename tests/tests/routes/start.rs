//! How an application starts, and when it refuses to.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use framework::adapters::persistence::{PoolOptions, ddl};
use framework::infrastructure::config::Sources;
use framework::sea_orm::ConnectionTrait as _;
use framework::{
    AllowAll, App, Config, Entity, Error, Migration, Module, RunError, Script, SqlStore, Uuid,
    serde,
};
use tests::support::postgres;

const NOTHING: Script = Script { up: "CREATE TABLE a (id INTEGER)", down: "DROP TABLE a" };
const STEPS: &[Migration] =
    &[Migration { name: "20260101000000_first", sqlite: NOTHING, postgres: NOTHING }];

fn app(folder: &tempfile::TempDir, environment: &str) -> App {
    let url = format!("sqlite://{}?mode=rwc", folder.path().join("start.db").display());
    let variables = [
        ("DATABASE_URL", url.as_str()),
        ("APP__ENVIRONMENT", environment),
        ("APP__CURSOR_SECRET", "a secret that only this test knows, and long enough"),
        ("APP__LOG__FILTER", "warn"),
    ];
    let config = Config::from_sources("start", &Sources::variables(variables))
        .expect("a right configuration");
    App::new("start", config).migrations(STEPS)
}

#[tokio::test]
async fn production_refuses_to_start_with_a_pending_migration_and_names_it() {
    let folder = tempfile::tempdir().expect("a folder");
    match app(&folder, "production").build().await {
        Err(RunError::Pending(names)) => {
            assert_eq!(names, ["00000000000001_framework_idempotency_keys", "20260101000000_first"])
        }
        other => panic!("started, or failed otherwise: {:?}", other.map(|_| ()).err()),
    }
    // Development applies it; then production starts too.
    app(&folder, "development")
        .build()
        .await
        .map(|_| ())
        .expect("development applies what is pending");
    app(&folder, "production").build().await.map(|_| ()).expect("nothing is pending any more");
}

#[derive(serde::Deserialize)]
#[serde(crate = "framework::serde", deny_unknown_fields)]
struct Payment {
    key: String,
}

/// An application with a section of its own, `[payment]`, and these variables.
fn with_payment(variables: &[(&'static str, &'static str)]) -> App {
    let quiet = [("DATABASE_URL", "sqlite::memory:"), ("APP__LOG__FILTER", "warn")];
    let variables = quiet.iter().chain(variables).copied();
    let config = Config::from_sources("start", &Sources::variables(variables)).expect("no slip");
    App::new("start", config).module(Module::new("payment").settings::<Payment>("payment"))
}

#[tokio::test]
async fn settings_that_nobody_reads_stop_the_start_all_at_once() {
    let app = with_payment(&[
        ("APP__PAYMENT__KEYS", "hunter2"),
        ("APP__NOPE__X", "1"),
        ("APP__DB__POOL_SIZE", "50"),
        ("APP__LOGGING__LEVEL", "debug"),
    ]);
    let Err(RunError::Config(refused)) = app.build().await else { panic!("started") };
    let text = refused.to_string();
    for part in ["payment", "nope.x", "did you mean database.pool_size?", "logging.level"] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert!(!text.contains("hunter2"), "{text}");
}

#[tokio::test]
async fn a_section_that_a_module_declares_is_resolved_by_its_type() {
    let built = with_payment(&[("APP__PAYMENT__KEY", "k")]).build().await.expect("a start");
    let payment = built.container().resolve::<Payment>().await.expect("settings");
    assert_eq!(payment.key, "k");
}

/// Says something, once.
#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(plural = "signs")]
pub(crate) struct Sign {
    /// Identity.
    #[entity(id)]
    pub(crate) id: Uuid,
    /// What it says.
    #[entity(unique, length(1..=40))]
    pub(crate) text: String,
}

/// An application with demo data on this database, which counts how often it loads them.
fn with_demo(url: &str, loads: &Arc<AtomicUsize>) -> App {
    let variables =
        [("DATABASE_URL", url), ("APP__DATABASE__POOL_SIZE", "1"), ("APP__LOG__FILTER", "off")];
    let config = Config::from_sources("demo", &Sources::variables(variables)).expect("no slip");
    let loads = Arc::clone(loads);
    App::new("demo", config).module(Module::new("signs").entity::<Sign>(AllowAll)).seed(
        move |container| {
            loads.fetch_add(1, Ordering::SeqCst);
            async move {
                let store = container.resolve::<SqlStore>().await.expect("a store");
                // Long enough for the others to look.
                framework::tokio::time::sleep(Duration::from_millis(200)).await;
                let sign = "INSERT INTO signs VALUES (gen_random_uuid(), 'welcome')";
                let done = store.connection().execute_unprepared(sign).await;
                done.map(drop).map_err(|error| Error::infrastructure("writing a sign", error))
            }
        },
    )
}

#[tokio::test]
async fn processes_that_start_together_load_the_demo_data_once() {
    let Some(url) = postgres().await else { return };
    let store = SqlStore::connect(&url, &PoolOptions::default()).await.expect("a database");
    ddl::create_all(&[Sign::schema()], &store).await.expect("tables");
    let loads = Arc::default();
    let starts = (0..3).map(|_| with_demo(&url, &loads).build());
    for started in futures_util::future::join_all(starts).await {
        started.map(drop).expect("a start");
    }
    assert_eq!(loads.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_file_that_cannot_be_written_is_refused_at_the_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let built = app(&folder, "development").build().await.expect("a start");
    let url = format!("sqlite://{}?mode=ro", folder.path().join("start.db").display());
    let variables = [("DATABASE_URL", url.as_str()), ("APP__LOG__FILTER", "off")];
    let config = Config::from_sources("start", &Sources::variables(variables)).expect("no slip");
    let started = App::new("start", config).migrations(STEPS).build().await;
    let refused = started.map(|_| ()).expect_err("nothing can be written").to_string();
    assert!(refused.contains("start.db cannot be written"), "{refused}");
    built.store().close().await;
}
