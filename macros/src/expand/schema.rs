//! The static data that everything generic reads.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use crate::model::{Access, Field, Filter, Link, Model, OnDelete, Reference, Relation, Role};
use crate::names::screaming;

pub(super) fn expand(model: &Model) -> TokenStream {
    let Model { docs, table, plural, .. } = model;
    let name = model.ident.unraw().to_string();
    let fields = model.fields.iter().map(field);
    let relations = model.relations.iter().map(relation);
    let count = model.fields.len();
    let roles = roles(model);
    let options = options(model);
    let unique = model.unique.iter().map(|key| {
        let positions = key
            .iter()
            .filter_map(|ident| model.fields.iter().position(|field| field.ident == *ident));
        quote!(&[#(#positions),*])
    });
    quote! {
        static FIELDS: [__private::FieldSchema; #count] = [#(#fields),*];
        static SCHEMA: __private::EntitySchema = __private::EntitySchema {
            name: #name,
            plural: #plural,
            table: #table,
            doc: #docs,
            fields: &FIELDS,
            relations: &[#(#relations),*],
            roles: #roles,
            unique: &[#(#unique),*],
            options: #options,
        };
    }
}

fn field(field: &Field) -> TokenStream {
    let Field { name, column, docs, nullable, ty, .. } = field;
    let mut setters = TokenStream::new();
    let mut set = |member: &str, value: TokenStream| {
        let member = quote::format_ident!("{member}");
        setters.extend(quote!(field.#member = #value;));
    };
    if column != name {
        set("column", quote!(#column));
    }
    if !docs.is_empty() {
        set("doc", quote!(#docs));
    }
    if *nullable {
        set("nullable", quote!(true));
    }
    if !field.rules.is_empty() {
        let rules = &field.rules;
        set("rules", quote!(#rules.or(field.rules)));
    }
    for (member, is_set) in [
        ("unique", field.unique),
        ("index", field.index),
        ("sort", field.sort.is_some()),
        ("search", field.search.is_some()),
    ] {
        if is_set {
            set(member, quote!(true));
        }
    }
    if let Some((precision, scale)) = field.decimal {
        set("kind", quote!(__private::Kind::Decimal { precision: #precision, scale: #scale }));
    }
    match &field.filter {
        Filter::None => {}
        Filter::Kind => set("filter", quote!(field.kind.operators(#nullable))),
        Filter::Some(operators) => set("filter", self::operators(operators)),
    }
    if field.access != Access::Full || field.client_id {
        set("access", access(field));
    }
    if let Some(default) = &field.default {
        set(
            "default",
            quote!(::core::option::Option::Some(|| __private::into_value::<#ty>(#default))),
        );
    }
    if let Some(reference) = &field.reference {
        set("reference", self::reference(reference));
    }
    if let Some(example) = &field.example {
        set("example", quote!(::core::option::Option::Some(#example)));
    }
    let start = quote_spanned!(ty.span()=> __private::field::<#ty>);
    if setters.is_empty() {
        return quote!(#start(#name));
    }
    quote!({
        let mut field = #start(#name);
        #setters
        field
    })
}

fn operators(operators: &[syn::Ident]) -> TokenStream {
    let all = operators.iter().map(|operator| {
        let variant = match operator.to_string().as_str() {
            "eq" => "Eq",
            "ne" => "Ne",
            "in" => "In",
            "not_in" => "NotIn",
            "gt" => "Gt",
            "gte" => "Gte",
            "lt" => "Lt",
            "lte" => "Lte",
            "between" => "Between",
            "contains" => "Contains",
            "icontains" => "IContains",
            "startswith" => "StartsWith",
            "istartswith" => "IStartsWith",
            "endswith" => "EndsWith",
            "iexact" => "IExact",
            _ => "IsNull",
        };
        let variant = quote::format_ident!("{variant}");
        quote!(.and(__private::Operators::of(__private::Operator::#variant)))
    });
    quote!(__private::Operators::NONE #(#all)*)
}

fn access(field: &Field) -> TokenStream {
    if field.client_id {
        return quote!(__private::Access::IMMUTABLE);
    }
    match field.access {
        Access::Full => quote!(__private::Access::FULL),
        Access::ReadOnly => quote!(__private::Access::READ_ONLY),
        Access::Immutable => quote!(__private::Access::IMMUTABLE),
        Access::WriteOnly => quote!(__private::Access::WRITE_ONLY),
        Access::Hidden => quote!(__private::Access::HIDDEN),
    }
}

fn reference(reference: &Reference) -> TokenStream {
    let target = &reference.target;
    let on_delete = match reference.on_delete {
        OnDelete::Restrict => quote!(Restrict),
        OnDelete::Cascade => quote!(Cascade),
        OnDelete::SetNull => quote!(SetNull),
    };
    quote!(::core::option::Option::Some(__private::Reference {
        target: <#target as __private::Entity>::schema,
        on_delete: __private::OnDelete::#on_delete,
    }))
}

fn relation(relation: &Relation) -> TokenStream {
    let Relation { target, owned, .. } = relation;
    let name = relation.name.unraw().to_string();
    let link = match &relation.link {
        Link::BelongsTo { field } => quote!(BelongsTo { field: #field }),
        Link::HasOne { key } => quote!(HasOne { key: #key }),
        Link::HasMany { key } => quote!(HasMany { key: #key }),
        Link::ManyToMany { via, source, target } => quote!(ManyToMany {
            via: <#via as __private::Entity>::schema,
            source: #source,
            target: #target,
        }),
    };
    quote!(__private::RelationSchema {
        name: #name,
        doc: "",
        target: <#target as __private::Entity>::schema,
        link: __private::Link::#link,
        owned: #owned,
    })
}

fn roles(model: &Model) -> TokenStream {
    let role = |role: Role| match model.role(role) {
        Some(position) => quote!(::core::option::Option::Some(#position)),
        None => quote!(::core::option::Option::None),
    };
    let id = model.role(Role::Id).unwrap_or_default();
    let created_at = role(Role::CreatedAt);
    let updated_at = role(Role::UpdatedAt);
    let deleted_at = role(Role::DeletedAt);
    let version = role(Role::Version);
    let owner = role(Role::Owner);
    let tenant = role(Role::Tenant);
    quote!(__private::Roles {
        id: #id,
        created_at: #created_at,
        updated_at: #updated_at,
        deleted_at: #deleted_at,
        version: #version,
        owner: #owner,
        tenant: #tenant,
    })
}

fn options(model: &Model) -> TokenStream {
    let options = &model.options;
    let mut members = TokenStream::new();
    let mut set = |name: &str, value: Option<TokenStream>| {
        if let Some(value) = value {
            let name = quote::format_ident!("{name}");
            members.extend(quote!(#name: #value,));
        }
    };
    let client_id = model.fields.iter().any(|field| field.client_id);
    set("events", options.events.then(|| quote!(true)));
    set("require_if_match", options.require_if_match.map(|_| quote!(true)));
    set("client_id", client_id.then(|| quote!(true)));
    let seconds = options.cache_seconds;
    set("cache_seconds", seconds.map(|seconds| quote!(::core::option::Option::Some(#seconds))));
    for (name, number) in [
        ("default_limit", options.default_limit.or(options.max_limit.filter(|max| *max < 20))),
        ("max_limit", options.max_limit),
        ("max_batch", options.max_batch),
        ("include_depth", options.include_depth),
        ("include_limit", options.include_limit),
    ] {
        set(name, number.map(ToTokens::into_token_stream));
    }
    if members.is_empty() {
        return quote!(__private::Options::DEFAULT);
    }
    quote!(__private::Options { #members ..__private::Options::DEFAULT })
}

/// The name of the constant for a field or a relation.
pub(super) fn constant(ident: &syn::Ident) -> syn::Ident {
    syn::Ident::new(&screaming(&ident.unraw().to_string()), ident.span())
}
