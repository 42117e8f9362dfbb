//! What the shop does beyond CRUD, seen from outside.

#![expect(clippy::unwrap_used, reason = "a test panics when what it expects is not there")]

use std::sync::{Arc, Mutex};

use framework::application::cache::{EntityCache, NoCache};
use framework::application::event_bus::EventBus;
use framework::application::session::PendingEvent;
use framework::testing::TestApp;
use framework::{
    App, Clock, ConfigError, Error, FixedClock, Json, Module, Repository, StoreRepository, Uuid,
    async_trait, instance, serde_json::json,
};

use example_app::entities::stock::Stock;
use example_app::ports::{Mailer, PaymentGateway};

/// Remembers what was sent and charged; declines or fails when told to.
#[derive(Default)]
struct Outside {
    letters: Mutex<Vec<(String, String)>>,
    charged: Mutex<Vec<i64>>,
    declines: bool,
    fails: bool,
}

#[async_trait]
impl Mailer for Outside {
    async fn send(&self, to: &str, text: &str) -> Result<(), Error> {
        self.letters.lock().unwrap().push((to.to_owned(), text.to_owned()));
        Ok(())
    }
}

#[async_trait]
impl PaymentGateway for Outside {
    async fn charge(&self, _order: &Uuid, amount_cents: i64) -> Result<(), Error> {
        if self.declines {
            return Err(Error::conflict("the card is declined"));
        }
        if self.fails {
            return Err(Error::ExternalService { service: "bank", source: "no route".into() });
        }
        self.charged.lock().unwrap().push(amount_cents);
        Ok(())
    }
}

struct Shop {
    app: TestApp,
    outside: Arc<Outside>,
}

impl Shop {
    async fn open(outside: Outside) -> Result<Self, ConfigError> {
        let outside = Arc::new(outside);
        let swapped = Module::new("outside")
            .replace(instance::<dyn Mailer>(outside.clone()))
            .replace(instance::<dyn PaymentGateway>(outside.clone()));
        let app = example_app::assemble(App::from_env("shop-test")?).module(swapped);
        Ok(Self { app: TestApp::start(app).await, outside })
    }

    async fn make(&self, path: &str, body: Json) -> Json {
        self.app.client.post(path, &body).await.expect(201).json()
    }

    /// A product with stock, and a customer.
    async fn furnish(&self, on_hand: i32) -> (Json, Json) {
        let category = self.make("/api/categories", json!({"name": "Lamps"})).await;
        let product = json!({"sku": "LAMP-1", "name": "Lamp", "price_cents": 1500, "category_id": category["id"]});
        let product = self.make("/api/products", product).await;
        self.make("/api/stocks", json!({"product_id": product["id"], "on_hand": on_hand})).await;
        let customer =
            self.make("/api/customers", json!({"name": "Ada", "email": "ada@example.org"})).await;
        (product, customer)
    }

    async fn order(&self, product: &Json, customer: &Json, quantity: i32) -> Json {
        let lines = json!([{"product_id": product["id"], "quantity": quantity}]);
        self.make("/api/orders", json!({"customer_id": customer["id"], "lines": lines})).await
    }

    async fn read(&self, order: &Json) -> Json {
        self.app.client.get(&path(order)).await.expect(200).json()
    }

    async fn on_hand(&self) -> i64 {
        self.app.client.get("/api/stocks").await.expect(200).json()["items"][0]["on_hand"]
            .as_i64()
            .unwrap()
    }
}

fn place(order: &Json) -> String {
    format!("/api/orders/{}/place", order["id"].as_str().unwrap())
}

fn path(order: &Json) -> String {
    format!("/api/orders/{}", order["id"].as_str().unwrap())
}

type Outcome = Result<(), ConfigError>;

#[framework::tokio::test(crate = "framework::tokio")]
async fn placing_an_order_takes_stock_then_charges_and_confirms() -> Outcome {
    let shop = Shop::open(Outside::default()).await?;
    let (product, customer) = shop.furnish(5).await;
    let order = shop.order(&product, &customer, 3).await;
    assert_eq!(order["total_cents"], 4500, "the server computes the total");
    assert_eq!(order["lines"][0]["unit_price_cents"], 1500);

    let placed = shop.app.client.post(&place(&order), &Json::Null).await.expect(200);
    assert_eq!(placed.header("etag"), "\"2\"");
    assert_eq!(placed.json()["status"], "placed");
    assert_eq!(placed.json()["paid_at"], Json::Null, "the charge waits for the commit");
    assert_eq!(shop.on_hand().await, 2);
    shop.app.application.settle().await;
    assert_eq!(*shop.outside.charged.lock().unwrap(), [4500]);
    assert_ne!(shop.read(&order).await["paid_at"], Json::Null);
    let letters = shop.outside.letters.lock().unwrap().clone();
    let [(to, text)] = letters.as_slice() else { panic!("not one letter: {letters:?}") };
    assert!(to == "ada@example.org" && text.ends_with("4500 cents is placed."), "{to}: {text}");

    shop.app.client.post(&place(&order), &Json::Null).await.expect(409);
    assert_eq!(shop.on_hand().await, 2, "a placed order takes nothing again");
    Ok(())
}

