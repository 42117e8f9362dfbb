//! Migrations are applied once, in order, by one process at a time.

use framework::adapters::persistence::{
    Migration, Migrator, PoolOptions, Preparing, Script, SqlStore,
};
use framework::domain::error::Error;
use sea_orm::{ConnectionTrait as _, DbBackend, Statement, TransactionTrait as _};

use super::stores;

const fn both(up: &'static str, down: &'static str) -> (Script, Script) {
    (Script { up, down }, Script { up, down })
}

const fn migration(name: &'static str, scripts: (Script, Script)) -> Migration {
    Migration { name, sqlite: scripts.0, postgres: scripts.1 }
}

static STEPS: [Migration; 2] = [
    migration(
        "2_second",
        both("ALTER TABLE a ADD COLUMN n INTEGER;", "ALTER TABLE a DROP COLUMN n;"),
    ),
    migration(
        "1_first",
        both(
            "CREATE TABLE a (id INTEGER);\n-- a comment; with a semicolon\nCREATE TABLE b (id INTEGER);",
            "DROP TABLE b; DROP TABLE a;",
        ),
    ),
];

static BROKEN: [Migration; 2] = [
    migration("1_good", both("CREATE TABLE a (id INTEGER);", "DROP TABLE a;")),
    migration("2_bad", both("CREATE TABLE b (id INTEGER); NONSENSE;", "")),
];

/// A parent with a child that goes with it; then the parent is made anew, the way SQLite changes tables.
static REBUILD: [Migration; 2] = [
    migration("1_family", both(FAMILY, "")),
    migration(
        "2_rebuild",
        both(
            "CREATE TABLE new_parent (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO new_parent SELECT id, 'x' FROM parent;
             DROP TABLE parent; ALTER TABLE new_parent RENAME TO parent;",
            "CREATE TABLE new_parent (id INTEGER PRIMARY KEY); INSERT INTO new_parent SELECT id FROM parent;
             DROP TABLE parent; ALTER TABLE new_parent RENAME TO parent;",
        ),
    ),
];

static DANGLING: [Migration; 2] = [
    migration("1_family", both(FAMILY, "")),
    migration("2_orphans", both("DELETE FROM parent;", "")),
];

const FAMILY: &str = "CREATE TABLE parent (id INTEGER PRIMARY KEY);
    CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id INTEGER REFERENCES parent (id) ON DELETE CASCADE);
    INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1, 1), (2, 1);";

static CHANGED: [Migration; 1] =
    [migration("1_first", both("CREATE TABLE other (id INTEGER);", ""))];

#[tokio::test]
async fn steps_go_up_in_order_and_down_again() {
    for case in stores::empty_databases().await {
        let migrator = Migrator::new(case.sql.clone().unwrap(), &STEPS);
        assert_eq!(migrator.pending().await.unwrap(), ["1_first", "2_second"], "{}", case.name);
        assert_eq!(migrator.up().await.unwrap(), ["1_first", "2_second"], "{}", case.name);
        assert!(migrator.up().await.unwrap().is_empty(), "{}", case.name);
        assert_eq!(migrator.down(1).await.unwrap(), ["2_second"], "{}", case.name);
        let status = migrator.status().await.unwrap();
        let applied: Vec<bool> = status.iter().map(|it| it.applied_at.is_some()).collect();
        assert_eq!(applied, [true, false], "{}", case.name);
        assert_eq!(migrator.down(9).await.unwrap(), ["1_first"], "{}", case.name);
        assert_eq!(migrator.up().await.unwrap().len(), 2, "{}", case.name);
    }
}

#[tokio::test]
async fn a_failing_step_leaves_nothing_behind() {
    for case in stores::empty_databases().await {
        let migrator = Migrator::new(case.sql.clone().unwrap(), &BROKEN);
        migrator.up().await.unwrap_err();
        assert_eq!(migrator.pending().await.unwrap(), ["2_bad"], "{}", case.name);
        // Table `b` was undone with the rest of its step: creating it now succeeds.
        let connection = case.sql.as_ref().unwrap().connection();
        connection.execute_unprepared("CREATE TABLE b (id INTEGER)").await.unwrap();
    }
}

