//! The filter operators that clients can be given.

/// A set of filter operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operators(pub u32);

impl Operators {
    /// No operator: the field cannot be filtered.
    pub const NONE: Self = Self(0);
    /// `eq`, `ne`, `in`, `not_in`.
    pub const EQUALITY: Self = Self(0b1111);
    /// `gt`, `gte`, `lt`, `lte`, `between`.
    pub const ORDER: Self = Self(0b11111 << 4);
    /// `contains`, `icontains`, `startswith`, `istartswith`, `endswith`, `iexact`.
    pub const TEXT: Self = Self(0b111111 << 9);
    /// `isnull`.
    pub const NULL: Self = Self(1 << 15);

    /// The set of one operator.
    pub const fn of(operator: Operator) -> Self {
        Self(1 << operator as u32)
    }

    /// Both sets together.
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the set has the operator.
    pub const fn contains(self, operator: Operator) -> bool {
        self.0 & (1 << operator as u32) != 0
    }

    /// The operators of the set, in a fixed order.
    pub fn iter(self) -> impl Iterator<Item = Operator> {
        Operator::ALL.into_iter().filter(move |operator| self.contains(*operator))
    }
}

/// A filter operator, named as on the wire. The discriminant is its bit in [`Operators`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as on the wire")]
#[repr(u32)]
pub enum Operator {
    Eq = 0,
    Ne = 1,
    In = 2,
    NotIn = 3,
    Gt = 4,
    Gte = 5,
    Lt = 6,
    Lte = 7,
    Between = 8,
    Contains = 9,
    IContains = 10,
    StartsWith = 11,
    IStartsWith = 12,
    EndsWith = 13,
    IExact = 14,
    IsNull = 15,
}

impl Operator {
    /// Every operator, in wire order.
    pub const ALL: [Self; 16] = [
        Self::Eq,
        Self::Ne,
        Self::In,
        Self::NotIn,
        Self::Gt,
        Self::Gte,
        Self::Lt,
        Self::Lte,
        Self::Between,
        Self::Contains,
        Self::IContains,
        Self::StartsWith,
        Self::IStartsWith,
        Self::EndsWith,
        Self::IExact,
        Self::IsNull,
    ];

    /// The name on the wire: the part behind `__`, or the key in a search body.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::In => "in",
            Self::NotIn => "not_in",
            Self::Gt => "gt",
            Self::Gte => "gte",
            Self::Lt => "lt",
            Self::Lte => "lte",
            Self::Between => "between",
            Self::Contains => "contains",
            Self::IContains => "icontains",
            Self::StartsWith => "startswith",
            Self::IStartsWith => "istartswith",
            Self::EndsWith => "endswith",
            Self::IExact => "iexact",
            Self::IsNull => "isnull",
        }
    }
}
