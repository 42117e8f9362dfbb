//! Batches are as if their operations came one after another; references and fixed members are kept everywhere.

use framework::adapters::persistence::ddl;
use framework::infrastructure::config::Sources;
use framework::testing::{Answer, TestApp};
use framework::{
    AllowAll, App, Config, DateTime, Deleted, Entity, Error, Hooks, Json, Module, Repository,
    Scope, Session, StoreRepository, Utc, Uuid, async_trait, serde_json::json,
};
use tests::support::postgres;

use crate::shop::errors;

/// Plays somewhere.
#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(plural = "clubs")]
struct Club {
    /// Identity.
    #[entity(id)]
    id: Uuid,
    /// No two are called the same.
    #[entity(unique, length(1..=40))]
    name: String,
    /// The club that it is part of.
    #[entity(belongs_to = Club, on_delete = "restrict")]
    above_id: Option<Uuid>,
    /// Counts the changes.
    #[entity(version)]
    version: i64,
}

/// Gives money, until it goes.
#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(plural = "sponsors")]
struct Sponsor {
    /// Identity.
    #[entity(id)]
    id: Uuid,
    /// What it is called.
    #[entity(length(1..=40))]
    name: String,
    /// When it went.
    #[entity(deleted_at)]
    deleted_at: Option<DateTime<Utc>>,
}

/// Plays for a club.
#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(plural = "players")]
struct Player {
    /// Identity.
    #[entity(id)]
    id: Uuid,
    /// For whom.
    #[entity(belongs_to = Club, on_delete = "restrict", immutable)]
    club_id: Uuid,
    /// Where from.
    #[entity(immutable, length(1..=40))]
    home: Option<String>,
    /// Who pays.
    #[entity(belongs_to = Sponsor, on_delete = "set_null")]
    sponsor_id: Option<Uuid>,
    /// On the shirt.
    #[entity(range(1..=99))]
    number: i32,
    /// What is worn.
    #[entity(owned, key = "player_id")]
    shirts: Vec<Shirt>,
    /// Counts the changes.
    #[entity(version)]
    version: i64,
}

/// With an advertisement.
#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(plural = "shirts")]
struct Shirt {
    /// Identity.
    #[entity(id)]
    id: Uuid,
    /// Who wears it.
    #[entity(owned_by = Player)]
    player_id: Uuid,
    /// Whose advertisement.
    #[entity(belongs_to = Sponsor, on_delete = "restrict", immutable)]
    sponsor_id: Uuid,
}

/// Without anything that needs a transaction.
#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(plural = "posters")]
struct Poster {
    /// Identity.
    #[entity(id)]
    id: Uuid,
    /// Who paid.
    #[entity(belongs_to = Sponsor, on_delete = "restrict")]
    sponsor_id: Uuid,
    /// How large.
    #[entity(default = 1)]
    size: i32,
}

/// A place with seats.
#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(plural = "stands")]
struct Stand {
    /// Identity.
    #[entity(id)]
    id: Uuid,
    /// How many seats are left.
    free: i32,
}

/// One seat, taken.
#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(plural = "seats")]
struct Seat {
    /// Identity.
    #[entity(id)]
    id: Uuid,
    /// Where it is.
    #[entity(belongs_to = Stand, on_delete = "cascade")]
    stand_id: Uuid,
}

/// Takes a seat only where one is left.
#[derive(Default)]
struct Seating {
    stands: StoreRepository<Stand>,
}

impl Seating {
    async fn stand(&self, session: &mut Session, seat: &Seat) -> Result<Stand, Error> {
        let all = Scope::unrestricted();
        let found = self.stands.find(session, &all, &seat.stand_id, Deleted::Exclude).await?;
        found.ok_or_else(|| Error::conflict("no such stand"))
    }
}

#[async_trait]
impl Hooks<Seat> for Seating {
    async fn before_create(&self, session: &mut Session, seat: &mut Seat) -> Result<(), Error> {
        let stand = self.stand(session, seat).await?;
        if stand.free > 0 { Ok(()) } else { Err(Error::conflict("every seat is taken")) }
    }

    async fn after_create(&self, session: &mut Session, seat: &Seat) -> Result<(), Error> {
        let mut stand = self.stand(session, seat).await?;
        stand.free -= 1;
        self.stands.update(session, &Scope::unrestricted(), vec![stand]).await.map(drop)
    }
}

