//! What an entity declares, as static data: the one source of validation, SQL, OpenAPI and test data.

mod field;
mod kind;
mod options;
mod relation;
mod rules;

pub use self::field::{Access, FieldSchema};
pub use self::kind::{EnumSchema, Kind};
pub use self::options::{Options, Roles};
pub use self::relation::{Link, OnDelete, Reference, RelationSchema};
pub use self::rules::{Bound, Check, Rules};
pub use super::operator::{Operator, Operators};

/// Everything the declaration of one entity says. Made by `#[derive(Entity)]`, one static per entity.
#[derive(Debug)]
pub struct EntitySchema {
    /// Type name, such as `Product`.
    pub name: &'static str,
    /// Plural on the wire and in paths, such as `products`.
    pub plural: &'static str,
    /// Table name.
    pub table: &'static str,
    /// The struct's doc comment.
    pub doc: &'static str,
    /// Every stored field, in declaration order; [`Row`](super::value::Row)s follow this order.
    pub fields: &'static [FieldSchema],
    /// Relations to other entities.
    pub relations: &'static [RelationSchema],
    /// Positions of the fields with a role.
    pub roles: Roles,
    /// Composite unique keys, as positions of fields.
    pub unique: &'static [&'static [usize]],
    /// Entity-wide options.
    pub options: Options,
}

impl EntitySchema {
    /// The position of the field with this wire name.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name == name)
    }

    /// The field with this wire name.
    pub fn field(&self, name: &str) -> Option<&'static FieldSchema> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The position of the field that a relation names as its key: by its column, which is what the struct calls it unless
    /// `column` says otherwise, or by its wire name.
    pub fn key(&self, name: &str) -> Option<usize> {
        let by_column = self.fields.iter().position(|field| field.column == name);
        by_column.or_else(|| self.position(name))
    }

    /// The field that identifies a row.
    pub fn id(&self) -> &'static FieldSchema {
        &self.fields[self.roles.id]
    }

    /// Whether a create must name the field at this position: an id that may be chosen is made where it is a UUID.
    pub fn requires(&self, position: usize) -> bool {
        let field = self.fields.get(position);
        field.is_some_and(|field| {
            field.is_required() && (position != self.roles.id || field.kind != Kind::Uuid)
        })
    }

    /// The relation with this name.
    pub fn relation(&self, name: &str) -> Option<&'static RelationSchema> {
        self.relations.iter().find(|relation| relation.name == name)
    }

    /// Relations whose rows are part of this aggregate.
    pub fn owned(&self) -> impl Iterator<Item = &'static RelationSchema> {
        self.relations.iter().filter(|relation| relation.owned)
    }
}
