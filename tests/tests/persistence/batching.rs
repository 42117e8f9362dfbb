//! Concurrent reads by id, and concurrent new rows, share statements and nothing else.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use framework::adapters::memory::MemoryStore;
use framework::application::batching_repository::BatchingRepository;
use framework::application::context::Context;
use framework::application::policy::Scope;
use framework::application::repository::Repository;
use framework::application::session::Session;
use framework::application::store::{
    Delete, Replace, Rows, Select, Selection, Store, Transaction, Update,
};
use framework::application::store_repository::StoreRepository;
use framework::async_trait;
use framework::domain::entity::Entity as _;
use framework::domain::error::Error;
use framework::domain::query::Deleted;
use framework::domain::schema::EntitySchema;
use framework::domain::specification::Predicate;
use framework::domain::value::{Row, Value};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use super::sample::{Category, category, category_row, id, text};
use super::stores;

/// A store whose reads begin, say so, and return when they are let through.
#[derive(Clone)]
struct Gated(Arc<Gates>);

struct Gates {
    inner: MemoryStore,
    begun: AtomicUsize,
    through: Semaphore,
}

struct GatedRows(Gated, Box<dyn Rows>);

impl Gated {
    async fn with(names: &[&str]) -> Self {
        let inner = MemoryStore::new();
        let rows: Vec<Row> = (1..)
            .zip(names)
            .map(|(number, name)| category_row(number, name, Value::Null))
            .collect();
        inner.autocommit().insert(category(), &rows).await.unwrap();
        Self(Arc::new(Gates { inner, begun: AtomicUsize::new(0), through: Semaphore::new(0) }))
    }

    fn begun(&self) -> usize {
        self.0.begun.load(Ordering::SeqCst)
    }

    /// Waits until this many reads have begun.
    async fn until(&self, count: usize) {
        let all = async {
            while self.begun() < count {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), all).await.unwrap();
    }

    fn let_through(&self, count: usize) {
        self.0.through.add_permits(count);
    }
}

#[async_trait]
impl Store for Gated {
    fn autocommit(&self) -> Box<dyn Rows> {
        Box::new(GatedRows(self.clone(), self.0.inner.autocommit()))
    }

    async fn begin(&self) -> Result<Box<dyn Transaction>, Error> {
        self.0.inner.begin().await
    }

    async fn ping(&self) -> Result<(), Error> {
        Ok(())
    }
}

#[async_trait]
impl Rows for GatedRows {
    async fn select(&mut self, select: &Select<'_>) -> Result<Selection, Error> {
        // What is read is what was there when the read began.
        let found = self.1.select(select).await?;
        self.0.0.begun.fetch_add(1, Ordering::SeqCst);
        self.0.0.through.acquire().await.unwrap().forget();
        let has = |name: &str| found.rows.iter().any(|row| row[1] == text(name));
        match (has("panics"), has("fails")) {
            (true, _) => panic!("on purpose"),
            (_, true) => Err(Error::Unavailable("down".to_owned())),
            _ => Ok(found),
        }
    }

    async fn insert(&mut self, schema: &'static EntitySchema, rows: &[Row]) -> Result<(), Error> {
        self.0.0.begun.fetch_add(1, Ordering::SeqCst);
        self.0.0.through.acquire().await.unwrap().forget();
        if rows.len() > 1 && rows.iter().any(|row| row[1] == text("meets others")) {
            return Err(Error::RolledBack);
        }
        self.1.insert(schema, rows).await
    }

    async fn update(&mut self, update: &Update<'_>) -> Result<Vec<Row>, Error> {
        self.1.update(update).await
    }

    async fn replace(&mut self, replace: &Replace<'_>) -> Result<Vec<Value>, Error> {
        self.1.replace(replace).await
    }

    async fn delete(&mut self, delete: &Delete<'_>) -> Result<Vec<Row>, Error> {
        self.1.delete(delete).await
    }
}

type Storing = JoinHandle<Result<Vec<Category>, Error>>;
type Reading = JoinHandle<Result<Option<Category>, Error>>;

struct Readers {
    store: Gated,
    repository: Arc<BatchingRepository<Category>>,
}

impl Readers {
    async fn of(names: &[&str]) -> Self {
        Self::with_patience(names, Duration::from_secs(3_600)).await
    }

    async fn with_patience(names: &[&str], patience: Duration) -> Self {
        let store = Gated::with(names).await;
        let inner = Arc::new(StoreRepository::default());
        let own = Arc::new(store.clone());
        let repository = BatchingRepository::with_patience(inner, own, patience);
        Self { store, repository: Arc::new(repository) }
    }

