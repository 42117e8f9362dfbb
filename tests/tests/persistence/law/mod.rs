//! The law: a condition means the same in memory, in SQLite and in PostgreSQL, for any rows.

mod strategies;

use framework::adapters::persistence::to_condition;
use framework::application::store::{Rows, Select};
use framework::domain::query::{Deleted, Direction, Order, total_order};
use framework::domain::schema::Kind;
use framework::domain::specification::{Comparison, Predicate, Specification, TextMatch};
use framework::domain::value::{Row, Value};
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use sea_orm::ConnectionTrait as _;
use sea_orm::sea_query::{Alias, Expr, ExprTrait as _, Query};
use tokio::runtime::Runtime;

use super::sample::{
    Category, ITEM_CODE, ITEM_ID, category, category_row, id, item, item_row, note, tagging, text,
};
use super::stores::{self, Case};

/// How many sets of rows, and how many conditions on each.
const BATCHES: u32 = 6;
const CASES: u32 = 500;

#[test]
fn every_store_answers_every_condition_alike() {
    let runtime = Runtime::new().unwrap();
    for _ in 0..BATCHES {
        let mut runner = TestRunner::default();
        let cases = runtime.block_on(async {
            let cases = stores::all().await;
            let tables = strategies::tables().new_tree(&mut runner).unwrap().current();
            for case in &cases {
                let mut rows = case.store.autocommit();
                rows.insert(category(), &tables.categories).await.unwrap();
                rows.insert(item(), &tables.items).await.unwrap();
                rows.insert(note(), &tables.notes).await.unwrap();
                rows.insert(tagging(), &tables.taggings).await.unwrap();
            }
            cases
        });
        let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
        TestRunner::new(config)
            .run(&strategies::query(), |(predicate, order)| {
                runtime.block_on(agree(&cases, &predicate, order))
            })
            .unwrap();
    }
}

async fn agree(
    cases: &[Case],
    predicate: &Predicate,
    order: Option<Order>,
) -> Result<(), TestCaseError> {
    let order = total_order(item(), order.as_slice());
    let predicates = [predicate];
    let mut answers: Vec<(&str, Vec<Row>)> = Vec::new();
    for case in cases {
        let select =
            Select { order: &order, deleted: Deleted::Include, ..Select::new(item(), &predicates) };
        let answer = case.store.autocommit().select(&select).await;
        let answer = answer.map_err(|error| {
            TestCaseError::fail(format!(
                "{}: {error}: {:?}",
                case.name,
                std::error::Error::source(&error)
            ))
        })?;
        answers.push((case.name, answer.rows));
    }
    for (name, rows) in &answers[1..] {
        let ids = |rows: &[Row]| rows.iter().map(|row| row[ITEM_ID].clone()).collect::<Vec<_>>();
        proptest::prop_assert_eq!(ids(&answers[0].1), ids(rows), "memory and {}", name);
        proptest::prop_assert_eq!(&answers[0].1, rows, "memory and {}", name);
    }
    Ok(())
}

async fn found(rows: &mut dyn Rows, predicate: &Predicate) -> Vec<Value> {
    let order = [Order { field: ITEM_ID, direction: Direction::Ascending }];
    let predicates = [predicate];
    let select =
        Select { columns: Some(&[ITEM_ID]), order: &order, ..Select::new(item(), &predicates) };
    rows.select(&select).await.unwrap().rows.concat()
}

#[tokio::test]
async fn a_list_longer_than_the_parameters_of_a_statement_is_no_error() {
    for case in stores::all().await {
        let mut rows = case.store.autocommit();
        rows.insert(item(), &[item_row(1, "a"), item_row(2, "it's")]).await.unwrap();
        let ids = (2..70_000).map(id).collect();
        let predicate = Predicate::In { field: ITEM_ID, values: ids, negated: false };
        assert_eq!(found(rows.as_mut(), &predicate).await, [id(2)], "{}", case.name);
        let mut codes: Vec<Value> = (0..40_000).map(|number| text(&number.to_string())).collect();
        codes.push(text("it's"));
        let predicate = Predicate::In { field: ITEM_CODE, values: codes, negated: true };
        assert_eq!(found(rows.as_mut(), &predicate).await, [id(1)], "{}", case.name);
    }
}

