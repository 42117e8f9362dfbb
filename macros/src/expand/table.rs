//! The SeaORM entity, in a block of its own so that its names meet none of the user's.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::ext::IdentExt as _;

use crate::model::Model;
use crate::names::pascal;
use crate::shape::Shape;

pub(super) fn expand(model: &Model) -> TokenStream {
    let Model { ident, table, .. } = model;
    let aliases = model.fields.iter().enumerate().map(|(position, field)| {
        let (alias, ty) = (format_ident!("__Stored{position}"), &field.ty);
        if field.shape == Shape::Unknown {
            let answer = quote!(__private::Probe::<#ty>::IS_SCALAR);
            return quote!(type #alias = <__private::Stored<#ty, { #answer }> as __private::Storage>::Type;);
        }
        quote!(type #alias = <#ty as __private::Scalar>::Stored;)
    });
    let is_asked = model.fields.iter().any(|field| field.shape == Shape::Unknown);
    let probe = is_asked.then(|| {
        quote!(
            #[allow(unused_imports, reason = "for types that are no scalars")]
            use __private::NoScalar as _;
        )
    });
    let variants = variants(model);
    let columns =
        model.fields.iter().zip(&variants).enumerate().map(|(position, (field, variant))| {
            let (name, column) = (&field.ident, &field.column);
            let alias = format_ident!("__Stored{position}");
            let key = field.is_id().then(|| quote!(primary_key, auto_increment = false,));
            let ty = if field.nullable {
                quote!(::core::option::Option<#alias>)
            } else {
                quote!(#alias)
            };
            quote!(#[sea_orm(#key column_name = #column, enum_name = #variant)] pub #name: #ty,)
        });
    quote! {
        type __Subject = #ident;
        #probe
        #(#aliases)*
        #[allow(missing_docs, private_interfaces, reason = "the table mirrors the entity, which has the docs")]
        const _: () = {
            use __private::sea_orm;
            use sea_orm::entity::prelude::*;
            // SeaORM's derives name these bare, and the user may have others of these names.
            #[allow(unused_imports, reason = "which of them are named is SeaORM's business")]
            use ::core::{
                clone::Clone, convert::Into, option::Option::{self, None, Some}, result::Result::{self, Err, Ok},
                iter::{DoubleEndedIterator, ExactSizeIterator, Iterator},
            };
            #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
            #[sea_orm(table_name = #table)]
            pub struct Model { #(#columns)* }
            #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
            pub enum Relation {}
            impl ActiveModelBehavior for ActiveModel {}
            impl __private::Persistent for __Subject {
                type Table = Entity;
            }
        };
    }
}

/// The name of each column among the variants of SeaORM's `Column`: no two fields have the same.
fn variants(model: &Model) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (position, field) in model.fields.iter().enumerate() {
        let mut name = pascal(&field.ident.unraw().to_string());
        while names.contains(&name) || syn::parse_str::<syn::Ident>(&name).is_err() {
            name = format!("Column{position}{name}");
        }
        names.push(name);
    }
    names
}