    fn read(&self, number: u64) -> Reading {
        let (repository, store) = (Arc::clone(&self.repository), self.store.clone());
        tokio::spawn(async move {
            let now = framework::Utc::now();
            let mut session = Session::autocommit(&store, Arc::new(Context::system()), now);
            let Value::Uuid(id) = id(number) else { panic!("no UUID") };
            repository.find(&mut session, &Scope::unrestricted(), &id, Deleted::Exclude).await
        })
    }

    /// Stores a new row, behind whatever was begun before.
    async fn store_later(&self, number: u64, name: &str) -> Storing {
        let (repository, store) = (Arc::clone(&self.repository), self.store.clone());
        let row = category_row(number, name, Value::Null);
        let storing = tokio::spawn(async move {
            let now = framework::Utc::now();
            let mut session = Session::autocommit(&store, Arc::new(Context::system()), now);
            repository.insert(&mut session, vec![Category::from_row(row).unwrap()]).await
        });
        tokio::time::sleep(Duration::from_millis(20)).await;
        storing
    }

    /// A read that waits behind the one under way.
    async fn read_later(&self, number: u64) -> Reading {
        let reading = self.read(number);
        tokio::time::sleep(Duration::from_millis(20)).await;
        reading
    }
}

async fn name(reading: Reading) -> Option<Value> {
    reading.await.unwrap().unwrap().map(|found| found.row[1].clone())
}

#[tokio::test]
async fn reads_that_meet_a_read_under_way_share_the_next_statement() {
    let readers = Readers::of(&["a", "b", "c"]).await;
    let first = readers.read(1);
    readers.store.until(1).await;
    let others =
        [readers.read_later(2).await, readers.read_later(3).await, readers.read_later(9).await];
    assert_eq!(readers.store.begun(), 1);
    readers.store.let_through(2);
    assert_eq!(name(first).await, Some(text("a")));
    let [second, third, missing] = others;
    assert_eq!(name(second).await, Some(text("b")));
    assert_eq!(name(third).await, Some(text("c")));
    assert_eq!(name(missing).await, None);
    assert_eq!(readers.store.begun(), 2);
}

#[tokio::test]
async fn a_panic_is_an_error_to_its_batch_and_nothing_to_the_next() {
    let readers = Readers::of(&["panics", "b"]).await;
    let first = readers.read(1);
    readers.store.until(1).await;
    let second = readers.read_later(2).await;
    readers.store.let_through(2);
    assert!(matches!(first.await.unwrap(), Err(Error::Unavailable(_))));
    assert_eq!(name(second).await, Some(text("b")));
    readers.store.let_through(1);
    assert_eq!(name(readers.read(2)).await, Some(text("b")));
}

#[tokio::test]
async fn a_reader_that_leaves_takes_nothing_from_the_others() {
    let readers = Readers::of(&["a", "b", "c"]).await;
    let leader = readers.read(1);
    readers.store.until(1).await;
    let (second, third) = (readers.read_later(2).await, readers.read_later(3).await);
    leader.abort();
    second.abort();
    readers.store.let_through(2);
    assert_eq!(name(third).await, Some(text("c")));
}

#[tokio::test]
async fn an_error_reaches_all_who_asked_together() {
    let readers = Readers::of(&["a", "fails", "c"]).await;
    let first = readers.read(1);
    readers.store.until(1).await;
    let (second, third) = (readers.read_later(2).await, readers.read_later(3).await);
    readers.store.let_through(2);
    assert_eq!(name(first).await, Some(text("a")));
    for reading in [second, third] {
        assert!(matches!(reading.await.unwrap(), Err(Error::Unavailable(_))));
    }
}

#[tokio::test]
async fn a_read_that_begins_after_a_write_sees_it_whatever_is_under_way() {
    let readers = Readers::of(&["a"]).await;
    let first = readers.read(1);
    readers.store.until(1).await;
    let (by_id, new) = (Predicate::eq(0, id(1)), [(1, text("new"))]);
    let update =
        Update { schema: category(), predicates: &[&by_id], deleted: Deleted::Exclude, set: &new };
    assert_eq!(readers.store.autocommit().update(&update).await.unwrap().len(), 1);
    let second = readers.read_later(1).await;
    readers.store.let_through(2);
    assert_eq!(name(first).await, Some(text("a")));
    assert_eq!(name(second).await, Some(text("new")));
}

#[tokio::test]
async fn new_rows_that_meet_an_insert_under_way_share_the_next_statement() {
    let writers = Readers::of(&[]).await;
    let mut storing = Vec::new();
    for number in 1..=4 {
        storing.push(writers.store_later(number, &format!("new {number}")).await);
    }
    assert_eq!(writers.store.begun(), 1);
    writers.store.let_through(2);
    for (number, storing) in (1..).zip(storing) {
        assert_eq!(storing.await.unwrap().unwrap()[0].row[0], id(number));
    }
    assert_eq!(writers.store.begun(), 2);
}

