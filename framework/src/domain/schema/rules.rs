//! The bounds of a value.

use crate::domain::value::Value;

/// Bounds of a value. Checked at run time, stated in OpenAPI, written as CHECK, honoured by strategies.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// Fewest characters (text), bytes (bytes) or items (lists).
    pub min_length: Option<u32>,
    /// Most characters, bytes or items.
    pub max_length: Option<u32>,
    /// Smallest number.
    pub minimum: Option<Bound>,
    /// Largest number.
    pub maximum: Option<Bound>,
    /// Regular expression in the portable subset that Rust, ECMA-262 and PostgreSQL read alike.
    pub pattern: Option<&'static str>,
    /// OpenAPI format; `email` and `uri` are also checked.
    pub format: Option<&'static str>,
    /// A check that no schema can state, such as a value object's constructor; the error says what is wrong.
    pub check: Option<Check>,
    /// Bounds of the items of a list, which come from their type.
    pub items: Option<&'static Rules>,
}

/// A check in code; the error says what is wrong.
pub type Check = fn(&Value) -> Result<(), String>;

impl Rules {
    /// No bounds.
    pub const NONE: Self = Self {
        min_length: None,
        max_length: None,
        minimum: None,
        maximum: None,
        pattern: None,
        format: None,
        check: None,
        items: None,
    };

    /// These rules within those of the field's type: the tighter bound counts, and of what has no order the first.
    pub const fn or(self, inner: Self) -> Self {
        macro_rules! merged {
            ($field:ident, $one:ident, $other:ident => $keeps_one:expr) => {
                match (self.$field, inner.$field) {
                    (Some($one), Some($other)) => Some(if $keeps_one { $one } else { $other }),
                    (Some(only), None) | (None, Some(only)) => Some(only),
                    (None, None) => None,
                }
            };
        }
        Self {
            min_length: merged!(min_length, one, other => one >= other),
            max_length: merged!(max_length, one, other => one <= other),
            minimum: merged!(minimum, one, other => other.is_at_most(one)),
            maximum: merged!(maximum, one, other => one.is_at_most(other)),
            pattern: merged!(pattern, one, _other => true),
            format: merged!(format, one, _other => true),
            check: merged!(check, one, _other => true),
            items: merged!(items, one, _other => true),
        }
    }
}

/// The end of a numeric range, inclusive.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// For integers and decimals.
    Int(i64),
    /// For floats and decimals.
    Float(f64),
}

impl Bound {
    #[expect(
        clippy::cast_precision_loss,
        reason = "bounds of both kinds meet only on decimals and floats"
    )]
    pub(crate) const fn is_at_most(self, other: Self) -> bool {
        match (self, other) {
            (Self::Int(one), Self::Int(other)) => one <= other,
            (Self::Int(one), Self::Float(other)) => one as f64 <= other,
            (Self::Float(one), Self::Int(other)) => one <= other as f64,
            (Self::Float(one), Self::Float(other)) => one <= other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_bounds_the_tighter_counts() {
        let range = |low: Bound, high: Bound| Rules {
            minimum: Some(low),
            maximum: Some(high),
            min_length: Some(1),
            ..Rules::NONE
        };
        let wide = Rules { max_length: Some(9), ..range(Bound::Int(-5), Bound::Int(1000)) };
        let narrow = Rules { min_length: Some(3), ..range(Bound::Float(0.5), Bound::Int(100)) };
        for merged in [wide.or(narrow), narrow.or(wide)] {
            assert_eq!(merged.minimum, Some(Bound::Float(0.5)));
            assert_eq!(merged.maximum, Some(Bound::Int(100)));
            assert_eq!((merged.min_length, merged.max_length), (Some(3), Some(9)));
        }
    }
}
