//! Writes that meet on one aggregate: afterwards it is whole or gone, and who named no version hears of none.

use framework::adapters::persistence::ddl;
use framework::infrastructure::config::Sources;
use framework::testing::{Answer, Client, TestApp};
use framework::{
    AllowAll, App, Config, DateTime, Entity, Error, Hooks, Json, Module, Session, Utc, Uuid,
    async_trait, serde_json::json,
};
use tests::support::postgres;

/// Something with parts.
#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(plural = "carts", events)]
struct Cart {
    /// Identity.
    #[entity(id)]
    id: Uuid,
    /// What it is called.
    #[entity(length(1..=40))]
    label: String,
    /// What is in it.
    #[entity(owned, key = "cart_id")]
    parts: Vec<Part>,
    /// Counts the changes.
    #[entity(version)]
    version: i64,
}

/// A part of a cart.
#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(plural = "parts")]
struct Part {
    /// Identity.
    #[entity(id)]
    id: Uuid,
    /// Where it lies.
    #[entity(owned_by = Cart)]
    cart_id: Uuid,
    /// How many.
    #[entity(range(1..=99))]
    quantity: i32,
}

/// A row with a rule, so that its writes read first.
#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(plural = "tags")]
struct Tag {
    /// Identity.
    #[entity(id)]
    id: Uuid,
    /// Changes all the time.
    #[entity(default = 0)]
    turns: i32,
    /// Counts the changes.
    #[entity(version)]
    version: i64,
}

/// A row without rules, so that its writes are single statements.
#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(plural = "slips")]
struct Slip {
    /// Identity.
    #[entity(id)]
    id: Uuid,
    /// Changes all the time.
    #[entity(default = 0)]
    turns: i32,
    /// When it was thrown away.
    #[entity(deleted_at)]
    deleted_at: Option<DateTime<Utc>>,
    /// Counts the changes.
    #[entity(version)]
    version: i64,
}

/// A rule that allows everything, slowly.
struct Slow;

#[async_trait]
impl Hooks<Tag> for Slow {
    async fn before_update(&self, _: &mut Session, _: &Tag, _: &mut Tag) -> Result<(), Error> {
        tokio::task::yield_now().await;
        Ok(())
    }
}

async fn servers() -> Vec<(&'static str, TestApp)> {
    let app = || {
        let module = Module::new("races")
            .entity::<Cart>(AllowAll)
            .entity::<Part>(AllowAll)
            .entity::<Tag>(AllowAll)
            .entity::<Slip>(AllowAll)
            .hooks::<Tag>(Slow);
        let variables = Sources::variables([("RUST_LOG", "error")]);
        let config = Config::from_sources("races", &variables).expect("the defaults are right");
        App::new("races", config).module(module)
    };
    let mut found = vec![("SQLite", TestApp::start(app()).await)];
    if let Some(url) = postgres().await {
        found.push(("PostgreSQL", TestApp::on(app(), &url).await));
    }
    for (_, server) in &found {
        let schemas = [Cart::schema(), Part::schema(), Tag::schema(), Slip::schema()];
        ddl::create_all(&schemas, server.application.store()).await.expect("tables");
    }
    found
}

type Request = (&'static str, String, Option<&'static str>, Json);

/// Sends all of these at once.
async fn together(client: &Client, requests: Vec<Request>) -> Vec<Answer> {
    let sent: Vec<_> = requests
        .into_iter()
        .map(|(method, path, expected, body)| {
            let client = client.clone();
            tokio::spawn(async move {
                let media = if method == "PATCH" {
                    "application/merge-patch+json"
                } else {
                    "application/json"
                };
                let mut headers = vec![("content-type", media)];
                headers.extend(expected.map(|tag| ("if-match", tag)));
                let body = if body.is_null() { String::new() } else { body.to_string() };
                if body.is_empty() {
                    headers.retain(|(name, _)| *name != "content-type");
                }
                client.send(method, &path, &headers, body).await
            })
        })
        .collect();
    let mut answers = Vec::new();
    for answer in sent {
        answers.push(answer.await.expect("an answer"));
    }
    answers
}

