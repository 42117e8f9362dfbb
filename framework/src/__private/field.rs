//! Schemas as chains of words, so that an expansion states a field in a line.

use crate::domain::entity::Entity;
use crate::domain::scalar::Scalar;
use crate::domain::schema::{
    Access, EntitySchema, FieldSchema, Kind, Link, OnDelete, Operator, Operators, Reference,
    RelationSchema, Roles, Rules,
};
use crate::domain::value::Value;

/// A field that starts from its type.
pub const fn field<T: Scalar>(name: &'static str) -> FieldSchema {
    let mut field = FieldSchema::new(name, T::KIND);
    field.rules = T::RULES;
    field
}

/// The roles of an entity that has only an identity.
pub const fn roles(id: usize) -> Roles {
    Roles::identity(id)
}

/// A relation to `E`.
pub const fn relation<E: Entity>(name: &'static str, link: Link) -> RelationSchema {
    RelationSchema {
        name,
        doc: "",
        target: E::schema as fn() -> &'static EntitySchema,
        link,
        owned: false,
    }
}

macro_rules! words {
    ($($name:ident($($argument:ident: $type:ty)?) $member:ident = $value:expr;)*) => {$(
        #[doc(hidden)]
        #[must_use]
        pub const fn $name(mut self $(, $argument: $type)?) -> Self {
            self.$member = $value;
            self
        }
    )*};
}

#[allow(missing_docs, reason = "each word sets the member of its name")]
impl FieldSchema {
    words! {
        column(column: &'static str) column = column;
        doc(doc: &'static str) doc = doc;
        kind(kind: Kind) kind = kind;
        nullable() nullable = true;
        unique() unique = true;
        index() index = true;
        sort() sort = true;
        search() search = true;
        access(access: Access) access = access;
        default(default: fn() -> Value) default = Some(default);
        example(example: &'static str) example = Some(example);
    }

    /// Bounds, with those of the type wherever these say nothing.
    #[doc(hidden)]
    #[must_use]
    pub const fn rules(mut self, rules: Rules) -> Self {
        self.rules = rules.or(self.rules);
        self
    }

    /// Opens the operators of the kind to clients.
    #[doc(hidden)]
    #[must_use]
    pub const fn filter(mut self) -> Self {
        self.filter = self.kind.operators(self.nullable);
        self
    }

    /// Opens these operators to clients.
    #[doc(hidden)]
    #[must_use]
    pub const fn filter_by(mut self, operators: &[Operator]) -> Self {
        let mut rest = operators;
        while let [operator, others @ ..] = rest {
            self.filter = self.filter.and(Operators::of(*operator));
            rest = others;
        }
        self
    }

    /// Points to an entity.
    #[doc(hidden)]
    #[must_use]
    pub const fn reference<E: Entity>(mut self, on_delete: OnDelete) -> Self {
        self.reference = Some(Reference { target: E::schema, on_delete });
        self
    }
}

#[allow(missing_docs, reason = "each word sets the member of its name")]
impl RelationSchema {
    words! {
        doc(doc: &'static str) doc = doc;
        owned() owned = true;
    }
}
