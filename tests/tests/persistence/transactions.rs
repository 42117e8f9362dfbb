//! All or nothing, never half, never left open.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use framework::adapters::messaging::MemoryBus;
use framework::adapters::persistence::{PoolOptions, SqlStore, ddl};
use framework::application::clock::SystemClock;
use framework::application::context::Context;
use framework::application::event_bus::EventBus;
use framework::application::session::Session;
use framework::application::store::{Replace, Select, Store};
use framework::application::unit_of_work::UnitOfWork;
use framework::domain::error::Error;
use framework::domain::query::Count;
use framework::domain::specification::Predicate;
use framework::domain::value::{Row, Value};

use tokio::time::timeout;

use super::sample::{ITEM_BIG, ITEM_ID, ITEM_VERSION, id, item, item_row};
use super::stores;

async fn total(store: &dyn Store) -> u64 {
    let select = Select { count: Count::Exact, limit: Some(1), ..Select::new(item(), &[]) };
    store.autocommit().select(&select).await.unwrap().total.unwrap()
}

#[tokio::test]
async fn a_commit_keeps_and_a_rollback_undoes() {
    for case in stores::all().await {
        let mut transaction = case.store.begin().await.unwrap();
        transaction.insert(item(), &[item_row(1, "a")]).await.unwrap();
        assert_eq!(total(case.store.as_ref()).await, 0, "{}", case.name);
        transaction.commit().await.unwrap();
        assert_eq!(total(case.store.as_ref()).await, 1, "{}", case.name);
        let mut transaction = case.store.begin().await.unwrap();
        transaction.insert(item(), &[item_row(2, "b")]).await.unwrap();
        transaction.rollback().await.unwrap();
        assert_eq!(total(case.store.as_ref()).await, 1, "{}", case.name);
    }
}

#[tokio::test]
async fn a_savepoint_undoes_only_what_follows_it() {
    for case in stores::all().await {
        let mut transaction = case.store.begin().await.unwrap();
        transaction.insert(item(), &[item_row(1, "a")]).await.unwrap();
        transaction.savepoint(1).await.unwrap();
        transaction.insert(item(), &[item_row(2, "b")]).await.unwrap();
        transaction.savepoint(2).await.unwrap();
        transaction.insert(item(), &[item_row(3, "a")]).await.unwrap_err();
        transaction.rollback_to(2).await.unwrap();
        transaction.release(1).await.unwrap();
        transaction.savepoint(1).await.unwrap();
        transaction.insert(item(), &[item_row(4, "d")]).await.unwrap();
        transaction.rollback_to(1).await.unwrap();
        transaction.commit().await.unwrap();
        assert_eq!(total(case.store.as_ref()).await, 2, "{}", case.name);
    }
}

#[tokio::test]
async fn a_transaction_whose_failure_was_passed_over_is_not_kept() {
    for case in stores::all().await {
        let mut transaction = case.store.begin().await.unwrap();
        transaction.insert(item(), &[item_row(1, "a")]).await.unwrap();
        transaction.insert(item(), &[item_row(2, "a")]).await.unwrap_err();
        let next = transaction.insert(item(), &[item_row(3, "c")]).await;
        assert!(matches!(next, Err(Error::TransactionFailed)), "{}: {next:?}", case.name);
        let committed = transaction.commit().await;
        assert!(matches!(committed, Err(Error::TransactionFailed)), "{}", case.name);
        assert_eq!(total(case.store.as_ref()).await, 0, "{}", case.name);
    }
}

#[tokio::test]
async fn a_failure_inside_a_released_savepoint_is_not_forgotten() {
    for case in stores::all().await {
        let mut transaction = case.store.begin().await.unwrap();
        transaction.insert(item(), &[item_row(1, "a")]).await.unwrap();
        transaction.savepoint(1).await.unwrap();
        transaction.insert(item(), &[item_row(2, "a")]).await.unwrap_err();
        let released = transaction.release(1).await;
        assert!(matches!(released, Err(Error::TransactionFailed)), "{}", case.name);
        assert!(transaction.commit().await.is_err(), "{}", case.name);
        assert_eq!(total(case.store.as_ref()).await, 0, "{}", case.name);
    }
}

