//! What follows a commit cannot take the success back.

use std::sync::{Arc, Mutex};

use framework::adapters::persistence::ddl;
use framework::infrastructure::config::Sources;
use framework::testing::TestApp;
use framework::{
    AllowAll, App, Config, Entity, EntityEvent, Envelope, Error, EventHandler, Hooks, Module,
    Session, Uuid, async_trait, serde_json::json,
};
use tests::support::postgres;

/// Rings once it is there, and breaks.
#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(plural = "bells", events)]
pub(crate) struct Bell {
    /// Identity.
    #[entity(id)]
    pub(crate) id: Uuid,
    /// What it is called.
    #[entity(length(1..=40))]
    pub(crate) name: String,
}

struct Breaks;

#[async_trait]
impl Hooks<Bell> for Breaks {
    async fn after_create(&self, session: &mut Session, _bell: &Bell) -> Result<(), Error> {
        session.after_commit(|| panic!("broken at once"));
        session.after_commit(|| Box::pin(async { panic!("broken while it rings") }));
        Ok(())
    }
}

/// The names of the bells that were heard.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<String>>>);

#[async_trait]
impl EventHandler<BellEvent> for Heard {
    async fn handle(&self, event: &Envelope<&EntityEvent<Bell>>) -> Result<(), Error> {
        self.0.lock().unwrap().push(event.payload.entity().name.clone());
        Ok(())
    }
}

#[tokio::test]
async fn work_behind_a_commit_that_panics_neither_fails_the_request_nor_loses_its_events() {
    let urls = ["sqlite::memory:".to_owned()].into_iter().chain(postgres().await);
    for url in urls {
        let heard = Heard::default();
        let module = Module::new("bells").entity::<Bell>(AllowAll).hooks(Breaks).on(heard.clone());
        let config = Config::from_sources("bells", &Sources::variables([("RUST_LOG", "off")]));
        let app = TestApp::on(App::new("bells", config.unwrap()).module(module), &url).await;
        ddl::create_all(&[Bell::schema()], app.application.store()).await.unwrap();
        let made = app.client.post("/api/bells", &json!({"name": "big"})).await.expect(201);
        app.client.get(made.header("location")).await.expect(200);
        app.application.settle().await;
        assert_eq!(*heard.0.lock().unwrap(), ["big"], "{url}");
    }
}
