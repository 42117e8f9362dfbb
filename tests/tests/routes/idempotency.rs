//! `Idempotency-Key`: what was done once is not done again, and is answered with the same bytes.

use std::sync::Arc;
use std::time::Duration;

use framework::adapters::persistence::ddl;
use framework::application::idempotency::forget_expired;
use framework::axum::response::Response;
use framework::http::{ApiError, Once, Reply, Resolve, Route};
use framework::infrastructure::config::Sources;
use framework::testing::{Answer, Client, TestApp};
use framework::tokio::sync::{Notify, Semaphore};
use framework::tokio::time::{sleep, timeout};
use framework::{
    AllowAll, App, Clock, Config, Context, DateTime, Entity, Error, FixedClock, Hooks, Json,
    Module, Session, UnitOfWork, Utc, Uuid, async_trait, instance, serde_json::json,
};
use tests::support::postgres;

/// Longest wait for what comes at once on a machine that has time.
const LIMIT: Duration = Duration::from_secs(20);

/// Something that may not be sent twice.
#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(plural = "parcels")]
pub(crate) struct Parcel {
    /// Identity.
    #[entity(id)]
    pub(crate) id: Uuid,
    /// What is written on it.
    #[entity(filter, length(1..=40))]
    pub(crate) label: String,
    /// Two parcels have two numbers.
    #[entity(unique, length(1..=40))]
    pub(crate) number: Option<String>,
    /// When it was given up.
    #[entity(deleted_at)]
    pub(crate) deleted_at: Option<DateTime<Utc>>,
    /// Counts the changes.
    #[entity(version)]
    pub(crate) version: i64,
}

/// A parcel labelled `slow` waits in its transaction for a permit, one labelled `panic` panics.
struct Slow {
    permits: Arc<Semaphore>,
    entered: Arc<Notify>,
}

#[async_trait]
impl Hooks<Parcel> for Slow {
    async fn before_create(
        &self,
        _session: &mut Session,
        parcel: &mut Parcel,
    ) -> Result<(), Error> {
        match parcel.label.as_str() {
            "slow" => {
                self.entered.notify_one();
                self.permits.acquire().await.expect("open").forget();
            }
            "panic" => panic!("on purpose"),
            _ => {}
        }
        Ok(())
    }
}

/// An application, and what decides when its slow work goes on.
struct Server {
    app: TestApp,
    permits: Arc<Semaphore>,
    entered: Arc<Notify>,
    clock: Arc<FixedClock>,
}

impl Server {
    async fn on(url: &str) -> Self {
        let (permits, entered) = (Arc::new(Semaphore::new(0)), Arc::new(Notify::new()));
        let clock = Arc::new(FixedClock::at(Utc::now()));
        let module = Module::new("parcels")
            .entity::<Parcel>(AllowAll)
            .hooks(Slow { permits: Arc::clone(&permits), entered: Arc::clone(&entered) })
            .replace(instance::<dyn Clock>(Arc::clone(&clock) as Arc<dyn Clock>))
            .route(Route::post("/greet", greet).id("greet").idempotent());
        let config = Config::from_sources("keys", &Sources::variables([("RUST_LOG", "warn")]));
        let app = App::new("keys", config.expect("the defaults are right")).module(module);
        Self { app: TestApp::on(app, url).await, permits, entered, clock }
    }

    /// Ready when slow work is under way.
    async fn entered(&self) {
        timeout(LIMIT, self.entered.notified()).await.expect("it begins");
    }

    /// Posts a parcel with this key.
    async fn post(&self, key: &str, body: &Json) -> Answer {
        post(&self.app.client, key, body).await
    }

    async fn parcels(&self) -> u64 {
        let list = self.app.client.get("/api/parcels?count=exact&limit=1").await.expect(200);
        list.json()["total"].as_u64().expect("a total")
    }

    /// How many answers are kept.
    async fn kept(&self) -> u64 {
        use framework::adapters::persistence::Dialect;
        use framework::sea_orm::{ConnectionTrait as _, DbBackend, Statement};
        let store = self.app.application.store();
        let backend = match store.dialect() {
            Dialect::Sqlite => DbBackend::Sqlite,
            Dialect::Postgres => DbBackend::Postgres,
        };
        let text = r#"SELECT COUNT(*) AS n FROM "_idempotency_keys""#;
        let row = store.connection().query_one_raw(Statement::from_string(backend, text)).await;
        let count: i64 = row.expect("an answer").expect("a row").try_get("", "n").expect("n");
        u64::try_from(count).expect("a count")
    }
}

async fn post(client: &Client, key: &str, body: &Json) -> Answer {
    let headers = [("content-type", "application/json"), ("idempotency-key", key)];
    client.send("POST", "/api/parcels", &headers, body.to_string()).await
}

