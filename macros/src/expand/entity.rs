//! `impl Entity`: between the struct and rows.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::{at_type, demands, index};
use crate::model::{Field, Model, Role};
use crate::shape::Shape;

pub(super) fn expand(model: &Model) -> TokenStream {
    let ident = &model.ident;
    let id = model.role(Role::Id).and_then(|position| model.fields.get(position));
    let (id_ident, id_type) = (id.map(|id| &id.ident), id.map(|id| &id.ty));
    let values = model.fields.iter().enumerate().map(|(position, field)| {
        let name = &field.ident;
        let position = index(position);
        let value = into_value(field, quote_spanned!(at_type(field)=> self.#name.clone()));
        quote!(#position => #value,)
    });
    let row = model.fields.iter().map(|field| {
        let name = &field.ident;
        into_value(field, quote_spanned!(at_type(field)=> self.#name))
    });
    let members = model.fields.iter().map(|field| {
        let name = &field.ident;
        let take = if field.nullable { "optional" } else { "required" };
        let take = Ident::new(take, at_type(field));
        let taken = quote_spanned!(at_type(field)=> row.#take()?);
        quote!(#name: #taken,)
    });
    let empty = model.children.iter().map(|children| {
        let name = &children.ident;
        quote!(#name: ::std::vec::Vec::new(),)
    });
    let children = children(model);
    let references = references(model);
    let demands = model.fields.iter().map(|field| demands::expand(&field.ty, &field.demands));
    let callers = callers(model);
    let identity = id.filter(|id| !id.client_id).map(|id| {
        let ty = &id.ty;
        quote_spanned!(ty.span()=> const _: () = __private::assert_server_id::<#ty>();)
    });
    quote! {
        #identity
        #references
        #(#demands)*
        #(#callers)*
        impl __private::Entity for #ident {
            type Id = #id_type;
            fn schema() -> &'static __private::EntitySchema {
                &SCHEMA
            }
            fn id(&self) -> &#id_type {
                &self.#id_ident
            }
            fn value(&self, position: usize) -> __private::Value {
                match position {
                    #(#values)*
                    _ => __private::Value::Null,
                }
            }
            fn into_row(self) -> __private::Row {
                ::std::vec![#(#row),*]
            }
            fn from_row(row: __private::Row) -> ::core::result::Result<Self, __private::DecodeError> {
                let mut row = __private::RowReader::new(&SCHEMA, row);
                ::core::result::Result::Ok(Self { #(#members)* #(#empty)* })
            }
            #children
        }
    }
}

fn into_value(field: &Field, value: TokenStream) -> TokenStream {
    let convert = if field.nullable { "option_into_value" } else { "into_value" };
    let convert = Ident::new(convert, at_type(field));
    quote_spanned!(at_type(field)=> __private::#convert(#value))
}

fn children(model: &Model) -> Option<TokenStream> {
    if model.children.is_empty() {
        return None;
    }
    let read = model.children.iter().map(|children| {
        let (name, ident) = (&children.name, &children.ident);
        quote!(#name => __private::to_rows(&self.#ident),)
    });
    let write = model.children.iter().map(|children| {
        let (name, ident) = (&children.name, &children.ident);
        quote!(#name => self.#ident = __private::from_rows(rows)?,)
    });
    Some(quote! {
        fn children(&self, relation: &str) -> ::std::vec::Vec<__private::Row> {
            match relation {
                #(#read)*
                _ => ::std::vec::Vec::new(),
            }
        }
        fn set_children(
            &mut self,
            relation: &str,
            rows: ::std::vec::Vec<__private::Row>,
        ) -> ::core::result::Result<(), __private::DecodeError> {
            match relation {
                #(#write)*
                _ => {}
            }
            ::core::result::Result::Ok(())
        }
    })
}

/// Owners and tenants have types that name callers.
fn callers(model: &Model) -> impl Iterator<Item = TokenStream> {
    let is_caller = |field: &&Field| {
        let named = matches!(field.role, Some((Role::Owner | Role::Tenant, _)));
        named && field.shape == Shape::Unknown
    };
    model.fields.iter().filter(is_caller).map(|field| {
        let ty = &field.ty;
        quote_spanned!(ty.span()=> const _: () = __private::assert_caller::<#ty>();)
    })
}

/// A key has the type of the identity that it points to.
fn references(model: &Model) -> TokenStream {
    model
        .fields
        .iter()
        .filter_map(|field| {
            let target = &field.reference.as_ref()?.target;
            let ty = &field.ty;
            Some(quote_spanned!(ty.span()=> const _: () = __private::assert_key::<#target, #ty>();))
        })
        .collect()
}
