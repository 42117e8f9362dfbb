//! What the databases refuse comes back as our errors, naming our fields.

use framework::adapters::persistence::{PoolOptions, SqlStore, ddl};
use framework::application::store::{Delete, Rows, Store as _, Update};
use framework::domain::error::{Conflict, Error};
use framework::domain::query::Deleted;
use framework::domain::specification::Predicate;
use framework::domain::value::Value;
use framework::domain::violation::Place;
use sea_orm::ConnectionTrait as _;
use uuid::Uuid;

use super::sample::{
    self, ITEM_CATEGORY, ITEM_CODE, ITEM_ID, category, category_row, id, item, item_row, note, text,
};
use super::stores;

fn conflict(result: Result<(), Error>) -> Conflict {
    match result {
        Err(Error::Conflict(conflict)) => conflict,
        other => panic!("expected a conflict, found {other:?}"),
    }
}

async fn set(rows: &mut dyn Rows, position: usize, value: Value) -> Result<(), Error> {
    let first = Predicate::eq(ITEM_ID, id(1));
    let update = Update {
        schema: item(),
        predicates: &[&first],
        deleted: Deleted::Exclude,
        set: &[(position, value)],
    };
    rows.update(&update).await.map(|_| ())
}

#[tokio::test]
async fn a_duplicate_names_the_fields_of_its_key() {
    for case in stores::all().await {
        let mut rows = case.store.autocommit();
        rows.insert(item(), &[item_row(1, "a"), item_row(2, "b")]).await.unwrap();
        let code = Conflict::Duplicate { fields: vec!["code"] };
        assert_eq!(conflict(rows.insert(item(), &[item_row(3, "a")]).await), code, "{}", case.name);
        assert_eq!(conflict(set(rows.as_mut(), ITEM_CODE, text("b")).await), code, "{}", case.name);
        let taken = conflict(rows.insert(item(), &[item_row(1, "c")]).await);
        assert_eq!(taken, Conflict::Duplicate { fields: vec!["id"] }, "{}", case.name);
        rows.insert(note(), &[vec![id(1), id(1), text("n")]]).await.unwrap();
        let pair = conflict(rows.insert(note(), &[vec![id(2), id(1), text("n")]]).await);
        assert_eq!(pair, Conflict::Duplicate { fields: vec!["itemId", "text"] }, "{}", case.name);
    }
}

#[tokio::test]
async fn a_missing_reference_names_its_field() {
    for case in stores::all().await {
        let mut rows = case.store.autocommit();
        let mut row = item_row(1, "a");
        rows.insert(item(), std::slice::from_ref(&row)).await.unwrap();
        let missing = |field| Conflict::MissingReference { field };
        row[ITEM_ID] = id(2);
        row[ITEM_CODE] = text("b");
        row[ITEM_CATEGORY] = id(404);
        let found = conflict(rows.insert(item(), &[row]).await);
        assert_eq!(found, missing("categoryId"), "{}", case.name);
        let found = conflict(set(rows.as_mut(), ITEM_CATEGORY, id(404)).await);
        assert_eq!(found, missing("categoryId"), "{}", case.name);
        // Also inside a transaction, which must stay usable for its rollback.
        let mut transaction = case.store.begin().await.unwrap();
        let found = conflict(transaction.insert(note(), &[vec![id(1), id(9), text("n")]]).await);
        assert_eq!(found, missing("itemId"), "{}", case.name);
        transaction.rollback().await.unwrap();
        // A batch may refer to itself.
        let tree = [category_row(1, "root", Value::Null), category_row(2, "leaf", id(1))];
        rows.insert(category(), &tree).await.unwrap();
        let lost = conflict(rows.insert(category(), &[category_row(3, "x", id(404))]).await);
        assert_eq!(lost, missing("parentId"), "{}", case.name);
    }
}

