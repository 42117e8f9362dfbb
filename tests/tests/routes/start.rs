//! How an application starts, and when it refuses to.

use framework::infrastructure::config::Sources;
use framework::{App, Config, Migration, RunError, Script};

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
