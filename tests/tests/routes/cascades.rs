//! What the database removes or changes by itself is not served from the cache afterwards.

use framework::adapters::persistence::ddl;
use framework::serde_json::json;
use framework::testing::TestApp;
use framework::{AllowAll, App, Entity, Module, Uuid};

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

async fn library() -> TestApp {
    let module = Module::new("library")
        .entity::<Shelf>(AllowAll)
        .entity::<Volume>(AllowAll)
        .entity::<Chapter>(AllowAll)
        .entity::<Remark>(AllowAll);
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
        assert_eq!(found.json()["title"], "one");
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
