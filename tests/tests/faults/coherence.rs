//! Two processes on one database and one Redis: what one has written, the other reads.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use framework::serde_json::json;
use tests::support::Fragile;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::client::send;
use super::shop::Shop;

#[tokio::test]
async fn a_write_in_one_process_is_never_followed_by_an_older_read_in_another() {
    let (Some(url), Some(redis)) = (tests::support::postgres().await, Fragile::redis()) else {
        return;
    };
    // However slow the machine is: a write is acknowledged early only when somebody did not answer for so long.
    let settings = [("REDIS_URL", redis.url.as_str()), ("APP__REDIS__CONFIRMATION", "30s")];
    let (one, two) = (Shop::start(&url, &settings), Shop::start(&url, &settings));
    let (_, product) = one.furnish().await;
    let path = format!("/api/products/{}", product["id"].as_str().unwrap());
    let acknowledged = AtomicI64::new(0);
    let until = Instant::now() + Duration::from_secs(3);
    let writer = async {
        let mut price = 0;
        while Instant::now() < until {
            price += 1;
            // By turns in both, so that both have to listen.
            let shop = if price % 2 == 0 { &one } else { &two };
            let body = json!({ "price_cents": price }).to_string();
            let changed = send(&shop.address, "PATCH", &path, &[], &body).await.unwrap();
            assert_eq!(changed.status, 200, "{changed:?}");
            acknowledged.store(price, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        price
    };
    let reader = async |shop: &Shop| {
        let (mut reads, mut stale) = (0, 0);
        while Instant::now() < until {
            let at_least = acknowledged.load(Ordering::SeqCst);
            let read = shop.get(&path).await.unwrap();
            assert_eq!(read.status, 200, "{read:?}");
            if at_least > 0 && read.json()["price_cents"].as_i64().unwrap() < at_least {
                stale += 1;
            }
            reads += 1;
        }
        (reads, stale)
    };
    let (writes, first, second) = tokio::join!(writer, reader(&one), reader(&two));
    println!("{writes} writes; reads and stale ones: {first:?}, {second:?}");
    assert!(writes > 10 && first.0 > 20 && second.0 > 20, "{writes} {first:?} {second:?}");
    assert_eq!((first.1, second.1), (0, 0), "stale reads after an acknowledged write");
}

/// Redis answers nobody for so long.
async fn pause(redis: &Fragile, length: Duration) {
    let address = redis.url.trim_start_matches("redis://").trim_end_matches('/');
    let mut connection = TcpStream::connect(address).await.unwrap();
    let command = format!("CLIENT PAUSE {} ALL\r\n", length.as_millis());
    connection.write_all(command.as_bytes()).await.unwrap();
    let mut answer = [0; 5];
    connection.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"+OK\r\n");
}

#[tokio::test]
async fn what_a_process_wrote_while_redis_was_silent_is_told_before_it_ends() {
    let (Some(url), Some(redis)) = (tests::support::postgres().await, Fragile::redis()) else {
        return;
    };
    let mut one = Shop::start(&url, &[("REDIS_URL", &redis.url)]);
    let two = Shop::start(&url, &[("REDIS_URL", &redis.url)]);
    let (_, product) = one.furnish().await;
    let other = json!({"sku": "LAMP-2", "name": "Lamp", "price_cents": 1, "category_id": product["category_id"]});
    let other = one.make("/api/products", other).await;
    let paths = [product, other].map(|it| format!("/api/products/{}", it["id"].as_str().unwrap()));
    for path in &paths {
        for shop in [&one, &two] {
            assert_eq!(shop.get(path).await.unwrap().status, 200);
        }
    }
    pause(&redis, Duration::from_secs(3)).await;
    // The first write finds out that Redis is silent, so that it does not even hear of the second.
    for path in &paths {
        let body = json!({"price_cents": 7}).to_string();
        let changed = send(&one.address, "PATCH", path, &[], &body).await.unwrap();
        assert_eq!(changed.status, 200, "{changed:?}");
    }
    one.terminate();
    assert!(one.ended(Duration::from_secs(20)).await.success());
    let start = Instant::now();
    for path in &paths {
        while two.get(path).await.unwrap().json()["price_cents"] != 7 {
            assert!(start.elapsed() < Duration::from_secs(30), "the other serves the old row");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}
