//! What an entity declares, as static data: the one source of validation, SQL, OpenAPI and test data.

use std::sync::OnceLock;

pub use super::operator::{Operator, Operators};
use super::value::Value;

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

/// Positions of the fields that carry a role; the presence of a role switches its capability on.
#[derive(Debug, Clone, Copy, Default)]
#[allow(missing_docs, reason = "each member is named after the role it locates")]
pub struct Roles {
    pub id: usize,
    pub created_at: Option<usize>,
    pub updated_at: Option<usize>,
    pub deleted_at: Option<usize>,
    pub version: Option<usize>,
    pub owner: Option<usize>,
    pub tenant: Option<usize>,
}

impl Roles {
    /// The roles of an entity that has only an identity.
    pub const fn identity(id: usize) -> Self {
        Self {
            id,
            created_at: None,
            updated_at: None,
            deleted_at: None,
            version: None,
            owner: None,
            tenant: None,
        }
    }
}

/// Entity-wide options of the derive.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Publish created, updated and deleted events.
    pub events: bool,
    /// Keep reads by id for this many seconds.
    pub cache_seconds: Option<u32>,
    /// Writes without `If-Match` are refused with 428.
    pub require_if_match: bool,
    /// Clients may choose the id on create and create through PUT.
    pub client_id: bool,
    /// Page size when the client does not say.
    pub default_limit: u32,
    /// Largest page; a larger wish is capped.
    pub max_limit: u32,
    /// Largest batch.
    pub max_batch: u32,
    /// How deep `include` may nest.
    pub include_depth: u32,
    /// Largest number of children per parent in an include.
    pub include_limit: u32,
}

impl Options {
    /// The defaults of the derive.
    pub const DEFAULT: Self = Self {
        events: false,
        cache_seconds: None,
        require_if_match: false,
        client_id: false,
        default_limit: 20,
        max_limit: 100,
        max_batch: 100,
        include_depth: 1,
        include_limit: 100,
    };
}

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

/// A foreign key.
#[derive(Debug, Clone, Copy)]
pub struct Reference {
    /// The entity that the field points to.
    pub target: fn() -> &'static EntitySchema,
    /// What happens to this row when its target is deleted.
    pub on_delete: OnDelete,
}

/// What happens to a row when the row it refers to is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnDelete {
    /// The deletion is refused.
    Restrict,
    /// The row is deleted too.
    Cascade,
    /// The reference becomes null.
    SetNull,
}

/// A named way from one entity to another.
#[derive(Debug)]
pub struct RelationSchema {
    /// Name in `include` and in relation filters.
    pub name: &'static str,
    /// Doc comment.
    pub doc: &'static str,
    /// The entity at the other end.
    pub target: fn() -> &'static EntitySchema,
    /// How the two are joined.
    pub link: Link,
    /// The children are part of this aggregate: written with it, deleted with it.
    pub owned: bool,
}

/// How two entities are joined.
#[derive(Debug, Clone, Copy)]
pub enum Link {
    /// This entity holds the key, in the field at this position.
    BelongsTo {
        /// Position of the key among this entity's fields.
        field: usize,
    },
    /// The target holds the key, unique there.
    HasOne {
        /// Name of the key field in the target.
        key: &'static str,
    },
    /// The target holds the key.
    HasMany {
        /// Name of the key field in the target.
        key: &'static str,
    },
    /// A third entity holds both keys.
    ManyToMany {
        /// The joining entity.
        via: fn() -> &'static EntitySchema,
        /// Its field that points here.
        source: &'static str,
        /// Its field that points to the target.
        target: &'static str,
    },
}

impl Link {
    /// Whether the relation yields a list.
    pub fn is_many(&self) -> bool {
        matches!(self, Self::HasMany { .. } | Self::ManyToMany { .. })
    }
}

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

impl EntitySchema {
    /// The position of the field with this wire name.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name == name)
    }

    /// The field with this wire name.
    pub fn field(&self, name: &str) -> Option<&'static FieldSchema> {
        self.fields.iter().find(|field| field.name == name)
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
