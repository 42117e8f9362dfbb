//! `CreateX`, `UpdateX` and `XView`, and what turns them into changes and back.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Ident;
use syn::ext::IdentExt;

use super::{at_type, index};
use crate::model::{Children, Field, Model};

/// The names of the three types, and of the event.
pub(super) struct Names {
    pub(super) create: Ident,
    pub(super) update: Ident,
    pub(super) view: Ident,
    pub(super) event: Ident,
}

impl Names {
    pub(super) fn of(ident: &Ident) -> Self {
        let name = ident.unraw();
        Self {
            create: format_ident!("Create{name}"),
            update: format_ident!("Update{name}"),
            view: format_ident!("{name}View"),
            event: format_ident!("{name}Event"),
        }
    }
}

/// How an input or a view holds a field.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Shown,
    Required,
    Optional,
    Patch,
}

pub(super) fn types(model: &Model, path: &syn::Path) -> TokenStream {
    let Model { ident, vis, .. } = model;
    let Names { create, update, view, event } = Names::of(ident);
    let name = ident.unraw();
    let create_fields = model
        .fields
        .iter()
        .filter_map(|field| Some(member(model, path, field, create_form(model, field)?)));
    let update_fields = model
        .fields
        .iter()
        .filter(|field| field.access.update())
        .map(|field| member(model, path, field, Form::Patch));
    let view_fields = model
        .fields
        .iter()
        .filter(|field| field.access.read())
        .map(|field| member(model, path, field, Form::Shown));
    let lists = |form| model.children.iter().map(move |found| list(model, path, found, form));
    let create_lists = lists(Form::Required);
    let update_lists = lists(Form::Patch);
    let view_lists = lists(Form::Shown);
    let serde = path_text(&quote!(#path::__private::serde));
    let derives = quote! {
        #[allow(missing_docs, reason = "members are documented where the entity's fields are")]
        #[derive(::core::fmt::Debug, ::core::clone::Clone, ::core::cmp::PartialEq)]
    };
    let create_docs = format!("What a client sends to create a [`{name}`].");
    let update_docs = format!("What a client sends to change a [`{name}`]: a merge patch.");
    let view_docs = format!("What a client sees of a [`{name}`].");
    let event_docs = format!("What happened to a [`{name}`].");
    quote! {
        #[doc = #create_docs]
        #derives
        #vis struct #create { #(#create_fields)* #(#create_lists)* }

        #[doc = #update_docs]
        #derives
        #[derive(::core::default::Default)]
        #vis struct #update { #(#update_fields)* #(#update_lists)* }

        #[doc = #view_docs]
        #derives
        #[derive(#path::__private::Serialize, #path::__private::Deserialize)]
        #[serde(crate = #serde)]
        #vis struct #view { #(#view_fields)* #(#view_lists)* }

        #[doc = #event_docs]
        #[allow(dead_code, reason = "not every entity has handlers")]
        #vis type #event = #path::__private::EntityEvent<#ident>;
    }
}

pub(super) fn impls(model: &Model) -> TokenStream {
    let ident = &model.ident;
    let Names { create, update, view, .. } = Names::of(ident);
    let creates = model
        .fields
        .iter()
        .enumerate()
        .filter_map(|(position, field)| Some((position, field, create_form(model, field)?)));
    let creates: Vec<_> = creates.collect();
    let updates: Vec<_> = model
        .fields
        .iter()
        .enumerate()
        .filter(|(_, field)| field.access.update())
        .map(|(position, field)| (position, field, Form::Patch))
        .collect();
    let create_input = input(model, &create, &creates, false);
    let update_input = input(model, &update, &updates, true);
    let shown = model.fields.iter().filter(|field| field.access.read()).map(|field| &field.ident);
    let lists = model.children.iter().map(|children| {
        let name = &children.ident;
        quote!(#name: __private::to_views(self.#name),)
    });
    quote! {
        #create_input
        #update_input
        impl __private::Resource for #ident {
            type Create = #create;
            type Update = #update;
            type View = #view;
            fn into_view(self) -> #view {
                #view { #(#shown: self.#shown,)* #(#lists)* }
            }
        }
    }
}

/// How a create holds a field; `None` where it does not. A part of an aggregate may name its own id, so that a change
/// of the aggregate keeps it.
fn create_form(model: &Model, field: &Field) -> Option<Form> {
    if field.is_id() {
        let made_by_server =
            matches!(field.shape, crate::shape::Shape::Uuid | crate::shape::Shape::Unknown);
        return match (field.client_id, model.is_owned()) {
            (true, _) if !made_by_server => Some(Form::Required),
            (true, _) | (_, true) => Some(Form::Optional),
            (false, false) => None,
        };
    }
    if !field.access.create() {
        return None;
    }
    Some(if field.nullable || field.default.is_some() { Form::Optional } else { Form::Required })
}

fn member(model: &Model, path: &syn::Path, field: &Field, form: Form) -> TokenStream {
    let Field { ident, ty, name, .. } = field;
    let vis = &model.vis;
    let docs = docs(&field.docs);
    let full = field.full_type();
    let ty = match form {
        Form::Shown | Form::Required => full,
        Form::Optional => quote!(::core::option::Option<#ty>),
        Form::Patch => quote!(#path::__private::Patch<#full>),
    };
    let renamed = form == Form::Shown && ident.unraw() != *name;
    let serde = renamed.then(|| quote!(#[serde(rename = #name)]));
    quote!(#docs #serde #vis #ident: #ty,)
}

fn list(model: &Model, path: &syn::Path, children: &Children, form: Form) -> TokenStream {
    let Children { ident, item, name, docs } = children;
    let vis = &model.vis;
    let docs = self::docs(docs);
    let item = quote!(<#item as #path::__private::Resource>);
    let list = match form {
        Form::Shown => quote!(::std::vec::Vec<#item::View>),
        Form::Required | Form::Optional => quote!(::std::vec::Vec<#item::Create>),
        Form::Patch => quote!(#path::__private::Patch<::std::vec::Vec<#item::Create>>),
    };
    let rename = (ident.unraw() != *name).then(|| quote!(rename = #name,));
    let serde = (form == Form::Shown).then(|| quote!(#[serde(#rename default)]));
    quote!(#docs #serde #vis #ident: #list,)
}

/// The user's words about a member; where there are none, its name says it all.
fn docs(docs: &str) -> Option<TokenStream> {
    (!docs.is_empty()).then(|| quote!(#[doc = #docs]))
}

fn input(
    model: &Model,
    ident: &Ident,
    members: &[(usize, &Field, Form)],
    patch: bool,
) -> TokenStream {
    let put = members.iter().map(|(position, field, form)| {
        let name = &field.ident;
        let position = index(*position);
        let word = match (form, field.nullable) {
            (Form::Shown | Form::Required, _) => "put",
            (Form::Optional, _) => "put_some",
            (Form::Patch, false) => "put_patch",
            (Form::Patch, true) => "put_nullable",
        };
        let word = Ident::new(word, at_type(field));
        quote_spanned!(at_type(field)=> changes.#word(#position, self.#name);)
    });
    let take = members.iter().map(|(position, field, form)| {
        let name = &field.ident;
        let position = index(*position);
        let word = match (form, field.nullable) {
            (Form::Shown | Form::Required, _) => "required",
            (Form::Optional, _) => "optional",
            (Form::Patch, false) => "patch",
            (Form::Patch, true) => "nullable",
        };
        let word = Ident::new(word, at_type(field));
        let taken = quote_spanned!(at_type(field)=> changes.#word(#position)?);
        quote!(#name: #taken,)
    });
    let put_lists = model.children.iter().map(|children| {
        let (name, ident) = (&children.name, &children.ident);
        let put = if patch { quote!(put_children_patch) } else { quote!(put_children) };
        quote!(changes.#put(#name, self.#ident);)
    });
    let take_lists = model.children.iter().map(|children| {
        let (name, ident) = (&children.name, &children.ident);
        let take = if patch { quote!(children_patch) } else { quote!(children) };
        quote!(#ident: changes.#take(#name)?,)
    });
    let unused = members.is_empty() && model.children.is_empty();
    let mutable = (!unused).then(|| quote!(mut));
    let result = if unused {
        Ident::new("_changes", Span::call_site())
    } else {
        Ident::new("changes", Span::call_site())
    };
    quote! {
        __private::input_json!(#ident, SCHEMA, #patch);
        impl __private::Input for #ident {
            fn into_changes(self) -> __private::Changes {
                let #mutable changes = __private::ChangesWriter::default();
                #(#put)*
                #(#put_lists)*
                changes.finish()
            }
            fn from_changes(changes: __private::Changes) -> ::core::result::Result<Self, __private::DecodeError> {
                let #mutable #result = __private::ChangesReader::new(&SCHEMA, changes);
                ::core::result::Result::Ok(Self { #(#take)* #(#take_lists)* })
            }
        }
    }
}

/// A path as serde wants it: text without spaces.
fn path_text(path: &TokenStream) -> String {
    path.to_string().replace(' ', "")
}
