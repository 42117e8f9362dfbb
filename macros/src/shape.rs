//! What the text of a type tells before the compiler knows the type.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{GenericArgument, PathArguments, Type};

/// The kind of a field's type as far as its name shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Bool,
    Int {
        bits: u8,
        signed: bool,
    },
    Float,
    Decimal,
    Text,
    Uuid,
    Date,
    Time,
    DateTime,
    Instant,
    Bytes,
    Json,
    List,
    /// An enum, a value object or an alias: the compiler checks it later.
    Unknown,
}

impl Shape {
    /// The shape of a type that is not an `Option`, or the fix for a type that cannot be stored.
    pub(crate) fn of(ty: &Type) -> Result<Self, &'static str> {
        let Type::Path(path) = ty else {
            return match ty {
                Type::Reference(_) => {
                    Err("an entity owns its values; write `String` instead of a reference")
                }
                Type::Tuple(_) => {
                    Err("a tuple cannot be stored in a column; write one field per part")
                }
                Type::Array(_) => Err(
                    "an array cannot be stored in a column; write `Vec<T>`, or `Bytes` for bytes",
                ),
                _ => Ok(Self::Unknown),
            };
        };
        let Some(last) = path.path.segments.last() else { return Ok(Self::Unknown) };
        let qualified = path.path.segments.len() > 1;
        Ok(match last.ident.to_string().as_str() {
            "bool" => Self::Bool,
            "i8" => Self::Int { bits: 8, signed: true },
            "i16" => Self::Int { bits: 16, signed: true },
            "i32" => Self::Int { bits: 32, signed: true },
            "i64" => Self::Int { bits: 64, signed: true },
            "u8" => Self::Int { bits: 8, signed: false },
            "u16" => Self::Int { bits: 16, signed: false },
            "u32" => Self::Int { bits: 32, signed: false },
            "u64" => Self::Int { bits: 64, signed: false },
            "f32" | "f64" => Self::Float,
            "Decimal" => Self::Decimal,
            "String" => Self::Text,
            "Uuid" => Self::Uuid,
            "NaiveDate" => Self::Date,
            "NaiveTime" => Self::Time,
            "NaiveDateTime" => Self::DateTime,
            "DateTime" if argument(ty).is_some_and(|zone| ends_with(zone, "Utc")) => Self::Instant,
            "DateTime" => return Err("instants are stored in UTC; write `DateTime<Utc>`"),
            "Bytes" => Self::Bytes,
            "Json" => Self::Json,
            "Value" if qualified => Self::Json,
            "Vec" if argument(ty).is_some_and(|item| ends_with(item, "u8")) => {
                return Err("raw bytes are `Bytes`; `Vec<u8>` would be a list of small numbers");
            }
            "Vec" => Self::List,
            "usize" => {
                return Err("the size of `usize` depends on the machine; write `u32` or `u64`");
            }
            "isize" => {
                return Err("the size of `isize` depends on the machine; write `i32` or `i64`");
            }
            "i128" | "u128" => {
                return Err("no column holds 128 bits; write `i64`, `Decimal` or `Uuid`");
            }
            "char" => return Err("write `String` with `length(1..=1)`"),
            "str" => return Err("an entity owns its values; write `String`"),
            "Option" => return Err("one `Option` says that null is allowed; remove the inner one"),
            "HashMap" | "BTreeMap" => return Err("write `Json`, or an entity of its own"),
            _ => Self::Unknown,
        })
    }

    pub(crate) fn is_number(self) -> bool {
        matches!(self, Self::Int { .. } | Self::Float | Self::Decimal | Self::Unknown)
    }

    pub(crate) fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::Unknown)
    }

    pub(crate) fn has_length(self) -> bool {
        matches!(self, Self::Text | Self::Bytes | Self::List | Self::Unknown)
    }

    pub(crate) fn is_ordered(self) -> bool {
        !matches!(self, Self::Json | Self::List | Self::Bytes)
    }

    /// Whether a plain value of this kind can be filtered by the operator.
    pub(crate) fn takes(self, operator: &str, nullable: bool) -> bool {
        match operator {
            "isnull" => nullable,
            "eq" | "ne" | "in" | "not_in" => self.is_ordered(),
            "gt" | "gte" | "lt" | "lte" | "between" => {
                self.is_ordered() && !matches!(self, Self::Bool | Self::Uuid)
            }
            _ => self.is_text(),
        }
    }

    /// The smallest and largest value that is stored and sent exactly.
    pub(crate) fn integer_range(self) -> Option<(i64, i64)> {
        const SAFE: i64 = 9_007_199_254_740_991;
        match self {
            Self::Int { bits: 64, signed } => Some((if signed { -SAFE } else { 0 }, SAFE)),
            Self::Int { bits, signed: true } => Some((-(1 << (bits - 1)), (1 << (bits - 1)) - 1)),
            Self::Int { bits, signed: false } => Some((0, (1 << bits) - 1)),
            _ => None,
        }
    }
}

/// The type inside `Option<…>`, and whether there was one.
pub(crate) fn split_option(ty: &Type) -> (Type, bool) {
    match argument(ty) {
        Some(inner) if ends_with(ty, "Option") => (inner.clone(), true),
        _ => (ty.clone(), false),
    }
}

/// The type inside `Vec<…>`.
pub(crate) fn vec_item(ty: &Type) -> Option<Type> {
    argument(ty).filter(|_| ends_with(ty, "Vec")).cloned()
}

/// Whether the last word of a path is this one.
pub(crate) fn ends_with(ty: &Type, name: &str) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == name))
}

/// A type as the user would write it, for messages.
pub(crate) fn display(ty: &impl ToTokens) -> String {
    let tokens: TokenStream = ty.to_token_stream();
    tokens
        .to_string()
        .replace("& ", "&")
        .replace(" < ", "<")
        .replace(" >", ">")
        .replace(" :: ", "::")
}

fn argument(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let PathArguments::AngleBracketed(arguments) = &path.path.segments.last()?.arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}