#[tokio::test]
async fn as_many_lists_as_a_search_may_hold_are_no_error() {
    let fields = item().fields.iter().enumerate();
    let kinds: Vec<_> = fields.map(|(position, field)| (position, field.kind)).collect();
    for case in stores::all().await {
        let mut rows = case.store.autocommit();
        rows.insert(item(), &[item_row(1, "a"), item_row(2, "b")]).await.unwrap();
        for (field, kind) in &kinds {
            let mut runner = TestRunner::default();
            let value = match kind {
                // The largest and the smallest are bound one by one.
                Kind::Float { .. } => Value::Float(0.1),
                kind => strategies::stored(*kind).new_tree(&mut runner).unwrap().current(),
            };
            let list = Predicate::In { field: *field, values: vec![value; 70], negated: false };
            let lists = (0..500).map(|_| list.clone()).collect();
            let predicate = Predicate::Or(vec![Predicate::Always, Predicate::And(lists)]);
            let all = found(rows.as_mut(), &predicate).await;
            assert_eq!(all, [id(1), id(2)], "{} {kind:?}", case.name);
        }
    }
}

#[tokio::test]
async fn text_with_a_nul_stands_behind_the_text_before_it() {
    for case in stores::all().await {
        let mut rows = case.store.autocommit();
        rows.insert(item(), &[item_row(1, "ab"), item_row(2, "ab!")]).await.unwrap();
        let nul =
            |comparison| Predicate::Compare { field: ITEM_CODE, comparison, value: text("ab\0") };
        for (comparison, expected) in [
            (Comparison::Eq, vec![]),
            (Comparison::Ne, vec![id(1), id(2)]),
            (Comparison::Lt, vec![id(1)]),
            (Comparison::Ge, vec![id(2)]),
        ] {
            assert_eq!(found(rows.as_mut(), &nul(comparison)).await, expected, "{}", case.name);
        }
        let contains = Predicate::Text {
            field: ITEM_CODE,
            kind: TextMatch::Contains,
            text: "\0".to_owned(),
            ignore_case: true,
        };
        assert!(found(rows.as_mut(), &contains).await.is_empty(), "{}", case.name);
    }
}

#[tokio::test]
async fn a_specification_becomes_a_condition_of_sea_orm() {
    for case in stores::databases().await {
        let mut rows = case.store.autocommit();
        let names = ["it's ?", "$1 \"t0.\"", "plain"];
        let all: Vec<Row> = (1..=3)
            .zip(names)
            .map(|(number, name)| category_row(number, name, Value::Null))
            .collect();
        rows.insert(category(), &all).await.unwrap();
        let is_in = Predicate::In {
            field: 1,
            values: vec![text(names[0]), text(names[1])],
            negated: false,
        };
        let starts = Predicate::Text {
            field: 1,
            kind: TextMatch::StartsWith,
            text: "it'".to_owned(),
            ignore_case: true,
        };
        let specification = Specification::<Category>::new(is_in.and(starts.not()));
        let sql = case.sql.as_ref().unwrap();
        let mut query = Query::select();
        query
            .expr(Expr::col(Alias::new("name")))
            .from(Alias::new("categories"))
            .and_where(Expr::col(Alias::new("name")).ne("?"))
            .cond_where(to_condition(&specification, sql.dialect()));
        let connection = sql.connection();
        let found = connection.query_all(&query).await.unwrap();
        let found: Vec<String> = found.iter().map(|row| row.try_get_by_index(0).unwrap()).collect();
        assert_eq!(found, [names[1]], "{}", case.name);
    }
}
