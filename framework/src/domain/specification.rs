//! A closed algebra of conditions over one entity.
//!
//! One meaning, two interpretations: [`Specification::is_satisfied_by`] in memory and a WHERE clause in SQL. Both
//! follow SQL's three-valued logic: a comparison with null is *unknown*, `not unknown` is unknown, and a row is taken
//! only when the whole is true. A property test draws random rows and conditions and compares memory, SQLite and
//! PostgreSQL.

use std::cmp::Ordering;
use std::fmt;
use std::marker::PhantomData;

use super::entity::Entity;
use super::schema::{EntitySchema, RelationSchema};
use super::value::Value;

/// A condition on an `E`, built from its typed fields.
pub struct Specification<E> {
    predicate: Predicate,
    _marker: PhantomData<fn() -> E>,
}

impl<E> Clone for Specification<E> {
    fn clone(&self) -> Self {
        Self { predicate: self.predicate.clone(), _marker: PhantomData }
    }
}

impl<E> fmt::Debug for Specification<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.predicate.fmt(f)
    }
}

impl<E> PartialEq for Specification<E> {
    fn eq(&self, other: &Self) -> bool {
        self.predicate == other.predicate
    }
}

impl<E: Entity> Specification<E> {
    /// Gives an untyped predicate its entity. Positions in it must belong to `E`'s schema.
    pub fn new(predicate: Predicate) -> Self {
        Self { predicate, _marker: PhantomData }
    }

    /// True for every row.
    pub fn always() -> Self {
        Self::new(Predicate::Always)
    }

    /// True for no row.
    pub fn never() -> Self {
        Self::new(Predicate::Never)
    }

    /// Both hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self::new(self.predicate.and(other.predicate))
    }

    /// At least one holds.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self::new(self.predicate.or(other.predicate))
    }

    /// The opposite; unknown stays unknown.
    #[must_use]
    #[allow(
        clippy::should_implement_trait,
        reason = "it is also the operator `!`, implemented below"
    )]
    pub fn not(self) -> Self {
        Self::new(self.predicate.not())
    }

    /// Whether the entity satisfies the condition. Relation conditions count as unknown here: an entity alone does
    /// not know its relatives; ask a repository.
    pub fn is_satisfied_by(&self, entity: &E) -> bool {
        let value = |position| entity.value(position);
        self.predicate.evaluate(E::schema(), &value, &|_, _, _| None) == Some(true)
    }

    /// The untyped condition.
    pub fn predicate(&self) -> &Predicate {
        &self.predicate
    }

    /// The untyped condition, by value.
    pub fn into_predicate(self) -> Predicate {
        self.predicate
    }
}

impl<E: Entity> std::ops::Not for Specification<E> {
    type Output = Self;

    fn not(self) -> Self {
        Specification::not(self)
    }
}

/// The untyped form of a condition: fields and relations are positions in an [`EntitySchema`].
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the members are the parts of the operation")]
pub enum Predicate {
    /// True.
    Always,
    /// False.
    Never,
    /// A comparison; unknown when the field is null.
    Compare { field: usize, comparison: Comparison, value: Value },
    /// Membership; unknown when the field is null, even in an empty list's negation.
    In { field: usize, values: Vec<Value>, negated: bool },
    /// Whether the field is null; never unknown.
    Null { field: usize, negated: bool },
    /// A text match; unknown when the field is null. `ignore_case` folds ASCII letters only, as every database does.
    Text { field: usize, kind: TextMatch, text: String, ignore_case: bool },
    /// At least one row of the relation satisfies the inner predicate (positions of the target); never unknown.
    Exists { relation: usize, predicate: Box<Predicate> },
    /// All hold.
    And(Vec<Predicate>),
    /// At least one holds.
    Or(Vec<Predicate>),
    /// The opposite.
    Not(Box<Predicate>),
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "standard comparisons")]
pub enum Comparison {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
}

impl Comparison {
    /// Whether an ordering satisfies the comparison.
    pub fn accepts(self, ordering: Ordering) -> bool {
        match self {
            Self::Eq => ordering.is_eq(),
            Self::Ne => ordering.is_ne(),
            Self::Gt => ordering.is_gt(),
            Self::Ge => ordering.is_ge(),
            Self::Lt => ordering.is_lt(),
            Self::Le => ordering.is_le(),
        }
    }
}

