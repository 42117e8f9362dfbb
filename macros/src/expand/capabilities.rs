//! The traits that roles switch on.

use proc_macro2::TokenStream;
use quote::quote;

use crate::model::{Model, Role};

pub(super) fn expand(model: &Model) -> TokenStream {
    let ident = &model.ident;
    let member = |role: Role| {
        let field = model.role(role).and_then(|position| model.fields.get(position))?;
        Some((&field.ident, field.nullable))
    };
    let mut tokens = TokenStream::new();
    let (created, updated) = (member(Role::CreatedAt), member(Role::UpdatedAt));
    if created.is_some() || updated.is_some() {
        let instant = |member: Option<(&syn::Ident, bool)>| match member {
            Some((name, _)) => quote!(::core::option::Option::Some(self.#name)),
            None => quote!(::core::option::Option::None),
        };
        let (created, updated) = (instant(created), instant(updated));
        tokens.extend(quote! {
            impl __private::Timestamped for #ident {
                fn created_at(&self) -> ::core::option::Option<__private::Instant> { #created }
                fn updated_at(&self) -> ::core::option::Option<__private::Instant> { #updated }
            }
        });
    }
    if let Some((name, _)) = member(Role::DeletedAt) {
        tokens.extend(quote! {
            impl __private::SoftDeletable for #ident {
                fn deleted_at(&self) -> ::core::option::Option<__private::Instant> { self.#name }
            }
        });
    }
    if let Some((name, _)) = member(Role::Version) {
        tokens.extend(quote! {
            impl __private::Versioned for #ident {
                fn version(&self) -> i64 { self.#name }
            }
        });
    }
    for (role, capability, method) in [
        (Role::Owner, quote!(Owned), quote!(owner)),
        (Role::Tenant, quote!(TenantScoped), quote!(tenant)),
    ] {
        let Some((name, nullable)) = member(role) else { continue };
        let convert = if nullable { quote!(option_into_value) } else { quote!(into_value) };
        tokens.extend(quote! {
            impl __private::#capability for #ident {
                fn #method(&self) -> __private::Value {
                    __private::#convert(::core::clone::Clone::clone(&self.#name))
                }
            }
        });
    }
    tokens
}
