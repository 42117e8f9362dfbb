//! `#[derive(EntityEnum)]`: a closed set of texts.

use std::collections::HashMap;

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Fields, Ident};

use crate::attributes;
use crate::errors::Errors;
use crate::names::snake;

struct Variant<'a> {
    ident: &'a Ident,
    name: String,
    docs: String,
}

/// The whole expansion.
pub(crate) fn derive(input: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    let mut errors = Errors::default();
    let path = crate_path(&input, &mut errors);
    let variants = variants(&input, &mut errors);
    match errors.into_tokens() {
        None => expand(&input, &variants, &path),
        Some(errors) if input.generics.params.is_empty() => {
            let stub = expand(&input, &[], &path);
            quote!(#errors #stub)
        }
        Some(errors) => errors,
    }
}

fn crate_path(input: &DeriveInput, errors: &mut Errors) -> syn::Path {
    let mut path = None;
    for item in attributes::read(&input.attrs, "entity_enum", &[], errors) {
        if item.key == "crate" {
            path = attributes::crate_path(&item, errors);
        } else {
            attributes::unknown(&item, "an enum", &["crate"], errors);
        }
    }
    path.unwrap_or_else(|| syn::parse_quote!(::framework))
}

fn variants<'a>(input: &'a DeriveInput, errors: &mut Errors) -> Vec<Variant<'a>> {
    if !input.generics.params.is_empty() {
        errors.at(&input.generics, "a set of texts is not generic; remove the parameters");
    }
    let Data::Enum(data) = &input.data else {
        errors.at(
            &input.ident,
            "`EntityEnum` is for enums; for a newtype write `#[derive(ValueObject)]`",
        );
        return Vec::new();
    };
    if data.variants.is_empty() {
        errors.at(&input.ident, "an enum without variants has no value; add one");
    }
    let mut seen: HashMap<String, &Ident> = HashMap::new();
    let mut variants = Vec::new();
    for variant in &data.variants {
        if !matches!(variant.fields, Fields::Unit) {
            errors.at(
                &variant.fields,
                "a variant is stored as its name, so it holds nothing; remove its fields",
            );
        }
        let mut name = snake(&variant.ident.unraw().to_string());
        for item in attributes::read(&variant.attrs, "entity_enum", &[], errors) {
            if item.key != "rename" {
                attributes::unknown(&item, "a variant", &["rename"], errors);
            } else if let Some(text) = item.text(errors) {
                name = text.value();
                if name.is_empty() || name.contains('\0') {
                    errors.at(text, "a name has at least one character and no NUL");
                }
            }
        }
        if let Some(other) = seen.insert(name.clone(), &variant.ident) {
            errors.at(&variant.ident, format!("`{name}` is already the name of `{other}`; write `#[entity_enum(rename = \"…\")]`"));
        }
        variants.push(Variant {
            ident: &variant.ident,
            name,
            docs: attributes::docs(&variant.attrs),
        });
    }
    variants
}

fn expand(input: &DeriveInput, variants: &[Variant<'_>], path: &syn::Path) -> TokenStream {
    let (ident, vis) = (&input.ident, &input.vis);
    let type_name = ident.unraw().to_string();
    let type_docs = attributes::docs(&input.attrs);
    let idents: Vec<_> = variants.iter().map(|variant| variant.ident).collect();
    let names: Vec<_> = variants.iter().map(|variant| &variant.name).collect();
    let docs = variants.iter().map(|variant| &variant.docs);
    // The stub of an enum with mistakes knows no variant, so its match needs one arm that never runs.
    let rest = variants.is_empty().then(|| quote!(_ => "",));
    quote! {
        const _: () = {
            use #path::__private;
            static SCHEMA: __private::EnumSchema = __private::EnumSchema {
                name: #type_name,
                doc: #type_docs,
                variants: &[#((#names, #docs)),*],
            };
            #[allow(dead_code, reason = "not every enum is listed or printed")]
            impl #ident {
                /// Every value, in the order of the declaration.
                #vis const ALL: &'static [Self] = &[#(Self::#idents),*];

                /// The name on the wire and in the database.
                #vis const fn as_str(&self) -> &'static str {
                    match self { #(Self::#idents => #names,)* #rest }
                }
            }
            impl __private::Scalar for #ident {
                const KIND: __private::Kind = __private::Kind::Enum(&SCHEMA);
                type Stored = ::std::string::String;
                fn into_value(self) -> __private::Value {
                    __private::Value::Text(::std::string::String::from(self.as_str()))
                }
                fn from_value(value: __private::Value) -> ::core::result::Result<Self, __private::ScalarError> {
                    match value {
                        __private::Value::Text(text) => ::core::str::FromStr::from_str(&text),
                        other => ::core::result::Result::Err(__private::ScalarError::mismatch("text", &other)),
                    }
                }
            }
            impl ::core::fmt::Display for #ident {
                fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    formatter.pad(self.as_str())
                }
            }
            impl ::core::str::FromStr for #ident {
                type Err = __private::ScalarError;
                fn from_str(text: &str) -> ::core::result::Result<Self, __private::ScalarError> {
                    match text {
                        #(#names => ::core::result::Result::Ok(Self::#idents),)*
                        _ => ::core::result::Result::Err(__private::unknown_variant(&SCHEMA, text)),
                    }
                }
            }
            impl __private::serde::Serialize for #ident {
                fn serialize<S: __private::serde::Serializer>(&self, serializer: S) -> ::core::result::Result<S::Ok, S::Error> {
                    serializer.serialize_str(self.as_str())
                }
            }
            impl<'de> __private::serde::Deserialize<'de> for #ident {
                fn deserialize<D: __private::serde::Deserializer<'de>>(deserializer: D) -> ::core::result::Result<Self, D::Error> {
                    __private::deserialize_text(deserializer)
                }
            }
        };
    }
}
