//! Reads one field and its options.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;
use syn::punctuated::Punctuated;
use syn::{Expr, ExprLit, ExprUnary, Ident, Lit, Token, UnOp};

use super::relation;
use super::rules::{self, RULE_OPTIONS};
use super::{Access, Children, Demand, Field, Filter, OnDelete, Role, Rules};
use crate::attributes::{self, Item, Value};
use crate::errors::{Errors, suggest};
use crate::literals;
use crate::shape::{Shape, display, split_option, vec_item};

const OPTIONS: [&str; 30] = [
    "id",
    "created_at",
    "updated_at",
    "deleted_at",
    "version",
    "owner",
    "tenant",
    "unique",
    "index",
    "filter",
    "sort",
    "search",
    "length",
    "range",
    "pattern",
    "format",
    "default",
    "example",
    "belongs_to",
    "on_delete",
    "owned",
    "owned_by",
    "hidden",
    "read_only",
    "immutable",
    "write_only",
    "rename",
    "column",
    "decimal",
    "key",
];

const OPERATORS: [&str; 16] = [
    "eq",
    "ne",
    "in",
    "not_in",
    "gt",
    "gte",
    "lt",
    "lte",
    "between",
    "contains",
    "icontains",
    "startswith",
    "istartswith",
    "endswith",
    "iexact",
    "isnull",
];

/// A field of the struct: a column, or a list of owned children with the name of their key.
#[expect(clippy::large_enum_variant, reason = "short-lived, one per field")]
pub(super) enum Member {
    Stored(Field),
    Children(Children, Option<String>),
}

/// Reads a field.
pub(super) fn read(field: &syn::Field, ident: &Ident, errors: &mut Errors) -> Option<Member> {
    let items = attributes::read(&field.attrs, "entity", &[], errors);
    if let Some(owned) = items.iter().find(|item| item.key == "owned") {
        return read_children(field, ident, owned, &items, errors);
    }
    let (ty, nullable) = split_option(&field.ty);
    let shape = match Shape::of(&ty) {
        Ok(shape) => shape,
        Err(fix) => {
            errors.at(&ty, format!("`{}` cannot be the type of a field: {fix}", display(&ty)));
            Shape::Unknown
        }
    };
    let name = ident.unraw().to_string();
    let mut model = Field {
        ident: ident.clone(),
        ty,
        nullable,
        shape,
        column: name.clone(),
        name,
        docs: attributes::docs(&field.attrs),
        role: None,
        client_id: false,
        access: Access::Full,
        access_key: None,
        rules: Rules::default(),
        decimal: None,
        filter: Filter::None,
        filter_key: None,
        unique: false,
        index: false,
        sort: None,
        search: None,
        default: None,
        example: None,
        reference: None,
        demands: Vec::new(),
    };
    for item in &items {
        read_option(&mut model, item, errors);
    }
    if let Some(item) = items.iter().find(|item| item.key == "on_delete") {
        read_on_delete(&mut model, item, errors);
    }
    check_default(&model, &items, errors);
    if model.shape == Shape::Unknown {
        model.demands.extend(Demand::of_reads(&model));
    }
    if model.access_key.is_none()
        && (model.role.is_some() || model.reference.as_ref().is_some_and(|found| found.owner))
    {
        model.access = Access::ReadOnly;
    }
    Some(Member::Stored(model))
}