#[framework::tokio::test(crate = "framework::tokio")]
async fn an_order_placed_twice_with_one_key_is_charged_once() -> Outcome {
    let shop = Shop::open(Outside::default()).await?;
    let (product, customer) = shop.furnish(5).await;
    let order = shop.order(&product, &customer, 3).await;
    let place = async || {
        let key = [("idempotency-key", "the-answer-got-lost")];
        shop.app.client.send("POST", &place(&order), &key, "").await.expect(200)
    };
    let (first, second) = (place().await, place().await);
    assert_eq!(first.json(), second.json());
    assert_eq!(second.header("idempotency-replayed"), "true");
    assert_eq!(second.header("etag"), first.header("etag"));
    shop.app.application.settle().await;
    assert_eq!(shop.on_hand().await, 2);
    assert_eq!(*shop.outside.charged.lock().unwrap(), [4500]);
    Ok(())
}

#[framework::tokio::test(crate = "framework::tokio")]
async fn a_declined_payment_cancels_the_order_and_gives_the_stock_back() -> Outcome {
    let shop = Shop::open(Outside { declines: true, ..Outside::default() }).await?;
    let (product, customer) = shop.furnish(5).await;
    let order = shop.order(&product, &customer, 3).await;
    shop.app.client.post(&place(&order), &Json::Null).await.expect(200);
    shop.app.application.settle().await;
    let after = shop.read(&order).await;
    assert_eq!((&after["status"], &after["paid_at"]), (&json!("cancelled"), &Json::Null));
    assert_eq!(shop.on_hand().await, 5);
    let letters = shop.outside.letters.lock().unwrap().clone();
    assert!(letters.last().unwrap().1.ends_with("is cancelled."), "{letters:?}");
    Ok(())
}

#[framework::tokio::test(crate = "framework::tokio")]
async fn an_order_whose_payment_failed_is_found_as_waiting_for_it() -> Outcome {
    let shop = Shop::open(Outside { fails: true, ..Outside::default() }).await?;
    let (product, customer) = shop.furnish(5).await;
    let order = shop.order(&product, &customer, 3).await;
    shop.app.client.post(&place(&order), &Json::Null).await.expect(200);
    shop.app.application.settle().await;
    let waiting = shop.app.client.get("/api/orders?status=placed&paid_at__isnull=true").await;
    assert_eq!(waiting.expect(200).json()["items"][0]["id"], order["id"]);
    Ok(())
}

#[framework::tokio::test(crate = "framework::tokio")]
async fn placing_can_be_tried_without_anything_being_kept_or_charged() -> Outcome {
    let shop = Shop::open(Outside::default()).await?;
    let (product, customer) = shop.furnish(5).await;
    let order = shop.order(&product, &customer, 3).await;
    let dry = [("prefer", "tx=rollback"), ("idempotency-key", "tried")];
    let tried = shop.app.client.send("POST", &place(&order), &dry, "").await.expect(200);
    assert_eq!(tried.header("preference-applied"), "tx=rollback");
    assert_eq!(tried.json()["status"], "placed");
    shop.app.application.settle().await;
    assert_eq!(shop.read(&order).await["status"], "draft");
    assert_eq!(shop.on_hand().await, 5);
    assert!(shop.outside.charged.lock().unwrap().is_empty());
    let quiet = [("prefer", "return=minimal")];
    let quiet = shop.app.client.send("POST", &place(&order), &quiet, "").await.expect(204);
    assert_eq!(quiet.header("etag"), "\"2\"");
    Ok(())
}

