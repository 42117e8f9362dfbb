//! What options ask of types that only the compiler knows.

use crate::domain::scalar::Scalar;
use crate::domain::schema::{Kind, Operator};

/// What an option asks of the type of its field.
#[derive(Debug, Clone, Copy)]
pub enum Need {
    /// Something with a length.
    Length,
    /// A number.
    Number,
    /// A number that may have a fraction.
    Fraction,
    /// Text of any form.
    Text,
    /// Something stored as text.
    Search,
    /// Values with an order.
    Order,
    /// Values that this operator compares.
    Operator(Operator),
    /// A decimal; that of a value object has at least these digits.
    Decimal {
        /// All digits.
        precision: u8,
        /// Those behind the point.
        scale: u8,
    },
}

/// Stops the compilation, in these words, when a type is not what an option needs.
pub const fn assert_takes<T: Scalar>(need: Need, message: &str) {
    let kind = &T::KIND;
    let fits = match need {
        Need::Length => matches!(kind, Kind::Text | Kind::Bytes | Kind::List(_)),
        Need::Number => {
            matches!(kind, Kind::Int { .. } | Kind::Float { .. } | Kind::Decimal { .. })
        }
        Need::Fraction => matches!(kind, Kind::Float { .. } | Kind::Decimal { .. }),
        Need::Text => matches!(kind, Kind::Text),
        Need::Search => matches!(kind, Kind::Text | Kind::Enum(_)),
        Need::Order => kind.is_ordered(),
        Need::Operator(operator) => kind.operators(false).contains(operator),
        Need::Decimal { precision, scale } => match kind {
            // A value object checks its own digits, whatever the field says.
            Kind::Decimal { precision: digits, scale: behind } if T::RULES.check.is_some() => {
                scale <= *behind && precision - scale <= *digits - *behind
            }
            kind => matches!(kind, Kind::Decimal { .. }),
        },
    };
    if !fits {
        panic!("{}", message);
    }
}
