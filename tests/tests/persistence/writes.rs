//! What is written is what is read; changes touch what they should.

use framework::application::store::{Delete, Replace, Select, Update};
use framework::domain::query::{Count, Deleted, Window};
use framework::domain::specification::Predicate;
use framework::domain::value::Value;

use super::sample::{
    ITEM_BIG, ITEM_CATEGORY, ITEM_CODE, ITEM_DELETED_AT, ITEM_ID, ITEM_TITLE, ITEM_VERSION,
    category, category_row, id, item, item_row, text,
};
use super::stores;

#[tokio::test]
async fn a_row_comes_back_as_it_was_written() {
    for case in stores::all().await {
        let mut rows = case.store.autocommit();
        let one = item_row(1, "one");
        let mut many = vec![item_row(2, "two"), item_row(3, "three")];
        for position in [2, 4, 6, 8, 11, 13, 16, 17, 18] {
            many[0][position] = Value::Null;
        }
        rows.insert(item(), std::slice::from_ref(&one)).await.unwrap();
        rows.insert(item(), &many).await.unwrap();
        for row in std::iter::once(&one).chain(&many) {
            let by_id = Predicate::eq(ITEM_ID, row[ITEM_ID].clone());
            let found = rows.select(&Select::new(item(), &[&by_id])).await.unwrap();
            assert_eq!(found.rows, std::slice::from_ref(row), "{}", case.name);
        }
    }
}

#[tokio::test]
async fn a_batch_of_any_size_is_one_or_none() {
    for case in stores::all().await {
        let mut rows = case.store.autocommit();
        let mut batch: Vec<_> = (1..=800).map(|n| item_row(n, &format!("c{n}"))).collect();
        batch.push(item_row(3_000, "c7"));
        rows.insert(item(), &batch).await.unwrap_err();
        let count = Select { count: Count::Exact, ..Select::new(item(), &[]) };
        assert_eq!(rows.select(&count).await.unwrap().total, Some(0), "{}", case.name);
        batch.pop();
        rows.insert(item(), &batch).await.unwrap();
        assert_eq!(rows.select(&count).await.unwrap().total, Some(800), "{}", case.name);
        // Back in one call too, whatever the number of parameters that takes.
        for row in &mut batch {
            row[ITEM_TITLE] = text("changed");
        }
        let replace = Replace { schema: item(), rows: &batch, predicates: &[] };
        assert_eq!(rows.replace(&replace).await.unwrap().len(), 800, "{}", case.name);
    }
}

#[tokio::test]
async fn a_batch_costs_one_statement() {
    for case in stores::databases().await {
        let sql = case.sql.as_ref().unwrap();
        let mut rows = case.store.autocommit();
        let batch: Vec<_> = (1..=100).map(|n| item_row(n, &format!("c{n}"))).collect();
        let before = sql.statements();
        rows.insert(item(), &batch).await.unwrap();
        assert_eq!(sql.statements() - before, 1, "{}", case.name);
        rows.replace(&Replace { schema: item(), rows: &batch, predicates: &[] }).await.unwrap();
        assert_eq!(sql.statements() - before, 2, "{}", case.name);
        let select = Select { count: Count::Exact, limit: Some(5), ..Select::new(item(), &[]) };
        let page = rows.select(&select).await.unwrap();
        assert_eq!((page.rows.len(), page.total), (5, Some(100)), "{}", case.name);
        assert_eq!(sql.statements() - before, 3, "{}", case.name);
    }
}

#[tokio::test]
async fn an_update_changes_and_returns_what_matches_and_counts_versions_up() {
    for case in stores::all().await {
        let mut rows = case.store.autocommit();
        rows.insert(item(), &[item_row(1, "a"), item_row(2, "b")]).await.unwrap();
        let first = Predicate::eq(ITEM_CODE, text("a"));
        let set = [(ITEM_TITLE, text("new")), (ITEM_VERSION, Value::Int(77))];
        let update =
            Update { schema: item(), predicates: &[&first], deleted: Deleted::Exclude, set: &set };
        let changed = rows.update(&update).await.unwrap();
        assert_eq!(changed.len(), 1, "{}", case.name);
        assert_eq!(changed[0][ITEM_TITLE], text("new"), "{}", case.name);
        assert_eq!(changed[0][ITEM_VERSION], Value::Int(2), "{}", case.name);
        let stale = Predicate::eq(ITEM_VERSION, Value::Int(1)).and(first.clone());
        let update = Update { predicates: &[&stale], ..update };
        assert!(rows.update(&update).await.unwrap().is_empty(), "{}", case.name);
    }
}