#[tokio::test]
async fn a_changed_or_unknown_step_is_reported_and_refused() {
    for case in stores::empty_databases().await {
        let sql = case.sql.clone().unwrap();
        Migrator::new(sql.clone(), &STEPS).up().await.unwrap();
        let migrator = Migrator::new(sql, &CHANGED);
        let status = migrator.status().await.unwrap();
        let other: Vec<(&str, bool, bool)> =
            status.iter().map(|it| (it.name.as_str(), it.changed, it.unknown)).collect();
        assert_eq!(other, [("1_first", true, false), ("2_second", false, true)], "{}", case.name);
        for refused in [migrator.up().await, migrator.down(1).await, migrator.pending().await] {
            let error = refused.unwrap_err();
            assert!(matches!(error, Error::Configuration(_)), "{}: {error}", case.name);
            assert!(error.to_string().contains("1_first"), "{}: {error}", case.name);
        }
    }
}

#[tokio::test]
async fn a_program_serves_on_what_a_newer_one_has_applied_but_does_not_migrate() {
    for case in stores::empty_databases().await {
        let sql = case.sql.clone().unwrap();
        Migrator::new(sql.clone(), &STEPS).up().await.unwrap();
        let older = Migrator::new(sql, &STEPS[1..]);
        assert!(older.pending().await.unwrap().is_empty(), "{}", case.name);
        let error = older.up().await.unwrap_err().to_string();
        assert!(error.contains("another version of the program: 2_second"), "{error}");
    }
}

#[tokio::test]
async fn who_may_not_create_tables_can_see_that_nothing_is_pending() {
    let Some(url) = tests::support::postgres().await else { return };
    let owner = SqlStore::connect(&url, &PoolOptions::default()).await.unwrap();
    let role = format!("limited_{}", std::process::id());
    let grants = format!(
        "CREATE ROLE {role}; REVOKE CREATE ON SCHEMA public FROM PUBLIC; GRANT USAGE ON SCHEMA public TO {role};
         ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {role}"
    );
    owner.connection().execute_unprepared(&grants).await.unwrap();
    let limited = format!("{url}?options[role]={role}");
    let limited = SqlStore::connect(&limited, &PoolOptions::default()).await.unwrap();
    let migrator = Migrator::new(limited, &STEPS);
    assert_eq!(migrator.pending().await.unwrap(), ["1_first", "2_second"]);
    let error = format!("{:?}", migrator.up().await.unwrap_err());
    assert!(error.contains("preparing the migrations"), "{error}");
    Migrator::new(owner.clone(), &STEPS).up().await.unwrap();
    assert!(migrator.pending().await.unwrap().is_empty());
    assert!(migrator.up().await.unwrap().is_empty());
    let gone = format!("DROP OWNED BY {role}; DROP ROLE {role}");
    owner.connection().execute_unprepared(&gone).await.unwrap();
}

#[tokio::test]
async fn looking_at_migrations_waits_for_nobody() {
    let Some(url) = tests::support::postgres().await else { return };
    let store = SqlStore::connect(&url, &PoolOptions::default()).await.unwrap();
    let other = Preparing::begin(&store).await.unwrap();
    let migrator = Migrator::new(store, &STEPS);
    assert_eq!(migrator.pending().await.unwrap().len(), 2);
    let waiting = tokio::spawn(async move { migrator.up().await });
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert!(!waiting.is_finished(), "another process prepares the database");
    drop(other);
    assert_eq!(waiting.await.unwrap().unwrap().len(), 2);
}

#[tokio::test]
async fn a_migration_takes_the_time_that_it_takes_and_other_statements_do_not() {
    let Some(url) = tests::support::postgres().await else { return };
    let statement_timeout = std::time::Duration::from_millis(200);
    let options = PoolOptions { max_connections: 1, statement_timeout, ..PoolOptions::default() };
    let store = SqlStore::connect(&url, &options).await.unwrap();
    let long = migration("1_long", both("SELECT pg_sleep(0.5);", ""));
    assert_eq!(Migrator::new(store.clone(), &[long]).up().await.unwrap(), ["1_long"]);
    let other = store.connection().execute_unprepared("SELECT pg_sleep(0.5)").await;
    assert!(other.unwrap_err().to_string().contains("statement timeout"));
}

/// The lock that migrations take.
const LOCK: &str = "SELECT pg_advisory_xact_lock(6120842213)";