#[tokio::test]
async fn a_row_that_is_refused_takes_no_other_with_it() {
    let writers = Readers::of(&["old"]).await;
    let first = writers.store_later(2, "first").await;
    let numbers = [3, 4, 1, 5, 6];
    let mut storing = Vec::new();
    for number in numbers {
        storing.push(writers.store_later(number, &format!("new {number}")).await);
    }
    writers.store.let_through(100);
    first.await.unwrap().unwrap();
    for (number, storing) in numbers.into_iter().zip(storing) {
        match storing.await.unwrap() {
            Ok(stored) => assert_eq!(stored[0].row[0], id(number)),
            Err(error) => assert!(number == 1 && matches!(error, Error::Conflict(_)), "{error}"),
        }
    }
    for number in numbers {
        let stored = name(writers.read(number)).await;
        let wanted = if number == 1 { "old".to_owned() } else { format!("new {number}") };
        assert_eq!(stored, Some(text(&wanted)));
    }
}

#[tokio::test]
async fn rows_that_met_other_writers_in_a_deadlock_are_stored_after_all() {
    let writers = Readers::of(&[]).await;
    let mut storing = vec![writers.store_later(1, "first").await];
    for number in 2..=6 {
        let name = if number == 4 { "meets others".to_owned() } else { format!("new {number}") };
        storing.push(writers.store_later(number, &name).await);
    }
    writers.store.let_through(100);
    for (number, storing) in (1..).zip(storing) {
        assert_eq!(storing.await.unwrap().unwrap()[0].row[0], id(number));
    }
}

#[tokio::test]
async fn a_statement_that_is_held_up_holds_up_no_other() {
    let readers = Readers::with_patience(&["a", "b", "c"], Duration::from_millis(10)).await;
    let held = readers.read(1);
    readers.store.until(1).await;
    // Nothing has been let through yet.
    let second = readers.read(2);
    readers.store.until(2).await;
    let third = readers.read(3);
    readers.store.until(3).await;
    readers.store.let_through(3);
    for (reading, wanted) in [(held, "a"), (second, "b"), (third, "c")] {
        assert_eq!(name(reading).await, Some(text(wanted)));
    }
    // And those who had stepped aside are there again.
    readers.store.let_through(1);
    assert_eq!(name(readers.read(2)).await, Some(text("b")));
}

#[tokio::test]
async fn however_much_is_held_up_there_is_a_limit_to_what_is_asked_at_once() {
    let names: Vec<String> = (1..=30).map(|number| format!("row {number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let readers = Readers::with_patience(&names, Duration::from_millis(1)).await;
    let mut reading = Vec::new();
    for number in 1..=30 {
        reading.push(readers.read_later(number).await);
    }
    readers.store.until(8).await;
    assert_eq!(readers.store.begun(), 8);
    readers.store.let_through(30);
    for (reading, wanted) in reading.into_iter().zip(&names) {
        assert_eq!(name(reading).await, Some(text(wanted)));
    }
    assert!(readers.store.begun() < 20, "what waited was not asked together");
}

#[tokio::test]
async fn a_new_row_that_waits_for_the_key_of_another_holds_up_no_other() {
    let mut databases = stores::databases().await.into_iter();
    let Some(case) = databases.find(|case| case.name == "PostgreSQL") else { return };
    let mut other = case.store.begin().await.unwrap();
    other.insert(category(), &[category_row(1, "theirs", Value::Null)]).await.unwrap();
    let repository =
        BatchingRepository::new(Arc::new(StoreRepository::default()), case.store.clone());
    let insert = async |number: u64| {
        let now = framework::Utc::now();
        let mut session =
            Session::autocommit(case.store.as_ref(), Arc::new(Context::system()), now);
        let row = category_row(number, &format!("ours {number}"), Value::Null);
        let row = Category::from_row(row).unwrap();
        repository.insert(&mut session, vec![row]).await.map(drop)
    };
    let meanwhile = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let ten = futures_util::future::join_all((2..12).map(&insert));
        let ten = tokio::time::timeout(Duration::from_secs(20), ten).await.expect("held up");
        assert!(ten.iter().all(Result::is_ok), "{ten:?}");
        other.commit().await.unwrap();
    };
    let (held, ()) = tokio::join!(insert(1), meanwhile);
    assert!(matches!(held, Err(Error::Conflict(_))), "{held:?}");
}
