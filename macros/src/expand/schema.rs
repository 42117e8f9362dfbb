//! The static data that everything generic reads.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use super::index;
use crate::model::{Access, Field, Filter, Link, Model, OnDelete, Reference, Relation, Role};
use crate::names::screaming;

pub(super) fn expand(model: &Model) -> TokenStream {
    let Model { docs, table, plural, .. } = model;
    let name = model.ident.unraw().to_string();
    let fields = model.fields.iter().map(field);
    let relations = model.relations.iter().map(relation);
    let count = index(model.fields.len());
    let roles = roles(model);
    let options = options(model);
    let unique = model.unique.iter().map(|key| {
        let positions = key
            .iter()
            .filter_map(|ident| model.fields.iter().position(|field| field.ident == *ident))
            .map(index);
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
    let Field { name, column, docs, ty, .. } = field;
    let mut words = quote_spanned!(ty.span()=> __private::field::<#ty>);
    words.extend(quote!((#name)));
    if column != name {
        words.extend(quote!(.column(#column)));
    }
    if !docs.is_empty() {
        words.extend(quote!(.doc(#docs)));
    }
    if let Some((precision, scale)) = field.decimal {
        words.extend(
            quote!(.kind(__private::Kind::Decimal { precision: #precision, scale: #scale })),
        );
    }
    if !field.rules.is_empty() {
        let rules = &field.rules;
        words.extend(quote!(.rules(#rules)));
    }
    for (word, is_set) in [
        ("nullable", field.nullable),
        ("unique", field.unique),
        ("index", field.index),
        ("sort", field.sort.is_some()),
        ("search", field.search.is_some()),
        // After `kind` and `nullable`, from which the operators follow.
        ("filter", matches!(field.filter, Filter::Kind)),
    ] {
        if is_set {
            let word = format_ident!("{word}");
            words.extend(quote!(.#word()));
        }
    }
    if let Filter::Some(operators) = &field.filter {
        let operators = operators.iter().map(operator);
        words.extend(quote!(.filter_by(&[#(#operators),*])));
    }
    if field.access != Access::Full || field.client_id {
        let access = access(field);
        words.extend(quote!(.access(#access)));
    }
    if let Some(default) = &field.default {
        words.extend(quote!(.default(|| __private::into_value::<#ty>(#default))));
    }
    if let Some(reference) = &field.reference {
        words.extend(self::reference(reference));
    }
    if let Some(example) = &field.example {
        words.extend(quote!(.example(#example)));
    }
    words
}

/// The operator of this name.
pub(super) fn operator(operator: &syn::Ident) -> TokenStream {
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
    let variant = format_ident!("{variant}");
    quote!(__private::Operator::#variant)
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
    quote!(.reference::<#target>(__private::OnDelete::#on_delete))
}

fn relation(relation: &Relation) -> TokenStream {
    let Relation { target, docs, name, .. } = relation;
    let link = match &relation.link {
        Link::BelongsTo { field } => {
            let field = index(*field);
            quote!(BelongsTo { field: #field })
        }
        Link::HasOne { key } => quote!(HasOne { key: #key }),
        Link::HasMany { key } => quote!(HasMany { key: #key }),
        Link::ManyToMany { via, source, target } => quote!(ManyToMany {
            via: <#via as __private::Entity>::schema,
            source: #source,
            target: #target,
        }),
    };
    let docs = (!docs.is_empty()).then(|| quote!(.doc(#docs)));
    let owned = relation.owned.then(|| quote!(.owned()));
    quote!(__private::relation::<#target>(#name, __private::Link::#link) #docs #owned)
}

fn roles(model: &Model) -> TokenStream {
    let id = index(model.role(Role::Id).unwrap_or_default());
    let others = [
        (Role::CreatedAt, "created_at"),
        (Role::UpdatedAt, "updated_at"),
        (Role::DeletedAt, "deleted_at"),
        (Role::Version, "version"),
        (Role::Owner, "owner"),
        (Role::Tenant, "tenant"),
    ];
    let members: Vec<_> = others
        .into_iter()
        .filter_map(|(role, name)| {
            let (position, name) = (index(model.role(role)?), format_ident!("{name}"));
            Some(quote!(#name: ::core::option::Option::Some(#position),))
        })
        .collect();
    if members.is_empty() {
        return quote!(__private::roles(#id));
    }
    quote!(__private::Roles { #(#members)* ..__private::roles(#id) })
}

fn options(model: &Model) -> TokenStream {
    let options = &model.options;
    let mut members = TokenStream::new();
    let mut set = |name: &str, value: Option<TokenStream>| {
        if let Some(value) = value {
            let name = format_ident!("{name}");
            members.extend(quote!(#name: #value,));
        }
    };
    let client_id = model.fields.iter().any(|field| field.client_id);
    set("events", options.events.then(|| quote!(true)));
    set("require_if_match", options.require_if_match.map(|_| quote!(true)));
    set("require_idempotency_key", options.require_idempotency_key.then(|| quote!(true)));
    set("client_id", client_id.then(|| quote!(true)));
    let seconds = options.cache_seconds;
    set("cache_seconds", seconds.map(|seconds| quote!(::core::option::Option::Some(#seconds))));
    for (name, number) in [
        ("default_limit", options.default_limit.or(options.max_limit.filter(|max| *max < 20))),
        ("max_limit", options.max_limit),
        ("max_batch", options.max_batch),
        ("filter_depth", options.filter_depth),
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