fn read_option(field: &mut Field, item: &Item, errors: &mut Errors) {
    let name = item.name();
    if let Some(role) = Role::of(&name) {
        if let Some((_, other)) = &field.role {
            errors.at(item, format!("a field has one role; this one is already `{other}`"));
            return;
        }
        if role == Role::Id && matches!(item.value, Value::List(_)) {
            let words = item.items(errors, "id(client)");
            field.client_id = words.iter().any(|word| word.key == "client");
            if !field.client_id {
                errors.at(item, "write `id`, or `id(client)` where the caller may choose it");
            }
        } else {
            item.flag(errors);
        }
        field.role = Some((role, item.key.clone()));
        return;
    }
    match name.as_str() {
        "unique" => field.unique = item.flag(errors),
        "index" => field.index = item.flag(errors),
        "sort" => {
            item.flag(errors);
            field.sort = Some(item.key.clone());
        }
        "search" => {
            item.flag(errors);
            field.search = Some(item.key.clone());
        }
        "filter" => read_filter(field, item, errors),
        "hidden" => set_access(field, Access::Hidden, item, errors),
        "read_only" => set_access(field, Access::ReadOnly, item, errors),
        "immutable" => set_access(field, Access::Immutable, item, errors),
        "write_only" => set_access(field, Access::WriteOnly, item, errors),
        "rename" => set_text(&mut field.name, item, errors),
        "column" => set_text(&mut field.column, item, errors),
        "default" => field.default = read_default(field, item, errors),
        "example" => {
            field.example = match &item.value {
                Value::Expr(expr) => errors.ok(literals::example(expr, field.shape)),
                _ => {
                    errors.at(item, "write `example = …`");
                    None
                }
            }
        }
        "decimal" => read_decimal(field, item, errors),
        "belongs_to" => field.reference = relation::belongs_to(&field.ident, item, errors),
        "owned_by" => field.reference = relation::owned_by(&field.ident, item, errors),
        "on_delete" => {}
        "key" => errors.at(item, "`key` goes with `owned`, on the list of children"),
        rule if RULE_OPTIONS.contains(&rule) => {
            field.rules.read(item, field.shape, errors);
            if field.shape == Shape::Unknown {
                field.demands.push(Demand::of_rule(item, &field.rules));
            }
        }
        _ => attributes::unknown(item, "a field", &OPTIONS, errors),
    }
}

fn set_access(field: &mut Field, access: Access, item: &Item, errors: &mut Errors) {
    item.flag(errors);
    if let Some(other) = &field.access_key {
        errors.at(item, format!("`{}` contradicts `{other}`; keep one", item.key));
    }
    field.access = access;
    field.access_key = Some(item.key.clone());
}

fn set_text(target: &mut String, item: &Item, errors: &mut Errors) {
    if let Some(text) = item.text(errors) {
        *target = text.value();
    }
}

fn read_filter(field: &mut Field, item: &Item, errors: &mut Errors) {
    field.filter_key = Some(item.key.clone());
    if matches!(item.value, Value::None) {
        field.filter = Filter::Kind;
        return;
    }
    let mut operators = Vec::new();
    for word in item.items(errors, "filter(eq, in)") {
        let name = word.name();
        if !OPERATORS.contains(&name.as_str()) {
            errors.at(&word, format!("unknown operator `{name}`; {}", suggest(&name, &OPERATORS)));
        } else if !field.shape.takes(&name, field.nullable) {
            let reason = if name == "isnull" {
                "a field that is never null"
            } else {
                "a field of this type"
            };
            errors.at(&word, format!("`{name}` does not fit {reason}; remove it"));
        } else {
            operators.push(word.key);
        }
    }
    field.filter = Filter::Some(operators);
}

fn read_decimal(field: &mut Field, item: &Item, errors: &mut Errors) {
    field.decimal = rules::decimal(item, field.shape, errors);
    if let (Shape::Unknown, Some(digits)) = (field.shape, field.decimal) {
        field.demands.push(Demand::of_decimal(item, digits));
    }
}