async fn cart(client: &Client) -> (String, Json) {
    let body = json!({"label": "new", "parts": [{"quantity": 1}, {"quantity": 2}]});
    let made = client.post("/api/carts", &body).await.expect(201);
    (made.header("location").to_owned(), made.json())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_aggregate_that_is_deleted_beside_another_write_is_gone_or_whole() {
    for (database, server) in servers().await {
        let client = &server.client;
        let more = json!({"parts": [{"quantity": 3}, {"quantity": 4}]});
        let label = json!({"label": "changed"});
        for trial in 0..48 {
            let (path, made) = cart(client).await;
            let id = &made["id"];
            let update = json!({"operations": [{"op": "update", "id": id, "value": label}]});
            let delete = json!({"operations": [{"op": "delete", "id": id}]});
            let one = match trial % 4 {
                0 => ("DELETE", path.clone(), None, Json::Null),
                1 | 2 => ("DELETE", path.clone(), Some("\"1\""), Json::Null),
                _ => ("POST", "/api/carts/batch".to_owned(), None, delete),
            };
            let other = match trial / 4 % 4 {
                0 => ("PATCH", path.clone(), None, label.clone()),
                1 => ("PATCH", path.clone(), None, more.clone()),
                2 => ("POST", "/api/carts/batch".to_owned(), None, update),
                _ => ("DELETE", path.clone(), None, Json::Null),
            };
            let answers = together(client, vec![one, other]).await;
            let said: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
            let deleting = said[0] == 204 || (said[0] == 200 && trial % 4 == 3);
            let found = client.get(&path).await;
            let parts = found.json()["parts"].as_array().map(Vec::len);
            if deleting || said[1] == 204 {
                assert_eq!(found.status, 404, "{database} {trial}: {said:?} {parts:?}");
            } else {
                assert_eq!(parts, Some(2), "{database} {trial}: {said:?}");
            }
            let allowed = if trial % 4 == 1 || trial % 4 == 2 {
                vec![204, 404, 412]
            } else {
                vec![200, 204, 404]
            };
            assert!(allowed.contains(&said[0]), "{database} {trial}: {answers:?}");
            assert!([200, 204, 404].contains(&said[1]), "{database} {trial}: {answers:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_names_no_version_never_hears_of_one() {
    for (database, server) in servers().await {
        let client = &server.client;
        let tag = async || {
            let made = client.post("/api/tags", &json!({})).await.expect(201);
            (made.header("location").to_owned(), made.json()["id"].clone())
        };
        for trial in 0..24 {
            let (path, id) = tag().await;
            let deletes = match trial % 2 {
                0 => ("DELETE", path.clone(), None, Json::Null),
                _ => {
                    let delete = json!({"operations": [{"op": "delete", "id": id}]});
                    ("POST", "/api/tags/batch".to_owned(), None, delete)
                }
            };
            let change = ("PATCH", path, None, json!({"turns": trial}));
            let answers = together(client, vec![change.clone(), deletes, change]).await;
            for answer in answers {
                let said = answer.status.as_u16();
                assert!([200, 204, 404].contains(&said), "{database} {trial}: {answer:?}");
            }
        }
        let (first, second) = (tag().await, tag().await);
        let set = |id: &Json| json!({"op": "update", "id": id, "value": {"turns": 1}});
        let batches = (0..32).map(|caller| {
            let (one, other) = if caller % 2 == 0 { (&first, &second) } else { (&second, &first) };
            let body =
                json!({"atomic": caller % 3 > 0, "operations": [set(&one.1), set(&other.1)]});
            ("POST", "/api/tags/batch".to_owned(), None, body)
        });
        for answer in together(client, batches.collect()).await {
            assert!(matches!(answer.status.as_u16(), 200 | 207), "{database}: {answer:?}");
            let results = answer.json()["results"].clone();
            let all =
                results.as_array().is_some_and(|all| all.iter().all(|it| it["status"] == 200));
            assert!(all, "{database}: {results}");
        }
        let row = client.get(&first.0).await.expect(200).json();
        assert_eq!(row["version"], 33, "{database}: each of them is counted");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_row_that_comes_and_goes_is_there_or_deleted_and_never_too_busy() {
    for (database, server) in servers().await {
        let made = server.client.post("/api/slips", &json!({})).await.expect(201);
        let path = made.header("location").to_owned();
        let restore = format!("{path}/restore");
        let callers = [
            ("DELETE", path.clone(), Json::Null, [204, 404]),
            ("POST", restore, Json::Null, [200, 404]),
            ("PATCH", path, json!({"turns": 1}), [200, 404]),
        ];
        let loops = callers.map(|(method, path, body, allowed)| {
            let client = server.client.clone();
            tokio::spawn(async move {
                for _ in 0..300 {
                    let request = vec![(method, path.clone(), None, body.clone())];
                    let answer = together(&client, request).await.remove(0);
                    let said = answer.status.as_u16();
                    assert!(allowed.contains(&said), "{database} {method}: {answer:?}");
                    if method == "POST" && said == 404 {
                        let detail = answer.json()["detail"].to_string();
                        assert!(detail.contains("is not deleted"), "{database}: {detail}");
                    }
                }
            })
        });
        for ended in futures_util::future::join_all(loops).await {
            ended.expect("every answer is one of those");
        }
    }
}