#[tokio::test]
async fn a_unit_of_work_that_passes_over_a_failure_fails_and_publishes_nothing() {
    for case in stores::all().await {
        let committed = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&committed);
        let result = unit_of_work(&case)
            .run(Arc::new(Context::system()), move |session| {
                Box::pin(async move {
                    session.after_commit(move || {
                        flag.store(true, Ordering::Relaxed);
                        Box::pin(async {})
                    });
                    session.rows().insert(item(), &[item_row(1, "a")]).await?;
                    let _ = session.rows().insert(item(), &[item_row(2, "a")]).await;
                    Ok(())
                })
            })
            .await;
        assert!(matches!(result, Err(Error::TransactionFailed)), "{}: {result:?}", case.name);
        assert!(!committed.load(Ordering::Relaxed), "{}", case.name);
        assert_eq!(total(case.store.as_ref()).await, 0, "{}", case.name);
    }
}

fn unit_of_work(case: &stores::Case) -> UnitOfWork {
    let bus = Arc::new(MemoryBus::new()) as Arc<dyn EventBus>;
    UnitOfWork::new(case.store.clone(), Arc::new(SystemClock), bus)
}

/// Begins a statement and does not wait for it.
async fn abandon(statement: impl Future) {
    let mut statement = std::pin::pin!(statement);
    let begun = std::future::poll_fn(|task| Poll::Ready(statement.as_mut().poll(task)));
    assert!(begun.await.is_pending(), "nobody can leave it any more");
}

/// More rows than one statement takes, so that no store is done at once.
fn many() -> Vec<Row> {
    (100..5_000).map(|number| item_row(number, &format!("m{number}"))).collect()
}

#[tokio::test]
async fn a_statement_that_nobody_waited_for_is_not_passed_over() {
    for case in stores::databases().await {
        let result = unit_of_work(&case)
            .run(Arc::new(Context::system()), |session| {
                Box::pin(async move {
                    session.rows().insert(item(), &[item_row(1, "a")]).await?;
                    let many = many();
                    abandon(session.rows().insert(item(), &many)).await;
                    Ok(())
                })
            })
            .await;
        assert!(matches!(result, Err(Error::TransactionFailed)), "{}: {result:?}", case.name);
        assert_eq!(total(case.store.as_ref()).await, 0, "{}", case.name);
    }
}

#[tokio::test]
async fn a_savepoint_undoes_a_statement_that_nobody_waited_for() {
    for case in stores::databases().await {
        let result = unit_of_work(&case)
            .run(Arc::new(Context::system()), |session| {
                Box::pin(async move {
                    session.rows().insert(item(), &[item_row(1, "a")]).await?;
                    let tried = session.savepoint(|session| {
                        Box::pin(async move {
                            let many = many();
                            abandon(session.rows().insert(item(), &many)).await;
                            Err::<(), _>(Error::Unavailable("too slow".to_owned()))
                        })
                    });
                    assert!(matches!(tried.await, Err(Error::Unavailable(_))));
                    session.rows().insert(item(), &[item_row(2, "b")]).await
                })
            })
            .await;
        assert!(result.is_ok(), "{}: {result:?}", case.name);
        assert_eq!(total(case.store.as_ref()).await, 2, "{}", case.name);
    }
}

/// Gives up a savepoint in the middle of its work, and says nothing about it.
async fn abandoned(session: &mut Session) -> Result<(), Error> {
    let slow = session.savepoint(|session| {
        Box::pin(async move {
            session.rows().insert(item(), &[item_row(1, "a")]).await?;
            std::future::pending::<Result<(), Error>>().await
        })
    });
    assert!(timeout(Duration::from_millis(200), slow).await.is_err(), "it never ends");
    Ok(())
}

#[tokio::test]
async fn a_savepoint_that_nobody_waited_for_is_not_kept() {
    for case in stores::all().await {
        for nested in [false, true] {
            let result = unit_of_work(&case)
                .run(Arc::new(Context::system()), move |session| {
                    Box::pin(async move {
                        if nested {
                            session.savepoint(|session| Box::pin(abandoned(session))).await
                        } else {
                            abandoned(session).await
                        }
                    })
                })
                .await;
            let name = case.name;
            assert!(matches!(result, Err(Error::TransactionFailed)), "{name}: {result:?}");
            assert_eq!(total(case.store.as_ref()).await, 0, "{name}");
        }
    }
}

