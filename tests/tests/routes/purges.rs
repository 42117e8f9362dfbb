//! A purge is a write like any other: its rules are asked, its followers hear of it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use framework::adapters::persistence::ddl;
use framework::infrastructure::config::Sources;
use framework::testing::{Answer, TestApp};
use framework::{
    AllowAll, App, Config, DateTime, Entity, EntityEvent, Envelope, Error, EventHandler, Hooks,
    Module, Session, Utc, Uuid, async_trait, serde_json::json,
};
use tests::support::postgres;

/// Kept for as long as somebody asks for it.
#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(plural = "files", events)]
pub(crate) struct File {
    /// Identity.
    #[entity(id)]
    pub(crate) id: Uuid,
    /// What it is called.
    #[entity(length(1..=40))]
    pub(crate) name: String,
    /// When it was given up.
    #[entity(deleted_at)]
    pub(crate) deleted_at: Option<DateTime<Utc>>,
    /// Counts the changes.
    #[entity(version)]
    pub(crate) version: i64,
}

/// What was said, in order; and whether nothing may go.
#[derive(Clone, Default)]
struct Archive {
    said: Arc<Mutex<Vec<&'static str>>>,
    kept: Arc<AtomicBool>,
}

impl Archive {
    fn say(&self, what: &'static str) {
        self.said.lock().unwrap().push(what);
    }
}

#[async_trait]
impl Hooks<File> for Archive {
    async fn before_delete(&self, _session: &mut Session, _file: &File) -> Result<(), Error> {
        self.say("before_delete");
        if self.kept.load(Ordering::SeqCst) {
            Err(Error::conflict("it is asked for"))
        } else {
            Ok(())
        }
    }

    async fn after_purge(&self, _session: &mut Session, file: &File) -> Result<(), Error> {
        assert!(file.deleted_at.is_some());
        self.say("after_purge");
        Ok(())
    }
}

#[async_trait]
impl EventHandler<FileEvent> for Archive {
    async fn handle(&self, event: &Envelope<&EntityEvent<File>>) -> Result<(), Error> {
        self.say(event.payload.verb());
        Ok(())
    }
}

async fn purge(app: &TestApp, path: &str, tag: &str) -> Answer {
    app.client.send("POST", &format!("{path}/purge"), &[("if-match", tag)], "").await
}

#[tokio::test]
async fn what_may_not_be_deleted_may_not_be_purged_and_what_is_purged_is_told() {
    let urls = ["sqlite::memory:".to_owned()].into_iter().chain(postgres().await);
    for url in urls {
        let archive = Archive::default();
        let module = Module::new("files")
            .entity::<File>(AllowAll)
            .hooks(archive.clone())
            .on(archive.clone());
        let config = Config::from_sources("files", &Sources::variables([("RUST_LOG", "off")]));
        let app = TestApp::on(App::new("files", config.unwrap()).module(module), &url).await;
        ddl::create_all(&[File::schema()], app.application.store()).await.unwrap();
        let made = app.client.post("/api/files", &json!({"name": "a"})).await.expect(201);
        let path = made.header("location").to_owned();
        app.client.delete(&path).await.expect(204);
        // Asked for after it was marked: the mark must not be a way round the rule.
        archive.kept.store(true, Ordering::SeqCst);
        purge(&app, &path, "\"2\"").await.expect(409);
        app.client.send("POST", &format!("{path}/restore"), &[], "").await.expect(200);
        archive.kept.store(false, Ordering::SeqCst);
        app.client.delete(&path).await.expect(204);
        app.application.settle().await;
        archive.said.lock().unwrap().clear();

        purge(&app, &path, "\"2\"").await.expect(412);
        assert!(
            archive.said.lock().unwrap().is_empty(),
            "{url}: nobody is asked about a stale row"
        );
        purge(&app, &path, "\"4\"").await.expect(204);
        app.application.settle().await;
        assert_eq!(
            *archive.said.lock().unwrap(),
            ["before_delete", "after_purge", "purged"],
            "{url}"
        );
        purge(&app, &path, "*").await.expect(404);
    }
}
