//! Newtypes over numbers, decimals and texts, and an identity of one's own.

use framework::domain::schema::{Bound, Kind};
use framework::domain::value::Value;
use framework::{Bytes, Decimal, Entity, Scalar, ValueObject, serde_json};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueObject)]
#[value_object(range(0..=100))]
pub struct Percent(i32);

#[derive(Debug, Clone, Copy, PartialEq, ValueObject)]
#[value_object(range(0..), check = in_cents)]
pub struct Money(Decimal);

fn in_cents(amount: &Decimal) -> Result<(), String> {
    if amount.scale() <= 2 { Ok(()) } else { Err(format!("{amount} has more than cents")) }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, ValueObject)]
#[value_object(pattern = "^[A-Z]{3}-[0-9]+$", length(..=12))]
pub struct Sku(String);

#[derive(Debug, Clone, PartialEq, ValueObject)]
#[value_object(length(..=4))]
pub struct Seal(Bytes);

#[derive(Debug, Clone, PartialEq, ValueObject)]
#[value_object(length(..=2))]
pub struct Names(Vec<String>);

#[derive(Debug, Clone, Copy, PartialEq, ValueObject)]
#[value_object(decimal(precision = 9, scale = 6))]
pub struct Latitude(Decimal);

/// A value object may be the identity, where the caller chooses it.
#[derive(Debug, Clone, PartialEq, Entity)]
pub struct Offer {
    #[entity(id(client))]
    pub sku: Sku,
    #[entity(filter, sort, default = Percent::new(10).unwrap())]
    pub discount: Percent,
    #[entity(decimal(precision = 12, scale = 2))]
    pub price: Money,
    #[entity(range(-5..=1000))]
    pub share: Option<Percent>,
    #[entity(filter(contains), pattern = "^[A-Z]", search)]
    pub other: Option<Sku>,
}

#[test]
fn value_objects_guard_numbers_decimals_texts_and_identities() {
    assert!(Percent::new(101).is_err() && Percent::try_from(-1).is_err());
    assert_eq!(Percent::new(50).unwrap().to_string(), "50");
    assert_eq!(Percent::RULES.maximum, Some(Bound::Int(100)));
    assert!(serde_json::from_str::<Percent>("101").is_err());
    assert_eq!(serde_json::from_str::<Percent>("7").unwrap().into_inner(), 7);

    let error = Money::new(Decimal::new(12345, 3)).unwrap_err();
    assert_eq!(error.to_string(), "12.345 has more than cents");
    assert!(Money::new(Decimal::new(-1, 0)).is_err());
    assert!(Money::from_value(Value::Decimal(Decimal::new(5, 1))).is_ok());

    let sku: Sku = "ABC-1".parse().unwrap();
    assert_eq!(sku.as_ref(), "ABC-1");
    assert!("abc".parse::<Sku>().is_err() && "ABC-123456789012".parse::<Sku>().is_err());

    assert_eq!(Offer::schema().id().rules.pattern, Some("^[A-Z]{3}-[0-9]+$"));
    assert!(Offer::schema().options.client_id && Offer::schema().id().is_required());
    let (discount, price) = (Percent::new(5).unwrap(), Money::new(Decimal::TEN).unwrap());
    let offer = Offer { sku, discount, price, share: None, other: None };
    assert!(Offer::DISCOUNT.lt(Percent::new(6).unwrap()).is_satisfied_by(&offer));
    assert!(Offer::SKU.starts_with("ABC").is_satisfied_by(&offer));
    assert_eq!(Offer::schema().fields[1].default.map(|default| default()), Some(Value::Int(10)));
}

#[test]
fn bytes_lists_and_decimals_of_any_scale_can_be_wrapped() {
    assert!(Seal::new(Bytes(vec![0; 5])).is_err() && Seal::new(Bytes(vec![0; 4])).is_ok());
    assert!(Names::new(vec!["a".to_owned(); 3]).is_err());
    assert_eq!(Latitude::KIND, Kind::Decimal { precision: 9, scale: 6 });
    assert!(Latitude::new(Decimal::new(52_520_008, 6)).is_ok());
    assert!(Latitude::new(Decimal::new(525_200_081, 7)).is_err());
}

#[test]
fn a_field_narrows_the_bounds_of_its_type_and_never_widens_them() {
    let share = Offer::schema().field("share").unwrap().rules;
    assert_eq!((share.minimum, share.maximum), (Some(Bound::Int(0)), Some(Bound::Int(100))));
}
