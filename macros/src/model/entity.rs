//! Reads the struct and its options.

use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Fields};

use super::field::{self, Member};
use super::{Link, Model, Options, Relation, relation};
use crate::attributes::{self, Item};
use crate::errors::Errors;
use crate::literals;
use crate::names::{plural, snake};

const OPTIONS: [&str; 15] = [
    "table",
    "plural",
    "events",
    "cache",
    "require_if_match",
    "require_idempotency_key",
    "limit",
    "batch",
    "filter",
    "include",
    "unique",
    "has_many",
    "has_one",
    "many_to_many",
    "crate",
];
const REPEATABLE: [&str; 4] = ["unique", "has_many", "has_one", "many_to_many"];

/// Reads a declaration; `None` when there is nothing to expand.
pub(crate) fn read(input: &DeriveInput, items: &[Item], errors: &mut Errors) -> Option<Model> {
    let fields = named_fields(input, errors)?;
    let name = input.ident.unraw().to_string();
    let table = plural(&snake(&name));
    let mut model = Model {
        ident: input.ident.clone(),
        vis: input.vis.clone(),
        docs: attributes::docs(&input.attrs),
        plural: String::new(),
        table,
        options: Options::default(),
        fields: Vec::new(),
        children: Vec::new(),
        relations: Vec::new(),
        unique: Vec::new(),
    };
    for item in items {
        read_option(&mut model, item, errors);
    }
    if model.plural.is_empty() {
        model.plural = model.table.replace('_', "-");
    }
    check_derived_names(&model, items, errors);
    let entity = model.ident.clone();
    for field in fields {
        let Some(ident) = &field.ident else { continue };
        match field::read(field, ident, errors) {
            Some(Member::Stored(field)) => model.fields.push(field),
            Some(Member::Children(children, key)) => {
                let key =
                    key.unwrap_or_else(|| format!("{}_id", snake(&entity.unraw().to_string())));
                model.relations.push(Relation {
                    ident: children.ident.unraw(),
                    name: children.name.clone(),
                    docs: children.docs.clone(),
                    target: children.item.clone(),
                    link: Link::HasMany { key },
                    owned: true,
                });
                model.children.push(children);
            }
            None => {}
        }
    }
    for (position, field) in model.fields.iter().enumerate() {
        let Some(reference) = &field.reference else { continue };
        let Some(ident) = reference.relation.clone() else { continue };
        let link = Link::BelongsTo { field: position };
        model.relations.push(Relation {
            name: ident.unraw().to_string(),
            ident,
            docs: field.docs.clone(),
            target: reference.target.clone(),
            link,
            owned: false,
        });
    }
    Some(model)
}

/// The path of the framework: `crate = "…"`, or `::framework`.
pub(crate) fn crate_path(items: &[Item], errors: &mut Errors) -> syn::Path {
    items
        .iter()
        .find(|item| item.key == "crate")
        .and_then(|item| attributes::crate_path(item, errors))
        .unwrap_or_else(|| syn::parse_quote!(::framework))
}

/// The options of the struct.
pub(crate) fn options(input: &DeriveInput, errors: &mut Errors) -> Vec<Item> {
    attributes::read(&input.attrs, "entity", &REPEATABLE, errors)
}

fn named_fields<'a>(
    input: &'a DeriveInput,
    errors: &mut Errors,
) -> Option<impl Iterator<Item = &'a syn::Field> + use<'a>> {
    if !input.generics.params.is_empty() {
        errors.at(
            &input.generics,
            "an entity is one table, so it cannot be generic; declare one struct per table",
        );
        return None;
    }
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => Some(fields.named.iter()),
            _ => {
                errors.at(
                    &input.ident,
                    "an entity names its fields; write `struct Name { id: Uuid, … }`",
                );
                None
            }
        },
        Data::Enum(_) => {
            errors.at(
                &input.ident,
                "an entity is a struct; for a closed set of texts write `#[derive(EntityEnum)]`",
            );
            None
        }
        Data::Union(_) => {
            errors.at(&input.ident, "an entity is a struct with named fields");
            None
        }
    }
}

