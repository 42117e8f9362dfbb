//! A stub for a declaration with mistakes, so that each mistake gives one message and the code that uses the entity none.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Fields};

use super::dto::Names;
use super::schema::constant;
use crate::shape::split_option;

pub(super) fn expand(input: &DeriveInput, path: &syn::Path) -> Option<TokenStream> {
    if !input.generics.params.is_empty() {
        return None;
    }
    let (ident, vis) = (&input.ident, &input.vis);
    let Names { create, update, view, event } = Names::of(ident);
    let never = quote!(::core::unreachable!("the declaration has mistakes"));
    let serde = quote!(#path::__private::serde).to_string().replace(' ', "");
    let constants = constants(input);
    let types = [&create, &update, &view].map(|name| {
        quote! {
            #[doc(hidden)]
            #[derive(Debug, Clone, Default, PartialEq, #path::__private::Serialize, #path::__private::Deserialize)]
            #[serde(crate = #serde)]
            #vis struct #name {}
        }
    });
    let inputs = [&create, &update].map(|name| {
        quote! {
            impl __private::Input for #name {
                fn into_changes(self) -> __private::Changes { #never }
                fn from_changes(_: __private::Changes) -> ::core::result::Result<Self, __private::DecodeError> { #never }
            }
        }
    });
    Some(quote! {
        #(#types)*
        #[doc(hidden)]
        #[allow(dead_code, reason = "a stub")]
        #vis type #event = #path::__private::EntityEvent<#ident>;
        const _: () = {
            use #path::__private;
            #constants
            impl __private::Entity for #ident {
                type Id = __private::Uuid;
                fn schema() -> &'static __private::EntitySchema { #never }
                fn id(&self) -> &__private::Uuid { #never }
                fn value(&self, _: usize) -> __private::Value { #never }
                fn into_row(self) -> __private::Row { #never }
                fn from_row(_: __private::Row) -> ::core::result::Result<Self, __private::DecodeError> { #never }
            }
            #(#inputs)*
            impl __private::Resource for #ident {
                type Create = #create;
                type Update = #update;
                type View = #view;
                fn into_view(self) -> #view { #never }
            }
        };
    })
}

fn constants(input: &DeriveInput) -> Option<TokenStream> {
    let Data::Struct(data) = &input.data else { return None };
    let Fields::Named(fields) = &data.fields else { return None };
    let (ident, vis) = (&input.ident, &input.vis);
    let mut seen = std::collections::HashSet::new();
    let constants = fields.named.iter().enumerate().filter_map(|(position, field)| {
        let name = constant(field.ident.as_ref()?);
        if !seen.insert(name.to_string()) {
            return None;
        }
        let (ty, _) = split_option(&field.ty);
        Some(quote!(#[doc(hidden)] #vis const #name: __private::Field<#ident, #ty> = __private::Field::at(#position);))
    });
    Some(quote! {
        #[allow(dead_code, reason = "a stub")]
        impl #ident { #(#constants)* }
    })
}
