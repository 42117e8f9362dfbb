//! One field of the struct, as the mapper's code needs it.

use minijinja::{Value, context};

use crate::project::{has_option, option, option_source, option_words};

/// Types of the framework that defaults name: the entity's file imports them, the mapper's does not.
const OURS: [&str; 9] = [
    "Bytes",
    "DateTime",
    "Decimal",
    "Json",
    "NaiveDate",
    "NaiveDateTime",
    "NaiveTime",
    "Utc",
    "Uuid",
];

/// What makes an id where its type is not plainly a `Uuid`: only types that hold one can be made.
const MADE_ID: &str = "framework::Scalar::from_value(framework::Scalar::into_value(framework::Uuid::now_v7()))\
    .map_err(|_| Error::invalid(\"id\", \"required\", \"id is required\"))?";

/// Whether the field has this name.
pub(super) fn is_named(field: &syn::Field, name: &str) -> bool {
    field.ident.as_ref().is_some_and(|ident| ident == name)
}

/// A list of owned children: its name in the struct, and its name on the wire.
pub(super) fn children(field: &syn::Field) -> Value {
    let plain = ident(field).trim_start_matches("r#").to_owned();
    context! {
        name => ident(field),
        words => plain.replace('_', " "),
        relation => option(&field.attrs, "rename").unwrap_or(plain),
    }
}

/// What each input and the view say about a column.
pub(super) fn stored(field: &syn::Field) -> Value {
    let has = |key: &str| has_option(&field.attrs, key);
    let is_said = ["immutable", "write_only"].into_iter().any(has);
    let has_role = ["id", "created_at", "updated_at", "deleted_at", "version", "owner", "tenant"]
        .into_iter()
        .any(has);
    let is_closed = has("hidden") || has("read_only") || (has_role && !is_said);
    let create = create(field, is_closed);
    let kind = type_name(&field.ty);
    context! {
        in_update => !is_closed && !has("immutable"),
        in_view => !has("hidden") && !has("write_only"),
        is_document => kind == "Json" || kind == "serde_json::Value",
        is_nullable => inner(&field.ty).is_some(),
        uses_input => create.contains("input."),
        uses_session => create.contains("session."),
        create,
        name => ident(field),
    }
}

/// The field's value in a new entity.
fn create(field: &syn::Field, is_closed: bool) -> String {
    let has = |key: &str| has_option(&field.attrs, key);
    let name = ident(field);
    let is_nullable = inner(&field.ty).is_some();
    let default = default(field);
    if has("id") {
        return id(field, &name);
    }
    if has("created_at") || has("updated_at") {
        return "session.now()".to_owned();
    }
    if has("version") {
        return "1".to_owned();
    }
    if !is_closed {
        return match default {
            Some(default) if is_nullable => format!("input.{name}.or_else(|| Some({default}))"),
            Some(default) => format!("input.{name}{}", or_else(&default)),
            None => format!("input.{name}"),
        };
    }
    let constant = match &default {
        Some(default) if is_nullable => format!("Some({default})"),
        Some(default) => default.clone(),
        None if is_nullable => "None".to_owned(),
        None => "Default::default()".to_owned(),
    };
    let Some(role) = ["owner", "tenant"].into_iter().find(|role| has(role)) else {
        return constant;
    };
    let member = if role == "owner" { "actor" } else { "tenant" };
    let read =
        format!("session.context().{member}.as_deref().and_then(|{member}| {member}.parse().ok())");
    match default {
        Some(default) if is_nullable => format!("{read}.or_else(|| Some({default}))"),
        Some(default) => format!("{read}{}", or_else(&default)),
        None if is_nullable => read,
        None => {
            let name = option(&field.attrs, "rename").unwrap_or(name);
            let name = name.trim_start_matches("r#");
            format!(
                "{read}.ok_or_else(|| Error::invalid(\"{name}\", \"required\", \"{name} is required\"))?"
            )
        }
    }
}

fn id(field: &syn::Field, name: &str) -> String {
    let kind = type_name(&field.ty);
    let is_chosen = option_words(&field.attrs, "id").iter().any(|word| word == "client");
    let is_plain = ["i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "String"];
    match (is_chosen, kind.as_str()) {
        (true, kind) if is_plain.contains(&kind) => format!("input.{name}"),
        (true, "Uuid") => format!("input.{name}.unwrap_or_else(framework::Uuid::now_v7)"),
        (true, _) => format!("match input.{name} {{ Some(id) => id, None => {MADE_ID} }}"),
        (false, "Uuid") => "framework::Uuid::now_v7()".to_owned(),
        (false, _) => MADE_ID.to_owned(),
    }
}

/// The declared default as an expression of the field's type, which the derive reads more kindly than Rust.
fn default(field: &syn::Field) -> Option<String> {
    let source = option_source(&field.attrs, "default")?;
    let is_whole =
        source.trim_start_matches(['-', ' ']).chars().all(|c| c.is_ascii_digit() || c == '_');
    Some(match type_name(&field.ty).as_str() {
        _ if source.starts_with('"') || source.starts_with("r\"") || source.starts_with("r#") => {
            format!("{source}.into()")
        }
        "f32" | "f64" if is_whole => format!("{source}.0"),
        "Decimal" if is_whole => format!("framework::Decimal::from({source}_i64)"),
        _ if OURS.iter().any(|ours| source.starts_with(&format!("{ours}::"))) => {
            format!("framework::{source}")
        }
        _ => source,
    })
}

/// The shortest way to fall back to an expression.
fn or_else(default: &str) -> String {
    match default.strip_suffix("()") {
        Some(function) if syn::parse_str::<syn::Path>(function).is_ok() => {
            format!(".unwrap_or_else({function})")
        }
        _ if default.contains('(') => format!(".unwrap_or_else(|| {default})"),
        _ => format!(".unwrap_or({default})"),
    }
}

fn ident(field: &syn::Field) -> String {
    field.ident.as_ref().map(ToString::to_string).unwrap_or_default()
}

/// The name of the type inside an `Option`, or of the type itself; a qualified `Value` with its crate.
fn type_name(ty: &syn::Type) -> String {
    match inner(ty).unwrap_or(ty) {
        syn::Type::Path(path) => match path.path.segments.last() {
            Some(last) if last.ident == "Value" && path.path.segments.len() > 1 => {
                "serde_json::Value".to_owned()
            }
            Some(last) => last.ident.to_string(),
            None => String::new(),
        },
        _ => String::new(),
    }
}

/// What an `Option` holds.
fn inner(ty: &syn::Type) -> Option<&syn::Type> {
    let syn::Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == "Option")?;
    let syn::PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first()? {
        syn::GenericArgument::Type(ty) => Some(ty),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_function_stands_without_a_closure() {
        assert_eq!(or_else("Uuid::now_v7()"), ".unwrap_or_else(Uuid::now_v7)");
        assert_eq!(or_else("\"hello\".into()"), ".unwrap_or_else(|| \"hello\".into())");
        assert_eq!(or_else("Some::<i32>(1).take()"), ".unwrap_or_else(|| Some::<i32>(1).take())");
        assert_eq!(or_else("3"), ".unwrap_or(3)");
    }
}