async fn greet(Resolve(work): Resolve<UnitOfWork>, mut once: Once) -> Result<Response, ApiError> {
    let name: String = once.body()?;
    let reply = move || Reply::json(200, &format!("Hello, {name}! {}", Uuid::now_v7()));
    once.run(&work, move |_session| Box::pin(async move { reply() })).await
}

/// An empty database of each kind, with the table; the folder goes away with the caller.
async fn databases() -> Vec<(tempfile::TempDir, String)> {
    let folder = || tempfile::tempdir().expect("a folder");
    let first = folder();
    let file = format!("sqlite://{}?mode=rwc", first.path().join("keys.db").display());
    let mut found = vec![(first, file)];
    found.extend(postgres().await.map(|url| (folder(), url)));
    for (_, url) in &found {
        let server = Server::on(url).await;
        ddl::create_all(&[Parcel::schema()], server.app.application.store())
            .await
            .expect("a table");
    }
    found
}

fn is_replayed(answer: &Answer) -> bool {
    answer.header("idempotency-replayed") == "true"
}

fn problem(answer: &Answer) -> String {
    answer.json()["type"].as_str().unwrap_or_default().to_owned()
}

/// What a client keeps of an answer.
fn essence(answer: &Answer) -> (u16, Vec<u8>, [String; 4]) {
    let names = ["etag", "location", "content-type", "preference-applied"];
    (answer.status.as_u16(), answer.body.to_vec(), names.map(|name| answer.header(name).to_owned()))
}

#[tokio::test]
async fn fifty_parallel_posts_with_one_key_leave_one_row_and_answer_the_same_bytes() {
    for (_folder, url) in databases().await {
        let server = Server::on(&url).await;
        let body = json!({"label": "one"});
        let posts = (0..50).map(|_| {
            let client = server.app.client.clone();
            let body = body.clone();
            tokio::spawn(async move {
                loop {
                    let answer = post(&client, "the-key", &body).await;
                    if answer.status != 409 {
                        break answer;
                    }
                    assert_eq!(problem(&answer), "/problems/idempotency-in-flight");
                    sleep(Duration::from_millis(5)).await;
                }
            })
        });
        let posts: Vec<_> = posts.collect();
        let mut answers = Vec::new();
        for answer in posts {
            answers.push(answer.await.expect("an answer").expect(201));
        }
        assert_eq!(server.parcels().await, 1, "{url}");
        assert!(answers.iter().all(|it| essence(it) == essence(&answers[0])), "{url}");
        assert_eq!(answers.iter().filter(|it| !is_replayed(it)).count(), 1, "{url}");
    }
}

#[tokio::test]
async fn a_restarted_application_still_knows_what_it_answered() {
    for (_folder, url) in databases().await {
        let body = json!({"label": "kept"});
        let first = Server::on(&url).await.post("\"a key\"", &body).await.expect(201);
        let server = Server::on(&url).await;
        let second = server.post("\"a key\"", &body).await.expect(201);
        assert!(is_replayed(&second) && !is_replayed(&first));
        assert_eq!(essence(&first), essence(&second), "{url}");
        assert_eq!(server.parcels().await, 1, "{url}");
    }
}

#[tokio::test]
async fn a_key_belongs_to_one_request() {
    for (_folder, url) in databases().await {
        let server = Server::on(&url).await;
        server.post("k", &json!({"label": "one"})).await.expect(201);
        let other = server.post("k", &json!({"label": "two"})).await.expect(422);
        assert_eq!(problem(&other), "/problems/idempotency-key-reused");
        let preference = [
            ("content-type", "application/json"),
            ("idempotency-key", "k"),
            ("prefer", "return=minimal"),
        ];
        let body = json!({"label": "one"}).to_string();
        let other = server.app.client.send("POST", "/api/parcels", &preference, body).await;
        assert_eq!(problem(&other.expect(422)), "/problems/idempotency-key-reused");
        // On another path it is another key.
        let batch = json!({"operations": [{"op": "create", "value": {"label": "three"}}]});
        let headers = &preference[..2];
        let path = "/api/parcels/batch";
        server.app.client.send("POST", path, headers, batch.to_string()).await.expect(200);
        assert_eq!(server.parcels().await, 2, "{url}");
    }
}