#[tokio::test]
async fn a_replace_skips_rows_that_are_stale_or_out_of_scope() {
    for case in stores::all().await {
        let mut rows = case.store.autocommit();
        let mut all: Vec<_> = (1..=3).map(|n| item_row(n, &format!("c{n}"))).collect();
        rows.insert(item(), &all).await.unwrap();
        for row in &mut all {
            row[ITEM_BIG] = Value::Int(5);
            row[ITEM_TITLE] = Value::Null;
        }
        all[1][ITEM_VERSION] = Value::Int(9);
        let guard = Predicate::eq(ITEM_CODE, text("c3")).not();
        let replace = Replace { schema: item(), rows: &all, predicates: &[&guard] };
        assert_eq!(rows.replace(&replace).await.unwrap(), [id(1)], "{}", case.name);
        let five = Predicate::eq(ITEM_BIG, Value::Int(5));
        let found = rows.select(&Select::new(item(), &[&five])).await.unwrap().rows;
        assert_eq!(found.len(), 1, "{}", case.name);
        assert_eq!(found[0][ITEM_VERSION], Value::Int(2), "{}", case.name);
        let single = Replace { schema: item(), rows: &all[1..2], predicates: &[] };
        assert!(rows.replace(&single).await.unwrap().is_empty(), "{}", case.name);
    }
}

#[tokio::test]
async fn a_delete_returns_the_rows_and_follows_the_references() {
    for case in stores::all().await {
        let mut rows = case.store.autocommit();
        rows.insert(category(), &[category_row(1, "c", Value::Null)]).await.unwrap();
        let mut row = item_row(1, "a");
        row[ITEM_CATEGORY] = id(1);
        rows.insert(item(), &[row]).await.unwrap();
        rows.insert(super::sample::note(), &[vec![id(1), id(1), text("n")]]).await.unwrap();
        let delete = Delete { schema: category(), predicates: &[], deleted: Deleted::Include };
        assert_eq!(rows.delete(&delete).await.unwrap().len(), 1, "{}", case.name);
        let left = rows.select(&Select::new(item(), &[])).await.unwrap().rows;
        assert_eq!(left[0][ITEM_CATEGORY], Value::Null, "{}", case.name);
        let delete = Delete { schema: item(), ..delete };
        assert_eq!(rows.delete(&delete).await.unwrap(), left, "{}", case.name);
        let notes = rows.select(&Select::new(super::sample::note(), &[])).await.unwrap();
        assert!(notes.rows.is_empty(), "{}", case.name);
    }
}

#[tokio::test]
async fn deleted_rows_are_left_out_shown_or_shown_alone() {
    for case in stores::all().await {
        let mut rows = case.store.autocommit();
        let mut gone = item_row(2, "same");
        gone[ITEM_DELETED_AT] = gone[16].clone();
        // A deleted row gives its unique value free.
        rows.insert(item(), &[item_row(1, "same"), gone]).await.unwrap();
        for (deleted, expected) in [(Deleted::Exclude, vec![id(1)]), (Deleted::Only, vec![id(2)])] {
            let select = Select { columns: Some(&[ITEM_ID]), deleted, ..Select::new(item(), &[]) };
            let found = rows.select(&select).await.unwrap().rows.concat();
            assert_eq!(found, expected, "{}", case.name);
        }
        let select = Select { deleted: Deleted::Include, ..Select::new(item(), &[]) };
        assert_eq!(rows.select(&select).await.unwrap().rows.len(), 2, "{}", case.name);
        // An entity that cannot be deleted softly has no deleted rows.
        let select = Select { deleted: Deleted::Only, ..Select::new(super::sample::note(), &[]) };
        assert!(rows.select(&select).await.unwrap().rows.is_empty(), "{}", case.name);
    }
}

#[tokio::test]
async fn the_total_is_known_even_behind_the_last_page() {
    for case in stores::all().await {
        let mut rows = case.store.autocommit();
        let select = Select { count: Count::Exact, ..Select::new(item(), &[]) };
        assert_eq!(rows.select(&select).await.unwrap().total, Some(0), "{}", case.name);
        rows.insert(item(), &[item_row(1, "a"), item_row(2, "b")]).await.unwrap();
        let select = Select { window: Window::Offset(10), ..select };
        assert_eq!(rows.select(&select).await.unwrap().total, Some(2), "{}", case.name);
        let select = Select { window: Window::First, limit: Some(0), ..select };
        assert_eq!(rows.select(&select).await.unwrap().total, Some(2), "{}", case.name);
    }
}

#[tokio::test]
async fn an_estimate_is_right_where_the_database_has_no_statistics_yet() {
    for case in stores::all().await {
        let mut rows = case.store.autocommit();
        rows.insert(item(), &[item_row(1, "a")]).await.unwrap();
        let estimated = |schema| Select { count: Count::Estimated, ..Select::new(schema, &[]) };
        let none = rows.select(&estimated(super::sample::note())).await.unwrap().total;
        assert_eq!(none, Some(0), "{}", case.name);
        rows.insert(super::sample::note(), &[vec![id(1), id(1), text("n")]]).await.unwrap();
        let one = rows.select(&estimated(super::sample::note())).await.unwrap().total;
        assert_eq!(one, Some(1), "{}", case.name);
    }
}