#[framework::tokio::test(crate = "framework::tokio")]
async fn placing_minds_whatever_the_request_says() -> Outcome {
    let shop = Shop::open(Outside::default()).await?;
    let (product, customer) = shop.furnish(5).await;
    let order = shop.order(&product, &customer, 3).await;
    let path = place(&order);
    let send = async |path: &str, headers: &[(&str, &str)], body: &'static str| {
        shop.app.client.send("POST", path, headers, body).await
    };
    let stale = send(&path, &[("if-match", "\"99\"")], "").await.expect(412);
    assert_eq!(stale.header("etag"), "\"1\"");
    send(&path, &[("if-match", "99")], "").await.expect(400);
    send(&path, &[("if-none-match", "\"1\"")], "").await.expect(412);
    send(&path, &[("accept", "text/csv")], "").await.expect(406);
    send(&path, &[("prefer", "handling=strict, colour=red")], "").await.expect(400);
    let query = send(&format!("{path}?dry_run=true"), &[], "").await.expect(400).json();
    assert_eq!(query["errors"][0]["parameter"], "dry_run");
    let json = [("content-type", "application/json")];
    let body = send(&path, &json, "{\"quantity\":5}").await.expect(400);
    assert_eq!(body.codes(), ["unexpected"]);
    let id = send("/api/orders/zzz/place", &[], "").await.expect(400).json();
    assert_eq!(
        (&id["type"], &id["errors"][0]["parameter"]),
        (&json!("/problems/bad-request"), &json!("id"))
    );
    send(&format!("/api/orders/{}/place", Uuid::now_v7()), &[], "").await.expect(404);
    assert_eq!(shop.read(&order).await["status"], "draft");
    assert_eq!(shop.on_hand().await, 5);
    send(&path, &[("if-match", "\"1\"")], "").await.expect(200);
    Ok(())
}

#[framework::tokio::test(crate = "framework::tokio")]
async fn more_than_the_stock_cannot_be_placed() -> Outcome {
    let shop = Shop::open(Outside::default()).await?;
    let (product, customer) = shop.furnish(2).await;
    let order = shop.order(&product, &customer, 3).await;
    shop.app.client.post(&place(&order), &Json::Null).await.expect(409);
    assert_eq!(shop.on_hand().await, 2);
    Ok(())
}

