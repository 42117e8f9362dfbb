//! Random rows and random conditions, both drawn from the same few values, so that they meet.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use framework::domain::query::{Direction, Order};
use framework::domain::schema::{EntitySchema, Kind, Link};
use framework::domain::specification::{Comparison, Predicate, TextMatch};
use framework::domain::value::{Row, Value};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use rust_decimal::Decimal;

use crate::sample::{
    ITEM_CATEGORY, ITEM_CODE, ITEM_ID, ITEM_VERSION, category_row, id, item, text,
};

/// Rows of every table.
#[derive(Debug, Clone)]
pub(super) struct Tables {
    pub(super) categories: Vec<Row>,
    pub(super) items: Vec<Row>,
    pub(super) notes: Vec<Row>,
    pub(super) taggings: Vec<Row>,
}

const ITEMS: usize = 40;
const CATEGORIES: usize = 5;

pub(super) fn tables() -> impl Strategy<Value = Tables> {
    let link = || vec((0..ITEMS, 0..CATEGORIES), 0..25);
    let gone = proptest::option::weighted(0.3, Just(()));
    (vec(item_strategy(), ITEMS), vec((texts(), gone), CATEGORIES), link(), link()).prop_map(
        |(mut items, categories, notes, taggings)| {
            for (index, row) in items.iter_mut().enumerate() {
                row[ITEM_ID] = id(index as u64);
                if let Value::Text(code) = &mut row[ITEM_CODE] {
                    code.push_str(&index.to_string()); // unique
                }
            }
            let categories = categories.into_iter().enumerate().map(|(index, (name, gone))| {
                let parent = index.checked_sub(2).map_or(Value::Null, |it| id(it as u64));
                let mut row = category_row(index as u64, &format!("{name}{index}"), parent);
                row[3] = gone.map_or(Value::Null, |()| Value::Instant(DateTime::UNIX_EPOCH));
                row
            });
            let pairs = |pairs: Vec<(usize, usize)>| pairs.into_iter().enumerate();
            Tables {
                items,
                categories: categories.collect(),
                notes: pairs(notes)
                    .map(|(index, (item, word))| {
                        vec![id(index as u64), id(item as u64), text(&format!("{word}:{index}"))]
                    })
                    .collect(),
                taggings: pairs(taggings)
                    .map(|(index, (item, category))| {
                        vec![id(index as u64), id(item as u64), id(category as u64)]
                    })
                    .collect(),
            }
        },
    )
}

/// A condition on items, and perhaps a sort key.
pub(super) fn query() -> impl Strategy<Value = (Predicate, Option<Order>)> {
    let sortable: Vec<usize> =
        (0..item().fields.len()).filter(|at| item().fields[*at].kind.is_ordered()).collect();
    let order = (select(sortable), any::<bool>()).prop_map(|(field, up)| Order {
        field,
        direction: if up { Direction::Ascending } else { Direction::Descending },
    });
    (predicate(item(), 2), proptest::option::of(order))
}

fn item_strategy() -> impl Strategy<Value = Row> {
    let mut row: Vec<BoxedStrategy<Value>> = Vec::new();
    for (position, field) in item().fields.iter().enumerate() {
        let value = match position {
            ITEM_VERSION => Just(Value::Int(1)).boxed(),
            ITEM_CATEGORY => (0..CATEGORIES as u64).prop_map(id).boxed(),
            _ => stored(field.kind),
        };
        row.push(if field.nullable {
            prop_oneof![1 => Just(Value::Null), 3 => value].boxed()
        } else {
            value
        });
    }
    row
}

fn predicate(schema: &'static EntitySchema, relations: u32) -> BoxedStrategy<Predicate> {
    let mut leaf = fields(schema);
    if relations > 0 {
        let exists = (0..schema.relations.len().max(1)).prop_flat_map(move |relation| match schema
            .relations
            .get(relation)
        {
            Some(found) => predicate((found.target)(), relations - 1)
                .prop_map(move |inner| Predicate::Exists { relation, predicate: Box::new(inner) })
                .boxed(),
            None => Just(Predicate::Never).boxed(),
        });
        leaf = prop_oneof![5 => leaf, 1 => exists].boxed();
    }
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Predicate::And),
            vec(inner.clone(), 0..3).prop_map(Predicate::Or),
            inner.prop_map(|inner| Predicate::Not(Box::new(inner))),
        ]
    })
    .boxed()
}

