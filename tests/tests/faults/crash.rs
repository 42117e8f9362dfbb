//! The process is killed in the middle of a stream of writes.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use framework::Json;
use framework::adapters::persistence::{PoolOptions, SqlStore};
use framework::sea_orm::ConnectionTrait as _;
use framework::serde_json::json;

use super::shop::Shop;

const LINES: usize = 20;
const BATCH: usize = 25;

#[tokio::test]
async fn on_sqlite_a_killed_process_leaves_whole_aggregates_and_loses_nothing_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}?mode=rwc", folder.path().join("shop.db").display());
    killed_while_writing(&url).await;
}

#[tokio::test]
async fn on_postgres_a_killed_process_leaves_whole_aggregates_and_no_transaction() {
    let Some(url) = tests::support::postgres().await else { return };
    killed_while_writing(&url).await;
}

async fn killed_while_writing(url: &str) {
    let mut shop = Shop::start(url, &[]);
    let (customer, product) = shop.furnish().await;
    let orders: HashSet<String> = HashSet::new();
    let mut acknowledged = (orders, HashSet::<String>::new());
    for round in 0..3 {
        let address = shop.address.clone();
        let number = AtomicU64::new(round * 1_000_000);
        let order = order(&customer, &product);
        let answered = Answered::default();
        let writers = async {
            let ordering = (0..3).map(|_| order_until_lost(&address, &order, &answered));
            let batching = (0..2).map(|_| batch_until_lost(&address, &number, &answered));
            let all = (
                futures_util::future::join_all(ordering),
                futures_util::future::join_all(batching),
            );
            futures_util::future::join(all.0, all.1).await
        };
        let killer = async {
            answered.some(8).await;
            // In the middle of something, and each time of something else.
            tokio::time::sleep(Duration::from_millis(7 * round)).await;
            shop.kill();
        };
        let ((orders, batches), ()) = tokio::join!(writers, killer);
        acknowledged.0.extend(orders.into_iter().flatten());
        acknowledged.1.extend(batches.into_iter().flatten());
        nothing_is_open(url).await;
        shop = Shop::start(url, &[]);
    }
    let (ordered, named) = acknowledged;
    assert!(ordered.len() > 20 && named.len() > 20, "{} and {}", ordered.len(), named.len());
    let mut found = HashSet::new();
    for order in shop.all("/api/orders").await {
        let lines = order["lines"].as_array().map_or(0, Vec::len);
        assert_eq!((lines, order["total_cents"].as_i64()), (LINES, Some(1500 * LINES as i64)));
        found.insert(order["id"].as_str().unwrap().to_owned());
    }
    assert!(ordered.is_subset(&found), "lost {:?}", ordered.difference(&found).collect::<Vec<_>>());
    let mut batches: std::collections::HashMap<String, usize> = Default::default();
    for customer in shop.all("/api/customers").await {
        if let Some((batch, _)) = customer["name"].as_str().unwrap().split_once('/') {
            *batches.entry(batch.to_owned()).or_default() += 1;
        }
    }
    assert!(batches.values().all(|count| *count == BATCH), "half a batch: {batches:?}");
    assert!(named.iter().all(|batch| batches.contains_key(batch)), "lost a batch");
}

fn order(customer: &Json, product: &Json) -> Json {
    let line = json!({"product_id": product["id"], "quantity": 1});
    json!({"customer_id": customer["id"], "lines": vec![line; LINES]})
}

/// How much was acknowledged in this round.
#[derive(Default)]
struct Answered {
    orders: AtomicU64,
    batches: AtomicU64,
}

impl Answered {
    /// Ready when this many of both were.
    async fn some(&self, many: u64) {
        let start = Instant::now();
        while [&self.orders, &self.batches].iter().any(|it| it.load(Ordering::Relaxed) < many) {
            assert!(start.elapsed() < Duration::from_secs(60), "nothing is answered");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// Ids of the orders that were acknowledged.
async fn order_until_lost(address: &str, order: &Json, answered: &Answered) -> Vec<String> {
    let (body, mut made) = (order.to_string(), Vec::new());
    while let Some(answer) = super::client::send(address, "POST", "/api/orders", &[], &body).await {
        assert_eq!(answer.status, 201, "{answer:?}");
        made.push(answer.json()["id"].as_str().unwrap().to_owned());
        answered.orders.fetch_add(1, Ordering::Relaxed);
    }
    made
}

/// Names of the batches that were acknowledged.
async fn batch_until_lost(address: &str, number: &AtomicU64, answered: &Answered) -> Vec<String> {
    let mut made = Vec::new();
    loop {
        let name = format!("batch {}", number.fetch_add(1, Ordering::Relaxed));
        let operations: Vec<Json> = (0..BATCH)
            .map(|member| {
                let email = format!("{}.{member}@example.org", name.replace(' ', "."));
                json!({"op": "create", "value": {"name": format!("{name}/{member}"), "email": email}})
            })
            .collect();
        let body = json!({ "operations": operations }).to_string();
        let path = "/api/customers/batch";
        match super::client::send(address, "POST", path, &[], &body).await {
            Some(answer) if answer.status == 200 => {
                made.push(name);
                answered.batches.fetch_add(1, Ordering::Relaxed);
            }
            Some(answer) => panic!("{answer:?}"),
            None => return made,
        }
    }
}

/// PostgreSQL notices that the process is gone: no transaction and no lock stays.
async fn nothing_is_open(url: &str) {
    if !url.starts_with("postgres") {
        return;
    }
    let store = SqlStore::connect(url, &PoolOptions::default()).await.unwrap();
    let left = "SELECT (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                        AND pid <> pg_backend_pid() AND backend_type = 'client backend')
                     + (SELECT count(*) FROM pg_prepared_xacts)
                     + (SELECT count(*) FROM pg_locks WHERE pid <> pg_backend_pid() AND database =
                        (SELECT oid FROM pg_database WHERE datname = current_database()))";
    let start = Instant::now();
    loop {
        let row = store.connection().query_one_raw(statement(left)).await.unwrap().unwrap();
        let count: i64 = row.try_get_by_index(0).unwrap();
        if count == 0 {
            break store.close().await;
        }
        assert!(start.elapsed() < Duration::from_secs(30), "{count} sessions or locks are left");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn statement(text: &str) -> framework::sea_orm::Statement {
    framework::sea_orm::Statement::from_string(framework::sea_orm::DbBackend::Postgres, text)
}
