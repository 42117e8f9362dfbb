//! Clubs, players and who pays for them, with seats to watch from: what batches and references are tried on.

use framework::adapters::persistence::ddl;
use framework::infrastructure::config::Sources;
use framework::testing::{Answer, TestApp};
use framework::{
    AllowAll, App, Config, DateTime, Deleted, Entity, Error, Hooks, Json, Module, Repository,
    Scope, Session, StoreRepository, Utc, Uuid, async_trait, serde_json::json,
};
use tests::support::postgres;

/// Plays somewhere.
#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(plural = "clubs")]
pub(crate) struct Club {
    /// Identity.
    #[entity(id)]
    pub(crate) id: Uuid,
    /// No two are called the same.
    #[entity(unique, length(1..=40))]
    pub(crate) name: String,
    /// The club that it is part of.
    #[entity(belongs_to = Club, on_delete = "restrict")]
    pub(crate) above_id: Option<Uuid>,
    /// Counts the changes.
    #[entity(version)]
    pub(crate) version: i64,
}

/// Gives money, until it goes.
#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(plural = "sponsors")]
pub(crate) struct Sponsor {
    /// Identity.
    #[entity(id)]
    pub(crate) id: Uuid,
    /// What it is called.
    #[entity(length(1..=40))]
    pub(crate) name: String,
    /// When it went.
    #[entity(deleted_at)]
    pub(crate) deleted_at: Option<DateTime<Utc>>,
}

/// Plays for a club.
#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(plural = "players")]
pub(crate) struct Player {
    /// Identity.
    #[entity(id)]
    pub(crate) id: Uuid,
    /// For whom.
    #[entity(belongs_to = Club, on_delete = "restrict", immutable)]
    pub(crate) club_id: Uuid,
    /// Where from.
    #[entity(immutable, length(1..=40))]
    pub(crate) home: Option<String>,
    /// Who pays.
    #[entity(belongs_to = Sponsor, on_delete = "set_null")]
    pub(crate) sponsor_id: Option<Uuid>,
    /// On the shirt.
    #[entity(range(1..=99))]
    pub(crate) number: i32,
    /// What is worn.
    #[entity(owned, key = "player_id")]
    pub(crate) shirts: Vec<Shirt>,
    /// Counts the changes.
    #[entity(version)]
    pub(crate) version: i64,
}

/// With an advertisement.
#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(plural = "shirts")]
pub(crate) struct Shirt {
    /// Identity.
    #[entity(id)]
    pub(crate) id: Uuid,
    /// Who wears it.
    #[entity(owned_by = Player)]
    pub(crate) player_id: Uuid,
    /// Whose advertisement.
    #[entity(belongs_to = Sponsor, on_delete = "restrict", immutable)]
    pub(crate) sponsor_id: Uuid,
}

/// Without anything that needs a transaction.
#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(plural = "posters")]
pub(crate) struct Poster {
    /// Identity.
    #[entity(id)]
    pub(crate) id: Uuid,
    /// Who paid.
    #[entity(belongs_to = Sponsor, on_delete = "restrict")]
    pub(crate) sponsor_id: Uuid,
    /// How large.
    #[entity(default = 1)]
    pub(crate) size: i32,
}

/// A place with seats.
#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(plural = "stands")]
pub(crate) struct Stand {
    /// Identity.
    #[entity(id)]
    pub(crate) id: Uuid,
    /// How many seats are left.
    pub(crate) free: i32,
}

/// One seat, taken.
#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(plural = "seats")]
pub(crate) struct Seat {
    /// Identity.
    #[entity(id)]
    pub(crate) id: Uuid,
    /// Where it is.
    #[entity(belongs_to = Stand, on_delete = "cascade")]
    pub(crate) stand_id: Uuid,
}

/// Takes a seat only where one is left.
#[derive(Default)]
pub(crate) struct Seating {
    pub(crate) stands: StoreRepository<Stand>,
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

pub(crate) async fn servers() -> Vec<(&'static str, TestApp)> {
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

pub(crate) async fn make(server: &TestApp, plural: &str, body: Json) -> Json {
    server.client.post(&format!("/api/{plural}"), &body).await.expect(201).json()
}

pub(crate) async fn batch(
    server: &TestApp,
    plural: &str,
    atomic: bool,
    operations: Json,
) -> Answer {
    let body = json!({"atomic": atomic, "operations": operations});
    server.client.post(&format!("/api/{plural}/batch"), &body).await
}

pub(crate) fn statuses(answer: &Answer) -> Vec<u64> {
    let results = answer.json()["results"].as_array().cloned().unwrap_or_default();
    results.iter().filter_map(|result| result["status"].as_u64()).collect()
}

pub(crate) fn created(body: &Json) -> Json {
    json!({"op": "create", "value": body})
}
