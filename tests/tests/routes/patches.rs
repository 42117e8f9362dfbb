//! A merge patch does to a row what RFC 7396 says it does to the row's JSON.

use framework::adapters::persistence::ddl;
use framework::infrastructure::config::Sources;
use framework::testing::TestApp;
use framework::{AllowAll, App, Config, Entity, Json, Module, Uuid, serde_json::json};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use tests::support::postgres;

/// A row with documents in it.
#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(plural = "papers")]
pub(crate) struct Paper {
    /// Identity.
    #[entity(id)]
    pub(crate) id: Uuid,
    /// A text that must be there.
    #[entity(length(0..=10))]
    pub(crate) title: String,
    /// A number that need not.
    pub(crate) pages: Option<i32>,
    /// A list.
    pub(crate) tags: Option<Vec<String>>,
    /// A document.
    pub(crate) notes: Option<Json>,
    /// Another, with whatever is told in it.
    #[entity(default = Json::Null)]
    pub(crate) extra: Json,
    /// Counts the changes.
    #[entity(version)]
    pub(crate) version: i64,
}

/// A row whose changes nobody counts.
#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(plural = "sketches")]
pub(crate) struct Sketch {
    /// Identity.
    #[entity(id)]
    pub(crate) id: Uuid,
    /// A text beside the document.
    #[entity(length(0..=10))]
    pub(crate) title: String,
    /// A document.
    #[entity(default = json!({}))]
    pub(crate) notes: Json,
}

/// The algorithm of RFC 7396, section 2, word for word.
fn merge_patch(target: &Json, patch: &Json) -> Json {
    let Json::Object(patch) = patch else { return patch.clone() };
    let mut target = match target {
        Json::Object(target) => target.clone(),
        _ => framework::serde_json::Map::new(),
    };
    for (name, value) in patch {
        if value.is_null() {
            target.remove(name);
        } else {
            let member = target.get(name).cloned().unwrap_or(Json::Null);
            target.insert(name.clone(), merge_patch(&member, value));
        }
    }
    Json::Object(target)
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof!["[abc]", "[a-z~/é]{0,3}"]
}

fn document() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(|it| json!(it)),
        (-99_i64..99).prop_map(|it| json!(it)),
        "[a-zé\"]{0,4}".prop_map(|it| json!(it)),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Json::Array),
            proptest::collection::btree_map(name(), inner, 0..4)
                .prop_map(|members| Json::Object(members.into_iter().collect())),
        ]
    })
}

/// Some members of a paper; null only where it means something.
fn members() -> impl Strategy<Value = Json> {
    let may = |values: BoxedStrategy<Json>| proptest::option::of(values);
    let null = || Just(Json::Null);
    let tags = proptest::collection::vec("[a-z]{0,3}", 0..3).prop_map(|it| json!(it));
    (
        may("[a-z]{0,10}".prop_map(|it| json!(it)).boxed()),
        may(prop_oneof![null(), (0..99).prop_map(|it| json!(it))].boxed()),
        may(prop_oneof![null(), tags].boxed()),
        may(document().boxed()),
        may(document()
            .prop_filter("null is no patch of a member that must be", |it| !it.is_null())
            .boxed()),
    )
        .prop_map(|(title, pages, tags, notes, extra)| {
            let found = [
                ("title", title),
                ("pages", pages),
                ("tags", tags),
                ("notes", notes),
                ("extra", extra),
            ];
            found.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
        })
}

/// The view without what the server counts, absent and null being one: a view shows every member.
fn essence(view: &Json) -> Json {
    let members = view.as_object().cloned().unwrap_or_default();
    members.into_iter().filter(|(name, value)| name != "version" && !value.is_null()).collect()
}