/// The default as an expression of the field's type: a text literal stands for a `String`.
fn read_default(field: &Field, item: &Item, errors: &mut Errors) -> Option<TokenStream> {
    let Value::Expr(expr) = &item.value else {
        errors.at(item, "write `default = …`");
        return None;
    };
    let Some(literal) = literal(expr) else { return Some(quote!(#expr)) };
    let fits = match (literal, field.shape) {
        (Lit::Str(_), Shape::Text) => return Some(quote!(::std::string::String::from(#expr))),
        (Lit::Int(_), Shape::Int { .. }) => true,
        (Lit::Int(number), Shape::Float) => {
            // A whole number is a float's default too; Rust wants the point written.
            let text = format!("{}.0", number.base10_digits());
            let number = syn::LitFloat::new(&text, number.span());
            let sign = matches!(expr, Expr::Unary(_)).then(|| quote!(-));
            return Some(quote!(#sign #number));
        }
        (Lit::Int(_), Shape::Decimal) => {
            return Some(quote!(__private::Decimal::from(#expr as i64)));
        }
        (Lit::Float(_), Shape::Float) | (Lit::Bool(_), Shape::Bool) => true,
        _ => false,
    };
    if !fits {
        errors.at(
            expr,
            format!(
                "this literal is no `{}`; write an expression of that type, such as a constant or a function call",
                display(&field.ty)
            ),
        );
        return None;
    }
    Some(quote!(#expr))
}

/// A literal obeys the rules of its field; what is no literal is checked at start.
fn check_default(field: &Field, items: &[Item], errors: &mut Errors) {
    let item = items.iter().find(|item| item.key == "default");
    let Some(Item { value: Value::Expr(expr), .. }) = item else { return };
    let fits = match literal(expr) {
        Some(Lit::Str(text)) => {
            let length = text.value().chars().count();
            let (least, most) = field.rules.length;
            least.is_none_or(|least| length >= least as usize)
                && most.is_none_or(|most| length <= most as usize)
        }
        Some(Lit::Int(_) | Lit::Float(_)) => literals::bound(expr).is_ok_and(|number| {
            let (least, most) = field.rules.range;
            least.is_none_or(|least| number.as_f64() >= least.as_f64())
                && most.is_none_or(|most| number.as_f64() <= most.as_f64())
        }),
        _ => true,
    };
    if !fits {
        errors.at(expr, "the rules of the field refuse this default; change one of them");
    }
}

fn literal(expr: &Expr) -> Option<&Lit> {
    match expr {
        Expr::Lit(ExprLit { lit, .. }) => Some(lit),
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => literal(expr),
        _ => None,
    }
}

fn read_on_delete(field: &mut Field, item: &Item, errors: &mut Errors) {
    let Some(text) = item.text(errors) else { return };
    let Some(reference) = &mut field.reference else {
        errors.at(item, "`on_delete` goes with `belongs_to = …` on the same field");
        return;
    };
    reference.on_delete = match text.value().as_str() {
        "restrict" => OnDelete::Restrict,
        "cascade" => OnDelete::Cascade,
        "set_null" if field.nullable => OnDelete::SetNull,
        "set_null" => {
            errors.at(
                &text,
                format!(
                    "only a nullable field can be set to null; write `Option<{}>`",
                    display(&field.ty)
                ),
            );
            return;
        }
        other => {
            let known = ["restrict", "cascade", "set_null"];
            errors.at(&text, format!("unknown action `{other}`; {}", suggest(other, &known)));
            return;
        }
    };
}

fn read_children(
    field: &syn::Field,
    ident: &Ident,
    owned: &Item,
    items: &[Item],
    errors: &mut Errors,
) -> Option<Member> {
    owned.flag(errors);
    let (mut key, mut name) = (None, ident.unraw().to_string());
    for item in items {
        match item.name().as_str() {
            "owned" => {}
            "key" => key = item.text(errors).map(|text| text.value()),
            "rename" => set_text(&mut name, item, errors),
            _ => errors.at(item, "a list of owned children takes only `owned`, `key` and `rename`"),
        }
    }
    let Some(item) = vec_item(&field.ty) else {
        errors.at(&field.ty, "owned children are a list; write `Vec<Child>`");
        return None;
    };
    let docs = attributes::docs(&field.attrs);
    Some(Member::Children(Children { ident: ident.clone(), item, name, docs }, key))
}

/// Idents separated by commas.
pub(super) fn idents(input: syn::parse::ParseStream<'_>) -> syn::Result<Vec<Ident>> {
    Ok(Punctuated::<Ident, Token![,]>::parse_terminated_with(input, Ident::parse_any)?
        .into_iter()
        .collect())
}
