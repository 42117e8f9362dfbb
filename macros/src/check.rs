//! The rules that no single option can break: each a small function, all of them run.

use std::collections::{BTreeSet, HashMap, HashSet};

use syn::Ident;
use syn::ext::IdentExt;

use crate::errors::Errors;
use crate::model::{Access, Filter, Model, Role};
use crate::names::screaming;
use crate::shape::{Shape, display};

/// Words that have a meaning in query strings and search bodies.
const RESERVED: [&str; 11] =
    ["q", "sort", "fields", "include", "limit", "cursor", "offset", "count", "and", "or", "not"];

/// Notes every broken rule.
pub(crate) fn check(model: &Model, errors: &mut Errors) {
    exactly_one_id(model, errors);
    roles_are_unique_and_typed(model, errors);
    names_are_free(model, errors);
    constants_do_not_collide(model, errors);
    access_fits_the_rest(model, errors);
    options_fit_the_kind(model, errors);
    options_have_an_effect(model, errors);
    unique_keys_exist(model, errors);
    a_first_row_can_exist(model, errors);
    if let Some(span) = model.options.require_if_match
        && model.role(Role::Version).is_none()
    {
        errors.push(syn::Error::new(
            span,
            "`require_if_match` needs a version; add `#[entity(version)] version: i64`",
        ));
    }
}

fn exactly_one_id(model: &Model, errors: &mut Errors) {
    let Some(position) = model.role(Role::Id) else {
        errors.at(&model.ident, "an entity has an identity; add `#[entity(id)] id: Uuid`");
        return;
    };
    let Some(id) = model.fields.get(position) else { return };
    if id.nullable {
        errors.at(&id.ty, "an identity is never null; remove the `Option`");
    }
    if !id.client_id && !matches!(id.shape, Shape::Uuid | Shape::Unknown) {
        errors.at(
            &id.ty,
            "the server makes only `Uuid` identities; write `Uuid`, or `id(client)` where the caller chooses it",
        );
    }
}

fn roles_are_unique_and_typed(model: &Model, errors: &mut Errors) {
    let mut seen: HashMap<Role, &Ident> = HashMap::new();
    for field in &model.fields {
        let Some((role, key)) = &field.role else { continue };
        if let Some(first) = seen.insert(*role, &field.ident) {
            errors.at(key, format!("`{key}` is already the role of `{first}`; keep one"));
        }
        let (shape, nullable, wanted) = match role {
            Role::CreatedAt | Role::UpdatedAt => (Shape::Instant, false, "DateTime<Utc>"),
            Role::DeletedAt => (Shape::Instant, true, "Option<DateTime<Utc>>"),
            Role::Version => (Shape::Int { bits: 64, signed: true }, false, "i64"),
            Role::Owner | Role::Tenant => {
                if !matches!(field.shape, Shape::Text | Shape::Uuid | Shape::Unknown) {
                    let fix = "callers are named by `String` or `Uuid`; write one of them";
                    errors.at(&field.ty, format!("the type of `{key}` does not fit: {fix}"));
                }
                continue;
            }
            Role::Id => continue,
        };
        if field.shape != shape && field.shape != Shape::Unknown || field.nullable != nullable {
            errors.at(&field.ty, format!("the type of `{key}` is `{wanted}`; write that"));
        }
    }
}

