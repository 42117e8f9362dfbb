//! The example shop as a process of its own, so that it can be killed.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use framework::Json;
use framework::serde_json::json;

use super::client::{Answer, send};

/// The name of the test below, which is the process.
const SERVE: &str = "shop::serve";
/// Set in the environment of a process that is the shop.
const CHILD: &str = "SHOP_CHILD";
/// Longest time until it serves.
const START: Duration = Duration::from_secs(60);

/// What the other tests start: this binary again, as the shop. Its settings come from its environment.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "serves until it is told to stop; the other tests start it"]
async fn serve() {
    // `cargo test -- --ignored` runs it as well.
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let application = example_app::app().unwrap().build().await.unwrap();
    application.serve().await.unwrap();
}

/// A running shop. Killed when dropped.
pub(crate) struct Shop {
    pub(crate) address: String,
    child: Child,
}

impl Shop {
    /// Starts it on this database, and waits until it serves.
    pub(crate) fn start(database: &str, settings: &[(&str, &str)]) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", SERVE, "--ignored", "--nocapture"])
            .env(CHILD, "1")
            .env("DATABASE_URL", database)
            .env("HOST", "127.0.0.1")
            .env("PORT", "0")
            .env("RUST_LOG", "off")
            // It says where it serves to people only.
            .env("APP__LOG__FORMAT", "pretty")
            .env("APP__ENVIRONMENT", "production")
            .env("APP__DATABASE__MIGRATE", "auto")
            .env("APP__CURSOR_SECRET", "a secret that only this test knows, and long enough")
            .envs(settings.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let (tell, told) = std::sync::mpsc::channel();
        // On a thread of its own until the end: it must never wait for somebody to hear what it says.
        std::thread::spawn(move || lines.for_each(|line| drop(tell.send(line))));
        let mut this = Self { address: String::new(), child };
        let (start, mut said) = (Instant::now(), Vec::new());
        while let Ok(line) = told.recv_timeout(START.saturating_sub(start.elapsed())) {
            if let Some((_, address)) = line.split_once("http://") {
                this.address = address.split('/').next().unwrap_or_default().to_owned();
                return this;
            }
            said.push(line);
        }
        panic!("the shop does not start: {said:#?}")
    }

    /// Ends it as a crash would.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end.
    pub(crate) fn terminate(&self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    }

    /// How it ended.
    pub(crate) async fn ended(&mut self, limit: Duration) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(start.elapsed() < limit, "still running after {limit:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Option<Answer> {
        send(&self.address, "GET", path, &[], "").await
    }

    pub(crate) async fn post(&self, path: &str, body: &Json) -> Option<Answer> {
        send(&self.address, "POST", path, &[], &body.to_string()).await
    }

    /// Sends what must succeed.
    pub(crate) async fn make(&self, path: &str, body: Json) -> Json {
        let answer = self.post(path, &body).await.unwrap();
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.json()
    }

    /// Everything of a collection of which there is less than a page.
    pub(crate) async fn all(&self, path: &str) -> Vec<Json> {
        let mut items = Vec::new();
        let mut query = String::new();
        loop {
            let page = self.get(&format!("{path}?limit=100{query}")).await.unwrap().json();
            items.extend(page["items"].as_array().cloned().unwrap());
            match page["next_cursor"].as_str() {
                Some(cursor) => query = format!("&cursor={cursor}"),
                None => return items,
            }
        }
    }

    /// A customer, and a product on a shelf.
    pub(crate) async fn furnish(&self) -> (Json, Json) {
        let category = self.make("/api/categories", json!({"name": "Lamps"})).await;
        let product = json!({"sku": "LAMP-1", "name": "Lamp", "price_cents": 1500, "category_id": category["id"]});
        let product = self.make("/api/products", product).await;
        let customer = json!({"name": "Ada", "email": "ada@example.org"});
        (self.make("/api/customers", customer).await, product)
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
