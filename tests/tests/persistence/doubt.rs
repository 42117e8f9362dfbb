//! A cache forgets what a write may have changed, also when nobody heard what became of it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use framework::adapters::memory::MemoryStore;
use framework::adapters::messaging::MemoryBus;
use framework::application::cache::{CacheKey, EntityCache, Load};
use framework::application::clock::SystemClock;
use framework::application::context::Context;
use framework::application::forgetting::Forgetting;
use framework::application::session::Session;
use framework::application::store::{
    Delete, Replace, Rows, Select, Selection, Store, Transaction, Update,
};
use framework::application::unit_of_work::UnitOfWork;
use framework::async_trait;
use framework::domain::error::{Conflict, Error};
use framework::domain::query::Deleted;
use framework::domain::schema::EntitySchema;
use framework::domain::specification::Predicate;
use framework::domain::value::{Row, Value};
use framework::{Entity, Uuid};

use super::sample::{id, text};

#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(table = "shelves", cache(ttl = "5m"))]
struct Shelf {
    #[entity(id)]
    id: Uuid,
    #[entity(length(1..=40))]
    name: String,
}

/// What becomes of the answer to a write that happened.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Told,
    Lost,
    Late,
    Refused,
}

#[derive(Clone)]
struct Lossy(MemoryStore, Fate);

struct LossyRows(Box<dyn Rows>, Fate);

#[async_trait]
impl Store for Lossy {
    fn autocommit(&self) -> Box<dyn Rows> {
        Box::new(LossyRows(self.0.autocommit(), self.1))
    }

    async fn begin(&self) -> Result<Box<dyn Transaction>, Error> {
        self.0.begin().await
    }

    async fn ping(&self) -> Result<(), Error> {
        Ok(())
    }
}

impl Fate {
    async fn of<T>(self, outcome: T) -> Result<T, Error> {
        match self {
            Self::Told => Ok(outcome),
            Self::Lost => Err(Error::infrastructure("writing", "the connection broke")),
            Self::Late => std::future::pending().await,
            Self::Refused => Err(Error::Conflict(Conflict::StillReferenced)),
        }
    }
}

#[async_trait]
impl Rows for LossyRows {
    async fn select(&mut self, select: &Select<'_>) -> Result<Selection, Error> {
        self.0.select(select).await
    }

    async fn insert(&mut self, schema: &'static EntitySchema, rows: &[Row]) -> Result<(), Error> {
        self.0.insert(schema, rows).await
    }

    async fn update(&mut self, update: &Update<'_>) -> Result<Vec<Row>, Error> {
        let outcome = self.0.update(update).await?;
        self.1.of(outcome).await
    }

    async fn replace(&mut self, replace: &Replace<'_>) -> Result<Vec<Value>, Error> {
        let outcome = self.0.replace(replace).await?;
        self.1.of(outcome).await
    }

    async fn delete(&mut self, delete: &Delete<'_>) -> Result<Vec<Row>, Error> {
        let outcome = self.0.delete(delete).await?;
        self.1.of(outcome).await
    }
}

/// A cache that remembers only what it had to forget.
#[derive(Default)]
struct Forgotten(Mutex<Vec<String>>);

#[async_trait]
impl EntityCache for Forgotten {
    async fn get_or_load(&self, _: CacheKey<'_>, load: Load) -> Result<Option<Arc<Row>>, Error> {
        Ok(load().await?.map(Arc::new))
    }

    async fn invalidate(&self, _: &'static str, keys: &[String]) {
        self.0.lock().unwrap().extend_from_slice(keys);
    }

    async fn invalidate_all(&self, entity: &'static str) {
        self.0.lock().unwrap().push(format!("all {entity}"));
    }
}

