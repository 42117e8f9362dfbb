//! Callers who repeat what was not answered, while the process is killed under them: each order is made exactly once.

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use framework::serde_json::json;

use super::client::send;
use super::shop::Shop;

#[tokio::test]
async fn on_sqlite_repeated_orders_are_made_exactly_once_whatever_crashes() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}?mode=rwc", folder.path().join("shop.db").display());
    killed_under_callers_who_repeat(&url).await;
}

#[tokio::test]
async fn on_postgres_repeated_orders_are_made_exactly_once_whatever_crashes() {
    let Some(url) = tests::support::postgres().await else { return };
    killed_under_callers_who_repeat(&url).await;
}

async fn killed_under_callers_who_repeat(url: &str) {
    let mut shop = Shop::start(url, &[]);
    let (customer, product) = shop.furnish().await;
    let line = json!({"product_id": product["id"], "quantity": 1});
    let body = json!({"customer_id": customer["id"], "lines": [line]}).to_string();
    let callers = Callers {
        address: Mutex::new(shop.address.clone()),
        next: AtomicU64::new(0),
        repeated: AtomicU64::new(0),
        done: AtomicBool::new(false),
        body,
    };
    let killer = async {
        for round in 0..4 {
            tokio::time::sleep(Duration::from_millis(300 + 70 * round)).await;
            shop.kill();
            shop = Shop::start(url, &[]);
            callers.address.lock().unwrap().clone_from(&shop.address);
        }
        callers.done.store(true, Ordering::Relaxed);
    };
    let calls = futures_util::future::join_all((0..4).map(|_| callers.order_until_done()));
    let (answered, ()) = tokio::join!(calls, killer);
    let answered: Vec<(String, String)> = answered.into_iter().flatten().collect();
    let distinct: HashSet<&String> = answered.iter().map(|(_, id)| id).collect();
    assert_eq!(distinct.len(), answered.len(), "two keys, one order");
    assert!(callers.repeated.load(Ordering::Relaxed) >= 4, "the crashes hit nobody");
    let stored = shop.all("/api/orders").await;
    let stored: HashSet<String> =
        stored.iter().map(|order| order["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(stored.len(), answered.len(), "an order for every key, and no other");
    for (key, id) in answered.iter().step_by(7) {
        assert!(stored.contains(id));
        assert_eq!(callers.order(key).await.as_ref(), Some(id), "the same answer for {key}");
    }
}

/// Those who order, and where.
struct Callers {
    address: Mutex<String>,
    next: AtomicU64,
    repeated: AtomicU64,
    done: AtomicBool,
    body: String,
}

impl Callers {
    /// Orders one after the other; the keys and the ids that were answered.
    async fn order_until_done(&self) -> Vec<(String, String)> {
        let mut made = Vec::new();
        while !self.done.load(Ordering::Relaxed) {
            let key = format!("order-{}", self.next.fetch_add(1, Ordering::Relaxed));
            let id = loop {
                if let Some(id) = self.order(&key).await {
                    break id;
                }
                self.repeated.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(20)).await;
            };
            made.push((key, id));
        }
        made
    }

    /// The id of the order that was made; `None` when the caller cannot know.
    async fn order(&self, key: &str) -> Option<String> {
        let address = self.address.lock().unwrap().clone();
        let headers = [("Idempotency-Key", key)];
        let answer = send(&address, "POST", "/api/orders", &headers, &self.body).await?;
        match answer.status {
            201 => Some(answer.json()["id"].as_str().unwrap().to_owned()),
            409 | 503 => None,
            _ => panic!("{answer:?}"),
        }
    }
}
