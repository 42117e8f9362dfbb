//! Batches of an entity with hooks: as few statements as without, and yet each operation by itself.

use framework::adapters::persistence::ddl;
use framework::testing::TestApp;
use framework::{
    AllowAll, App, Entity, Error, Hooks, Json, Module, Repository as _, Session, StoreRepository,
    Uuid, async_trait, serde_json::json,
};

/// What the hook of a ticket writes.
#[derive(Debug, Clone, PartialEq, Entity)]
pub(crate) struct Trace {
    #[entity(id)]
    pub id: Uuid,
    #[entity(length(1..=40))]
    pub code: String,
}

#[derive(Debug, Clone, PartialEq, Entity)]
pub(crate) struct Ticket {
    #[entity(id)]
    pub id: Uuid,
    #[entity(unique, sort, length(1..=40))]
    pub code: String,
    #[entity(version)]
    pub version: i64,
}

/// Refuses what is called `bad`, after it has left a trace.
#[derive(Default)]
struct Rules {
    traces: StoreRepository<Trace>,
}

#[async_trait]
impl Hooks<Ticket> for Rules {
    async fn before_create(&self, session: &mut Session, ticket: &mut Ticket) -> Result<(), Error> {
        if !ticket.code.starts_with("bad") {
            return Ok(());
        }
        let trace = Trace { id: Uuid::now_v7(), code: ticket.code.clone() };
        self.traces.insert(session, vec![trace]).await?;
        Err(Error::Forbidden("a bad ticket".to_owned()))
    }

    async fn before_update(
        &self,
        _session: &mut Session,
        _before: &Ticket,
        after: &mut Ticket,
    ) -> Result<(), Error> {
        after.code.push('!');
        Ok(())
    }
}

async fn apps() -> Vec<(&'static str, TestApp)> {
    let application = || {
        let module = Module::new("tickets")
            .entity::<Ticket>(AllowAll)
            .hooks(Rules::default())
            .entity::<Trace>(AllowAll);
        App::from_env("tickets").unwrap().module(module)
    };
    let mut apps = vec![("SQLite", TestApp::start(application()).await)];
    if let Some(url) = tests::support::postgres().await {
        apps.push(("PostgreSQL", TestApp::on(application(), &url).await));
    }
    for (_, app) in &apps {
        let schemas = [Ticket::schema(), Trace::schema()];
        ddl::create_all(&schemas, app.application.store()).await.unwrap();
    }
    apps
}

async fn batch(app: &TestApp, operations: Vec<Json>) -> (Vec<u64>, u64) {
    let before = app.application.store().statements();
    let body = json!({"atomic": false, "operations": operations});
    let answer = app.client.post("/api/tickets/batch", &body).await.expect(207).json();
    let results = answer["results"].as_array().unwrap();
    let statuses = results.iter().map(|result| result["status"].as_u64().unwrap()).collect();
    (statuses, app.application.store().statements() - before)
}

fn create(code: &str) -> Json {
    json!({"op": "create", "value": {"code": code}})
}

async fn tickets(app: &TestApp) -> Vec<Json> {
    let page = app.client.get("/api/tickets?limit=100&sort=code").await.expect(200).json();
    page["items"].as_array().unwrap().clone()
}

async fn traces(app: &TestApp) -> Json {
    app.client.get("/api/traces").await.expect(200).json()["items"].clone()
}

#[tokio::test]
async fn a_batch_takes_as_many_statements_with_hooks_however_many_operations_it_has() {
    for (database, app) in apps().await {
        let mut counts = Vec::new();
        for size in [2, 20, 80] {
            let operations = (0..size).map(|n| create(&format!("{size}-{n:02}"))).collect();
            let (statuses, made) = batch(&app, operations).await;
            assert!(statuses.iter().all(|status| *status == 201), "{database}: {statuses:?}");
            let rows = tickets(&app).await;
            let rows = rows
                .iter()
                .filter(|row| row["code"].as_str().unwrap().starts_with(&format!("{size}-")));
            let change = |row: &Json| json!({"op": "update", "id": row["id"], "value": {}});
            let (statuses, changed) = batch(&app, rows.clone().map(change).collect()).await;
            assert!(statuses.iter().all(|status| *status == 200), "{database}: {statuses:?}");
            let remove = |row: &Json| json!({"op": "delete", "id": row["id"]});
            let (statuses, removed) = batch(&app, rows.map(remove).collect()).await;
            assert!(statuses.iter().all(|status| *status == 204), "{database}: {statuses:?}");
            counts.push((made, changed, removed));
        }
        assert!(counts.iter().all(|count| *count == counts[0]), "{database}: {counts:?}");
        assert!(counts[0].0 <= 5 && counts[0].1 <= 6 && counts[0].2 <= 6, "{database}: {counts:?}");
    }
}

#[tokio::test]
async fn what_fails_in_a_batch_with_hooks_leaves_nothing_behind() {
    for (database, app) in apps().await {
        batch(&app, vec![create("taken"), create("other")]).await;
        let mut operations: Vec<Json> = (0..78).map(|n| create(&format!("n{n:02}"))).collect();
        operations.insert(10, create("bad-1"));
        operations.insert(40, create("taken"));
        let (statuses, _) = batch(&app, operations).await;
        let failed: Vec<_> =
            statuses.iter().enumerate().filter(|(_, status)| **status != 201).collect();
        assert_eq!(failed, [(10, &403), (40, &409)], "{database}");
        assert_eq!(tickets(&app).await.len(), 80, "{database}");
        assert_eq!(traces(&app).await, json!([]), "{database}: what the hook wrote is undone");
    }
}

#[tokio::test]
async fn two_changes_of_one_row_in_a_batch_with_hooks_are_both_made() {
    for (database, app) in apps().await {
        batch(&app, vec![create("a"), create("b")]).await;
        let id = &tickets(&app).await[0]["id"];
        let change = || json!({"op": "update", "id": id, "value": {}});
        let (statuses, _) = batch(&app, vec![change(), change()]).await;
        assert_eq!(statuses, [200, 200], "{database}");
        assert_eq!(tickets(&app).await[0]["code"], "a!!", "{database}");
    }
}
