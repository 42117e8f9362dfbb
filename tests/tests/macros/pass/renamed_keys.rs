//! Names on the wire are free: relations find their keys by the field, and lists of children keep theirs.

use framework::adapters::persistence::ddl;
use framework::serde_json::json;
use framework::testing::TestApp;
use framework::{AllowAll, App, Entity, Module, Uuid};

#[derive(Debug, Clone, PartialEq, Entity)]
struct Parcel {
    #[entity(id)]
    id: Uuid,
    #[entity(owned, rename = "type")]
    items: Vec<Item>,
}

#[derive(Debug, Clone, PartialEq, Entity)]
struct Item {
    #[entity(id)]
    id: Uuid,
    #[entity(owned_by = Parcel, rename = "parcelId")]
    parcel_id: Uuid,
    weight: u32,
}

#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(has_many(letters: Letter, key = "case_id"))]
struct Case {
    #[entity(id)]
    id: Uuid,
}

#[derive(Debug, Clone, PartialEq, Entity)]
struct Letter {
    #[entity(id)]
    id: Uuid,
    #[entity(belongs_to = Case, rename = "about")]
    case_id: Uuid,
    #[entity(filter)]
    text: String,
}

async fn office() -> TestApp {
    let module = Module::new("office")
        .entity::<Parcel>(AllowAll)
        .entity::<Item>(AllowAll)
        .entity::<Case>(AllowAll)
        .entity::<Letter>(AllowAll);
    let server = TestApp::start(App::from_env("office").unwrap().module(module)).await;
    let schemas = [Parcel::schema(), Item::schema(), Case::schema(), Letter::schema()];
    ddl::create_all(&schemas, server.application.store()).await.unwrap();
    server
}

#[tokio::test]
async fn children_whose_key_and_list_are_renamed_are_kept() {
    let server = office().await;
    let body = json!({"type": [{"weight": 2}, {"weight": 3}]});
    let made = server.client.post("/api/parcels", &body).await.expect(201).json();
    assert_eq!(made["type"].as_array().map(Vec::len), Some(2), "{made}");
    let read = server.client.get(&format!("/api/parcels/{}", made["id"].as_str().unwrap())).await;
    assert_eq!(read.expect(200).json(), made);
    assert_eq!(made["type"][0]["parcelId"], made["id"]);
    assert_eq!(Parcel::ITEMS.name(), "type");
}

#[tokio::test]
async fn rows_are_found_through_a_renamed_key() {
    let server = office().await;
    let made = server.client.post("/api/cases", &json!({})).await.expect(201).json();
    let letter = json!({"about": made["id"], "text": "hello"});
    server.client.post("/api/letters", &letter).await.expect(201);
    let path = format!("/api/cases/{}?include=letters", made["id"].as_str().unwrap());
    let read = server.client.get(&path).await.expect(200).json();
    assert_eq!(read["letters"][0]["text"], "hello");
    let found = server.client.get("/api/cases?letters__text=hello").await.expect(200).json();
    assert_eq!(found["items"].as_array().map(Vec::len), Some(1), "{found}");
}
