//! Whoever changes a row, it is not served from the cache as it was: another entity's hook, a cascade, a caller that left.

use std::time::{Duration, Instant};

use framework::adapters::persistence::ddl;
use framework::serde_json::json;
use framework::testing::TestApp;
use framework::{
    AllowAll, App, Entity, Error, Hooks, Module, Query, Repository, Scope, Session,
    StoreRepository, Uuid, async_trait,
};

#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(cache(ttl = "5m"), plural = "shelves")]
struct Shelf {
    #[entity(id)]
    id: Uuid,
    #[entity(belongs_to = Shelf, on_delete = "cascade")]
    above_id: Option<Uuid>,
}

#[derive(Debug, Clone, PartialEq, Entity)]
struct Volume {
    #[entity(id)]
    id: Uuid,
    #[entity(belongs_to = Shelf, on_delete = "cascade")]
    shelf_id: Uuid,
    #[entity(owned, key = "volume_id")]
    chapters: Vec<Chapter>,
}

#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(cache(ttl = "5m"))]
struct Chapter {
    #[entity(id)]
    id: Uuid,
    #[entity(owned_by = Volume)]
    volume_id: Uuid,
    #[entity(length(1..=40))]
    title: String,
}

#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(cache(ttl = "5m"))]
struct Remark {
    #[entity(id)]
    id: Uuid,
    #[entity(belongs_to = Volume, on_delete = "set_null")]
    volume_id: Option<Uuid>,
}

/// Whoever remarks on a volume changes the title of its chapters, through a repository of its own.
#[derive(Default)]
struct Retitle {
    chapters: StoreRepository<Chapter>,
}

#[async_trait]
impl Hooks<Remark> for Retitle {
    async fn after_create(&self, session: &mut Session, remark: &Remark) -> Result<(), Error> {
        let Some(volume) = remark.volume_id else { return Ok(()) };
        let all = Scope::unrestricted();
        let of_volume = Query::new(Chapter::VOLUME_ID.eq(volume)).limit(100);
        let mut chapters = self.chapters.list(session, &all, &of_volume).await?.items;
        chapters.iter_mut().for_each(|chapter| chapter.title = "remarkable".to_owned());
        self.chapters.update(session, &all, chapters).await.map(drop)
    }
}

async fn library() -> TestApp {
    let module = Module::new("library")
        .entity::<Shelf>(AllowAll)
        .entity::<Volume>(AllowAll)
        .entity::<Chapter>(AllowAll)
        .entity::<Remark>(AllowAll)
        .hooks::<Remark>(Retitle::default());
    let app = TestApp::start(App::from_env("library").unwrap().module(module)).await;
    let schemas = [Shelf::schema(), Volume::schema(), Chapter::schema(), Remark::schema()];
    ddl::create_all(&schemas, app.application.store()).await.unwrap();
    app
}

#[tokio::test]
async fn rows_that_go_or_change_with_others_are_forgotten() {
    let app = library().await;
    let make = async |path: &str, body| {
        app.client.post(path, &body).await.expect(201).json()["id"].as_str().unwrap().to_owned()
    };
    let read = async |path: &str, id: &str| app.client.get(&format!("{path}/{id}")).await;
    let top = make("/api/shelves", json!({})).await;
    let shelf = make("/api/shelves", json!({"above_id": top})).await;
    let chapters = json!([{"title": "one"}, {"title": "two"}]);
    let volume = make("/api/volumes", json!({"shelf_id": shelf, "chapters": chapters})).await;
    let remark = make("/api/remarks", json!({"volume_id": volume})).await;
    let whole = read("/api/volumes", &volume).await.expect(200).json();
    let chapter = whole["chapters"][0]["id"].as_str().unwrap().to_owned();
    // Twice, so that the second comes from the cache.
    for _ in 0..2 {
        read("/api/shelves", &shelf).await.expect(200);
        let found = read("/api/chapters", &chapter).await.expect(200);
        assert_eq!(found.json()["title"], "remarkable");
        let found = read("/api/remarks", &remark).await.expect(200);
        assert_eq!(found.json()["volume_id"], volume);
    }
    let renamed = json!({"chapters": [{"id": chapter, "title": "new"}]});
    app.client.patch(&format!("/api/volumes/{volume}"), &renamed).await.expect(200);
    assert_eq!(read("/api/chapters", &chapter).await.expect(200).json()["title"], "new");

    app.client.delete(&format!("/api/shelves/{top}")).await.expect(204);
    read("/api/shelves", &shelf).await.expect(404);
    read("/api/chapters", &chapter).await.expect(404);
    assert!(read("/api/remarks", &remark).await.expect(200).json()["volume_id"].is_null());
}

#[tokio::test]
async fn a_row_that_a_hook_changes_through_a_repository_of_its_own_is_forgotten() {
    let app = library().await;
    let make = async |path: &str, body| {
        app.client.post(path, &body).await.expect(201).json()["id"].as_str().unwrap().to_owned()
    };
    let shelf = make("/api/shelves", json!({})).await;
    let volume = json!({"shelf_id": shelf, "chapters": [{"title": "plain"}]});
    let volume = app.client.post("/api/volumes", &volume).await.expect(201).json();
    let chapter = format!("/api/chapters/{}", volume["chapters"][0]["id"].as_str().unwrap());
    assert_eq!(app.client.get(&chapter).await.expect(200).json()["title"], "plain");
    make("/api/remarks", json!({"volume_id": volume["id"]})).await;
    assert_eq!(app.client.get(&chapter).await.expect(200).json()["title"], "remarkable");
}

#[tokio::test]
async fn a_caller_that_leaves_at_any_await_leaves_no_old_row_in_the_cache() {
    let app = library().await;
    let top = app.client.post("/api/shelves", &json!({})).await.expect(201).json();
    let shelf = app.client.post("/api/shelves", &json!({})).await.expect(201).json();
    let path = format!("/api/shelves/{}", shelf["id"].as_str().unwrap());
    let mut changed = 0;
    for times in 0..30 {
        app.client.get(&path).await.expect(200);
        let above = if times % 2 == 0 { json!(null) } else { top["id"].clone() };
        let body = json!({ "above_id": above });
        let mut change = Box::pin(app.client.patch(&path, &body));
        for _ in 0..times / 2 {
            let polled = std::future::poll_fn(|context| {
                std::task::Poll::Ready(change.as_mut().poll(context).is_ready())
            });
            if polled.await {
                break;
            }
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
        drop(change);
        // Whatever goes on goes on without the caller, and may take its time on a busy machine.
        let start = Instant::now();
        loop {
            tokio::time::sleep(Duration::from_millis(30)).await;
            let stored = app.client.get("/api/shelves?limit=100").await.expect(200).json();
            let mut stored = stored["items"].as_array().unwrap().iter();
            let stored = stored.find(|it| it["id"] == shelf["id"]).unwrap()["above_id"].clone();
            let served = app.client.get(&path).await.expect(200).json()["above_id"].clone();
            if served == stored {
                changed += usize::from(stored == above);
                break;
            }
            assert!(start.elapsed() < Duration::from_secs(10), "after {times}: {served} {stored}");
        }
    }
    assert!(changed > 5, "never changed");
}