fn names_are_free(model: &Model, errors: &mut Errors) {
    let mut names: HashMap<String, &Ident> = HashMap::new();
    // SQLite takes columns for the same that differ only in case.
    let mut columns: HashMap<String, &Ident> = HashMap::new();
    for field in &model.fields {
        if let Some(other) = names.insert(field.name.clone(), &field.ident) {
            errors.at(
                &field.ident,
                format!("`{}` is already the wire name of `{other}`; rename one", field.name),
            );
        }
        if let Some(other) = columns.insert(field.column.to_lowercase(), &field.ident) {
            errors.at(
                &field.ident,
                format!("`{}` is already the column of `{other}`; rename one", field.column),
            );
        }
        if field.column.is_empty() || field.column.contains(['"', '\0']) || field.column.len() > 63
        {
            errors.at(&field.ident, "a column name has 1 to 63 bytes and no double quote");
        }
        check_wire_name(model, &field.name, &field.ident, errors);
    }
    for relation in &model.relations {
        let (name, ident) = (&relation.name, &relation.ident);
        if let Some(other) = names.insert(name.clone(), ident) {
            errors.at(
                ident,
                format!("`{name}` is already the name of `{other}`; rename the relation"),
            );
        }
        if name.ends_with('_') {
            errors.at(
                ident,
                format!(
                    "`{name}__` would not say where the relation ends; name it without the last `_`"
                ),
            );
        }
        check_wire_name(model, name, ident, errors);
    }
}

fn check_wire_name(model: &Model, name: &str, ident: &Ident, errors: &mut Errors) {
    // Only lists with deleted rows have the parameter that asks for them.
    let asks_for_deleted = name == "deleted" && model.role(Role::DeletedAt).is_some();
    if RESERVED.contains(&name) || asks_for_deleted {
        errors.at(ident, format!("`{name}` means something else in query strings; write `rename = \"{name}_value\"` or another name"));
    }
    if name.contains("__") {
        errors.at(
            ident,
            "`__` stands between a name and its operator in filters; write one underscore",
        );
    }
    let is_plain = name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        && name.starts_with(|first: char| first.is_ascii_alphabetic());
    if !is_plain {
        errors.at(ident, format!("the wire name `{name}` must start with an ASCII letter and hold only letters, digits and `_`; write `rename = \"…\"`"));
    }
}

/// Fields and relations become constants of the entity, in capital letters.
fn constants_do_not_collide(model: &Model, errors: &mut Errors) {
    let mut seen: HashMap<String, (&str, &Ident, &str)> = HashMap::new();
    let fields = model.fields.iter().map(|field| ("field", &field.ident, field.name.as_str()));
    let relations = model.relations.iter();
    let relations = relations.map(|it| ("relation", &it.ident, it.name.as_str()));
    for (what, ident, name) in fields.chain(relations) {
        let constant = screaming(&ident.unraw().to_string());
        let Some((other, first, taken)) = seen.insert(constant.clone(), (what, ident, name)) else {
            continue;
        };
        // One name for both is reported as that.
        if taken != name {
            errors.at(ident, format!("the {what} `{ident}` and the {other} `{first}` would both be `{}::{constant}`; rename one", model.ident));
        }
    }
}

fn access_fits_the_rest(model: &Model, errors: &mut Errors) {
    for field in &model.fields {
        let chosen = matches!(field.access, Access::Hidden | Access::ReadOnly)
            && field.access_key.is_some()
            && field.role.is_none()
            && field.reference.as_ref().is_none_or(|reference| !reference.owner);
        if chosen && !field.nullable && field.default.is_none() {
            let how = if field.access == Access::Hidden { "hidden" } else { "read-only" };
            errors.at(
                &field.ident,
                format!(
                    "nobody can set a {how} field; write `Option<{}>` or add `default = …`",
                    display(&field.ty)
                ),
            );
        }
        if field.access.read() {
            continue;
        }
        let how = field.access_key.as_ref().map(ToString::to_string).unwrap_or_default();
        if let Some(key) =
            [&field.filter_key, &field.sort, &field.search].into_iter().flatten().next()
        {
            errors.at(key, format!("`{key}` would reveal a field that is `{how}`; remove one"));
        }
        if let Some((Role::Id, key)) = &field.role {
            errors.at(key, format!("an identity is always shown; remove `{how}`"));
        }
    }
}

