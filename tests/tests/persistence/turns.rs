//! Many writers at once: whatever they share, each one's work is kept or undone as if it were alone.

use std::sync::Arc;
use std::time::{Duration, Instant};

use framework::application::store::{Select, Store};
use framework::domain::error::Error;
use framework::domain::query::Count;
use framework::domain::specification::Predicate;

use super::sample::{ITEM_ID, id, item, item_row};
use super::stores;

const LIMIT: Duration = Duration::from_secs(30);

async fn exists(store: &dyn Store, number: u64) -> bool {
    let by_id = Predicate::eq(ITEM_ID, id(number));
    let found = store.autocommit().select(&Select::new(item(), &[&by_id])).await.unwrap();
    !found.rows.is_empty()
}

async fn total(store: &dyn Store) -> u64 {
    let select = Select { count: Count::Exact, limit: Some(1), ..Select::new(item(), &[]) };
    store.autocommit().select(&select).await.unwrap().total.unwrap()
}

/// One of five kinds of work, and whether its row is to be there afterwards.
async fn work(store: Arc<dyn Store>, number: u64) -> bool {
    let row = item_row(number, &format!("c{number}"));
    let duplicate = item_row(number + 10_000, &format!("c{number}"));
    if number.is_multiple_of(5) {
        store.autocommit().insert(item(), &[row]).await.unwrap();
        // A second statement that fails by itself takes nothing with it.
        store.autocommit().insert(item(), &[duplicate]).await.unwrap_err();
        return true;
    }
    let mut transaction = store.begin().await.unwrap();
    transaction.insert(item(), &[row]).await.unwrap();
    tokio::task::yield_now().await;
    match number % 5 {
        1 => transaction.commit().await.unwrap(),
        2 => {
            transaction.savepoint(1).await.unwrap();
            transaction.insert(item(), &[duplicate]).await.unwrap_err();
            transaction.rollback_to(1).await.unwrap();
            transaction.commit().await.unwrap();
        }
        3 => {
            transaction.insert(item(), &[duplicate]).await.unwrap_err();
            assert!(matches!(transaction.commit().await, Err(Error::TransactionFailed)));
            return false;
        }
        _ => {
            drop(transaction);
            return false;
        }
    }
    true
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_writer_finds_what_it_was_told_and_nothing_of_the_others_undone() {
    for case in stores::all().await {
        let writers: Vec<_> = (1..=200)
            .map(|number| {
                let store = case.store.clone();
                tokio::spawn(async move {
                    let kept = work(store.clone(), number).await;
                    // Told so, it is durable: another connection sees it.
                    assert_eq!(exists(store.as_ref(), number).await, kept, "{number}");
                })
            })
            .collect();
        for writer in writers {
            tokio::time::timeout(LIMIT, writer).await.unwrap().unwrap();
        }
        assert_eq!(total(case.store.as_ref()).await, 120, "{}", case.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_that_leave_the_queue_leave_nobody_waiting() {
    for case in stores::all().await {
        for round in 0..10_u64 {
            let writers: Vec<_> = (1..=60)
                .map(|number| {
                    let (store, number) = (case.store.clone(), round * 100 + number);
                    tokio::spawn(async move { work(store, number).await })
                })
                .collect();
            tokio::time::sleep(Duration::from_millis(round)).await;
            // Most leave at some await; the others must come through.
            for (index, writer) in writers.iter().enumerate() {
                if index % 4 != 0 {
                    writer.abort();
                    tokio::task::yield_now().await;
                }
            }
            for writer in writers {
                let ended = tokio::time::timeout(LIMIT, writer).await.unwrap();
                assert!(ended.is_ok() || ended.unwrap_err().is_cancelled(), "{}", case.name);
            }
        }
        let last = case.store.begin().await.unwrap();
        last.commit().await.unwrap();
    }
}

#[tokio::test]
async fn a_writer_that_is_too_long_at_it_makes_the_others_unavailable_not_stuck() {
    for case in stores::databases().await {
        if case.name != "SQLite" {
            continue;
        }
        let mut slow = case.store.begin().await.unwrap();
        slow.insert(item(), &[item_row(1, "a")]).await.unwrap();
        let start = Instant::now();
        let refused = case.store.begin().await.map(|_| ());
        assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
        assert!(start.elapsed() < Duration::from_secs(10));
        slow.commit().await.unwrap();
        assert_eq!(total(case.store.as_ref()).await, 1);
    }
}
