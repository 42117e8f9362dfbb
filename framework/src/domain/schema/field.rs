//! One stored field.

use std::sync::OnceLock;

use super::{Kind, Operators, Reference, Rules};
use crate::domain::value::Value;

/// One stored field.
#[derive(Debug)]
pub struct FieldSchema {
    /// Name on the wire and in filters.
    pub name: &'static str,
    /// Column name.
    pub column: &'static str,
    /// The field's doc comment.
    pub doc: &'static str,
    /// Shape of the value.
    pub kind: Kind,
    /// Whether null is allowed (`Option<T>`).
    pub nullable: bool,
    /// Bounds checked at run time, stated in OpenAPI, written as CHECK constraints and honoured by strategies.
    pub rules: Rules,
    /// No two rows share a value.
    pub unique: bool,
    /// Indexed without being unique.
    pub index: bool,
    /// Filter operators that are open to clients.
    pub filter: Operators,
    /// Clients may sort by it.
    pub sort: bool,
    /// `q=` looks into it.
    pub search: bool,
    /// Who may see and set it.
    pub access: Access,
    /// Value when a create leaves it out; `None` with a non-nullable field makes it required.
    pub default: Option<fn() -> Value>,
    /// Target of a foreign key.
    pub reference: Option<Reference>,
    /// Example for the documents, as JSON text.
    pub example: Option<&'static str>,
    /// Compiled form of `rules.pattern`.
    #[doc(hidden)]
    pub compiled: OnceLock<Option<regex::Regex>>,
}

impl FieldSchema {
    /// A field of this kind with no option set: what the derive starts from.
    pub const fn new(name: &'static str, kind: Kind) -> Self {
        Self {
            name,
            column: name,
            doc: "",
            kind,
            nullable: false,
            rules: Rules::NONE,
            unique: false,
            index: false,
            filter: Operators::NONE,
            sort: false,
            search: false,
            access: Access::FULL,
            default: None,
            reference: None,
            example: None,
            compiled: OnceLock::new(),
        }
    }

    /// Whether a create must name this field.
    pub fn is_required(&self) -> bool {
        self.access.create && !self.nullable && self.default.is_none()
    }
}

/// Who may see and set a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Access {
    /// Part of the view, of filters and of sorts.
    pub read: bool,
    /// Accepted by create.
    pub create: bool,
    /// Accepted by update.
    pub update: bool,
}

impl Access {
    /// Readable and writable.
    pub const FULL: Self = Self { read: true, create: true, update: true };
    /// Set by the framework, shown to clients: ids, timestamps, versions.
    pub const READ_ONLY: Self = Self { read: true, create: false, update: false };
    /// Set once at creation.
    pub const IMMUTABLE: Self = Self { read: true, create: true, update: false };
    /// Accepted and never shown.
    pub const WRITE_ONLY: Self = Self { read: false, create: true, update: true };
    /// Stored, never on the wire in either direction.
    pub const HIDDEN: Self = Self { read: false, create: false, update: false };
}
