//! Pages by position are the same as pages by offset, in both directions, with nulls and mixed directions.

use framework::application::store::{Select, Store};
use framework::domain::query::{
    Count, Direction, Order, Position, Window, position_of, total_order,
};
use framework::domain::value::{Row, Value};

use super::sample::{ITEM_BIG, ITEM_CODE, ITEM_COUNT, ITEM_ID, ITEM_TITLE, item, item_row, text};
use super::stores;

fn rows() -> Vec<Row> {
    (0..23_u64)
        .map(|number| {
            let mut row = item_row(number * 7 % 23 + 1, &format!("c{number:02}"));
            row[ITEM_TITLE] = if number % 3 == 0 {
                Value::Null
            } else {
                text(["é", "Z", "a"][number as usize % 3])
            };
            row[ITEM_COUNT] =
                if number % 4 == 0 { Value::Null } else { Value::Int(number as i64 % 5) };
            row[ITEM_BIG] = Value::Int(number as i64 % 2);
            row
        })
        .collect()
}

fn orders() -> Vec<Vec<Order>> {
    use Direction::{Ascending, Descending};
    let key = |field, direction| Order { field, direction };
    let sorts = [
        vec![],
        vec![key(ITEM_CODE, Descending)],
        vec![key(ITEM_BIG, Ascending), key(ITEM_CODE, Ascending)],
        vec![key(ITEM_TITLE, Ascending)],
        vec![key(ITEM_TITLE, Descending), key(ITEM_COUNT, Ascending)],
        vec![key(ITEM_COUNT, Descending), key(ITEM_BIG, Ascending), key(ITEM_TITLE, Ascending)],
        vec![key(ITEM_BIG, Descending), key(ITEM_ID, Descending)],
    ];
    sorts.iter().map(|sort| total_order(item(), sort)).collect()
}

async fn page(store: &dyn Store, order: &[Order], window: Window) -> Vec<Row> {
    let select =
        Select { order, window, limit: Some(4), count: Count::None, ..Select::new(item(), &[]) };
    store.autocommit().select(&select).await.unwrap().rows
}

#[tokio::test]
async fn pages_by_position_equal_pages_by_offset_in_both_directions() {
    for case in stores::all().await {
        let store = case.store.as_ref();
        store.autocommit().insert(item(), &rows()).await.unwrap();
        for order in orders() {
            let mut all: Vec<Row> = rows();
            all.sort_by(|a, b| {
                order.iter().fold(std::cmp::Ordering::Equal, |known, key| {
                    let next = a[key.field].sort_order(&b[key.field]);
                    known.then(if key.direction == Direction::Ascending {
                        next
                    } else {
                        next.reverse()
                    })
                })
            });
            let mut window = Window::First;
            for offset in (0..24).step_by(4) {
                let found = page(store, &order, window).await;
                assert_eq!(found, all[offset..(offset + 4).min(23)], "{} {order:?}", case.name);
                let skipped = page(store, &order, Window::Offset(offset as u64)).await;
                assert_eq!(found, skipped, "{} {order:?}", case.name);
                window = Window::After(position_of(&order, found.last().unwrap()));
            }
            assert!(page(store, &order, window).await.is_empty(), "{} {order:?}", case.name);
            let mut window = Window::Before(position_of(&order, &all[22]));
            for end in (2..=22_usize).rev().step_by(4) {
                let mut found = page(store, &order, window).await;
                let before: Position = position_of(&order, found.last().unwrap());
                found.reverse();
                assert_eq!(found, all[end.saturating_sub(4)..end], "{} {order:?}", case.name);
                window = Window::Before(before);
            }
        }
    }
}

#[tokio::test]
async fn a_limit_per_parent_takes_the_first_of_each_in_order() {
    for case in stores::all().await {
        case.store.autocommit().insert(item(), &rows()).await.unwrap();
        let order =
            total_order(item(), &[Order { field: ITEM_CODE, direction: Direction::Descending }]);
        let select = Select {
            order: &order,
            columns: Some(&[ITEM_BIG, ITEM_CODE]),
            limit_per: Some((ITEM_BIG, 2)),
            ..Select::new(item(), &[])
        };
        let mut found = case.store.autocommit().select(&select).await.unwrap().rows;
        found.sort_by(|a, b| a[0].sort_order(&b[0]));
        let expected = [(0, "c22"), (0, "c20"), (1, "c21"), (1, "c19")];
        let expected = expected.map(|(big, code)| vec![Value::Int(big), text(code)]);
        assert_eq!(found, expected, "{}", case.name);
    }
}

#[tokio::test]
async fn a_position_of_the_wrong_kind_is_no_error() {
    for case in stores::all().await {
        case.store.autocommit().insert(item(), &rows()).await.unwrap();
        let order = total_order(item(), &[]);
        let window = Window::After(Position(vec![text("not an id")]));
        page(case.store.as_ref(), &order, window).await;
    }
}

#[tokio::test]
async fn the_first_of_each_value_are_the_same_everywhere_behind_a_position_too() {
    let order =
        total_order(item(), &[Order { field: ITEM_CODE, direction: Direction::Descending }]);
    let all: Vec<Row> = rows();
    let middle = all.iter().find(|row| row[ITEM_CODE] == text("c12")).unwrap();
    let position = || position_of(&order, middle);
    let mut answers: Vec<Vec<Vec<Value>>> = Vec::new();
    for case in stores::all().await {
        case.store.autocommit().insert(item(), &all).await.unwrap();
        for window in [Window::First, Window::After(position()), Window::Before(position())] {
            let select = Select {
                order: &order,
                window,
                limit_per: Some((ITEM_COUNT, 2)),
                columns: Some(&[ITEM_COUNT, ITEM_CODE]),
                count: Count::Exact,
                ..Select::new(item(), &[])
            };
            let found = case.store.autocommit().select(&select).await.unwrap();
            assert_eq!(found.total, Some(23), "{}", case.name);
            let mut rows = found.rows;
            // The order among different values is nobody's business; a stable sort keeps the one within.
            rows.sort_by(|a, b| a[0].sort_order(&b[0]));
            answers.push(rows);
        }
    }
    for (index, answer) in answers.iter().enumerate() {
        assert!(!answer.is_empty());
        assert_eq!(answer, &answers[index % 3], "{index}");
    }
}
