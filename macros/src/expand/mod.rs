//! Prints the code of a checked model, one file per generated thing. Nothing here can fail.

mod capabilities;
pub(crate) mod demands;
mod dto;
mod entity;
mod fallback;
mod fields;
mod schema;
mod table;

use proc_macro2::{Literal, Span, TokenStream};
use quote::quote;
use syn::DeriveInput;
use syn::spanned::Spanned as _;

use crate::check;
use crate::errors::Errors;
use crate::model;

/// The whole expansion of `#[derive(Entity)]`.
pub(crate) fn derive(input: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    let mut errors = Errors::default();
    let items = model::options(&input, &mut errors);
    let path = model::crate_path(&items, &mut errors);
    let model = model::read(&input, &items, &mut errors);
    if let Some(model) = &model {
        check::check(model, &mut errors);
    }
    match (errors.into_tokens(), model) {
        (None, Some(model)) => expand(&model, &path),
        (errors, _) => {
            let stub = fallback::expand(&input, &path);
            quote!(#errors #stub)
        }
    }
}

fn expand(model: &model::Model, path: &syn::Path) -> TokenStream {
    let dto = dto::types(model, path);
    let schema = schema::expand(model);
    let entity = entity::expand(model);
    let fields = fields::expand(model);
    let capabilities = capabilities::expand(model);
    let inputs = dto::impls(model);
    let table = table::expand(model);
    // The block comes first: of all that a type which is no scalar breaks, the compiler then tells that itself first.
    quote! {
        const _: () = {
            use #path::__private;
            #schema
            #entity
            #fields
            #capabilities
            #inputs
            #table
        };
        #dto
    }
}

/// The place of a field's type, for code that needs it to be a scalar.
fn at_type(field: &model::Field) -> Span {
    field.ty.span().resolved_at(Span::call_site())
}

/// A position as people write it, without `usize` behind it.
fn index(position: usize) -> Literal {
    Literal::usize_unsuffixed(position)
}
