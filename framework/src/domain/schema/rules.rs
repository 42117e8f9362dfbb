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
    };

    /// These rules, with those of the field's type wherever these say nothing.
    pub const fn or(self, inner: Self) -> Self {
        macro_rules! first {
            ($field:ident) => {
                match self.$field {
                    Some(found) => Some(found),
                    None => inner.$field,
                }
            };
        }
        Self {
            min_length: first!(min_length),
            max_length: first!(max_length),
            minimum: first!(minimum),
            maximum: first!(maximum),
            pattern: first!(pattern),
            format: first!(format),
            check: first!(check),
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