/// Where in the text the pattern must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "standard matches")]
pub enum TextMatch {
    Contains,
    StartsWith,
    EndsWith,
    Exact,
}

/// Finds whether a related row satisfies a predicate: relation, value of this row's field by position, predicate.
/// `None` where relatives cannot be reached.
pub type Related<'a> =
    dyn Fn(&'static RelationSchema, &dyn Fn(usize) -> Value, &Predicate) -> Option<bool> + 'a;

impl Predicate {
    /// Both hold. `Always` disappears, `Never` swallows, conjunctions stay flat.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Always, other) | (other, Self::Always) => other,
            (Self::Never, _) | (_, Self::Never) => Self::Never,
            (Self::And(mut left), Self::And(right)) => {
                left.extend(right);
                Self::And(left)
            }
            (Self::And(mut parts), other) => {
                parts.push(other);
                Self::And(parts)
            }
            (left, right) => Self::And(vec![left, right]),
        }
    }

    /// At least one holds.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Never, other) | (other, Self::Never) => other,
            (Self::Always, _) | (_, Self::Always) => Self::Always,
            (Self::Or(mut left), Self::Or(right)) => {
                left.extend(right);
                Self::Or(left)
            }
            (Self::Or(mut parts), other) => {
                parts.push(other);
                Self::Or(parts)
            }
            (left, right) => Self::Or(vec![left, right]),
        }
    }

    /// The opposite.
    #[must_use]
    #[allow(clippy::should_implement_trait, reason = "named like its siblings `and` and `or`")]
    pub fn not(self) -> Self {
        match self {
            Self::Always => Self::Never,
            Self::Never => Self::Always,
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }

    /// Whether the truth depends on other rows than the one at hand.
    pub fn looks_elsewhere(&self) -> bool {
        match self {
            Self::Exists { .. } => true,
            Self::And(parts) | Self::Or(parts) => parts.iter().any(Self::looks_elsewhere),
            Self::Not(inner) => inner.looks_elsewhere(),
            _ => false,
        }
    }

    /// Equality of one field.
    pub fn eq(field: usize, value: Value) -> Self {
        Self::Compare { field, comparison: Comparison::Eq, value }
    }

    /// The truth for one row: `None` is unknown.
    pub fn evaluate(
        &self,
        schema: &'static EntitySchema,
        row: &dyn Fn(usize) -> Value,
        related: &Related<'_>,
    ) -> Option<bool> {
        match self {
            Self::Always => Some(true),
            Self::Never => Some(false),
            Self::Compare { field, comparison, value } => {
                row(*field).compare(value).map(|ordering| comparison.accepts(ordering))
            }
            Self::In { field, values, negated } => {
                let found = row(*field);
                if found.is_null() {
                    return None;
                }
                let any = values.iter().any(|value| found.compare(value) == Some(Ordering::Equal));
                Some(any != *negated)
            }
            Self::Null { field, negated } => Some(row(*field).is_null() != *negated),
            Self::Text { field, kind, text, ignore_case } => match row(*field) {
                Value::Text(found) if *ignore_case => {
                    Some(kind.matches(&found.to_ascii_lowercase(), &text.to_ascii_lowercase()))
                }
                Value::Text(found) => Some(kind.matches(&found, text)),
                _ => None,
            },
            Self::Exists { relation, predicate } => {
                related(&schema.relations[*relation], row, predicate)
            }
            Self::And(parts) => {
                let mut all = Some(true);
                for part in parts {
                    match part.evaluate(schema, row, related) {
                        Some(false) => return Some(false),
                        None => all = None,
                        Some(true) => {}
                    }
                }
                all
            }
            Self::Or(parts) => {
                let mut any = Some(false);
                for part in parts {
                    match part.evaluate(schema, row, related) {
                        Some(true) => return Some(true),
                        None => any = None,
                        Some(false) => {}
                    }
                }
                any
            }
            Self::Not(inner) => inner.evaluate(schema, row, related).map(|truth| !truth),
        }
    }
}

impl TextMatch {
    /// Whether the text stands where this match wants it.
    pub fn matches(self, found: &str, text: &str) -> bool {
        match self {
            Self::Contains => found.contains(text),
            Self::StartsWith => found.starts_with(text),
            Self::EndsWith => found.ends_with(text),
            Self::Exact => found == text,
        }
    }
}