#[tokio::test]
async fn a_dropped_transaction_rolls_back_and_frees_its_connection() {
    for case in stores::all().await {
        // More often than there are connections.
        for number in 1..=12 {
            let mut transaction = case.store.begin().await.unwrap();
            transaction.insert(item(), &[item_row(number, &format!("c{number}"))]).await.unwrap();
            drop(transaction);
        }
        assert_eq!(total(case.store.as_ref()).await, 0, "{}", case.name);
        let mut transaction = case.store.begin().await.unwrap();
        transaction.insert(item(), &[item_row(1, "c1")]).await.unwrap();
        transaction.commit().await.unwrap();
        assert_eq!(total(case.store.as_ref()).await, 1, "{}", case.name);
    }
}

/// Polls a future this often, then drops it: a client that leaves at some await.
async fn polled(times: usize, future: impl Future<Output = ()>) -> bool {
    let mut future = Box::pin(future);
    for _ in 0..times {
        let once = std::future::poll_fn(|context| {
            std::task::Poll::Ready(future.as_mut().poll(context).is_ready())
        });
        if once.await {
            return true;
        }
        tokio::time::sleep(Duration::from_micros(300)).await;
    }
    false
}

#[tokio::test]
async fn a_future_dropped_at_any_await_leaves_no_transaction_open() {
    for case in stores::all().await {
        for times in 1..40_u64 {
            let store = case.store.clone();
            let before = total(store.as_ref()).await;
            let done = polled(times as usize, async {
                let mut transaction = store.begin().await.unwrap();
                transaction.insert(item(), &[item_row(times, &format!("c{times}"))]).await.unwrap();
                transaction.commit().await.unwrap();
            })
            .await;
            // The next one is not disturbed: it begins, sees all or nothing, and commits.
            let mut next = store.begin().await.unwrap();
            let select = Select { count: Count::Exact, ..Select::new(item(), &[]) };
            let seen = next.select(&select).await.unwrap().total.unwrap();
            assert!(seen == before || seen == before + 1, "{}: {seen} after {before}", case.name);
            assert!(!done || seen == before + 1, "{}", case.name);
            next.commit().await.unwrap();
        }
    }
}

#[tokio::test]
async fn two_writers_lose_no_update() {
    for case in stores::all().await {
        let mut first = item_row(1, "a");
        first[ITEM_BIG] = Value::Int(0);
        case.store.autocommit().insert(item(), &[first]).await.unwrap();
        let writer = |store: Arc<dyn Store>| async move {
            let mut rows = store.autocommit();
            let by_id = Predicate::eq(ITEM_ID, id(1));
            let mut written = 0;
            while written < 25 {
                let mut row =
                    rows.select(&Select::new(item(), &[&by_id])).await.unwrap().rows.remove(0);
                if let Value::Int(count) = &mut row[ITEM_BIG] {
                    *count += 1;
                }
                let replace = Replace { schema: item(), rows: &[row], predicates: &[] };
                written += rows.replace(&replace).await.unwrap().len();
            }
        };
        tokio::join!(writer(case.store.clone()), writer(case.store.clone()));
        let row = case.store.autocommit().select(&Select::new(item(), &[])).await.unwrap();
        assert_eq!(row.rows[0][ITEM_BIG], Value::Int(50), "{}", case.name);
        assert_eq!(row.rows[0][ITEM_VERSION], Value::Int(51), "{}", case.name);
    }
}

#[tokio::test]
async fn a_database_in_memory_is_one_and_outlives_its_transactions() {
    let store = SqlStore::connect("sqlite::memory:", &PoolOptions::default()).await.unwrap();
    ddl::create_all(&super::sample::all(), &store).await.unwrap();
    store.autocommit().insert(item(), &[item_row(1, "a")]).await.unwrap();
    let mut transaction = store.begin().await.unwrap();
    transaction.insert(item(), &[item_row(2, "b")]).await.unwrap();
    drop(transaction);
    assert_eq!(total(&store).await, 1);
    store.ping().await.unwrap();
}
