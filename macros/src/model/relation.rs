//! Reads relations: those of a field, and those of the entity.

use quote::format_ident;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::{Ident, Token, Type};

use super::{Link, OnDelete, Reference, Relation};
use crate::attributes::{self, Item, Value};
use crate::errors::Errors;
use crate::names::snake;
use crate::shape::display;

/// `belongs_to = Category` or `belongs_to(Category, as = category)`.
pub(super) fn belongs_to(field: &Ident, item: &Item, errors: &mut Errors) -> Option<Reference> {
    let (target, relation) = match &item.value {
        Value::List(_) => {
            let usage = "belongs_to(Category, as = category)";
            item.list(errors, target_and_name, usage)?
        }
        _ => (item.ty(errors)?, relation_name(field)),
    };
    if relation.is_none() {
        errors.at(
            field,
            format!(
                "name the relation: call the field `{}_id`, or write `belongs_to({}, as = …)`",
                snake(&display(&target)),
                display(&target)
            ),
        );
    }
    Some(Reference { target, relation, on_delete: OnDelete::Restrict, owner: false })
}

/// `owned_by = Order`.
pub(super) fn owned_by(field: &Ident, item: &Item, errors: &mut Errors) -> Option<Reference> {
    let target = item.ty(errors)?;
    let relation = relation_name(field);
    if relation.is_none() {
        errors.at(field, "the field that names the aggregate ends in `_id`");
    }
    Some(Reference { target, relation, on_delete: OnDelete::Cascade, owner: true })
}

fn relation_name(field: &Ident) -> Option<Ident> {
    let name = field.unraw().to_string();
    let relation = name.strip_suffix("_id").filter(|relation| !relation.is_empty())?;
    Some(Ident::new(relation, field.span()))
}

fn target_and_name(input: ParseStream<'_>) -> syn::Result<(Type, Option<Ident>)> {
    let target = input.parse()?;
    input.parse::<Token![,]>()?;
    input.parse::<Token![as]>()?;
    input.parse::<Token![=]>()?;
    let name = input.call(Ident::parse_any)?;
    Ok((target, Some(name)))
}

/// `has_many(reviews: Review, key = "product_id")` and its kin.
pub(super) fn of_entity(entity: &Ident, item: &Item, errors: &mut Errors) -> Option<Relation> {
    let kind = item.name();
    let usage = match kind.as_str() {
        "has_many" => "has_many(reviews: Review, key = \"product_id\")",
        "has_one" => "has_one(detail: Detail, key = \"product_id\")",
        _ => "many_to_many(tags: Tag, via = ProductTag)",
    };
    let (ident, target, parts) = item.list(errors, declaration, usage)?;
    let name = ident.to_string();
    let here = format!("{}_id", snake(&entity.unraw().to_string()));
    if kind != "many_to_many" {
        let (mut key, mut docs) = (here, String::new());
        for part in &parts {
            match part.name().as_str() {
                "key" => key = part.text(errors)?.value(),
                "doc" => docs = part.text(errors)?.value(),
                _ => attributes::unknown(part, &format!("`{kind}`"), &["key", "doc"], errors),
            }
        }
        let link = if kind == "has_one" { Link::HasOne { key } } else { Link::HasMany { key } };
        return Some(Relation { ident, name, docs, target, link, owned: false });
    }
    let (mut via, mut docs) = (None, String::new());
    let mut source = here;
    let last = display(&target);
    let mut there = format!("{}_id", snake(last.rsplit("::").next().unwrap_or(&last)));
    for part in &parts {
        match part.name().as_str() {
            "via" => via = part.ty(errors),
            "source" => source = part.text(errors)?.value(),
            "target" => there = part.text(errors)?.value(),
            "doc" => docs = part.text(errors)?.value(),
            _ => {
                let known = ["via", "source", "target", "doc"];
                attributes::unknown(part, "`many_to_many`", &known, errors);
            }
        }
    }
    let Some(via) = via else {
        errors.at(item, format!("`many_to_many` needs the joining entity; write `{usage}`"));
        return None;
    };
    if source == there {
        let usage = "source = \"left_id\", target = \"right_id\"";
        errors.at(
            item,
            format!(
                "both ends would be `{source}` of the joining entity; name its two keys: `{usage}`"
            ),
        );
    }
    let link = Link::ManyToMany { via, source, target: there };
    Some(Relation { ident, name, docs, target, link, owned: false })
}

fn declaration(input: ParseStream<'_>) -> syn::Result<(Ident, Type, Vec<Item>)> {
    let name = input.call(Ident::parse_any)?;
    input.parse::<Token![:]>()?;
    let target = input.parse()?;
    let mut parts = Vec::new();
    if input.parse::<Option<Token![,]>>()?.is_some() {
        parts = Punctuated::<Item, Token![,]>::parse_terminated(input)?.into_iter().collect();
    }
    Ok((format_ident!("{}", name.unraw(), span = name.span()), target, parts))
}
