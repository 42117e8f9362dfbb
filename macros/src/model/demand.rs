//! What options ask of a type that only the compiler knows: an enum, a value object, an alias.

use syn::Ident;

use super::{Field, Filter, Rules};
use crate::attributes::Item;

/// What one option asks of the type, to be asserted at the option.
pub(crate) struct Demand {
    pub(crate) at: Ident,
    pub(crate) need: Need,
    /// What the compiler says where the type is another.
    pub(crate) message: String,
}

/// What is asked.
pub(crate) enum Need {
    Length,
    Number,
    Fraction,
    Text,
    Search,
    Order,
    Operator(Ident),
    Decimal(u8, u8),
}

impl Demand {
    fn new(at: &Ident, need: Need, message: impl Into<String>) -> Self {
        Self { at: at.clone(), need, message: message.into() }
    }

    /// What one of the rules asks.
    pub(crate) fn of_rule(item: &Item, rules: &Rules) -> Self {
        let (name, at) = (item.name(), &item.key);
        match name.as_str() {
            "length" => {
                Self::new(at, Need::Length, "`length` is for text, bytes and lists; remove it")
            }
            "range" if rules.has_fraction() => Self::new(
                at,
                Need::Fraction,
                "a range with fractions is for decimals and floats; write whole numbers, or remove it",
            ),
            "range" => Self::new(at, Need::Number, "`range` is for numbers; remove it"),
            _ => Self::new(at, Need::Text, format!("`{name}` is for text; remove it")),
        }
    }

    /// `decimal(…)`.
    pub(crate) fn of_decimal(item: &Item, (precision, scale): (u8, u8)) -> Self {
        let message = "`decimal` is for `Decimal`, and within the digits of a value object; remove it, or write it on the value object";
        Self::new(&item.key, Need::Decimal(precision, scale), message)
    }

    /// What `search`, `sort` and `filter` ask.
    pub(super) fn of_reads(field: &Field) -> Vec<Self> {
        let mut demands = Vec::new();
        if let Some(key) = &field.search {
            demands.push(Self::new(key, Need::Search, "`search` looks into text; remove it"));
        }
        if let Some(key) = &field.sort {
            demands.push(Self::new(
                key,
                Need::Order,
                "values of this type have no order; remove `sort`",
            ));
        }
        match (&field.filter, &field.filter_key) {
            (Filter::Kind, Some(key)) if !field.nullable => {
                let message = "no operator compares this type; remove `filter`";
                demands.push(Self::new(key, Need::Order, message));
            }
            (Filter::Some(operators), _) => {
                let compares = |word: &&Ident| *word != "isnull";
                demands.extend(operators.iter().filter(compares).map(|word| {
                    let message = format!("`{word}` does not fit a field of this type; remove it");
                    Self::new(word, Need::Operator(word.clone()), message)
                }));
            }
            _ => {}
        }
        demands
    }
}
