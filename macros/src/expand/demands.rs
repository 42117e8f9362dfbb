//! Assertions about types that only the compiler knows, each at the option that asks for it.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Type;

use super::schema::operator;
use crate::model::{Demand, Need};

pub(crate) fn expand(ty: &Type, demands: &[Demand]) -> TokenStream {
    let assertions = demands.iter().map(|Demand { at, need, message }| {
        let need = match need {
            Need::Length => quote!(Length),
            Need::Number => quote!(Number),
            Need::Fraction => quote!(Fraction),
            Need::Text => quote!(Text),
            Need::Search => quote!(Search),
            Need::Order => quote!(Order),
            Need::Operator(name) => {
                let operator = operator(name);
                quote!(Operator(#operator))
            }
            Need::Decimal(precision, scale) => {
                quote!(Decimal { precision: #precision, scale: #scale })
            }
        };
        quote_spanned!(at.span()=> const _: () = __private::assert_takes::<#ty>(__private::Need::#need, #message);)
    });
    assertions.collect()
}