fn fields(schema: &'static EntitySchema) -> BoxedStrategy<Predicate> {
    use Comparison::{Eq, Ge, Gt, Le, Lt, Ne};
    (0..schema.fields.len())
        .prop_flat_map(move |field| {
            let kind = schema.fields[field].kind;
            let compare = (select(&[Eq, Ne, Gt, Ge, Lt, Le][..]), operand(kind)).prop_map(
                move |(comparison, value)| Predicate::Compare { field, comparison, value },
            );
            // The long ones reach SQLite in another form.
            let list = prop_oneof![3 => vec(operand(kind), 0..4), 1 => vec(operand(kind), 30..40)];
            let within = (list, any::<bool>()).prop_map(move |(values, negated)| Predicate::In {
                field,
                values,
                negated,
            });
            let null = any::<bool>().prop_map(move |negated| Predicate::Null { field, negated });
            let matches = (match_kind(), needles(), any::<bool>()).prop_map(
                move |(kind, text, ignore_case)| Predicate::Text { field, kind, text, ignore_case },
            );
            let constant = select(vec![Predicate::Always, Predicate::Never]);
            let weight = if matches!(kind, Kind::Text | Kind::Enum(_)) { 12 } else { 1 };
            prop_oneof![12 => compare, 6 => within, 2 => null, weight => matches, 1 => constant]
        })
        .boxed()
}

fn match_kind() -> impl Strategy<Value = TextMatch> {
    use TextMatch::{Contains, EndsWith, Exact, StartsWith};
    select(&[Contains, StartsWith, EndsWith, Exact][..])
}

const TEXTS: [&str; 22] = [
    "",
    "a",
    "A",
    "ab",
    "aB",
    "AB",
    "%",
    "_",
    "a%b",
    "a_b",
    "\\",
    "a\\%",
    "'",
    "\"",
    "é",
    "É",
    "日本",
    "a\u{10FFFF}",
    "\u{D7FF}",
    "🦀a",
    "I",
    "ı",
];

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => select(&TEXTS[..]).prop_map(str::to_owned),
        1 => (select(&TEXTS[..]), select(&TEXTS[..])).prop_map(|(a, b)| format!("{a}{b}")),
    ]
}

fn needles() -> impl Strategy<Value = String> {
    prop_oneof![12 => texts(), 1 => Just("a\0b".to_owned()), 1 => Just("\u{10FFFF}".to_owned())]
}

/// What may stand beside a column: mostly what it can hold, at times what it cannot.
fn operand(kind: Kind) -> BoxedStrategy<Value> {
    prop_oneof![
        8 => stored(kind),
        3 => odd(kind),
        1 => select(vec![Value::Null, Value::Bool(true), text("a"), Value::Float(f64::NAN)]),
    ]
    .boxed()
}

/// A value that a column of this kind holds.
pub(super) fn stored(kind: Kind) -> BoxedStrategy<Value> {
    match kind {
        Kind::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        Kind::Int { bits, signed } => {
            let bits = u32::from(bits) - u32::from(signed);
            let maximum = i64::MAX >> (63 - bits.min(53));
            let minimum = if signed { -maximum } else { 0 };
            select(vec![minimum, 0, 1, 2, 3, maximum]).prop_map(Value::Int).boxed()
        }
        Kind::Float { bits: 32 } => {
            select(vec![0.0_f32, -0.0, 0.1, 1.1, f32::MAX, f32::MIN_POSITIVE])
                .prop_map(|float| Value::Float(f64::from(float)))
                .boxed()
        }
        Kind::Float { .. } => select(vec![0.0, -0.0, 0.1, 0.3, f64::MAX, f64::MIN, 5e-324])
            .prop_map(Value::Float)
            .boxed(),
        Kind::Decimal { scale, .. } => {
            select(vec![0, 1, -1, 50, 12_345, 999_999_999_999, -999_999_999_999_i64])
                .prop_map(move |it| Value::Decimal(Decimal::new(it, u32::from(scale))))
                .boxed()
        }
        Kind::Text => texts().prop_map(Value::Text).boxed(),
        Kind::Enum(set) => select(set.variants).prop_map(|(value, _)| text(value)).boxed(),
        Kind::Uuid => (0..45_u64).prop_map(id).boxed(),
        Kind::Date => dates().prop_map(Value::Date).boxed(),
        Kind::Time => times().prop_map(Value::Time).boxed(),
        Kind::DateTime => (dates(), times())
            .prop_map(|(date, time)| Value::DateTime(NaiveDateTime::new(date, time)))
            .boxed(),
        Kind::Instant => (dates(), times())
            .prop_map(|(date, time)| Value::Instant(NaiveDateTime::new(date, time).and_utc()))
            .boxed(),
        Kind::Bytes => select(vec![vec![], vec![0], vec![0, 0], vec![255], vec![1, 2]])
            .prop_map(Value::Bytes)
            .boxed(),
        Kind::Json => select(vec![
            serde_json::json!({"a": [1, null], "é": "x'y"}),
            serde_json::json!(true),
            serde_json::json!([]),
        ])
        .prop_map(|json| Value::Json(Box::new(json)))
        .boxed(),
        Kind::List(_) => select(vec![serde_json::json!([]), serde_json::json!(["a", "\\"])])
            .prop_map(|json| Value::Json(Box::new(json)))
            .boxed(),
    }
}

