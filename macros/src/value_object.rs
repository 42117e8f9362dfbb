//! `#[derive(ValueObject)]`: a newtype whose every value is checked.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Fields, Path, Type, Visibility};

use crate::attributes;
use crate::errors::Errors;
use crate::expand::demands;
use crate::model::{Demand, RULE_OPTIONS, Rules, decimal};
use crate::shape::{Shape, display};

struct Model<'a> {
    inner: &'a Type,
    shape: Shape,
    rules: Rules,
    decimal: Option<(u8, u8)>,
    demands: Vec<Demand>,
    check: Option<Path>,
}

/// The whole expansion.
pub(crate) fn derive(input: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    let mut errors = Errors::default();
    let mut path = syn::parse_quote!(::framework);
    let model = read(&input, &mut path, &mut errors);
    match (errors.into_tokens(), model) {
        (None, Some(model)) => expand(&input, &model, &path),
        (errors, Some(model)) => {
            let stub = Model {
                rules: Rules::default(),
                decimal: None,
                demands: Vec::new(),
                check: None,
                ..model
            };
            let stub = expand(&input, &stub, &path);
            quote!(#errors #stub)
        }
        (errors, None) => errors.unwrap_or_default(),
    }
}

fn read<'a>(input: &'a DeriveInput, path: &mut Path, errors: &mut Errors) -> Option<Model<'a>> {
    if !input.generics.params.is_empty() {
        errors.at(&input.generics, "a value object is not generic; remove the parameters");
        return None;
    }
    let usage = format!("a value object wraps one value; write `struct {}(String);`", input.ident);
    let Data::Struct(data) = &input.data else {
        errors.at(&input.ident, usage);
        return None;
    };
    let field = match &data.fields {
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => fields.unnamed.first()?,
        _ => {
            errors.at(&input.ident, usage);
            return None;
        }
    };
    if !matches!(field.vis, Visibility::Inherited) {
        errors.at(&field.vis, "a public value could be changed without its checks; remove this");
    }
    let shape = match Shape::of(&field.ty) {
        Ok(shape) => shape,
        Err(fix) => {
            errors.at(&field.ty, format!("`{}` cannot be wrapped: {fix}", display(&field.ty)));
            return None;
        }
    };
    let mut model = Model {
        inner: &field.ty,
        shape,
        rules: Rules::default(),
        decimal: None,
        demands: Vec::new(),
        check: None,
    };
    for item in attributes::read(&input.attrs, "value_object", &[], errors) {
        match item.name().as_str() {
            "check" => {
                model.check = item.ty(errors).and_then(|ty| errors.ok(syn::parse2(quote!(#ty))));
            }
            "crate" => {
                *path = attributes::crate_path(&item, errors).unwrap_or_else(|| path.clone())
            }
            "decimal" => {
                model.decimal = decimal(&item, shape, errors);
                if let (Shape::Unknown, Some(digits)) = (shape, model.decimal) {
                    model.demands.push(Demand::of_decimal(&item, digits));
                }
            }
            name if RULE_OPTIONS.contains(&name) => {
                model.rules.read(&item, shape, errors);
                if shape == Shape::Unknown {
                    model.demands.push(Demand::of_rule(&item, &model.rules));
                }
            }
            _ => {
                let known = ["length", "range", "pattern", "format", "decimal", "check", "crate"];
                attributes::unknown(&item, "a value object", &known, errors);
            }
        }
    }
    Some(model)
}

fn expand(input: &DeriveInput, model: &Model<'_>, path: &Path) -> TokenStream {
    let (ident, vis) = (&input.ident, &input.vis);
    let name = ident.unraw().to_string();
    let Model { inner, rules, .. } = model;
    let scalar = quote_spanned!(inner.span()=> <#inner as __private::Scalar>);
    let check = model.check.as_ref().map(|check| {
        quote_spanned!(check.span()=> #check(&inner).map_err(|error| __private::ScalarError(error.to_string()))?;)
    });
    let kind = match model.decimal {
        Some((precision, scale)) => {
            quote!(__private::Kind::Decimal { precision: #precision, scale: #scale })
        }
        None => quote!(#scalar::KIND),
    };
    let demands = demands::expand(inner, &model.demands);
    // Bytes and lists have no text of their own.
    let display = (!matches!(model.shape, Shape::Bytes | Shape::List)).then(|| {
        quote! {
            impl ::core::fmt::Display for #ident {
                fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    ::core::fmt::Display::fmt(&self.0, formatter)
                }
            }
        }
    });
    let from_text = (model.shape == Shape::Text).then(|| {
        quote! {
            impl ::core::str::FromStr for #ident {
                type Err = __private::ScalarError;
                fn from_str(text: &str) -> ::core::result::Result<Self, Self::Err> {
                    Self::new(text)
                }
            }
        }
    });
    quote! {
        const _: () = {
            use #path::__private;
            #demands
            static FIELD: __private::FieldSchema = {
                let mut field = __private::FieldSchema::new(#name, #kind);
                field.rules = #rules.or(#scalar::RULES);
                field
            };
            #[allow(dead_code, reason = "not every value object is taken apart")]
            impl #ident {
                /// Checks a value.
                ///
                /// # Errors
                /// Says which rule the value breaks.
                #vis fn new(inner: impl ::core::convert::Into<#inner>) -> ::core::result::Result<Self, __private::ScalarError> {
                    let inner = inner.into();
                    __private::check_value(&FIELD, &inner)?;
                    #check
                    ::core::result::Result::Ok(Self(inner))
                }

                /// The value inside.
                #vis const fn as_inner(&self) -> &#inner {
                    &self.0
                }

                /// Takes the value out.
                #vis fn into_inner(self) -> #inner {
                    self.0
                }
            }
            impl __private::Scalar for #ident {
                const KIND: __private::Kind = #kind;
                const RULES: __private::Rules = __private::Rules {
                    check: ::core::option::Option::Some(__private::check_scalar::<Self>),
                    ..#rules.or(#scalar::RULES)
                };
                type Stored = #scalar::Stored;
                fn into_value(self) -> __private::Value {
                    #scalar::into_value(self.0)
                }
                fn from_value(value: __private::Value) -> ::core::result::Result<Self, __private::ScalarError> {
                    Self::new(#scalar::from_value(value)?)
                }
            }
            #display
            #from_text
            impl ::core::convert::AsRef<#inner> for #ident {
                fn as_ref(&self) -> &#inner {
                    &self.0
                }
            }
            impl ::core::convert::TryFrom<#inner> for #ident {
                type Error = __private::ScalarError;
                fn try_from(inner: #inner) -> ::core::result::Result<Self, Self::Error> {
                    Self::new(inner)
                }
            }
            impl __private::serde::Serialize for #ident {
                fn serialize<S: __private::serde::Serializer>(&self, serializer: S) -> ::core::result::Result<S::Ok, S::Error> {
                    __private::serde::Serialize::serialize(&self.0, serializer)
                }
            }
            impl<'de> __private::serde::Deserialize<'de> for #ident {
                fn deserialize<D: __private::serde::Deserializer<'de>>(deserializer: D) -> ::core::result::Result<Self, D::Error> {
                    __private::deserialize_checked(deserializer, |inner: #inner| Self::new(inner))
                }
            }
        };
    }
}
