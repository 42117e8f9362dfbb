//! Every type that a column can hold, plain and nullable.

use framework::domain::schema::Kind;
use framework::{
    Bytes, DateTime, Decimal, Entity, EntityEnum, Input, Json, NaiveDate, NaiveDateTime, NaiveTime,
    Resource, Utc, Uuid, ValueObject, serde_json,
};

macro_rules! holds {
    ($($kind:pat => $module:ident: $type:ty = $value:expr;)*) => {$(
        mod $module {
            use super::*;

            #[derive(Debug, Clone, PartialEq, Entity)]
            pub struct Thing {
                #[entity(id)]
                pub id: Uuid,
                pub plain: $type,
                pub nullable: Option<$type>,
            }

            pub fn check() {
                let value: $type = $value;
                for nullable in [None, Some(value.clone())] {
                    let thing = Thing { id: Uuid::now_v7(), plain: value.clone(), nullable };
                    assert_eq!(Thing::from_row(thing.clone().into_row()).unwrap(), thing);
                    let view = serde_json::to_value(thing.clone().into_view()).unwrap();
                    let shown: ThingView = serde_json::from_value(view).unwrap();
                    assert_eq!(shown, thing.clone().into_view());
                    let create = CreateThing { plain: thing.plain, nullable: thing.nullable };
                    let json = serde_json::to_string(&create).unwrap();
                    let read: CreateThing = serde_json::from_str(&json).unwrap();
                    assert_eq!(CreateThing::from_changes(read.into_changes()).unwrap(), create);
                }
                assert!(matches!(Thing::schema().fields[1].kind, $kind), stringify!($type));
                assert!(!Thing::schema().fields[1].nullable && Thing::schema().fields[2].nullable);
            }
        }
    )*
    #[test]
    fn every_type_survives_rows_views_and_inputs() {
        $($module::check();)*
    }};
}

holds! {
    Kind::Bool => truth: bool = true;
    Kind::Int { bits: 8, signed: true } => tiny: i8 = -128;
    Kind::Int { bits: 16, signed: true } => small: i16 = i16::MIN;
    Kind::Int { bits: 32, signed: true } => middle: i32 = i32::MAX;
    Kind::Int { bits: 64, signed: true } => large: i64 = -9_007_199_254_740_991;
    Kind::Int { bits: 8, signed: false } => byte: u8 = 255;
    Kind::Int { bits: 16, signed: false } => word: u16 = u16::MAX;
    Kind::Int { bits: 32, signed: false } => double_word: u32 = u32::MAX;
    Kind::Int { bits: 64, signed: false } => quad_word: u64 = 9_007_199_254_740_991;
    Kind::Float { bits: 32 } => single: f32 = 0.1;
    Kind::Float { bits: 64 } => double: f64 = -0.1;
    Kind::Decimal { .. } => decimal: Decimal = Decimal::new(-12345, 2);
    Kind::Text => text: String = "ü\"\\".to_owned();
    Kind::Uuid => uuid: Uuid = Uuid::now_v7();
    Kind::Date => date: NaiveDate = NaiveDate::from_ymd_opt(2024, 2, 29).unwrap();
    Kind::Time => time: NaiveTime = NaiveTime::from_hms_micro_opt(23, 59, 59, 999_999).unwrap();
    Kind::DateTime => date_time: NaiveDateTime = DateTime::UNIX_EPOCH.naive_utc();
    Kind::Instant => instant: DateTime<Utc> = DateTime::UNIX_EPOCH;
    Kind::Instant => qualified: framework::DateTime<framework::Utc> = DateTime::UNIX_EPOCH;
    Kind::Bytes => bytes: Bytes = Bytes(vec![0, 255]);
    Kind::Json => json: Json = serde_json::json!({"a": [1, null]});
    Kind::List(Kind::Text) => list: Vec<String> = vec!["a".to_owned()];
    Kind::List(Kind::Int { .. }) => numbers: Vec<i64> = vec![1, 2];
    Kind::List(Kind::Enum(_)) => states: Vec<State> = vec![State::On, State::Off];
    Kind::Enum(_) => state: State = State::Off;
    Kind::Int { bits: 32, .. } => celsius: Celsius = Celsius::new(21).unwrap();
    Kind::Decimal { .. } => money: Money = Money::new(Decimal::new(1999, 2)).unwrap();
    Kind::Int { bits: 64, .. } => alias: Number = 5;
}

type Number = i64;

#[derive(Debug, Clone, Copy, PartialEq, Eq, EntityEnum)]
pub enum State {
    On,
    Off,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueObject)]
#[value_object(range(-273..))]
pub struct Celsius(i32);

#[derive(Debug, Clone, PartialEq, ValueObject)]
#[value_object(range(0..=1_000_000), check = in_cents)]
pub struct Money(Decimal);

fn in_cents(amount: &Decimal) -> Result<(), &'static str> {
    if amount.scale() <= 2 { Ok(()) } else { Err("an amount has whole cents") }
}