async fn servers() -> Vec<(&'static str, TestApp)> {
    let app = || {
        let module = Module::new("batches")
            .entity::<Club>(AllowAll)
            .entity::<Sponsor>(AllowAll)
            .entity::<Player>(AllowAll)
            .entity::<Poster>(AllowAll)
            .entity::<Stand>(AllowAll)
            .entity::<Seat>(AllowAll)
            .hooks::<Seat>(Seating::default());
        let variables = Sources::variables([("RUST_LOG", "error")]);
        let config = Config::from_sources("batches", &variables).expect("the defaults are right");
        App::new("batches", config).module(module)
    };
    let mut found = vec![("SQLite", TestApp::start(app()).await)];
    if let Some(url) = postgres().await {
        found.push(("PostgreSQL", TestApp::on(app(), &url).await));
    }
    for (_, server) in &found {
        let schemas = [
            Club::schema(),
            Sponsor::schema(),
            Player::schema(),
            Shirt::schema(),
            Poster::schema(),
            Stand::schema(),
            Seat::schema(),
        ];
        ddl::create_all(&schemas, server.application.store()).await.expect("tables");
    }
    found
}

async fn make(server: &TestApp, plural: &str, body: Json) -> Json {
    server.client.post(&format!("/api/{plural}"), &body).await.expect(201).json()
}

async fn batch(server: &TestApp, plural: &str, atomic: bool, operations: Json) -> Answer {
    let body = json!({"atomic": atomic, "operations": operations});
    server.client.post(&format!("/api/{plural}/batch"), &body).await
}

fn statuses(answer: &Answer) -> Vec<u64> {
    let results = answer.json()["results"].as_array().cloned().unwrap_or_default();
    results.iter().filter_map(|result| result["status"].as_u64()).collect()
}

fn created(body: &Json) -> Json {
    json!({"op": "create", "value": body})
}

#[tokio::test]
async fn what_the_database_refuses_names_its_operation() {
    for (database, server) in servers().await {
        let taken = make(&server, "clubs", json!({"name": "taken"})).await;
        let home = make(&server, "clubs", json!({"name": "home"})).await;
        make(&server, "players", json!({"club_id": home["id"], "number": 1})).await;
        let fine = created(&json!({"name": "fine"}));
        let nobody = Uuid::now_v7();
        let cases = [
            ("clubs", json!([fine, created(&json!({"name": "taken"}))]), "/value/name"),
            (
                "clubs",
                json!([fine, created(&json!({"name": "x", "above_id": nobody}))]),
                "/value/above_id",
            ),
            (
                "clubs",
                json!([fine, {"op": "update", "id": home["id"], "value": {"name": "taken"}}]),
                "/value/name",
            ),
            ("clubs", json!([fine, {"op": "delete", "id": home["id"]}]), ""),
            (
                "players",
                json!([
                    created(&json!({"club_id": taken["id"], "number": 2})),
                    created(&json!({"club_id": nobody, "number": 3})),
                ]),
                "/value/club_id",
            ),
        ];
        for (plural, operations, place) in cases {
            let answer = batch(&server, plural, true, operations.clone()).await.expect(409);
            let places: Vec<String> = errors(&answer).into_iter().map(|(place, _)| place).collect();
            assert_eq!(places, [format!("#/operations/1{place}")], "{database} {operations}");
            let answer = batch(&server, plural, false, operations).await.expect(207);
            assert_eq!(statuses(&answer), [201, 409], "{database}");
            if plural == "clubs" {
                let made = answer.json()["results"][0]["value"]["id"].clone();
                let path = format!("/api/clubs/{}", made.as_str().unwrap());
                server.client.delete(&path).await.expect(204);
            }
        }
    }
}

