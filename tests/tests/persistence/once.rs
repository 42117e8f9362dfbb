//! At most once, on every store: a model and the real thing agree on any sequence of requests.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use chrono::{DateTime, Duration, Utc};
use framework::adapters::messaging::MemoryBus;
use framework::adapters::persistence::ddl;
use framework::application::idempotency::{Claim, Done, Reply, SCHEMA, TTL};
use framework::application::store::{Select, Store};
use framework::domain::error::Error;
use framework::domain::query::Count;
use framework::{Clock, Context, FixedClock, UnitOfWork};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use super::sample::{item, item_row};
use super::stores::{self, Case};

/// One request: its key, what it asks for, whether its work fails, how many hours later it comes.
type Request = (u8, u8, bool, i64);

fn requests() -> impl Strategy<Value = Vec<Request>> {
    let hours = prop_oneof![4 => Just(0_i64), 1 => 1_i64..30];
    proptest::collection::vec((0_u8..3, 0_u8..2, prop::bool::weighted(0.3), hours), 1..25)
}

/// What a caller can tell.
#[derive(Debug, PartialEq)]
enum Seen {
    Now(Reply),
    Before(Reply),
    Reused,
    Failed,
}

fn reply(number: u8) -> Reply {
    Reply {
        status: 201,
        headers: vec![("etag".to_owned(), "\"1\"".to_owned())],
        body: vec![0, number, 255],
    }
}

fn claim(key: u8, asked: u8) -> Claim {
    Claim { id: [key; 32], fingerprint: [asked; 32] }
}

/// What ought to happen.
#[derive(Default)]
struct Model {
    kept: HashMap<u8, (u8, Reply, DateTime<Utc>)>,
    written: u8,
}

impl Model {
    fn ask(&mut self, (key, asked, fails, _): Request, now: DateTime<Utc>) -> Seen {
        let known = self.kept.get(&key).filter(|(_, _, expires)| *expires > now);
        match known {
            Some((before, ..)) if *before != asked => Seen::Reused,
            Some((_, reply, _)) => Seen::Before(reply.clone()),
            None if fails => Seen::Failed,
            None => {
                self.written += 1;
                let reply = reply(self.written);
                self.kept.insert(key, (asked, reply.clone(), now + TTL));
                Seen::Now(reply)
            }
        }
    }
}

async fn ask(work: &UnitOfWork, (key, asked, fails, _): Request, number: &Arc<AtomicU8>) -> Seen {
    let number = Arc::clone(number);
    let done = work.once(Arc::new(Context::anonymous()), claim(key, asked), move |session| {
        Box::pin(async move {
            let next = number.load(Ordering::Relaxed) + 1;
            session.rows().insert(item(), &[item_row(next.into(), &format!("c{next}"))]).await?;
            if fails {
                return Err(Error::Domain("no".to_owned()));
            }
            number.store(next, Ordering::Relaxed);
            Ok(reply(next))
        })
    });
    match done.await {
        Ok(Done::Now(reply)) => Seen::Now(reply),
        Ok(Done::Before(reply)) => Seen::Before(reply),
        Err(Error::KeyReused) => Seen::Reused,
        Err(Error::Domain(_)) => Seen::Failed,
        Err(other) => panic!("{other}"),
    }
}

async fn with_table(case: &Case) {
    if let Some(store) = &case.sql {
        ddl::create_all(&[&SCHEMA], store).await.unwrap();
    }
}

async fn total(store: &dyn Store) -> u64 {
    let select = Select { count: Count::Exact, limit: Some(1), ..Select::new(item(), &[]) };
    store.autocommit().select(&select).await.unwrap().total.unwrap()
}

#[tokio::test]
async fn any_sequence_of_requests_is_answered_as_the_model_says() {
    let mut runner = TestRunner::deterministic();
    let (mut written, number) = (0_u64, Arc::new(AtomicU8::new(0)));
    for case in stores::all().await {
        with_table(&case).await;
        let start = Utc::now();
        let clock = Arc::new(FixedClock::at(start));
        let told: Arc<dyn Clock> = Arc::clone(&clock) as Arc<dyn Clock>;
        let work = UnitOfWork::new(Arc::clone(&case.store), told, Arc::new(MemoryBus::new()));
        let (mut model, mut now) = (Model::default(), start);
        number.store(0, Ordering::Relaxed);
        for _ in 0..8 {
            for request in requests().new_tree(&mut runner).unwrap().current() {
                now += Duration::hours(request.3);
                clock.set(now);
                let (seen, wanted) = (ask(&work, request, &number).await, model.ask(request, now));
                assert_eq!(seen, wanted, "{request:?} on {}", case.name);
            }
        }
        assert_eq!(total(case.store.as_ref()).await, u64::from(model.written), "{}", case.name);
        written += u64::from(model.written);
    }
    assert!(written > 20, "the sequences say nothing: {written}");
}

#[tokio::test]
async fn a_lock_is_one_transactions_until_it_ends() {
    for case in stores::databases().await {
        if case.name == "SQLite" {
            continue; // one writer at a time: the second transaction does not even begin
        }
        let mut one = case.store.begin().await.unwrap();
        let mut two = case.store.begin().await.unwrap();
        assert!(one.try_lock(-7).await.unwrap());
        assert!(one.try_lock(-7).await.unwrap(), "whoever has it may take it again");
        assert!(!two.try_lock(-7).await.unwrap());
        assert!(two.try_lock(7).await.unwrap());
        one.rollback().await.unwrap();
        assert!(two.try_lock(-7).await.unwrap());
        two.commit().await.unwrap();
    }
}

#[tokio::test]
async fn who_waits_for_a_lock_gets_it_when_the_other_transaction_ends() {
    for case in stores::databases().await {
        if case.name == "SQLite" {
            continue; // one writer at a time: the second transaction does not even begin
        }
        let mut one = case.store.begin().await.unwrap();
        let mut two = case.store.begin().await.unwrap();
        one.lock(7).await.unwrap();
        one.lock(7).await.unwrap();
        let waiting = tokio::spawn(async move {
            two.lock(7).await.unwrap();
            two.commit().await.unwrap();
        });
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        assert!(!waiting.is_finished());
        one.commit().await.unwrap();
        waiting.await.unwrap();
    }
}