async fn work(fate: Fate) -> (UnitOfWork, Arc<Forgotten>) {
    let store = MemoryStore::new();
    let rows = [1, 2].map(|number| vec![id(number), text(&format!("shelf {number}"))]);
    store.autocommit().insert(Shelf::schema(), &rows).await.unwrap();
    let cache = Arc::new(Forgotten::default());
    let forgetting =
        Forgetting::new(Arc::clone(&cache) as Arc<dyn EntityCache>, &[Shelf::schema()]);
    let store = Arc::new(Lossy(store, fate));
    let work = UnitOfWork::new(store, Arc::new(SystemClock), Arc::new(MemoryBus::new()));
    (work.forgetting(forgetting), cache)
}

async fn rename(session: &mut Session, which: &Predicate) -> Result<(), Error> {
    let set = [(1, text("renamed"))];
    let (schema, deleted) = (Shelf::schema(), Deleted::Exclude);
    let update = Update { schema, predicates: &[which], deleted, set: &set };
    session.rows().update(&update).await.map(drop)
}

async fn replace(session: &mut Session) -> Result<(), Error> {
    let rows = [vec![id(1), text("replaced")]];
    let replace = Replace { schema: Shelf::schema(), rows: &rows, predicates: &[] };
    session.rows().replace(&replace).await.map(drop)
}

async fn remove(session: &mut Session, which: &Predicate) -> Result<(), Error> {
    let (schema, deleted) = (Shelf::schema(), Deleted::Exclude);
    let delete = Delete { schema, predicates: &[which], deleted };
    session.rows().delete(&delete).await.map(drop)
}

#[derive(Debug, Clone, Copy)]
enum Statement {
    Rename,
    RenameByName,
    Replace,
    Remove,
    RemoveEither,
}

async fn forgotten_after(statement: Statement, fate: Fate) -> Vec<String> {
    let (work, cache) = work(fate).await;
    let done = work.autocommit(Arc::new(Context::system()), move |session| {
        Box::pin(async move {
            let (first, second) = (Predicate::eq(0, id(1)), Predicate::eq(0, id(2)));
            let by_name = Predicate::eq(1, text("shelf 1"));
            let either = first.clone().or(second);
            let done = async {
                match statement {
                    Statement::Rename => rename(session, &first).await,
                    Statement::RenameByName => rename(session, &by_name).await,
                    Statement::Replace => replace(session).await,
                    Statement::Remove => remove(session, &first).await,
                    Statement::RemoveEither => remove(session, &either).await,
                }
            };
            // Whoever gives up goes on, as if it had not happened.
            tokio::time::timeout(Duration::from_millis(50), done).await.unwrap_or(Ok(()))
        })
    });
    let _ = done.await;
    let mut forgotten = cache.0.lock().unwrap().clone();
    forgotten.sort();
    forgotten
}

fn key(number: u64) -> String {
    match id(number) {
        Value::Uuid(id) => id.to_string(),
        other => panic!("no UUID: {other:?}"),
    }
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_or_not_waited_for_is_forgotten_like_one_that_is_told() {
    for fate in [Fate::Told, Fate::Lost, Fate::Late] {
        for statement in [Statement::Rename, Statement::Replace, Statement::Remove] {
            let forgotten = forgotten_after(statement, fate).await;
            assert_eq!(forgotten, [key(1)], "{statement:?} {fate:?}");
        }
        let either = forgotten_after(Statement::RemoveEither, fate).await;
        assert_eq!(either, [key(1), key(2)], "{fate:?}");
    }
}

#[tokio::test]
async fn where_a_lost_write_names_no_rows_all_are_forgotten() {
    assert_eq!(forgotten_after(Statement::RenameByName, Fate::Told).await, [key(1)]);
    for fate in [Fate::Lost, Fate::Late] {
        let forgotten = forgotten_after(Statement::RenameByName, fate).await;
        assert_eq!(forgotten, ["all shelves"], "{fate:?}");
    }
}

#[tokio::test]
async fn a_write_that_was_refused_forgets_nothing() {
    assert!(forgotten_after(Statement::Rename, Fate::Refused).await.is_empty());
    assert!(forgotten_after(Statement::RenameByName, Fate::Refused).await.is_empty());
}