#[tokio::test]
async fn operations_happen_as_if_one_after_another() {
    for (database, server) in servers().await {
        for atomic in [true, false] {
            let club = make(&server, "clubs", json!({"name": "a"})).await;
            let id = &club["id"];
            let answer = batch(
                &server,
                "clubs",
                atomic,
                json!([
                    {"op": "update", "id": id, "if_match": "\"1\"", "value": {"name": "b"}},
                    {"op": "update", "id": id, "if_match": "\"2\"", "value": {"name": "c"}},
                    created(&json!({"name": "a"})),
                    {"op": "delete", "id": id},
                    created(&json!({"name": "c"})),
                ]),
            )
            .await;
            assert_eq!(statuses(&answer), [200, 200, 201, 204, 201], "{database}: {answer:?}");
            let results = answer.json()["results"].clone();
            let ids = [&results[2]["value"]["id"], &results[4]["value"]["id"]];
            // Different rows: only their unique names meet.
            let swap = json!([
                {"op": "delete", "id": ids[0]},
                {"op": "update", "id": ids[1], "value": {"name": "a"}},
            ]);
            let answer = batch(&server, "clubs", atomic, swap).await;
            assert_eq!(statuses(&answer), [204, 200], "{database}: {answer:?}");
            // A row that goes is not there for those behind it.
            let below = json!({"name": "below", "above_id": ids[1]});
            let answer = batch(
                &server,
                "clubs",
                atomic,
                json!([{"op": "delete", "id": ids[1]}, created(&below)]),
            )
            .await;
            if atomic {
                let place = "#/operations/1/value/above_id".to_owned();
                assert_eq!(errors(&answer)[0].0, place, "{database}: {answer:?}");
                let path = format!("/api/clubs/{}", ids[1].as_str().unwrap());
                server.client.delete(&path).await.expect(204);
            } else {
                assert_eq!(statuses(&answer), [204, 409], "{database}: {answer:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_rule_sees_what_followed_the_operations_before() {
    for (database, server) in servers().await {
        let stand = make(&server, "stands", json!({"free": 2})).await;
        let seat = created(&json!({"stand_id": stand["id"]}));
        let three = json!([seat, seat, seat]);
        let answer = batch(&server, "seats", true, three.clone()).await.expect(409);
        assert_eq!(errors(&answer)[0].0, "#/operations/2", "{database}");
        let answer = batch(&server, "seats", false, three).await.expect(207);
        assert_eq!(statuses(&answer), [201, 201, 409], "{database}");
        let path = format!("/api/stands/{}", stand["id"].as_str().unwrap());
        assert_eq!(server.client.get(&path).await.expect(200).json()["free"], 0, "{database}");
    }
}

#[tokio::test]
async fn a_deleted_row_cannot_be_referred_to_anew() {
    for (database, server) in servers().await {
        let client = &server.client;
        let club = make(&server, "clubs", json!({"name": "club"})).await;
        let gone = make(&server, "sponsors", json!({"name": "gone"})).await;
        let here = make(&server, "sponsors", json!({"name": "here"})).await;
        let body = |sponsor: &Json| json!({"club_id": club["id"], "number": 1, "sponsor_id": sponsor["id"]});
        let loyal = make(&server, "players", body(&gone)).await;
        let loyal = format!("/api/players/{}", loyal["id"].as_str().unwrap());
        let poster = make(&server, "posters", json!({"sponsor_id": gone["id"]})).await;
        let poster = format!("/api/posters/{}", poster["id"].as_str().unwrap());
        let other = make(&server, "posters", json!({"sponsor_id": here["id"]})).await;
        let other = format!("/api/posters/{}", other["id"].as_str().unwrap());
        let plain = make(&server, "players", body(&here)).await;
        let plain = format!("/api/players/{}", plain["id"].as_str().unwrap());
        client.delete(&format!("/api/sponsors/{}", gone["id"].as_str().unwrap())).await.expect(204);

        let to_gone = json!({"sponsor_id": gone["id"]});
        let shirt = json!({"shirts": [{"sponsor_id": gone["id"]}]});
        let refused = [
            client.post("/api/players", &body(&gone)).await,
            client.post("/api/posters", &to_gone).await,
            client.patch(&plain, &to_gone).await,
            client.patch(&plain, &shirt).await,
            client.patch(&other, &to_gone).await,
            client.put(&plain, &body(&gone)).await,
            client.put(&other, &to_gone).await,
        ];
        for (index, answer) in refused.into_iter().enumerate() {
            let answer = answer.expect(409);
            let named = ("#/sponsor_id".to_owned(), "missing_reference".to_owned());
            assert_eq!(errors(&answer), [named], "{database} {index}");
        }
        let operations = json!([created(&body(&here)), created(&body(&gone))]);
        let answer = batch(&server, "players", true, operations.clone()).await.expect(409);
        assert_eq!(errors(&answer)[0].0, "#/operations/1/value/sponsor_id", "{database}");
        let answer = batch(&server, "players", false, operations).await.expect(207);
        assert_eq!(statuses(&answer), [201, 409], "{database}");
        let lines = format!("{}\n{}\n", json!({"sponsor_id": here["id"]}), to_gone);
        let import = [("content-type", "application/x-ndjson")];
        let answer = client.send("POST", "/api/posters/batch", &import, lines).await.expect(409);
        assert_eq!(answer.json()["errors"][0]["line"], 2, "{database}: {answer:?}");

        // Who refers to it already may go on.
        client.patch(&loyal, &json!({"number": 2})).await.expect(200);
        client.patch(&loyal, &to_gone).await.expect(200);
        client.patch(&poster, &to_gone).await.expect(200);
        client.put(&loyal, &body(&gone)).await.expect(200);
    }
}

#[tokio::test]
async fn references_are_checked_in_a_constant_number_of_statements() {
    for (database, server) in servers().await {
        let sponsor = make(&server, "sponsors", json!({"name": "here"})).await;
        let mut counted = Vec::new();
        for rows in [2, 40] {
            let operations: Vec<Json> =
                (0..rows).map(|_| created(&json!({"sponsor_id": sponsor["id"]}))).collect();
            let before = server.application.store().statements();
            batch(&server, "posters", true, json!(operations)).await.expect(200);
            counted.push(server.application.store().statements() - before);
        }
        assert_eq!(counted[0], counted[1], "{database}");
        let poster = json!({"sponsor_id": sponsor["id"]});
        let before = server.application.store().statements();
        server.client.post("/api/posters", &poster).await.expect(201);
        assert_eq!(server.application.store().statements() - before, 2, "{database}");
        let before = server.application.store().statements();
        server.client.post("/api/clubs", &json!({"name": "alone"})).await.expect(201);
        assert_eq!(server.application.store().statements() - before, 1, "{database}");
    }
}

#[tokio::test]
async fn a_put_repeats_what_is_set_once_or_is_refused() {
    for (database, server) in servers().await {
        let client = &server.client;
        let club = make(&server, "clubs", json!({"name": "one"})).await;
        let other = make(&server, "clubs", json!({"name": "other"})).await;
        let sponsor = make(&server, "sponsors", json!({"name": "here"})).await;
        let second = make(&server, "sponsors", json!({"name": "second"})).await;
        let whole = json!({
            "club_id": club["id"], "home": "here", "number": 1,
            "shirts": [{"sponsor_id": sponsor["id"]}],
        });
        let player = make(&server, "players", whole.clone()).await;
        let path = format!("/api/players/{}", player["id"].as_str().unwrap());
        let shirt = &player["shirts"][0]["id"];
        let with = |name: &str, value: Json| {
            let mut body = whole.clone();
            body["shirts"] = json!([{"id": shirt, "sponsor_id": sponsor["id"]}]);
            body["number"] = json!(7);
            body[name] = value;
            body
        };
        for (name, value, place) in [
            ("club_id", other["id"].clone(), "#/club_id"),
            ("club_id", json!(Uuid::nil()), "#/club_id"),
            ("home", json!("there"), "#/home"),
            ("home", Json::Null, "#/home"),
            ("shirts", json!([{"id": shirt, "sponsor_id": second["id"]}]), "#/shirts/0/sponsor_id"),
        ] {
            let answer = client.put(&path, &with(name, value)).await.expect(422);
            let named = (place.to_owned(), "read_only".to_owned());
            assert_eq!(errors(&answer), [named], "{database}");
        }
        let shirts = json!({"shirts": [{"id": shirt, "sponsor_id": second["id"]}]});
        client.patch(&path, &shirts).await.expect(422);
        assert_eq!(client.get(&path).await.expect(200).json(), player, "{database}");
        let answer = client.put(&path, &with("number", json!(8))).await.expect(200);
        assert_eq!(answer.json()["number"], 8, "{database}");
    }
}
