//! Rows, enums and value objects.

use framework::domain::entity::{SoftDeletable, TenantScoped, Timestamped, Versioned};
use framework::domain::value::Value;
use framework::serde_json::{from_value, json, to_value};
use framework::{Bytes, DateTime, Decimal, Entity, NaiveDate, NaiveTime, Scalar, Uuid};

use super::shop::*;

fn everything() -> Everything {
    let date = NaiveDate::from_ymd_opt(2026, 2, 3).unwrap();
    let time = NaiveTime::from_hms_micro_opt(4, 5, 6, 7).unwrap();
    Everything {
        id: Uuid::now_v7(),
        truth: true,
        tiny: i8::MIN,
        small: i16::MAX,
        middle: -3,
        large: 1 << 50,
        byte: 255,
        word: 65535,
        double_word: u32::MAX,
        quad_word: 1 << 50,
        single: 0.1,
        double: 0.1,
        exact: Decimal::new(12345, 4),
        text: "ü".to_owned(),
        date,
        time,
        date_time: date.and_time(time),
        instant: DateTime::UNIX_EPOCH,
        bytes: Bytes(vec![0, 255]),
        json: json!({"a": [1]}),
        list: vec!["a".to_owned()],
        maybe_list: Some(vec![1, 2]),
        state: Status::SoldOut,
        mail: Email::new("a@b.c").unwrap(),
    }
}

#[test]
fn every_type_survives_the_way_to_a_row_and_back() {
    let entity = everything();
    let row = entity.clone().into_row();
    for (position, value) in row.iter().enumerate() {
        assert_eq!(entity.value(position), *value);
    }
    assert_eq!(entity.value(row.len()), Value::Null);
    assert_eq!(Everything::from_row(row).unwrap(), entity);
}

#[test]
fn a_row_that_does_not_fit_names_the_field() {
    let mut row = everything().into_row();
    row[6] = Value::Int(256);
    let error = Everything::from_row(row).unwrap_err();
    assert_eq!(error.to_string(), "Everything.byte: 256 does not fit u8");
    assert_eq!(Everything::from_row(Vec::new()).unwrap_err().field, "id");
}

#[test]
fn an_enum_is_text() {
    assert_eq!(Status::ALL.map_names(), ["open", "in_stock", "gone"]);
    assert_eq!("in_stock".parse(), Ok(Status::InStock));
    assert_eq!(to_value(Status::SoldOut).unwrap(), json!("gone"));
    assert_eq!(from_value::<Status>(json!("open")).unwrap(), Status::Open);
    let error = "shut".parse::<Status>().unwrap_err();
    assert_eq!(error.to_string(), "`shut` is no Status; use one of open, in_stock, gone");
}

trait Names {
    fn map_names(&self) -> Vec<String>;
}

impl Names for [Status] {
    fn map_names(&self) -> Vec<String> {
        self.iter().map(ToString::to_string).collect()
    }
}

#[test]
fn a_value_object_is_checked_on_every_way_in() {
    for (text, reason) in [("a", "at least 3"), ("a b", "format email"), ("a+b@c.de", "no plus")] {
        assert!(Email::new(text).unwrap_err().to_string().contains(reason));
        assert!(text.parse::<Email>().is_err());
        assert!(Email::try_from(text.to_owned()).is_err());
        assert!(from_value::<Email>(json!(text)).is_err());
        assert!(Email::from_value(Value::Text(text.to_owned())).is_err());
        let field = Everything::schema().field("mail").unwrap();
        assert!(field.check(&Value::Text(text.to_owned())).is_some());
    }
    let email = Email::new("a@b.c").unwrap();
    assert_eq!((email.as_inner(), email.to_string()), (&"a@b.c".to_owned(), "a@b.c".to_owned()));
    assert_eq!(to_value(&email).unwrap(), json!("a@b.c"));
}

#[test]
fn roles_switch_capabilities_on() {
    fn has<E: Timestamped + SoftDeletable + Versioned + TenantScoped>() {}
    has::<Product>();
}
