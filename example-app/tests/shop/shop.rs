//! The shop under test, and what it believes to be the world outside.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use example_app::ports::{Mailer, PaymentGateway};
use framework::serde_json::json;
use framework::testing::{Answer, TestApp};
use framework::tokio::sync::Notify;
use framework::tokio::task::JoinSet;
use framework::{App, ConfigError, Error, Json, Module, Uuid, async_trait, instance};

pub(crate) type Outcome = Result<(), ConfigError>;

/// Where a test keeps its rows.
pub(crate) enum Database {
    /// A file of its own.
    Sqlite,
    /// An empty database at this address.
    At(String),
}

impl Database {
    pub(crate) async fn start(&self, app: App) -> TestApp {
        match self {
            Self::Sqlite => TestApp::start(app).await,
            Self::At(url) => TestApp::on(app, url).await,
        }
    }
}

/// Remembers what was sent, charged and paid back; declines, fails or waits when told to.
#[derive(Default)]
pub(crate) struct Outside {
    pub(crate) letters: Mutex<Vec<(String, String)>>,
    pub(crate) charged: Mutex<Vec<i64>>,
    pub(crate) refunded: Mutex<Vec<i64>>,
    pub(crate) paid: Mutex<HashMap<Uuid, i64>>,
    pub(crate) declines: bool,
    pub(crate) fails: bool,
    /// Tells that a charge has begun, and what it waits for then.
    pub(crate) slow: Option<(Notify, Notify)>,
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
    async fn charge(&self, order: &Uuid, amount_cents: i64) -> Result<(), Error> {
        if let Some((begun, go)) = &self.slow {
            begun.notify_one();
            go.notified().await;
        }
        if self.declines {
            return Err(Error::conflict("the card is declined"));
        }
        if self.fails {
            return Err(Error::ExternalService { service: "bank", source: "no route".into() });
        }
        if self.paid.lock().unwrap().insert(*order, amount_cents).is_none() {
            self.charged.lock().unwrap().push(amount_cents);
        }
        Ok(())
    }

    async fn refund(&self, order: &Uuid) -> Result<(), Error> {
        if let Some(amount_cents) = self.paid.lock().unwrap().remove(order) {
            self.refunded.lock().unwrap().push(amount_cents);
        }
        Ok(())
    }
}

pub(crate) struct Shop {
    pub(crate) app: TestApp,
    pub(crate) outside: Arc<Outside>,
}

impl Shop {
    pub(crate) async fn open(database: &Database, outside: Outside) -> Result<Self, ConfigError> {
        let outside = Arc::new(outside);
        let swapped = Module::new("outside")
            .replace(instance::<dyn Mailer>(outside.clone()))
            .replace(instance::<dyn PaymentGateway>(outside.clone()));
        let app = example_app::assemble(App::from_env("shop-test")?).module(swapped);
        Ok(Self { app: database.start(app).await, outside })
    }

    pub(crate) async fn make(&self, path: &str, body: Json) -> Json {
        self.app.client.post(path, &body).await.expect(201).json()
    }

    /// A product with stock, and a customer.
    pub(crate) async fn furnish(&self, on_hand: i32) -> (Json, Json) {
        let category = self.make("/api/categories", json!({"name": "Lamps"})).await;
        let product = self.product("LAMP-1", &category, on_hand).await;
        let customer =
            self.make("/api/customers", json!({"name": "Ada", "email": "ada@example.org"})).await;
        (product, customer)
    }

    pub(crate) async fn product(&self, sku: &str, category: &Json, on_hand: i32) -> Json {
        let product =
            json!({"sku": sku, "name": "Lamp", "price_cents": 1500, "category_id": category["id"]});
        let product = self.make("/api/products", product).await;
        self.make("/api/stocks", json!({"product_id": product["id"], "on_hand": on_hand})).await;
        product
    }

    pub(crate) async fn order(&self, product: &Json, customer: &Json, quantity: i32) -> Json {
        let lines = json!([{"product_id": product["id"], "quantity": quantity}]);
        self.make("/api/orders", json!({"customer_id": customer["id"], "lines": lines})).await
    }

    /// An order that is placed, with all that follows.
    pub(crate) async fn placed(&self, product: &Json, customer: &Json, quantity: i32) -> Json {
        let order = self.order(product, customer, quantity).await;
        self.app.client.post(&place(&order), &Json::Null).await.expect(200);
        self.app.application.settle().await;
        self.read(&order).await
    }

    pub(crate) async fn read(&self, order: &Json) -> Json {
        self.app.client.get(&path(order)).await.expect(200).json()
    }

    pub(crate) async fn stock(&self) -> Json {
        self.app.client.get("/api/stocks").await.expect(200).json()["items"][0].clone()
    }

    pub(crate) async fn on_hand(&self) -> i64 {
        self.stock().await["on_hand"].as_i64().unwrap()
    }

    pub(crate) async fn patch(&self, plural: &str, row: &Json, patch: Json) -> Answer {
        self.app.client.patch(&row_path(plural, row), &patch).await
    }

    /// What these requests are answered that are sent at once: method, path and body.
    pub(crate) async fn at_once(
        &self,
        requests: impl IntoIterator<Item = (&'static str, String, Json)>,
    ) -> Vec<Answer> {
        let mut under_way = JoinSet::new();
        for (method, path, body) in requests {
            let client = self.app.client.clone();
            under_way.spawn(async move {
                match method {
                    "PATCH" => client.patch(&path, &body).await,
                    _ => client.post(&path, &body).await,
                }
            });
        }
        under_way.join_all().await
    }
}

pub(crate) fn place(order: &Json) -> String {
    format!("{}/place", path(order))
}

pub(crate) fn path(order: &Json) -> String {
    row_path("orders", order)
}

pub(crate) fn row_path(plural: &str, row: &Json) -> String {
    format!("/api/{plural}/{}", row["id"].as_str().unwrap())
}
