//! Migrations are applied once, in order, by one process at a time.

use framework::adapters::persistence::{Migration, Migrator, Script};
use framework::domain::error::Error;
use sea_orm::ConnectionTrait as _;

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
        let changed: Vec<(&str, bool)> =
            status.iter().map(|it| (it.name.as_str(), it.changed)).collect();
        assert_eq!(changed, [("1_first", true), ("2_second", true)], "{}", case.name);
        let error = migrator.up().await.unwrap_err();
        assert!(matches!(error, Error::Configuration(_)), "{}: {error}", case.name);
    }
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
