//! `CreateX`, `UpdateX` and `XView`, and what turns them into changes and back.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::Ident;
use syn::ext::IdentExt;

use super::index;
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
        .map(|field| member(model, path, field, Form::Required));
    let create_lists =
        model.children.iter().map(|found| list(model, path, found, &quote!(Create), false));
    let update_lists =
        model.children.iter().map(|found| list(model, path, found, &quote!(Create), true));
    let view_lists =
        model.children.iter().map(|found| list(model, path, found, &quote!(View), false));
    let serde = path_text(&quote!(#path::__private::serde));
    let derives = quote! {
        #[allow(missing_docs, reason = "members are documented where the entity's fields are")]
        #[derive(Debug, Clone, PartialEq)]
        #[derive(#path::__private::Serialize, #path::__private::Deserialize)]
    };
    let create_docs = format!("What a client sends to create a [`{name}`].");
    let update_docs = format!("What a client sends to change a [`{name}`]: a merge patch.");
    let view_docs = format!("What a client sees of a [`{name}`].");
    let event_docs = format!("What happened to a [`{name}`].");
    quote! {
        #[doc = #create_docs]
        #derives
        #[serde(crate = #serde, deny_unknown_fields)]
        #vis struct #create { #(#create_fields)* #(#create_lists)* }

        #[doc = #update_docs]
        #derives
        #[derive(Default)]
        #[serde(crate = #serde, default, deny_unknown_fields)]
        #vis struct #update { #(#update_fields)* #(#update_lists)* }

        #[doc = #view_docs]
        #derives
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
    let rename = (ident.unraw() != *name).then(|| quote!(rename = #name,));
    let full = field.full_type();
    let (options, ty) = match form {
        Form::Required => (quote!(), full),
        Form::Optional => (
            quote!(default, skip_serializing_if = "::core::option::Option::is_none"),
            quote!(::core::option::Option<#ty>),
        ),
        Form::Patch => (patch_options(path), quote!(#path::__private::Patch<#full>)),
    };
    let serde =
        (rename.is_some() || !options.is_empty()).then(|| quote!(#[serde(#rename #options)]));
    quote!(#docs #serde #vis #ident: #ty,)
}

fn list(
    model: &Model,
    path: &syn::Path,
    children: &Children,
    form: &TokenStream,
    patch: bool,
) -> TokenStream {
    let Children { ident, item, name, docs } = children;
    let vis = &model.vis;
    let docs = self::docs(docs);
    let rename = (ident.unraw() != *name).then(|| quote!(rename = #name,));
    let list = quote!(::std::vec::Vec<<#item as #path::__private::Resource>::#form>);
    let (options, ty) = if patch {
        (patch_options(path), quote!(#path::__private::Patch<#list>))
    } else {
        (quote!(default), list)
    };
    quote!(#docs #[serde(#rename #options)] #vis #ident: #ty,)
}

/// The user's words about a member; where there are none, its name says it all.
fn docs(docs: &str) -> Option<TokenStream> {
    (!docs.is_empty()).then(|| quote!(#[doc = #docs]))
}

fn patch_options(path: &syn::Path) -> TokenStream {
    let is_absent = path_text(&quote!(#path::__private::Patch::is_absent));
    quote!(skip_serializing_if = #is_absent)
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
        match (form, field.nullable) {
            (Form::Required, _) => quote!(changes.put(#position, self.#name);),
            (Form::Optional, _) => quote!(changes.put_some(#position, self.#name);),
            (Form::Patch, false) => quote!(changes.put_patch(#position, self.#name);),
            (Form::Patch, true) => quote!(changes.put_nullable(#position, self.#name);),
        }
    });
    let take = members.iter().map(|(position, field, form)| {
        let name = &field.ident;
        let position = index(*position);
        match (form, field.nullable) {
            (Form::Required, _) => quote!(#name: changes.required(#position)?,),
            (Form::Optional, _) => quote!(#name: changes.optional(#position)?,),
            (Form::Patch, false) => quote!(#name: changes.patch(#position)?,),
            (Form::Patch, true) => quote!(#name: changes.nullable(#position)?,),
        }
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
