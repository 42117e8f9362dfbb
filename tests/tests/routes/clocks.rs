//! A clock that is set back: rows stay editable, and none looks changed before it was made.

use std::sync::Arc;
use std::time::Duration;

use framework::adapters::persistence::ddl;
use framework::infrastructure::config::Sources;
use framework::testing::TestApp;
use framework::{
    AllowAll, App, Clock, Config, DateTime, Entity, Error, FixedClock, Hooks, Module, Session, Utc,
    Uuid, Violations, async_trait, instance, serde_json::json,
};
use tests::support::postgres;

const DAY: u64 = 24 * 3600;

/// Something that is written twice.
#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(plural = "letters")]
pub(crate) struct Letter {
    /// Identity.
    #[entity(id)]
    pub(crate) id: Uuid,
    /// What it says.
    #[entity(length(1..=40))]
    pub(crate) text: String,
    /// When it was first written.
    #[entity(created_at)]
    pub(crate) created_at: DateTime<Utc>,
    /// When it was last written.
    #[entity(updated_at)]
    pub(crate) updated_at: DateTime<Utc>,
    /// Counts the changes.
    #[entity(version)]
    pub(crate) version: i64,
}

/// A rule on what only the server sets; it also makes every write a transaction.
struct InOrder;

#[async_trait]
impl Hooks<Letter> for InOrder {
    async fn validate(
        &self,
        _session: &mut Session,
        letter: &Letter,
        violations: &mut Violations,
    ) -> Result<(), Error> {
        if letter.updated_at < letter.created_at {
            violations.add("updated_at", "order", "must not be before created_at");
        }
        Ok(())
    }
}

#[tokio::test]
async fn the_last_change_is_never_before_the_one_before_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = format!("sqlite://{}?mode=rwc", folder.path().join("letters.db").display());
    for url in [Some(file), postgres().await].into_iter().flatten() {
        for with_hooks in [false, true] {
            let start = DateTime::<Utc>::UNIX_EPOCH + Duration::from_secs(20_000 * DAY);
            let clock = Arc::new(FixedClock::at(start));
            let told = instance::<dyn Clock>(Arc::clone(&clock) as Arc<dyn Clock>);
            let mut module = Module::new("letters").entity::<Letter>(AllowAll).replace(told);
            if with_hooks {
                module = module.hooks(InOrder);
            }
            let config = Config::from_sources("post", &Sources::variables([("RUST_LOG", "warn")]));
            let app = App::new("post", config.expect("the defaults are right")).module(module);
            let server = TestApp::on(app, &url).await;
            if !with_hooks {
                let store = server.application.store();
                ddl::create_all(&[Letter::schema()], store).await.expect("a table");
            }
            let body = json!({"text": "first"});
            let made = server.client.post("/api/letters", &body).await.expect(201).json();
            let path = format!("/api/letters/{}", made["id"].as_str().expect("an id"));

            clock.set(start - Duration::from_secs(DAY));
            let patched = server.client.patch(&path, &json!({"text": "second"})).await.expect(200);
            assert_eq!(patched.json()["updated_at"], made["created_at"], "{url} {with_hooks}");
            let put = server.client.put(&path, &json!({"text": "third"})).await.expect(200);
            assert_eq!(put.json()["updated_at"], made["created_at"], "{url} {with_hooks}");

            clock.set(start + Duration::from_secs(DAY));
            let later = server.client.patch(&path, &json!({"text": "fourth"})).await.expect(200);
            assert_ne!(later.json()["updated_at"], made["updated_at"], "{url} {with_hooks}");
            let read = server.client.get(&path).await.expect(200);
            assert_eq!(read.json(), later.json(), "what was answered is what is stored");
        }
    }
}
