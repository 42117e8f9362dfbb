//! `Product::SKU` and `Product::CATEGORY`: the words of specifications.

use proc_macro2::TokenStream;
use quote::quote;

use super::index;
use super::schema::constant;
use crate::model::Model;

pub(super) fn expand(model: &Model) -> TokenStream {
    let Model { ident, vis, .. } = model;
    let fields = model.fields.iter().enumerate().map(|(position, field)| {
        let (name, ty, position) = (constant(&field.ident), &field.ty, index(position));
        let docs = format!("The field `{}`, for specifications and sorting.", field.name);
        quote! {
            #[doc = #docs]
            #vis const #name: __private::Field<Self, #ty> = __private::Field::at(#position);
        }
    });
    let relations = model.relations.iter().enumerate().map(|(position, relation)| {
        let (name, target, position) = (constant(&relation.ident), &relation.target, index(position));
        let docs = format!("The relation `{}`, for specifications and includes.", relation.name);
        quote! {
            #[doc = #docs]
            #vis const #name: __private::Relation<Self, #target> = __private::Relation::at(#position);
        }
    });
    quote! {
        #[allow(dead_code, reason = "not every field is asked for")]
        impl #ident {
            #(#fields)*
            #(#relations)*
        }
    }
}
