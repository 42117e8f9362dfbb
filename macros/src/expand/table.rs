//! The SeaORM entity, in a block of its own so that its names meet none of the user's.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::ext::IdentExt;

use crate::model::Model;
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
    let columns = model.fields.iter().enumerate().map(|(position, field)| {
        let (name, column) = (&field.ident, &field.column);
        let alias = format_ident!("__Stored{position}");
        let key = field.is_id().then(|| quote!(primary_key, auto_increment = false,));
        let rename = (field.ident.unraw() != *column).then(|| quote!(column_name = #column,));
        let options = (key.is_some() || rename.is_some()).then(|| quote!(#[sea_orm(#key #rename)]));
        let ty =
            if field.nullable { quote!(::core::option::Option<#alias>) } else { quote!(#alias) };
        quote!(#options pub #name: #ty,)
    });
    quote! {
        type __Subject = #ident;
        #probe
        #(#aliases)*
        #[allow(missing_docs, private_interfaces, reason = "the table mirrors the entity, which has the docs")]
        const _: () = {
            use __private::sea_orm;
            use sea_orm::entity::prelude::*;
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
