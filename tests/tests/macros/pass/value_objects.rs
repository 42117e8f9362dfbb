//! Newtypes over numbers, decimals and texts, and an identity of one's own.

use framework::domain::schema::Bound;
use framework::domain::value::Value;
use framework::{Decimal, Entity, Scalar, ValueObject, serde_json};

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

/// A value object may be the identity, where the caller chooses it.
#[derive(Debug, Clone, PartialEq, Entity)]
pub struct Offer {
    #[entity(id(client))]
    pub sku: Sku,
    #[entity(filter, sort, default = Percent::new(10).unwrap())]
    pub discount: Percent,
    pub price: Money,
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
    let offer =
        Offer { sku, discount: Percent::new(5).unwrap(), price: Money::new(Decimal::TEN).unwrap() };
    assert!(Offer::DISCOUNT.lt(Percent::new(6).unwrap()).is_satisfied_by(&offer));
    assert!(Offer::SKU.starts_with("ABC").is_satisfied_by(&offer));
    assert_eq!(Offer::schema().fields[1].default.map(|default| default()), Some(Value::Int(10)));
}
