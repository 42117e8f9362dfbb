//! SIGTERM under load.

use std::time::Duration;

use framework::Json;
use framework::adapters::persistence::{PoolOptions, SqlStore};
use framework::sea_orm::{ConnectionTrait as _, TransactionTrait as _};
use framework::serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::client::{read, request, send};
use super::shop::Shop;

const LIMIT: Duration = Duration::from_secs(10);

fn customer(number: usize) -> String {
    json!({"name": format!("c{number}"), "email": format!("c{number}@example.org")}).to_string()
}

/// Sends a request without the end of its body, until the server asks for that; returns the end.
async fn accept(shop: &Shop, body: &str) -> (TcpStream, String) {
    const ASKS: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";
    let whole = request("POST", "/api/customers", &[("expect", "100-continue")], body);
    let (now, later) = whole.split_at(whole.len() - 10);
    let mut stream = TcpStream::connect(&shop.address).await.unwrap();
    stream.write_all(now.as_bytes()).await.unwrap();
    let mut said = [0; ASKS.len()];
    stream.read_exact(&mut said).await.unwrap();
    assert_eq!(said, ASKS, "{}", String::from_utf8_lossy(&said));
    (stream, later.to_owned())
}

#[tokio::test]
async fn every_accepted_request_is_answered_and_the_process_ends_well() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}?mode=rwc", folder.path().join("shop.db").display());
    let mut shop = Shop::start(&url, &[("APP__SERVER__DRAIN_DELAY", "2s")]);
    // Requests whose head has arrived, and whose body has not.
    let mut accepted = Vec::new();
    for number in 0..20 {
        accepted.push(accept(&shop, &customer(number)).await);
    }
    // And a stream of others, until nobody listens any more.
    let address = shop.address.clone();
    let (under_way, is_under_way) = tokio::sync::oneshot::channel();
    let load = tokio::spawn(async move {
        let mut answered = 0;
        let mut under_way = Some(under_way);
        loop {
            let body = customer(1_000 + answered);
            match send(&address, "POST", "/api/customers", &[], &body).await {
                Some(answer) => assert_eq!(answer.status, 201, "{answer:?}"),
                None => break answered,
            }
            answered += 1;
            under_way.take().map(|under_way| under_way.send(()));
        }
    });
    is_under_way.await.unwrap();
    shop.terminate();
    let ready = loop {
        let ready = shop.get("/readyz").await.expect("it listens until it has said that it drains");
        if ready.status != 200 {
            break ready;
        }
    };
    assert_eq!((ready.status, ready.json()["status"].as_str()), (503, Some("draining")));
    assert_eq!(shop.get("/livez").await.unwrap().status, 200);
    let mut loaded = load.await.unwrap();
    assert!(TcpStream::connect(&shop.address).await.is_err(), "still listening");
    for (stream, later) in &mut accepted {
        stream.write_all(later.as_bytes()).await.unwrap();
        assert_eq!(read(stream).await.unwrap().status, 201);
    }
    assert!(shop.ended(LIMIT).await.success());
    // What was answered is there.
    let shop = Shop::start(&url, &[]);
    let names: Vec<Json> = shop.all("/api/customers").await;
    loaded += accepted.len();
    assert!(names.len() >= loaded, "{} of {loaded}", names.len());
}

#[tokio::test]
async fn requests_that_do_not_end_do_not_hold_the_process_beyond_the_grace() {
    let mut shop = Shop::start(
        "sqlite::memory:",
        &[("APP__SERVER__SHUTDOWN_GRACE", "300ms"), ("APP__SERVER__BODY_TIMEOUT", "1m")],
    );
    let (mut stuck, _) = accept(&shop, &customer(1)).await;
    shop.terminate();
    assert!(shop.ended(LIMIT).await.success());
    assert!(read(&mut stuck).await.is_none(), "answered after all");
}

#[tokio::test]
async fn a_second_signal_ends_the_grace() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}?mode=rwc", folder.path().join("shop.db").display());
    let settings = [("APP__SERVER__SHUTDOWN_GRACE", "1h"), ("APP__SERVER__BODY_TIMEOUT", "1h")];
    let mut shop = Shop::start(&url, &settings);
    let whole = request("POST", "/api/customers", &[], &customer(1));
    let mut stuck = TcpStream::connect(&shop.address).await.unwrap();
    stuck.write_all(&whole.as_bytes()[..whole.len() - 5]).await.unwrap();
    // An answer to somebody else tells that the request before it is under way.
    assert_eq!(shop.get("/livez").await.unwrap().status, 200);
    shop.terminate();
    let start = std::time::Instant::now();
    while TcpStream::connect(&shop.address).await.is_ok() {
        assert!(start.elapsed() < LIMIT, "still listening");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    shop.terminate();
    assert!(shop.ended(LIMIT).await.success());
}

#[tokio::test]
async fn work_whose_caller_has_left_is_ended_with_what_follows_it() {
    let Some(url) = tests::support::postgres().await else { return };
    let mut shop = Shop::start(&url, &[]);
    let (customer, product) = shop.furnish().await;
    shop.make("/api/stocks", json!({"product_id": product["id"], "on_hand": 10})).await;
    let lines = json!([{"product_id": product["id"], "quantity": 1}]);
    let order = json!({"customer_id": customer["id"], "lines": lines});
    let order = shop.make("/api/orders", order).await;
    let path = format!("/api/orders/{}", order["id"].as_str().unwrap());
    let store = SqlStore::connect(&url, &PoolOptions::default()).await.unwrap();
    let other = store.connection().begin().await.unwrap();
    other.execute_unprepared("SELECT 1 FROM orders FOR UPDATE").await.unwrap();
    let place = format!("{path}/place");
    let placing = send(&shop.address, "POST", &place, &[], "");
    assert!(tokio::time::timeout(Duration::from_millis(500), placing).await.is_err(), "it waits");
    shop.terminate();
    tokio::time::sleep(Duration::from_millis(500)).await;
    other.rollback().await.unwrap();
    assert!(shop.ended(LIMIT).await.success());
    store.close().await;
    // The handler of the event that followed the commit has charged the customer.
    let shop = Shop::start(&url, &[]);
    let placed = shop.get(&path).await.unwrap().json();
    assert_eq!(placed["status"], "placed");
    assert!(placed["paid_at"].is_string(), "{placed}");
}