#[framework::tokio::test(crate = "framework::tokio")]
async fn two_customers_cannot_buy_the_same_piece() -> Outcome {
    let shop = Shop::open(Outside::default()).await?;
    let (product, customer) = shop.furnish(1).await;
    let first = shop.order(&product, &customer, 1).await;
    let second = shop.order(&product, &customer, 1).await;
    let (one, two) = (place(&first), place(&second));
    let nothing = Json::Null;
    let (a, b) = framework::tokio::join!(
        shop.app.client.post(&one, &nothing),
        shop.app.client.post(&two, &nothing)
    );
    let mut statuses = [a.status.as_u16(), b.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    assert_eq!(shop.on_hand().await, 0);
    Ok(())
}

#[framework::tokio::test(crate = "framework::tokio")]
async fn lines_are_created_replaced_and_kept_by_id() -> Outcome {
    let shop = Shop::open(Outside::default()).await?;
    let (product, customer) = shop.furnish(5).await;
    let order = shop.order(&product, &customer, 1).await;
    let line = order["lines"][0]["id"].clone();

    let patch = json!({"lines": [
        {"id": line, "product_id": product["id"], "quantity": 4},
        {"product_id": product["id"], "quantity": 1},
    ]});
    let changed = shop.app.client.patch(&path(&order), &patch).await.expect(200).json();
    assert_eq!(changed["lines"].as_array().unwrap().len(), 2);
    assert_eq!(changed["lines"][0]["id"], line, "a line named by its id is kept");
    assert_eq!(changed["total_cents"], 7500);
    assert_eq!(changed["version"], 2, "the aggregate has one version");

    let untouched = shop.app.client.patch(&path(&order), &json!({})).await.expect(200).json();
    assert_eq!(
        untouched["lines"].as_array().unwrap().len(),
        2,
        "a patch without lines leaves them"
    );

    let emptied =
        shop.app.client.patch(&path(&order), &json!({"lines": []})).await.expect(200).json();
    assert_eq!(emptied["lines"], json!([]));
    assert_eq!(emptied["total_cents"], 0);
    Ok(())
}

#[framework::tokio::test(crate = "framework::tokio")]
async fn a_wrong_line_is_named_and_nothing_is_written() -> Outcome {
    let shop = Shop::open(Outside::default()).await?;
    let (product, customer) = shop.furnish(5).await;
    let lines = json!([
        {"product_id": product["id"], "quantity": 1},
        {"product_id": product["id"], "quantity": 0},
    ]);
    let body = json!({"customer_id": customer["id"], "lines": lines});
    let answer = shop.app.client.post("/api/orders", &body).await.expect(422);
    assert_eq!(answer.pointers(), ["#/lines/1/quantity"]);
    let orders = shop.app.client.get("/api/orders").await.expect(200).json();
    assert_eq!(orders["items"], json!([]));
    Ok(())
}

#[framework::tokio::test(crate = "framework::tokio")]
async fn orders_follow_their_transitions() -> Outcome {
    let shop = Shop::open(Outside::default()).await?;
    let (product, customer) = shop.furnish(5).await;
    let order = shop.order(&product, &customer, 1).await;
    shop.app.client.patch(&path(&order), &json!({"status": "shipped"})).await.expect(409);
    shop.app.client.patch(&path(&order), &json!({"status": "cancelled"})).await.expect(200);
    shop.app.client.patch(&path(&order), &json!({"status": "draft"})).await.expect(409);
    shop.app.client.delete(&path(&order)).await.expect(204);
    Ok(())
}

#[framework::tokio::test(crate = "framework::tokio")]
async fn a_category_is_never_its_own_ancestor() -> Outcome {
    let shop = Shop::open(Outside::default()).await?;
    let root = shop.make("/api/categories", json!({"name": "Root"})).await;
    let leaf = shop.make("/api/categories", json!({"name": "Leaf", "parent_id": root["id"]})).await;
    let path = format!("/api/categories/{}", root["id"].as_str().unwrap());
    let answer = shop.app.client.patch(&path, &json!({"parent_id": leaf["id"]})).await.expect(422);
    assert_eq!(answer.codes(), ["cycle"]);
    Ok(())
}

#[framework::tokio::test(crate = "framework::tokio")]
async fn two_categories_do_not_become_each_others_parent_in_one_batch() -> Outcome {
    let shop = Shop::open(Outside::default()).await?;
    let one = shop.make("/api/categories", json!({"name": "One"})).await["id"].clone();
    let two = shop.make("/api/categories", json!({"name": "Two"})).await["id"].clone();
    let below = |id: &Json, parent: &Json| json!({"op": "update", "id": id, "value": {"parent_id": parent}});
    let operations = json!([below(&one, &two), below(&two, &one)]);
    let client = &shop.app.client;
    let answer = client.post("/api/categories/batch", &json!({"operations": operations})).await;
    assert_eq!(answer.expect(422).pointers(), ["#/operations/1/value/parent_id"]);
    let each = json!({"atomic": false, "operations": operations});
    let answer = client.post("/api/categories/batch", &each).await.expect(207).json();
    assert_eq!(
        (&answer["results"][0]["status"], &answer["results"][1]["status"]),
        (&json!(200), &json!(422))
    );
    Ok(())
}

#[framework::tokio::test(crate = "framework::tokio")]
async fn a_product_in_stock_is_not_taken_out_of_the_shop() -> Outcome {
    let shop = Shop::open(Outside::default()).await?;
    let (product, _) = shop.furnish(1).await;
    let path = format!("/api/products/{}", product["id"].as_str().unwrap());
    shop.app.client.delete(&path).await.expect(409);
    Ok(())
}

#[framework::tokio::test(crate = "framework::tokio")]
async fn a_dangling_reference_is_named() -> Outcome {
    let shop = Shop::open(Outside::default()).await?;
    let body = json!({"sku": "A", "name": "A", "price_cents": 1, "category_id": Uuid::now_v7()});
    let answer = shop.app.client.post("/api/products", &body).await.expect(409);
    assert_eq!(answer.pointers(), ["#/category_id"]);
    Ok(())
}

/// Counts what is published and delivers nothing.
#[derive(Default)]
struct CountingBus(std::sync::atomic::AtomicUsize);

impl EventBus for CountingBus {
    fn publish(&self, events: Vec<PendingEvent>) {
        self.0.fetch_add(events.len(), std::sync::atomic::Ordering::SeqCst);
    }
}

#[framework::tokio::test(crate = "framework::tokio")]
async fn clock_bus_cache_and_repositories_are_swapped_like_the_ports() -> Outcome {
    let noon = "2026-01-01T12:00:00Z".parse().unwrap();
    let bus = Arc::new(CountingBus::default());
    let outside = Arc::new(Outside::default());
    let swapped = Module::new("swapped")
        .replace(instance::<dyn Clock>(Arc::new(FixedClock::at(noon))))
        .replace(instance::<dyn EventBus>(bus.clone()))
        .replace(instance::<dyn EntityCache>(Arc::new(NoCache)))
        .replace(instance::<dyn Repository<Stock>>(Arc::new(StoreRepository::<Stock>::default())))
        .replace(instance::<dyn Mailer>(outside.clone()))
        .replace(instance::<dyn PaymentGateway>(outside.clone()));
    let app = example_app::assemble(App::from_env("shop-test")?).module(swapped);
    let shop = Shop { app: TestApp::start(app).await, outside };
    let (product, customer) = shop.furnish(5).await;
    let order = shop.order(&product, &customer, 3).await;
    let placed = shop.app.client.post(&place(&order), &Json::Null).await.expect(200).json();
    assert_eq!(placed["placed_at"], "2026-01-01T12:00:00Z", "the clock of the test");
    assert_eq!(shop.on_hand().await, 2);
    shop.app.application.settle().await;
    assert!(
        shop.outside.charged.lock().unwrap().is_empty(),
        "the bus of the test delivers nothing"
    );
    let published = bus.0.load(std::sync::atomic::Ordering::SeqCst);
    assert!(published >= 2, "the order was made and placed: {published}");
    Ok(())
}
