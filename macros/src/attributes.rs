//! Reads `#[entity(key, key = value, key(list))]` once, into owned items that keep the user's tokens.

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, Ident, Lit, LitInt, LitStr, Meta, Token, Type, parenthesized};

use crate::errors::{Errors, suggest};

/// One option of an attribute.
pub(crate) struct Item {
    pub(crate) key: Ident,
    pub(crate) value: Value,
}

/// What follows the key of an option.
pub(crate) enum Value {
    None,
    Expr(Expr),
    List(TokenStream),
}

impl Parse for Item {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let key = input.call(Ident::parse_any)?;
        let value = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            Value::Expr(input.parse()?)
        } else if input.peek(syn::token::Paren) {
            let list;
            parenthesized!(list in input);
            Value::List(list.parse()?)
        } else {
            Value::None
        };
        Ok(Self { key, value })
    }
}

impl ToTokens for Item {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.key.to_tokens(tokens);
    }
}

impl Item {
    /// The key without `r#`.
    pub(crate) fn name(&self) -> String {
        self.key.unraw().to_string()
    }

    /// An option without a value.
    pub(crate) fn flag(&self, errors: &mut Errors) -> bool {
        if !matches!(self.value, Value::None) {
            errors.at(&self.key, format!("`{0}` takes no value; write just `{0}`", self.key));
        }
        true
    }

    /// `key = "text"`.
    pub(crate) fn text(&self, errors: &mut Errors) -> Option<LitStr> {
        match &self.value {
            Value::Expr(Expr::Lit(ExprLit { lit: Lit::Str(text), .. })) => Some(text.clone()),
            _ => {
                errors.at(&self.key, format!("write `{} = \"…\"`", self.key));
                None
            }
        }
    }

    /// `key = 12`.
    pub(crate) fn number<T: std::str::FromStr>(&self, errors: &mut Errors) -> Option<T>
    where
        T::Err: std::fmt::Display,
    {
        match &self.value {
            Value::Expr(Expr::Lit(ExprLit { lit: Lit::Int(number), .. })) => {
                errors.ok(LitInt::base10_parse(number))
            }
            _ => {
                errors.at(&self.key, format!("write `{} = 12`, a whole number", self.key));
                None
            }
        }
    }

    /// `key = Type`.
    pub(crate) fn ty(&self, errors: &mut Errors) -> Option<Type> {
        match &self.value {
            Value::Expr(expr @ Expr::Path(_)) => errors.ok(syn::parse2(expr.to_token_stream())),
            _ => {
                errors.at(&self.key, format!("write `{} = Type`", self.key));
                None
            }
        }
    }

    /// `key(list)`, each part read by `parser`.
    pub(crate) fn list<P: Parser>(
        &self,
        errors: &mut Errors,
        parser: P,
        usage: &str,
    ) -> Option<P::Output> {
        match &self.value {
            Value::List(tokens) if !tokens.is_empty() => {
                let result = parser.parse2(tokens.clone());
                errors.ok(result.map_err(|error| {
                    syn::Error::new(error.span(), format!("{error}; write `{usage}`"))
                }))
            }
            _ => {
                errors.at(&self.key, format!("write `{usage}`"));
                None
            }
        }
    }

    /// `key(name = value, …)`.
    pub(crate) fn items(&self, errors: &mut Errors, usage: &str) -> Vec<Item> {
        let parser = Punctuated::<Item, Token![,]>::parse_terminated;
        self.list(errors, parser, usage)
            .map(|items| items.into_iter().collect())
            .unwrap_or_default()
    }
}

/// Every option of the attributes called `name`; repeated ones are mistakes unless `repeatable`.
pub(crate) fn read(
    attributes: &[Attribute],
    name: &str,
    repeatable: &[&str],
    errors: &mut Errors,
) -> Vec<Item> {
    let mut items = Vec::new();
    let mut seen = HashSet::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident(name)) {
        if let Meta::Path(_) = attribute.meta {
            errors.at(attribute, format!("write `#[{name}(…)]` with at least one option"));
            continue;
        }
        let parser = Punctuated::<Item, Token![,]>::parse_terminated;
        for item in errors.ok(attribute.parse_args_with(parser)).into_iter().flatten() {
            let key = item.name();
            if !repeatable.contains(&key.as_str()) && !seen.insert(key.clone()) {
                errors.at(&item.key, format!("`{key}` is given twice; keep one"));
                continue;
            }
            items.push(item);
        }
    }
    items
}

/// Notes an option that nothing knows.
pub(crate) fn unknown(item: &Item, of: &str, known: &[&str], errors: &mut Errors) {
    let name = item.name();
    errors.at(&item.key, format!("unknown option `{name}` of {of}; {}", suggest(&name, known)));
}

/// The path in `crate = "…"`.
pub(crate) fn crate_path(item: &Item, errors: &mut Errors) -> Option<syn::Path> {
    let text = item.text(errors)?;
    errors.ok(text.parse())
}

/// The text of the doc comments.
pub(crate) fn docs(attributes: &[Attribute]) -> String {
    let lines: Vec<String> = attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("doc"))
        .filter_map(|attribute| match &attribute.meta {
            Meta::NameValue(pair) => match &pair.value {
                Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
                _ => None,
            },
            _ => None,
        })
        .map(|line| line.strip_prefix(' ').unwrap_or(&line).trim_end().to_owned())
        .collect();
    lines.join("\n").trim().to_owned()
}
