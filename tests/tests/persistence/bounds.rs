//! The bounds of a declaration hold in the tables, too: below the checks, each database refuses what is just past one.

use framework::adapters::persistence::ddl;
use framework::domain::error::{Conflict, Error};
use framework::domain::schema::{EntitySchema, Kind};
use framework::domain::value::{Row, Value};
use framework::{Bytes, Decimal, Entity, EntityEnum, Uuid};
use serde_json::json;

use super::sample::text;
use super::stores;

#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(table = "bounded")]
struct Bounded {
    #[entity(id)]
    id: Uuid,
    #[entity(length(2..=3))]
    text: Option<String>,
    #[entity(length(2..=3))]
    bytes: Option<Bytes>,
    #[entity(length(2..=3))]
    list: Option<Vec<String>>,
    long_list: Option<Vec<bool>>,
    #[entity(range(-2..=3))]
    int: Option<i32>,
    #[entity(range(-2..))]
    open_int: Option<i8>,
    #[entity(range(-0.5..=1.5))]
    float: Option<f64>,
    #[entity(range(-2..=3), decimal(precision = 6, scale = 2))]
    decimal: Option<Decimal>,
    #[entity(pattern = "^[a-z]+$")]
    pattern: Option<String>,
    word: Option<Word>,
    i8: Option<i8>,
    i16: Option<i16>,
    i32: Option<i32>,
    i64: Option<i64>,
    u8: Option<u8>,
    u16: Option<u16>,
    u32: Option<u32>,
    u64: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, EntityEnum)]
enum Word {
    One,
    Two,
}

/// A column, the rule that its constraint is named after, values at the bounds, values just past them.
struct Case {
    column: &'static str,
    rule: &'static str,
    inside: Vec<Value>,
    outside: Vec<Value>,
}

fn cases() -> Vec<Case> {
    let case = |column, rule, inside: &[Value], outside: &[Value]| Case {
        column,
        rule,
        inside: inside.to_vec(),
        outside: outside.to_vec(),
    };
    let texts = |texts: &[&str]| texts.iter().map(|it| text(it)).collect::<Vec<_>>();
    let bytes = |length| Value::Bytes(vec![255; length]);
    let list = |length| Value::Json(Box::new(json!(vec!["é"; length])));
    let flags = |length| Value::Json(Box::new(json!(vec![true; length])));
    let decimal = |cents| Value::Decimal(Decimal::new(cents, 2));
    let ints = |low, high| [Value::Int(low), Value::Int(high)];
    let all = |column, low: i64, high: i64| {
        case(column, "range", &ints(low, high), &ints(low - 1, high + 1))
    };
    let exact = 2_i64.pow(53) - 1;
    vec![
        case("text", "length", &texts(&["éé", "ééé"]), &texts(&["é", "éééé"])),
        case("bytes", "length", &[bytes(2), bytes(3)], &[bytes(1), bytes(4)]),
        case("list", "length", &[list(2), list(3)], &[list(1), list(4)]),
        case("long_list", "length", &[flags(0), flags(10_000)], &[flags(10_001)]),
        all("int", -2, 3),
        all("open_int", -2, 127),
        case(
            "float",
            "range",
            &[Value::Float(-0.5), Value::Float(1.5)],
            &[Value::Float(-0.500_001), Value::Float(1.500_001)],
        ),
        case("decimal", "range", &[decimal(-200), decimal(300)], &[decimal(-201), decimal(301)]),
        case("pattern", "pattern", &texts(&["a"]), &texts(&["A", ""])),
        case("word", "enum", &texts(&["one", "two"]), &texts(&["three", "One"])),
        all("i8", -128, 127),
        all("i16", i16::MIN.into(), i16::MAX.into()),
        all("i32", i32::MIN.into(), i32::MAX.into()),
        all("i64", -exact, exact),
        all("u8", 0, 255),
        all("u16", 0, u16::MAX.into()),
        all("u32", 0, u32::MAX.into()),
        all("u64", 0, exact),
    ]
}

fn row(schema: &EntitySchema, column: &str, value: Value) -> Row {
    let value_of = |name| match name {
        "id" => Value::Uuid(Uuid::new_v4()),
        name if name == column => value.clone(),
        _ => Value::Null,
    };
    schema.fields.iter().map(|field| value_of(field.column)).collect()
}

#[tokio::test]
async fn what_is_just_past_a_bound_is_refused_by_the_table_and_what_is_at_it_is_not() {
    let schema = Bounded::schema();
    let cases = cases();
    let untested = schema.fields.iter().find(|field| {
        field.kind != Kind::Uuid && cases.iter().all(|case| case.column != field.column)
    });
    assert!(untested.is_none(), "{untested:?}");
    let mut wrong = Vec::new();
    for database in stores::empty_databases().await {
        ddl::create_all(&[schema], database.sql.as_ref().unwrap()).await.unwrap();
        let mut rows = database.store.autocommit();
        let is_postgres = database.name == "PostgreSQL";
        for Case { column, rule, inside, outside } in &cases {
            for value in inside {
                if let Err(error) = rows.insert(schema, &[row(schema, column, value.clone())]).await
                {
                    wrong.push(format!("{}: {column} refuses {value:?}: {error:?}", database.name));
                }
            }
            // SQLite has no patterns.
            for value in outside.iter().filter(|_| *rule != "pattern" || is_postgres) {
                let found = rows.insert(schema, &[row(schema, column, value.clone())]).await;
                let is_refused = match &found {
                    Err(Error::Conflict(Conflict::Check { constraint })) => {
                        *constraint == format!("ck_bounded_{column}_{rule}")
                    }
                    // The type of the column has no room for it.
                    Err(_) => is_postgres && matches!(*column, "i16" | "i32"),
                    Ok(_) => false,
                };
                if !is_refused {
                    wrong.push(format!("{}: {column} takes {value:?}: {found:?}", database.name));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
