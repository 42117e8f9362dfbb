//! Typed fields: the words from which specifications are written.

use std::marker::PhantomData;

use super::entity::Entity;
use super::query::{Direction, Order};
use super::scalar::Scalar;
use super::specification::{Comparison, Predicate, Specification, TextMatch};
use super::value::Value;

/// A field of `E` whose values have the type `T`. The derive makes one constant per field, such as
/// `Product::PRICE_CENTS`.
pub struct Field<E, T> {
    position: usize,
    _marker: PhantomData<fn() -> (E, T)>,
}

impl<E, T> Clone for Field<E, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E, T> Copy for Field<E, T> {}

impl<E, T> Field<E, T> {
    /// The field at this position of the schema.
    pub const fn at(position: usize) -> Self {
        Self { position, _marker: PhantomData }
    }
}

impl<E: Entity, T: Scalar> Field<E, T> {
    /// The position in the schema.
    pub const fn position(self) -> usize {
        self.position
    }

    /// What the declared rules have against this value, in words: for values that a business rule computes.
    pub fn check(self, value: T) -> Option<String> {
        let field = E::schema().fields.get(self.position)?;
        field.check(&value.into_value()).map(|(_, detail)| detail)
    }

    fn compare(self, comparison: Comparison, value: Value) -> Specification<E> {
        Specification::new(Predicate::Compare { field: self.position, comparison, value })
    }

    /// Equal to the value. False, like every comparison, for rows where the field is null.
    pub fn eq(self, value: impl Into<T>) -> Specification<E> {
        self.compare(Comparison::Eq, value.into().into_value())
    }

    /// Different from the value, and not null.
    pub fn ne(self, value: impl Into<T>) -> Specification<E> {
        self.compare(Comparison::Ne, value.into().into_value())
    }

    /// Greater than the value.
    pub fn gt(self, value: impl Into<T>) -> Specification<E> {
        self.compare(Comparison::Gt, value.into().into_value())
    }

    /// Greater than or equal to the value.
    pub fn ge(self, value: impl Into<T>) -> Specification<E> {
        self.compare(Comparison::Ge, value.into().into_value())
    }

    /// Less than the value.
    pub fn lt(self, value: impl Into<T>) -> Specification<E> {
        self.compare(Comparison::Lt, value.into().into_value())
    }

    /// Less than or equal to the value.
    pub fn le(self, value: impl Into<T>) -> Specification<E> {
        self.compare(Comparison::Le, value.into().into_value())
    }

    /// Within both ends, inclusive.
    pub fn between(self, low: impl Into<T>, high: impl Into<T>) -> Specification<E> {
        self.ge(low).and(self.le(high))
    }

    /// Equal to one of the values; never for none.
    pub fn is_in(self, values: impl IntoIterator<Item = impl Into<T>>) -> Specification<E> {
        let values = values.into_iter().map(|value| value.into().into_value()).collect();
        Specification::new(Predicate::In { field: self.position, values, negated: false })
    }

    /// Not null and equal to none of the values.
    pub fn not_in(self, values: impl IntoIterator<Item = impl Into<T>>) -> Specification<E> {
        let values = values.into_iter().map(|value| value.into().into_value()).collect();
        Specification::new(Predicate::In { field: self.position, values, negated: true })
    }

    /// Null.
    pub fn is_null(self) -> Specification<E> {
        Specification::new(Predicate::Null { field: self.position, negated: false })
    }

    /// Not null.
    pub fn is_not_null(self) -> Specification<E> {
        Specification::new(Predicate::Null { field: self.position, negated: true })
    }

    /// Sort by this field, smallest first, nulls last.
    pub fn ascending(self) -> Order {
        Order { field: self.position, direction: Direction::Ascending }
    }

    /// Sort by this field, largest first, nulls first.
    pub fn descending(self) -> Order {
        Order { field: self.position, direction: Direction::Descending }
    }
}

/// Text matching, for fields of text and of value objects over text.
impl<E: Entity, T: Scalar<Stored = String>> Field<E, T> {
    fn matches(
        self,
        kind: TextMatch,
        text: impl Into<String>,
        ignore_case: bool,
    ) -> Specification<E> {
        Specification::new(Predicate::Text {
            field: self.position,
            kind,
            text: text.into(),
            ignore_case,
        })
    }

    /// Contains the text.
    pub fn contains(self, text: impl Into<String>) -> Specification<E> {
        self.matches(TextMatch::Contains, text, false)
    }

    /// Contains the text, ASCII letters compared without case.
    pub fn icontains(self, text: impl Into<String>) -> Specification<E> {
        self.matches(TextMatch::Contains, text, true)
    }

    /// Starts with the text.
    pub fn starts_with(self, text: impl Into<String>) -> Specification<E> {
        self.matches(TextMatch::StartsWith, text, false)
    }

    /// Starts with the text, ASCII letters compared without case.
    pub fn istarts_with(self, text: impl Into<String>) -> Specification<E> {
        self.matches(TextMatch::StartsWith, text, true)
    }

    /// Ends with the text.
    pub fn ends_with(self, text: impl Into<String>) -> Specification<E> {
        self.matches(TextMatch::EndsWith, text, false)
    }

    /// Equal to the text, ASCII letters compared without case.
    pub fn iexact(self, text: impl Into<String>) -> Specification<E> {
        self.matches(TextMatch::Exact, text, true)
    }
}

/// A relation of `E` to `T`. The derive makes one constant per relation, such as `Product::CATEGORY`.
pub struct Relation<E, T> {
    position: usize,
    _marker: PhantomData<fn() -> (E, T)>,
}

impl<E, T> Clone for Relation<E, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E, T> Copy for Relation<E, T> {}

impl<E: Entity, T: Entity> Relation<E, T> {
    /// The relation at this position of the schema.
    pub const fn at(position: usize) -> Self {
        Self { position, _marker: PhantomData }
    }

    /// At least one related row satisfies the specification.
    pub fn exists(self, specification: Specification<T>) -> Specification<E> {
        Specification::new(Predicate::Exists {
            relation: self.position,
            predicate: Box::new(specification.into_predicate()),
        })
    }

    /// The name in `include` and in relation filters.
    pub fn name(self) -> &'static str {
        E::schema().relations[self.position].name
    }
}