async fn servers() -> Vec<TestApp> {
    let app = || {
        let config = Config::from_sources("papers", &Sources::variables([("RUST_LOG", "warn")]));
        App::new("papers", config.expect("the defaults are right"))
            .module(Module::new("papers").entity::<Paper>(AllowAll).entity::<Sketch>(AllowAll))
    };
    let mut found = vec![TestApp::start(app()).await];
    if let Some(url) = postgres().await {
        found.push(TestApp::on(app(), &url).await);
    }
    for server in &found {
        let schemas = [Paper::schema(), Sketch::schema()];
        ddl::create_all(&schemas, server.application.store()).await.expect("tables");
    }
    found
}

#[tokio::test]
async fn any_patch_of_any_row_does_what_the_reference_algorithm_does() {
    let mut runner = TestRunner::deterministic();
    for server in servers().await {
        for _ in 0..150 {
            let mut draw =
                |what: &BoxedStrategy<Json>| what.new_tree(&mut runner).unwrap().current();
            let mut body = draw(&members().boxed());
            if body.get("title").is_none() {
                body["title"] = json!("t");
            }
            let made = server.client.post("/api/papers", &body).await.expect(201);
            let path = made.header("location").to_owned();
            let mut view = made.json();
            for _ in 0..3 {
                let patch = draw(&members().boxed());
                let answer = server.client.patch(&path, &patch).await.expect(200).json();
                let wanted = merge_patch(&view, &patch);
                assert_eq!(essence(&answer), essence(&wanted), "{view} patched with {patch}");
                view = answer;
            }
            let read = server.client.get(&path).await.expect(200).json();
            assert_eq!(read, view, "what was answered is what is stored");
        }
    }
}

#[tokio::test]
async fn a_batch_and_two_patches_at_once_merge_documents_too() {
    for server in servers().await {
        let body = json!({"title": "t", "notes": {"a": {"x": 1}}});
        let made = server.client.post("/api/papers", &body).await.expect(201);
        let path = made.header("location").to_owned();
        let update =
            json!({"op": "update", "id": made.json()["id"], "value": {"notes": {"a": {"y": 2}}}});
        let batch = json!({ "operations": [update] });
        server.client.post("/api/papers/batch", &batch).await.expect(200);
        let (one, two) = (json!({"notes": {"b": 1}}), json!({"notes": {"c": 1}}));
        let (one, two) =
            tokio::join!(server.client.patch(&path, &one), server.client.patch(&path, &two));
        one.expect(200);
        two.expect(200);
        let notes = server.client.get(&path).await.expect(200).json()["notes"].clone();
        assert_eq!(notes, json!({"a": {"x": 1, "y": 2}, "b": 1, "c": 1}), "neither is lost");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_changes_of_a_row_without_a_version_none_is_lost() {
    for server in servers().await {
        let made = server.client.post("/api/sketches", &json!({"title": "t"})).await.expect(201);
        let (path, id) = (made.header("location").to_owned(), made.json()["id"].clone());
        let writers = (0..4).map(|writer| {
            let (client, path, id) = (server.client.clone(), path.clone(), id.clone());
            tokio::spawn(async move {
                for round in 0..10 {
                    let patch = json!({"notes": {format!("w{writer}r{round}"): round}});
                    if writer == 3 {
                        let update = json!({"op": "update", "id": id, "value": patch});
                        let batch = json!({ "operations": [update] });
                        client.post("/api/sketches/batch", &batch).await.expect(200);
                    } else {
                        client.patch(&path, &patch).await.expect(200);
                    }
                }
            })
        });
        let writers: Vec<_> = writers.collect();
        for round in 0..10 {
            let title = format!("t{round}");
            server.client.patch(&path, &json!({ "title": title })).await.expect(200);
            let read = server.client.get(&path).await.expect(200).json();
            assert_eq!(read["title"], title, "a batch of another member takes nothing back");
        }
        for writer in writers {
            writer.await.expect("no panic");
        }
        let notes = server.client.get(&path).await.expect(200).json()["notes"].clone();
        assert_eq!(notes.as_object().map(framework::serde_json::Map::len), Some(40), "{notes}");
    }
}
