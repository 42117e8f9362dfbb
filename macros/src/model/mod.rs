//! The model of a declaration: every decision of the derive is made here, expansion only prints it.

mod demand;
mod entity;
mod field;
mod relation;
mod rules;

use proc_macro2::{Span, TokenStream};
use syn::{Ident, Type};

use crate::shape::Shape;

pub(crate) use demand::{Demand, Need};
pub(crate) use entity::{crate_path, options, read};
pub(crate) use rules::{RULE_OPTIONS, Rules, decimal};

/// One entity.
pub(crate) struct Model {
    pub(crate) ident: Ident,
    pub(crate) vis: syn::Visibility,
    pub(crate) docs: String,
    pub(crate) table: String,
    pub(crate) plural: String,
    pub(crate) options: Options,
    /// Stored fields; their order is the order of rows.
    pub(crate) fields: Vec<Field>,
    /// Lists of owned children, which are no columns.
    pub(crate) children: Vec<Children>,
    pub(crate) relations: Vec<Relation>,
    /// Composite unique keys, as idents of fields.
    pub(crate) unique: Vec<Vec<Ident>>,
}

/// Entity-wide options; `None` leaves the default of the framework.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) events: bool,
    pub(crate) cache_seconds: Option<u32>,
    pub(crate) require_if_match: Option<Span>,
    pub(crate) require_idempotency_key: bool,
    pub(crate) default_limit: Option<u32>,
    pub(crate) max_limit: Option<u32>,
    pub(crate) max_batch: Option<u32>,
    pub(crate) filter_depth: Option<u32>,
    pub(crate) include_depth: Option<u32>,
    pub(crate) include_limit: Option<u32>,
}

/// One stored field.
pub(crate) struct Field {
    pub(crate) ident: Ident,
    /// The type without `Option`.
    pub(crate) ty: Type,
    pub(crate) nullable: bool,
    pub(crate) shape: Shape,
    pub(crate) name: String,
    pub(crate) column: String,
    pub(crate) docs: String,
    pub(crate) role: Option<(Role, Ident)>,
    pub(crate) client_id: bool,
    pub(crate) access: Access,
    /// The token that chose the access, if the user chose it.
    pub(crate) access_key: Option<Ident>,
    pub(crate) rules: Rules,
    pub(crate) decimal: Option<(u8, u8)>,
    pub(crate) filter: Filter,
    pub(crate) filter_key: Option<Ident>,
    pub(crate) unique: bool,
    pub(crate) index: bool,
    pub(crate) sort: Option<Ident>,
    pub(crate) search: Option<Ident>,
    /// An expression of the field's type.
    pub(crate) default: Option<TokenStream>,
    pub(crate) example: Option<String>,
    pub(crate) reference: Option<Reference>,
    /// What the options ask of a type that only the compiler knows.
    pub(crate) demands: Vec<Demand>,
}

/// What the framework does with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Role {
    Id,
    CreatedAt,
    UpdatedAt,
    DeletedAt,
    Version,
    Owner,
    Tenant,
}

impl Role {
    pub(crate) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "id" => Self::Id,
            "created_at" => Self::CreatedAt,
            "updated_at" => Self::UpdatedAt,
            "deleted_at" => Self::DeletedAt,
            "version" => Self::Version,
            "owner" => Self::Owner,
            "tenant" => Self::Tenant,
            _ => return None,
        })
    }
}

/// Who may see and set a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Full,
    ReadOnly,
    Immutable,
    WriteOnly,
    Hidden,
}

impl Access {
    pub(crate) fn read(self) -> bool {
        !matches!(self, Self::WriteOnly | Self::Hidden)
    }

    pub(crate) fn create(self) -> bool {
        matches!(self, Self::Full | Self::Immutable | Self::WriteOnly)
    }

    pub(crate) fn update(self) -> bool {
        matches!(self, Self::Full | Self::WriteOnly)
    }
}

/// Filter operators open to clients.
pub(crate) enum Filter {
    None,
    /// Those of the kind.
    Kind,
    Some(Vec<Ident>),
}

/// A foreign key.
pub(crate) struct Reference {
    pub(crate) target: Type,
    /// Name of the relation; none when it cannot be derived.
    pub(crate) relation: Option<Ident>,
    pub(crate) on_delete: OnDelete,
    /// The target is the aggregate that this entity is a part of.
    pub(crate) owner: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnDelete {
    Restrict,
    Cascade,
    SetNull,
}

/// A list of owned children.
pub(crate) struct Children {
    pub(crate) ident: Ident,
    pub(crate) item: Type,
    pub(crate) name: String,
    pub(crate) docs: String,
}

/// A way to another entity.
pub(crate) struct Relation {
    /// What the struct calls it: the constant, and where mistakes are shown.
    pub(crate) ident: Ident,
    /// Name on the wire.
    pub(crate) name: String,
    pub(crate) docs: String,
    pub(crate) target: Type,
    pub(crate) link: Link,
    pub(crate) owned: bool,
}

#[expect(clippy::large_enum_variant, reason = "short-lived, a few per entity")]
pub(crate) enum Link {
    BelongsTo { field: usize },
    HasOne { key: String },
    HasMany { key: String },
    ManyToMany { via: Type, source: String, target: String },
}

impl Model {
    /// The field with this role.
    pub(crate) fn role(&self, role: Role) -> Option<usize> {
        self.fields.iter().position(|field| matches!(field.role, Some((found, _)) if found == role))
    }

    /// Whether the entity is part of an aggregate.
    pub(crate) fn is_owned(&self) -> bool {
        self.fields.iter().any(|field| field.reference.as_ref().is_some_and(|found| found.owner))
    }
}

impl Field {
    pub(crate) fn is_id(&self) -> bool {
        matches!(self.role, Some((Role::Id, _)))
    }

    /// The type as declared.
    pub(crate) fn full_type(&self) -> TokenStream {
        let ty = &self.ty;
        if self.nullable { quote::quote!(::core::option::Option<#ty>) } else { quote::quote!(#ty) }
    }
}