/// What a column of this kind cannot hold, though the kind is right.
fn odd(kind: Kind) -> BoxedStrategy<Value> {
    match kind {
        Kind::Int { .. } => select(vec![i64::MIN, -129, 128, 40_000, 1 << 40, i64::MAX])
            .prop_map(Value::Int)
            .boxed(),
        Kind::Float { .. } => select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1.1, 1e300])
            .prop_map(Value::Float)
            .boxed(),
        Kind::Decimal { .. } => select(vec!["0.001", "-0.00001", "0.50", "0.5", "123.4567890123"])
            .prop_map(|it| it.parse().unwrap())
            .boxed()
            .prop_union(select(vec![Decimal::MAX, Decimal::MIN]).boxed())
            .prop_map(Value::Decimal)
            .boxed(),
        Kind::Text | Kind::Enum(_) => needles().prop_map(Value::Text).boxed(),
        Kind::Date => select(vec![NaiveDate::MIN, NaiveDate::MAX]).prop_map(Value::Date).boxed(),
        Kind::Time => odd_times().prop_map(Value::Time).boxed(),
        Kind::DateTime => prop_oneof![
            (dates(), odd_times()).prop_map(|(date, time)| NaiveDateTime::new(date, time)),
            select(vec![NaiveDateTime::MIN, NaiveDateTime::MAX]),
        ]
        .prop_map(Value::DateTime)
        .boxed(),
        Kind::Instant => prop_oneof![
            (dates(), odd_times())
                .prop_map(|(date, time)| NaiveDateTime::new(date, time).and_utc()),
            select(vec![DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC]),
        ]
        .prop_map(Value::Instant)
        .boxed(),
        _ => Just(Value::Null).boxed(),
    }
}

fn dates() -> impl Strategy<Value = NaiveDate> {
    let date = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap();
    select(vec![
        date(0, 1, 1),
        date(1, 1, 1),
        date(1969, 12, 31),
        date(2000, 2, 29),
        date(2024, 1, 1),
        date(9999, 12, 31),
    ])
}

fn times() -> impl Strategy<Value = NaiveTime> {
    let time = |hour, second, micro| NaiveTime::from_hms_micro_opt(hour, 0, second, micro).unwrap();
    select(vec![
        time(0, 0, 0),
        time(0, 0, 1),
        time(12, 30, 500_000),
        time(12, 30, 500_001),
        time(23, 59, 999_999),
    ])
}

/// Nanoseconds and a leap second.
fn odd_times() -> impl Strategy<Value = NaiveTime> {
    let time = |second, nano| NaiveTime::from_hms_nano_opt(12, 0, second, nano).unwrap();
    select(vec![
        time(30, 500_000_001),
        time(30, 500_000_999),
        NaiveTime::from_hms_nano_opt(23, 59, 59, 1_500_000_000).unwrap(),
    ])
}

/// Every kind of link is drawn from.
#[test]
fn the_sample_has_every_kind_of_link() {
    let links = item().relations.iter().map(|relation| relation.link);
    assert!(links.clone().any(|link| matches!(link, Link::BelongsTo { .. })));
    assert!(links.clone().any(|link| matches!(link, Link::HasMany { .. })));
    assert!(links.clone().any(|link| matches!(link, Link::ManyToMany { .. })));
}