#[tokio::test]
async fn what_another_process_creates_while_this_one_waits_is_there() {
    let Some(url) = tests::support::postgres().await else { return };
    // With one connection, so that it is the same one that saw no table before it waited.
    let options = PoolOptions { max_connections: 1, ..PoolOptions::default() };
    let store = SqlStore::connect(&url, &options).await.unwrap();
    let other = SqlStore::connect(&url, &options).await.unwrap();
    let held = other.connection().begin().await.unwrap();
    held.execute_unprepared(LOCK).await.unwrap();
    let waiting = tokio::spawn(async move { Migrator::new(store, &STEPS).up().await });
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let table = "CREATE TABLE _migrations (name TEXT PRIMARY KEY, checksum TEXT NOT NULL, applied_at TEXT NOT NULL)";
    held.execute_unprepared(table).await.unwrap();
    held.commit().await.unwrap();
    assert_eq!(waiting.await.unwrap().unwrap(), ["1_first", "2_second"]);
}

#[tokio::test]
async fn two_processes_may_migrate_at_once() {
    for case in stores::empty_databases().await {
        let migrator = || Migrator::new(case.sql.clone().unwrap(), &STEPS);
        let (one, two) = (migrator(), migrator());
        let (one, two) = tokio::join!(one.up(), two.up());
        assert_eq!(one.unwrap().len() + two.unwrap().len(), 2, "{}", case.name);
    }
}

/// How many rows the child has; on any connection that writes.
async fn children(store: &SqlStore) -> i64 {
    let text = "SELECT count(*) AS number FROM child".to_owned();
    let statement = Statement::from_string(DbBackend::Sqlite, text);
    let row = store.connection().query_one_raw(statement).await.unwrap().unwrap();
    row.try_get("", "number").unwrap()
}

/// Foreign keys are enforced again: a child of nobody is refused, by whatever connection it comes.
async fn enforces(store: &SqlStore) -> bool {
    let orphan = "INSERT INTO child VALUES (9, 404)";
    store.connection().execute_unprepared(orphan).await.is_err()
}

#[tokio::test]
async fn making_a_parent_anew_keeps_children_that_would_go_with_it() {
    for (store, _folder) in stores::sqlites().await {
        let migrator = Migrator::new(store.clone(), &REBUILD);
        migrator.up().await.unwrap();
        assert_eq!(children(&store).await, 2);
        assert!(enforces(&store).await);
        migrator.down(1).await.unwrap();
        assert_eq!(children(&store).await, 2);
        assert!(enforces(&store).await);
    }
}

#[tokio::test]
async fn a_step_that_leaves_a_reference_to_nothing_is_refused_and_undone() {
    for (store, _folder) in stores::sqlites().await {
        let migrator = Migrator::new(store.clone(), &DANGLING);
        let error = format!("{:?}", migrator.up().await.unwrap_err());
        assert!(error.contains("from `child` to `parent`"), "{error}");
        assert_eq!(migrator.pending().await.unwrap(), ["2_orphans"]);
        assert_eq!(children(&store).await, 2);
        store.connection().execute_unprepared("INSERT INTO child VALUES (3, 1)").await.unwrap();
        assert!(enforces(&store).await);
    }
}

#[tokio::test]
async fn foreign_keys_are_enforced_after_a_failure_and_after_a_caller_that_left() {
    for (store, _folder) in stores::sqlites().await {
        Migrator::new(store.clone(), &REBUILD[..1]).up().await.unwrap();
        let broken = [REBUILD[0], migration("2_bad", both("NONSENSE;", ""))];
        Migrator::new(store.clone(), &broken).up().await.unwrap_err();
        assert!(enforces(&store).await);
        let migrator = Migrator::new(store.clone(), &REBUILD);
        // Left behind at each place where it waits.
        for polls in 1..60 {
            let mut up = Box::pin(migrator.up());
            for _ in 0..polls {
                tokio::select! { biased; _ = &mut up => break, () = tokio::task::yield_now() => {} }
            }
            drop(up);
            assert!(enforces(&store).await, "after {polls} polls");
            assert_eq!(children(&store).await, 2, "after {polls} polls");
        }
        migrator.up().await.unwrap();
        assert!(enforces(&store).await);
    }
}