#[tokio::test]
async fn a_key_is_looked_at_before_what_is_wrong_with_the_body() {
    for (_folder, url) in databases().await {
        let server = Server::on(&url).await;
        let made = server.post("k", &json!({"label": "one"})).await.expect(201);
        let here = made.header("location").to_owned();
        let headers = [("content-type", "application/json"), ("idempotency-key", "k")];
        let send = async |method: &str, path: &str, body: &str| {
            server.app.client.send(method, path, &headers, body.to_owned()).await
        };
        send("PATCH", &here, r#"{"label": "two"}"#).await.expect(200);
        send("PUT", &here, r#"{"label": "three"}"#).await.expect(200);
        let create = r#"{"operations": [{"op": "create", "value": {"label": "four"}}]}"#;
        send("POST", "/api/parcels/batch", create).await.expect(200);
        for (method, path, body) in [
            ("POST", "/api/parcels", r#"{"label": ""}"#),
            ("POST", "/api/parcels", "{"),
            ("PATCH", here.as_str(), r#"{"label": ""}"#),
            ("PUT", &here, "{}"),
            ("POST", "/api/parcels/batch", "{}"),
            ("POST", "/api/parcels/batch", &create.replace("four", "")),
        ] {
            let other = send(method, path, body).await.expect(422);
            assert_eq!(problem(&other), "/problems/idempotency-key-reused", "{method} {body}");
        }
        let dry = [headers[0], headers[1], ("prefer", "tx=rollback")];
        let dry = server.app.client.send("POST", "/api/parcels", &dry, r#"{"label": ""}"#).await;
        assert_eq!(problem(&dry.expect(422)), "/problems/validation", "a dry run has no key");
    }
}

#[tokio::test]
async fn a_repeated_mistake_is_told_again_at_the_price_of_one_look() {
    for (_folder, url) in databases().await {
        let server = Server::on(&url).await;
        let store = server.app.application.store();
        let mut told = Vec::new();
        for _ in 0..3 {
            let before = store.statements();
            let answer = server.post("k", &json!({"label": ""})).await.expect(422);
            assert_eq!(store.statements() - before, 1, "{url}");
            told.push((problem(&answer), answer.json()["errors"].clone()));
        }
        assert!(told.iter().all(|it| *it == told[0] && it.0 == "/problems/validation"), "{url}");
        assert_eq!(server.kept().await, 0, "{url}");
    }
}

#[tokio::test]
async fn while_the_first_request_is_under_way_the_second_is_told_to_wait() {
    for (_folder, url) in databases().await {
        let server = Server::on(&url).await;
        let slow = json!({"label": "slow"});
        let first = tokio::spawn({
            let (client, slow) = (server.app.client.clone(), slow.clone());
            async move { post(&client, "k", &slow).await }
        });
        server.entered().await;
        let second = server.post("k", &slow).await.expect(409);
        assert_eq!(problem(&second), "/problems/idempotency-in-flight");
        assert_eq!(second.header("retry-after"), "1");
        server.permits.add_permits(1);
        let first = first.await.expect("an answer").expect(201);
        let third = server.post("k", &slow).await.expect(201);
        assert_eq!(essence(&first), essence(&third), "{url}");
        assert_eq!(server.parcels().await, 1, "{url}");
    }
}

#[tokio::test]
async fn two_processes_on_one_database_do_it_once() {
    for (_folder, url) in databases().await {
        let (one, two) = (Server::on(&url).await, Server::on(&url).await);
        let slow = json!({"label": "slow"});
        let first = tokio::spawn({
            let (client, slow) = (one.app.client.clone(), slow.clone());
            async move { post(&client, "k", &slow).await }
        });
        one.entered().await;
        if url.starts_with("postgres") {
            let second = timeout(LIMIT, two.post("k", &slow)).await;
            let second = second.expect("nobody waits for another's work").expect(409);
            assert_eq!(problem(&second), "/problems/idempotency-in-flight");
        }
        one.permits.add_permits(1);
        let first = first.await.expect("an answer").expect(201);
        let second = two.post("k", &slow).await.expect(201);
        assert!(is_replayed(&second));
        assert_eq!(essence(&first), essence(&second), "{url}");
        assert_eq!(two.parcels().await, 1, "{url}");
    }
}

#[tokio::test]
async fn whoever_goes_away_leaves_the_work_under_way_and_finds_its_answer_later() {
    for (_folder, url) in databases().await {
        let server = Server::on(&url).await;
        let slow = json!({"label": "slow"});
        tokio::select! {
            _ = server.post("k", &slow) => panic!("it does not wait"),
            () = server.entered() => {}
        }
        server.post("k", &slow).await.expect(409);
        server.permits.add_permits(1);
        let answered = async {
            loop {
                let answer = server.post("k", &slow).await;
                if answer.status != 409 {
                    break answer.expect(201);
                }
                sleep(Duration::from_millis(5)).await;
            }
        };
        let answer = timeout(LIMIT, answered).await.expect("an answer");
        assert!(is_replayed(&answer));
        assert_eq!(server.parcels().await, 1, "{url}");
    }
}

#[tokio::test]
async fn a_failure_is_not_kept_and_may_be_tried_again() {
    for (_folder, url) in databases().await {
        let server = Server::on(&url).await;
        let body = json!({"label": "a", "number": "1"});
        let taken = server.post("first", &body).await.expect(201);
        server.post("k", &body).await.expect(409);
        server.post("k", &json!({"label": ""})).await.expect(422);
        server.post("k", &json!({"label": "panic"})).await.expect(500);
        assert_eq!(server.kept().await, 1, "only the success is kept on {url}");
        server.app.client.delete(taken.header("location")).await.expect(204);
        let again = server.post("k", &body).await.expect(201);
        assert!(!is_replayed(&again));
        assert_eq!(server.parcels().await, 1, "{url}");
    }
}

#[tokio::test]
async fn dry_runs_are_neither_kept_nor_repeated() {
    for (_folder, url) in databases().await {
        let server = Server::on(&url).await;
        let headers = [
            ("content-type", "application/json"),
            ("idempotency-key", "k"),
            ("prefer", "tx=rollback"),
        ];
        let body = json!({"label": "dry"});
        for _ in 0..2 {
            let client = &server.app.client;
            let dry = client.send("POST", "/api/parcels", &headers, body.to_string()).await;
            assert!(!is_replayed(&dry.expect(201)));
        }
        let real = server.post("k", &body).await.expect(201);
        assert!(!is_replayed(&real));
        assert_eq!((server.parcels().await, server.kept().await), (1, 1), "{url}");
    }
}

#[tokio::test]
async fn an_expired_key_is_new_and_expired_answers_are_deleted_in_slices() {
    for (_folder, url) in databases().await {
        let server = Server::on(&url).await;
        let body = json!({"label": "x"});
        for key in ["a", "b", "c"] {
            server.post(key, &body).await.expect(201);
        }
        server.clock.set(Utc::now() + Duration::from_secs(23 * 3600));
        assert!(is_replayed(&server.post("a", &body).await.expect(201)), "{url}");
        server.clock.set(Utc::now() + Duration::from_secs(25 * 3600));
        let again = server.post("a", &body).await.expect(201);
        assert!(!is_replayed(&again), "{url}");
        assert_eq!((server.parcels().await, server.kept().await), (4, 3), "{url}");

        let container = server.app.application.container();
        let work = container.resolve::<UnitOfWork>().await.expect("a unit of work");
        let mut session = work.session(Arc::new(Context::system()));
        assert_eq!(forget_expired(&mut session, 1).await.expect("a slice"), 1);
        assert_eq!(forget_expired(&mut session, 10).await.expect("the rest"), 1);
        assert_eq!(forget_expired(&mut session, 10).await.expect("nothing"), 0);
        assert_eq!(server.kept().await, 1, "{url}");
        assert!(is_replayed(&server.post("a", &body).await.expect(201)), "{url}");
    }
}

#[tokio::test]
async fn ill_formed_keys_are_refused_by_name() {
    let (_folder, url) = databases().await.swap_remove(0);
    let server = Server::on(&url).await;
    for key in ["", "\"", "\"a", "a b", "ü", &"x".repeat(256)] {
        let refused = server.post(key, &json!({"label": "x"})).await.expect(400);
        assert_eq!(refused.json()["errors"][0]["header"], "Idempotency-Key", "{key}");
    }
    let twice =
        [("content-type", "application/json"), ("idempotency-key", "a"), ("idempotency-key", "b")];
    server.app.client.send("POST", "/api/parcels", &twice, r#"{"label":"x"}"#).await.expect(400);
    assert_eq!(server.parcels().await, 0);
}

#[tokio::test]
async fn a_route_of_ones_own_keeps_the_same_promise() {
    let (_folder, url) = databases().await.swap_remove(0);
    let client = Server::on(&url).await.app.client;
    let headers = [("content-type", "application/json"), ("idempotency-key", "k")];
    let first = client.send("POST", "/api/greet", &headers, "\"Ada\"").await.expect(200);
    let second = client.send("POST", "/api/greet", &headers, "\"Ada\"").await.expect(200);
    assert_eq!((first.body, is_replayed(&second)), (second.body.clone(), true));
    let other = client.send("POST", "/api/greet", &headers, "\"Bob\"").await.expect(422);
    assert_eq!(problem(&other), "/problems/idempotency-key-reused");
    let without = client.send("POST", "/api/greet", &headers[..1], "\"Ada\"").await.expect(200);
    assert_ne!(without.body, second.body);
}