#[tokio::test]
async fn a_row_that_others_refer_to_is_not_deleted() {
    for case in stores::all().await {
        let mut rows = case.store.autocommit();
        let tree = [category_row(1, "root", Value::Null), category_row(2, "leaf", id(1))];
        rows.insert(category(), &tree).await.unwrap();
        let root = Predicate::eq(0, id(1));
        let delete = Delete { schema: category(), predicates: &[&root], deleted: Deleted::Exclude };
        let found = conflict(rows.delete(&delete).await.map(|_| ()));
        assert_eq!(found, Conflict::StillReferenced, "{}", case.name);
    }
}

#[tokio::test]
async fn a_value_that_an_index_cannot_take_is_named_as_the_callers_mistake() {
    for case in stores::databases().await {
        let mut rows = case.store.autocommit();
        rows.insert(item(), &[item_row(1, "a")]).await.unwrap();
        // Random, because a text that can be compressed is small again.
        for digits in [200, 1_000] {
            let long: String = (0..digits).map(|_| Uuid::new_v4().simple().to_string()).collect();
            match rows
                .insert(note(), &[vec![Value::Uuid(Uuid::new_v4()), id(1), text(&long)]])
                .await
            {
                Ok(()) if case.name == "SQLite" => {}
                Err(Error::Validation(violations)) => {
                    let named: Vec<_> =
                        violations.0.iter().map(|it| (&it.place, it.code)).collect();
                    let text = Place::Body("/text".to_owned());
                    assert_eq!(named, [(&text, "too_long")], "{}", case.name);
                }
                other => panic!("{}: {other:?}", case.name),
            }
        }
    }
}

#[tokio::test]
async fn a_broken_check_names_its_constraint() {
    for case in stores::databases().await {
        let mut rows = case.store.autocommit();
        let found = conflict(rows.insert(item(), &[item_row(1, &"x".repeat(65))]).await);
        let length = Conflict::Check { constraint: "ck_items_order_length".to_owned() };
        assert_eq!(found, length, "{}", case.name);
        // Characters are counted, not bytes.
        rows.insert(item(), &[item_row(1, &"é".repeat(64))]).await.unwrap();
        let mut row = item_row(2, "b");
        row[12] = text("unheard of");
        let found = conflict(rows.insert(item(), &[row]).await);
        let status = Conflict::Check { constraint: "ck_items_status_enum".to_owned() };
        assert_eq!(found, status, "{}", case.name);
    }
}

#[tokio::test]
async fn a_database_that_cannot_be_written_is_unavailable_until_it_can() {
    let refuse = [
        ("PRAGMA query_only = ON", "PRAGMA query_only = OFF"),
        ("PRAGMA max_page_count = 1", "PRAGMA max_page_count = 100000"),
    ];
    for (refuse, allow) in refuse {
        let (store, _case) = stores::sqlites().await.remove(0);
        ddl::create_all(&sample::all(), &store).await.unwrap();
        store.connection().execute_unprepared(refuse).await.unwrap();
        let rows: Vec<_> = (0..200).map(|number| item_row(number, &format!("c{number}"))).collect();
        let refused = store.autocommit().insert(item(), &rows).await;
        assert!(matches!(refused, Err(Error::Unavailable(_))), "{refuse}: {refused:?}");
        store.connection().execute_unprepared(allow).await.unwrap();
        store.autocommit().insert(item(), &rows).await.unwrap();
    }
}

#[tokio::test]
async fn a_connection_to_a_server_that_only_reads_is_not_used_again() {
    let Some(url) = tests::support::postgres().await else { return };
    let options = PoolOptions { max_connections: 1, ..PoolOptions::default() };
    let store = SqlStore::connect(&url, &options).await.unwrap();
    ddl::create_all(&sample::all(), &store).await.unwrap();
    let demote = "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY";
    store.connection().execute_unprepared(demote).await.unwrap();
    let refused = store.autocommit().insert(item(), &[item_row(1, "a")]).await;
    assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
    store.autocommit().insert(item(), &[item_row(1, "a")]).await.unwrap();
}
