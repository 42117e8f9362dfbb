//! The derives of the framework. Every entry point is a door to a function on `proc_macro2` tokens, so that unit tests
//! can call what is behind it. Documentation for users stands at the re-exports in `framework`.

mod attributes;
mod check;
mod entity_enum;
mod errors;
mod expand;
mod literals;
mod migrations;
mod model;
mod names;
mod pattern;
mod shape;
mod value_object;

#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

/// Derives an entity, its inputs and view, and its table. Documented at `framework::Entity`.
#[proc_macro_derive(Entity, attributes(entity))]
pub fn derive_entity(input: TokenStream) -> TokenStream {
    expand::derive(input.into()).into()
}

/// Derives a closed set of texts. Documented at `framework::EntityEnum`.
#[proc_macro_derive(EntityEnum, attributes(entity_enum))]
pub fn derive_entity_enum(input: TokenStream) -> TokenStream {
    entity_enum::derive(input.into()).into()
}

/// Derives a checked newtype. Documented at `framework::ValueObject`.
#[proc_macro_derive(ValueObject, attributes(value_object))]
pub fn derive_value_object(input: TokenStream) -> TokenStream {
    value_object::derive(input.into()).into()
}

/// Embeds a folder of migrations. Reached through `framework::migrations!`.
#[proc_macro]
pub fn migrations(input: TokenStream) -> TokenStream {
    migrations::embed(input.into()).into()
}