fn read_option(model: &mut Model, item: &Item, errors: &mut Errors) {
    let options = &mut model.options;
    match item.name().as_str() {
        "table" => set(&mut model.table, item, table_fault, errors),
        "plural" => set(&mut model.plural, item, path_fault, errors),
        "events" => options.events = item.flag(errors),
        "require_if_match" => {
            item.flag(errors);
            options.require_if_match = Some(item.key.span());
        }
        "require_idempotency_key" => options.require_idempotency_key = item.flag(errors),
        "cache" => {
            for part in item.items(errors, "cache(ttl = \"5m\")") {
                match part.name().as_str() {
                    "ttl" => {
                        let text = part.text(errors);
                        options.cache_seconds =
                            text.and_then(|text| errors.ok(literals::seconds(&text)));
                    }
                    _ => attributes::unknown(&part, "`cache`", &["ttl"], errors),
                }
            }
        }
        "limit" => {
            for part in item.items(errors, "limit(default = 20, max = 100)") {
                match part.name().as_str() {
                    "default" => options.default_limit = positive(&part, errors),
                    "max" => options.max_limit = positive(&part, errors),
                    _ => attributes::unknown(&part, "`limit`", &["default", "max"], errors),
                }
            }
            let default = options.default_limit.unwrap_or(20);
            let max = options.max_limit.unwrap_or(100);
            if default > max {
                errors.at(item, format!("the default page of {default} is above the largest of {max}; raise `max` or lower `default`"));
            }
        }
        "batch" => {
            for part in item.items(errors, "batch(max = 100)") {
                match part.name().as_str() {
                    "max" => options.max_batch = positive(&part, errors),
                    _ => attributes::unknown(&part, "`batch`", &["max"], errors),
                }
            }
        }
        "filter" => {
            for part in item.items(errors, "filter(depth = 2)") {
                match part.name().as_str() {
                    "depth" => options.filter_depth = filter_depth(&part, errors),
                    _ => attributes::unknown(&part, "`filter` of an entity", &["depth"], errors),
                }
            }
        }
        "include" => {
            for part in item.items(errors, "include(depth = 1, limit = 100)") {
                match part.name().as_str() {
                    "depth" => options.include_depth = positive(&part, errors),
                    "limit" => options.include_limit = positive(&part, errors),
                    _ => attributes::unknown(&part, "`include`", &["depth", "limit"], errors),
                }
            }
        }
        "unique" => model.unique.extend(item.list(errors, field::idents, "unique(first, second)")),
        "has_many" | "has_one" | "many_to_many" => {
            model.relations.extend(relation::of_entity(&model.ident, item, errors));
        }
        "crate" => {}
        _ => attributes::unknown(item, "an entity", &OPTIONS, errors),
    }
}

fn set(target: &mut String, item: &Item, fault: Fault, errors: &mut Errors) {
    if let Some(text) = item.text(errors) {
        *target = text.value();
        if let Some(fault) = fault(target) {
            errors.at(&text, fault);
        }
    }
}

/// The names that follow from the struct's own.
fn check_derived_names(model: &Model, items: &[Item], errors: &mut Errors) {
    let is_given = |name: &str| items.iter().any(|item| item.name() == name);
    if let Some(fault) = table_fault(&model.table) {
        if !is_given("table") {
            errors.at(&model.ident, format!("{fault}; write `table = \"…\"`"));
        }
    } else if !is_given("plural")
        && let Some(fault) = path_fault(&model.plural)
    {
        errors.at(&model.ident, format!("{fault}; write `plural = \"…\"`"));
    }
}

/// What is wrong with a name.
type Fault = fn(&str) -> Option<&'static str>;

fn table_fault(name: &str) -> Option<&'static str> {
    let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !is_plain || !matches!(name.len(), 1..=63) || name.as_bytes()[0].is_ascii_digit() {
        return Some(
            "a table's name has 1 to 63 ASCII letters, digits and `_`, and no digit in front",
        );
    }
    let is_kept = name.to_ascii_lowercase().starts_with("sqlite_");
    is_kept.then_some("SQLite keeps names that start with `sqlite_` to itself")
}

fn path_fault(name: &str) -> Option<&'static str> {
    let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let is_sound = is_plain && name.starts_with(|first: char| first.is_ascii_alphabetic());
    (!is_sound).then_some(
        "a name in paths has ASCII letters, digits, `-` and `_`, and starts with a letter",
    )
}

/// Each relation multiplies the parameters of the list, so that deeper ones would drown its document.
fn filter_depth(item: &Item, errors: &mut Errors) -> Option<u32> {
    let depth = positive(item, errors)?;
    if depth > 4 {
        errors.at(item, "filters go through at most 4 relations; write a smaller depth");
    }
    Some(depth)
}

fn positive(item: &Item, errors: &mut Errors) -> Option<u32> {
    let number = item.number(errors)?;
    if number == 0 {
        errors.at(item, "write a number of at least 1");
    }
    Some(number)
}
