//! A database or a cache goes away and comes back.

use std::time::{Duration, Instant};

use framework::adapters::persistence::{PoolOptions, SqlStore};
use framework::sea_orm::{ConnectionTrait as _, TransactionTrait as _};
use framework::serde_json::json;
use tests::support::{Fragile, postgres};

use super::client::{Answer, send};
use super::shop::Shop;

/// Asks until the answer has this status; every other answer is a 503 problem.
async fn until(shop: &Shop, path: &str, status: u16) -> Answer {
    let start = Instant::now();
    loop {
        let answer = shop.get(path).await.unwrap();
        if answer.status == status {
            return answer;
        }
        assert_eq!(answer.status, 503, "{answer:?}");
        assert!(start.elapsed() < Duration::from_secs(10), "{answer:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn without_postgres_the_answer_is_a_503_problem_and_with_it_all_is_well_again() {
    let Some(mut postgres) = Fragile::postgres() else { return };
    let settings = [("APP__DATABASE__ACQUIRE_TIMEOUT", "500ms"), ("APP__DATABASE__POOL_SIZE", "3")];
    let shop = Shop::start(&postgres.url, &settings);
    let (customer, product) = shop.furnish().await;
    assert_eq!(shop.get("/readyz").await.unwrap().status, 200);

    postgres.stop().unwrap();
    for _ in 0..5 {
        let read = shop.get("/api/customers").await.unwrap();
        assert_eq!(
            (read.status, read.json()["type"].as_str()),
            (503, Some("/problems/unavailable"))
        );
        assert!(read.head.contains("retry-after"), "{read:?}");
        let order = json!({"customer_id": customer["id"], "lines": [{"product_id": product["id"], "quantity": 1}]});
        assert_eq!(shop.post("/api/orders", &order).await.unwrap().status, 503);
    }
    until(&shop, "/readyz", 503).await;
    assert_eq!(shop.get("/livez").await.unwrap().status, 200);

    postgres.start().unwrap();
    until(&shop, "/readyz", 200).await;
    until(&shop, "/api/customers", 200).await;
    // Every connection of the pool works: no request meets a dead one.
    let order = json!({"customer_id": customer["id"], "lines": [{"product_id": product["id"], "quantity": 1}]});
    for _ in 0..10 {
        let asked = (0..6).map(|_| shop.post("/api/orders", &order));
        for answer in futures_util::future::join_all(asked).await {
            let answer = answer.unwrap();
            assert_eq!(answer.status, 201, "{answer:?}");
        }
    }
    assert_eq!(shop.all("/api/orders").await.len(), 60);
}

#[tokio::test]
async fn rows_that_somebody_else_locks_hold_nobody_beyond_the_timeout_and_are_not_changed_later() {
    let Some(url) = postgres().await else { return };
    let settings = [("APP__SERVER__REQUEST_TIMEOUT", "1s"), ("APP__DATABASE__POOL_SIZE", "3")];
    let shop = Shop::start(&url, &settings);
    let (_, product) = shop.furnish().await;
    let path = format!("/api/products/{}", product["id"].as_str().unwrap());
    let store = SqlStore::connect(&url, &PoolOptions::default()).await.unwrap();
    let other = store.connection().begin().await.unwrap();
    other.execute_unprepared("SELECT 1 FROM products FOR UPDATE").await.unwrap();

    let change = json!({ "price_cents": 77 }).to_string();
    let changes = (0..3).map(|_| send(&shop.address, "PATCH", &path, &[], &change));
    for answer in futures_util::future::join_all(changes).await {
        let answer = answer.unwrap();
        assert_eq!((answer.status, answer.head.contains("retry-after")), (503, true), "{answer:?}");
    }
    // Whoever waited has let go of the connections, and waits no longer.
    let read = shop.get("/api/customers").await.unwrap();
    assert_eq!(read.status, 200, "{read:?}");
    // A statement begins a moment after its request.
    tokio::time::sleep(Duration::from_millis(500)).await;
    other.rollback().await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let read = shop.get(&path).await.unwrap().json();
    assert_eq!(read["price_cents"], product["price_cents"]);
    store.close().await;
}

#[tokio::test]
async fn without_redis_nothing_fails_and_nothing_is_stale() {
    let Some(mut redis) = Fragile::redis() else { return };
    let shop = Shop::start("sqlite::memory:", &[("REDIS_URL", &redis.url)]);
    let (_, product) = shop.furnish().await;
    let path = format!("/api/products/{}", product["id"].as_str().unwrap());
    let mut price = 0;
    let mut changes = async |times: i64| {
        for _ in 0..times {
            price += 1;
            let body = json!({ "price_cents": price }).to_string();
            let started = Instant::now();
            let changed = send(&shop.address, "PATCH", &path, &[], &body).await.unwrap();
            assert_eq!(changed.status, 200, "{changed:?}");
            for _ in 0..2 {
                let read = shop.get(&path).await.unwrap();
                assert_eq!(read.json()["price_cents"], price, "{read:?}");
            }
            assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
        }
    };
    changes(5).await;
    redis.stop().unwrap();
    changes(10).await;
    let ready = until(&shop, "/readyz", 200).await;
    assert!(matches!(ready.json()["status"].as_str(), Some("ok" | "degraded")), "{ready:?}");
    redis.start().unwrap();
    changes(20).await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    changes(5).await;
    assert_eq!(shop.get("/readyz").await.unwrap().json()["status"], "ok");
}

#[tokio::test]
async fn a_database_that_was_started_again_while_nobody_asked_costs_no_answer() {
    let Some(mut postgres) = Fragile::postgres() else { return };
    let settings = [("APP__DATABASE__POOL_SIZE", "4")];
    let shop = Shop::start(&postgres.url, &settings);
    shop.furnish().await;
    let asked = (0..16).map(|_| shop.get("/api/customers"));
    for answer in futures_util::future::join_all(asked).await {
        assert_eq!(answer.unwrap().status, 200);
    }
    postgres.stop().unwrap();
    postgres.start().unwrap();
    // What was used a moment ago is taken to be alive.
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    assert_eq!(shop.get("/readyz").await.unwrap().status, 200);
    for _ in 0..8 {
        assert_eq!(shop.get("/api/customers").await.unwrap().status, 200);
    }
}
