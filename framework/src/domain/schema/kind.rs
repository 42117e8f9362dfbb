//! The shapes that values have.

use super::Operators;

/// The shape of a field's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the variants are the field's standard types")]
pub enum Kind {
    Bool,
    /// An integer of this many bits (8 to 64), signed or not.
    Int {
        bits: u8,
        signed: bool,
    },
    /// A float of this many bits (32 or 64).
    Float {
        bits: u8,
    },
    /// An exact decimal: at most `precision` digits (18 at most), `scale` of them after the point.
    Decimal {
        precision: u8,
        scale: u8,
    },
    Text,
    Uuid,
    Date,
    Time,
    DateTime,
    Instant,
    Bytes,
    Json,
    /// One of a closed set of texts.
    Enum(&'static EnumSchema),
    /// A list of scalars, stored as JSON.
    List(&'static Kind),
}

impl Kind {
    /// The operators a plain `filter` opens for this kind.
    pub const fn operators(&self, nullable: bool) -> Operators {
        let base = match self {
            Kind::Bool | Kind::Uuid | Kind::Enum(_) => Operators::EQUALITY,
            Kind::Text => Operators(Operators::EQUALITY.0 | Operators::TEXT.0 | Operators::ORDER.0),
            Kind::Json | Kind::List(_) | Kind::Bytes => Operators::NONE,
            _ => Operators(Operators::EQUALITY.0 | Operators::ORDER.0),
        };
        if nullable { Operators(base.0 | Operators::NULL.0) } else { base }
    }

    /// Whether values of this kind have an order.
    pub const fn is_ordered(&self) -> bool {
        !matches!(self, Kind::Json | Kind::List(_) | Kind::Bytes)
    }
}

/// A closed set of texts, made by `#[derive(EntityEnum)]`.
#[derive(Debug, PartialEq, Eq)]
pub struct EnumSchema {
    /// Type name.
    pub name: &'static str,
    /// Doc comment.
    pub doc: &'static str,
    /// Wire values with their doc comments.
    pub variants: &'static [(&'static str, &'static str)],
}