fn options_fit_the_kind(model: &Model, errors: &mut Errors) {
    for field in &model.fields {
        let ty = display(&field.ty);
        if let Some(key) = &field.search
            && !field.shape.is_text()
        {
            errors.at(key, format!("`search` looks into text, and this is `{ty}`; remove it"));
        }
        if let Some(key) = &field.sort
            && !field.shape.is_ordered()
        {
            errors.at(key, format!("values of `{ty}` have no order; remove `sort`"));
        }
        if let Some(key) = &field.filter_key
            && matches!(field.filter, Filter::Kind)
            && !field.shape.is_ordered()
            && !field.nullable
        {
            errors.at(key, format!("no operator compares `{ty}`; remove `filter`"));
        }
    }
}

/// An option that would change nothing is a misunderstanding.
fn options_have_an_effect(model: &Model, errors: &mut Errors) {
    for field in &model.fields {
        let at = &field.ident;
        if field.unique && field.index {
            errors.at(at, "a unique field is indexed already; remove `index`");
        } else if field.index && field.reference.is_some() {
            errors.at(at, "a key to another entity is indexed already; remove `index`");
        }
        if field.access == Access::Hidden && field.example.is_some() {
            errors.at(at, "no document shows a hidden field; remove `example`");
        }
        if let Some(key) = field.access_key.as_ref().filter(|_| field.access != Access::Hidden)
            && field.reference.as_ref().is_some_and(|reference| reference.owner)
        {
            errors.at(key, format!("the aggregate sets this field; remove `{key}`"));
        }
        let Some((role, name)) = &field.role else { continue };
        if *role == Role::Id && (field.unique || field.index) {
            errors.at(at, "an identity is unique and indexed already; remove `unique` and `index`");
        }
        let has_default = field.default.is_some();
        if has_default && !matches!(role, Role::Owner | Role::Tenant) {
            let who = if *role == Role::Id {
                "an identity has no default"
            } else {
                "the framework sets this field"
            };
            errors.at(at, format!("{who}; remove `default`"));
        }
        // What is wrong with an identity that nobody may see is said where that is.
        let hides = field.access == Access::Hidden || *role == Role::Id && !field.access.read();
        if let Some(key) = field.access_key.as_ref().filter(|_| !hides) {
            errors.at(
                key,
                format!("who sets a field that is `{name}` follows from that; remove `{key}`"),
            );
        }
    }
}

fn unique_keys_exist(model: &Model, errors: &mut Errors) {
    let mut seen: HashSet<BTreeSet<&Ident>> = HashSet::new();
    for key in &model.unique {
        if key.len() < 2 {
            errors.at(
                key.first().unwrap_or(&model.ident),
                "a composite key has at least two fields; for one field write `unique` on it",
            );
        }
        let mut fields = BTreeSet::new();
        for ident in key {
            if !fields.insert(ident) {
                errors.at(ident, format!("`{ident}` is already part of this key; name it once"));
            }
            if !model.fields.iter().any(|field| field.ident == *ident) {
                let known: Vec<String> =
                    model.fields.iter().map(|field| field.ident.to_string()).collect();
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                let hint = crate::errors::suggest(&ident.to_string(), &known);
                errors.at(ident, format!("no field is called `{ident}`; {hint}"));
            }
        }
        if !seen.insert(fields) {
            errors.at(
                key.first().unwrap_or(&model.ident),
                "a key of these fields is given already; keep one",
            );
        }
    }
}

/// A row that must name another row of its own table could never be the first.
fn a_first_row_can_exist(model: &Model, errors: &mut Errors) {
    if model.fields.iter().any(|field| field.client_id) {
        return;
    }
    for field in model.fields.iter().filter(|field| !field.nullable) {
        let Some(reference) = &field.reference else { continue };
        let target = display(&reference.target);
        if target == "Self" || model.ident == target {
            let ty = display(&field.ty);
            errors.at(
                &field.ty,
                format!(
                    "the first `{}` would have none to name; write `Option<{ty}>`",
                    model.ident
                ),
            );
        }
    }
}
