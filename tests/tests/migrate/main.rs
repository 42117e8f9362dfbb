//! From any schema to any other and back, on real databases with rows in them.

#![expect(clippy::unwrap_used, reason = "a test panics when what it expects is not there")]

mod catalog;
mod hints;
mod rows;
mod samples;

use codegen_cli::diff::schema::Schema;
use codegen_cli::diff::{Scripts, scripts};
use framework::adapters::persistence::{
    Dialect, Migration, Migrator, PoolOptions, Script, SqlStore,
};
use proptest::test_runner::{Config, TestRunner};
use sea_orm::ConnectionTrait as _;

use catalog::catalog;
use samples::Sample;

#[test]
fn any_schema_becomes_any_other_and_comes_back_on_sqlite() {
    run(80, || async { Some(sqlite().await) });
}

#[test]
fn any_schema_becomes_any_other_and_comes_back_on_postgres() {
    let runtime = runtime();
    let Some(url) = runtime.block_on(tests::support::postgres()) else { return };
    run(40, || async {
        let store = SqlStore::connect(&url, &PoolOptions::default()).await.unwrap();
        wipe(&store).await;
        Some(store)
    });
}

/// Tries pairs of schemas; the smallest pair that fails is shown.
fn run<F: Future<Output = Option<SqlStore>>>(cases: u32, fresh: impl Fn() -> F) {
    let runtime = runtime();
    let config =
        Config { cases, max_shrink_iters: 60, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new(config);
    let strategy = (samples::schema(), samples::schema(), proptest::num::u64::ANY);
    let result = runner.run(&strategy, |(from, to, coins)| {
        runtime.block_on(async {
            let Some(store) = fresh().await else { return Ok(()) };
            let outcome = there_and_back(&store, from, to, coins).await;
            store.close().await;
            outcome.map_err(proptest::test_runner::TestCaseError::fail)
        })
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

async fn there_and_back(
    store: &SqlStore,
    from: Sample,
    to: Sample,
    coins: u64,
) -> Result<(), String> {
    let (from, mut to) = (from.resolved(), to.resolved());
    let hints = hints::agree(&from, &mut to, coins);
    let (before, after) = (from.schema(), to.schema());
    let none = Schema::default();
    let says = |what: &str, scripts: &Scripts, error: &dyn std::fmt::Debug| {
        format!(
            "{what}: {error:?}\n{hints:?}\n---- up\n{}\n---- down\n{}",
            scripts.up, scripts.down
        )
    };
    let create =
        of(store, scripts(&none, &before, &Default::default()).map_err(|e| e.to_string())?);
    let step = of(store, scripts(&before, &after, &hints).map_err(|error| error.to_string())?);
    let reference =
        of(store, scripts(&none, &after, &Default::default()).map_err(|e| e.to_string())?);

    let first = migration("1_create", &create);
    Migrator::new(store.clone(), &[first]).up().await.map_err(|e| says("create", &create, &e))?;
    let at_first = catalog(store).await;
    rows::insert(store, &from, coins).await;

    let both = Migrator::new(store.clone(), &[first, migration("2_step", &step)]);
    both.up().await.map_err(|error| says("up", &step, &error))?;
    let reached = catalog(store).await;
    rows::check(store, &from, &to, &hints, coins)
        .await
        .map_err(|error| says("rows", &step, &error))?;

    if hints::comes_back(&from, &to, &hints) {
        both.down(1).await.map_err(|error| says("down", &step, &error))?;
        let again = catalog(store).await;
        if again != at_first {
            return Err(says("not as before", &step, &difference(&again, &at_first)));
        }
    }
    let fresh = if store.dialect() == Dialect::Sqlite { sqlite().await } else { store.clone() };
    wipe(&fresh).await;
    Migrator::new(fresh.clone(), &[migration("1_all", &reference)]).up().await.unwrap();
    let expected = catalog(&fresh).await;
    if reached != expected {
        return Err(says("not as declared", &step, &difference(&reached, &expected)));
    }
    Ok(())
}

fn difference(found: &[String], expected: &[String]) -> (Vec<String>, Vec<String>) {
    let only =
        |a: &[String], b: &[String]| a.iter().filter(|line| !b.contains(line)).cloned().collect();
    (only(found, expected), only(expected, found))
}

fn of(store: &SqlStore, [sqlite, postgres]: [Scripts; 2]) -> Scripts {
    if store.dialect() == Dialect::Sqlite { sqlite } else { postgres }
}

fn migration(name: &'static str, scripts: &Scripts) -> Migration {
    let leak = |text: &str| -> &'static str { Box::leak(text.to_owned().into_boxed_str()) };
    let script = Script { up: leak(&scripts.up), down: leak(&scripts.down) };
    Migration { name, sqlite: script, postgres: script }
}

async fn sqlite() -> SqlStore {
    SqlStore::connect("sqlite::memory:", &PoolOptions::default()).await.unwrap()
}

async fn wipe(store: &SqlStore) {
    if store.dialect() == Dialect::Postgres {
        let text = "DROP SCHEMA public CASCADE; CREATE SCHEMA public;";
        store.connection().execute_unprepared(text).await.unwrap();
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}
