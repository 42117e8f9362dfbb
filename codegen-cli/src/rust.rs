//! The Rust parts of an entity's files as plain strings: every decision about types is made here, none in templates.

use std::collections::BTreeSet;

use heck::ToUpperCamelCase;
use minijinja::{Value, context};

use crate::layout;
use crate::literals::{constant, example, grouped, literal};
use crate::names::{EntityName, article, identifier, sentence};
use crate::rule::example_rule;
use crate::spec::{EntitySpec, Field, Kind, Options, fits_length, sample_of_format};

/// What the templates of an entity know.
pub fn entity_context(spec: &EntitySpec, crate_name: &str) -> Value {
    let name = &spec.name;
    let words = name.words();
    let mut options = vec![format!("table = {:?}", name.plural)];
    if spec.events {
        options.push("events".to_owned());
    }
    if let Some(ttl) = &spec.cache {
        options.push(format!("cache(ttl = {ttl:?})"));
    }
    let fields: Vec<Value> = fields(spec)
        .iter()
        .map(|field| {
            context! { doc => &field.doc, attribute => &field.attribute, name => &field.name, type => &field.rust }
        })
        .collect();
    let mut calls = vec![
        format!(".entity::<{}>(AllowAll)", name.type_name),
        ".hooks(framework::Rules(rules::RULES))".to_owned(),
    ];
    if spec.events {
        calls.push(format!(".on(Log{})", name.plural.to_upper_camel_case()));
    }
    context! {
        crate_name,
        name => &name.type_name,
        module => &name.module,
        variable => name.variable(),
        words => &words,
        plural => &name.plural,
        plural_words => name.plural_words(),
        plural_sentence => sentence(&name.plural_words()),
        article => article(&words),
        article_sentence => sentence(article(&words)),
        handler => format!("Log{}", name.plural.to_upper_camel_case()),
        handle => layout::call(
            "async fn handle",
            &["&self".to_owned(), format!("event: &Envelope<&{}Event>", name.type_name)],
            " -> Result<(), Error> {",
            4,
        ),
        events => spec.events,
        soft_delete => spec.soft_delete,
        imports => imports(spec),
        attribute => layout::attribute(&options, 0),
        fields,
        enums => enums(spec),
        sample => layout::literal(&name.type_name, &sample_members(spec), 4),
        rule => example_rule(spec),
        module_body => layout::chain(&format!("Module::new({:?})", name.module), &calls, 4),
    }
}

/// One field of the struct, as it is written.
struct FieldText {
    doc: String,
    attribute: String,
    name: String,
    rust: String,
}

fn fields(spec: &EntitySpec) -> Vec<FieldText> {
    let role = |role: &str, doc: &str, rust: &str, open: bool| FieldText {
        doc: doc.to_owned(),
        attribute: format!("    #[entity({role}{})]", if open { ", filter, sort" } else { "" }),
        name: role.to_owned(),
        rust: rust.to_owned(),
    };
    let mut fields = vec![role("id", "Identity, made by the server.", "Uuid", false)];
    fields.extend(spec.fields.iter().map(|field| {
        let enum_name = field.enum_name(&spec.name).unwrap_or_default();
        let rust = field.kind.rust(&enum_name);
        let options = options(field, &enum_name);
        FieldText {
            doc: doc(field),
            attribute: if options.is_empty() {
                String::new()
            } else {
                layout::attribute(&options, 4)
            },
            name: identifier(&field.name),
            rust: if field.nullable { format!("Option<{rust}>") } else { rust },
        }
    }));
    fields.push(role("created_at", "When it was created.", "DateTime<Utc>", true));
    fields.push(role("updated_at", "When it last changed.", "DateTime<Utc>", true));
    if spec.soft_delete {
        fields.push(role(
            "deleted_at",
            "When it was deleted, until it is restored.",
            "Option<DateTime<Utc>>",
            false,
        ));
    }
    fields.push(role("version", "Counts its changes; the number in its ETag.", "i64", false));
    fields
}

fn doc(field: &Field) -> String {
    match (&field.reference, field.relation()) {
        (Some(_), Some(relation)) => format!("Id of its {}.", relation.replace('_', " ")),
        _ => format!("{}.", sentence(&field.name.replace('_', " "))),
    }
}

/// The options in the derive's notation.
fn options(field: &Field, enum_name: &str) -> Vec<String> {
    let Field { kind, options, .. } = field;
    let mut list = Vec::new();
    if let Some(reference) = &field.reference {
        list.push(format!("belongs_to = {}", reference.entity));
        list.extend(options.on_delete.map(|action| format!("on_delete = {action:?}")));
    }
    for (flag, word) in [
        (options.unique, "unique"),
        (options.index, "index"),
        (options.filter, "filter"),
        (options.sort, "sort"),
        (options.search, "search"),
    ] {
        list.extend(flag.then(|| word.to_owned()));
    }
    list.extend(options.access.map(ToOwned::to_owned));
    if let Kind::Decimal { precision, scale } = kind {
        list.push(format!("decimal(precision = {precision}, scale = {scale})"));
    }
    if let Kind::Text { format: Some(format), .. } = kind {
        list.push(format!("format = {format:?}"));
    }
    if let Some(length) = field.length() {
        let end = |end: Option<u32>| end.map(grouped).unwrap_or_default();
        let high = length.high.map(|high| format!("={}", grouped(high))).unwrap_or_default();
        list.push(format!("length({}..{high})", end(length.low)));
    }
    list.extend(options.range.as_ref().map(|range| format!("range({})", range.rust())));
    list.extend(options.pattern.as_ref().map(|pattern| format!("pattern = {}", literal(pattern))));
    list.extend(
        options
            .default
            .as_ref()
            .map(|value| format!("default = {}", constant(value, kind, enum_name))),
    );
    list.extend(
        options.example.as_ref().map(|value| format!("example = {}", example(value, kind))),
    );
    list
}

fn enums(spec: &EntitySpec) -> Vec<Value> {
    let each = |field: &Field| {
        let Kind::Enum(words) = &field.kind else { return None };
        let name = field.enum_name(&spec.name)?;
        let variants: Vec<Value> = words
            .iter()
            .map(|word| {
                context! { name => word.to_upper_camel_case(), doc => sentence(&word.replace('_', " ")) }
            })
            .collect();
        let doc = format!(
            "{} of {} {}.",
            sentence(&field.name.replace('_', " ")),
            article(&spec.name.words()),
            spec.name.words()
        );
        Some(context! { name, doc, variants })
    };
    spec.fields.iter().filter_map(each).collect()
}

fn imports(spec: &EntitySpec) -> Vec<String> {
    let mut types: BTreeSet<String> =
        ["DateTime", "Entity", "Utc", "Uuid"].map(ToOwned::to_owned).into();
    let mut paths = BTreeSet::new();
    for field in &spec.fields {
        match &field.kind {
            Kind::Enum(_) => types.insert("EntityEnum".to_owned()),
            kind => {
                let rust = kind.rust("");
                let inner = rust.trim_start_matches("Vec<").trim_end_matches('>');
                let is_ours = matches!(
                    inner,
                    "Decimal" | "NaiveDate" | "NaiveTime" | "NaiveDateTime" | "Bytes" | "Json"
                );
                is_ours && types.insert(inner.to_owned())
            }
        };
        paths.extend(field.reference.as_ref().and_then(|reference| reference.path.clone()));
    }
    let mut imports = vec![layout::import("framework", types.iter().map(String::as_str).collect())];
    let mut paths: Vec<String> = paths.into_iter().collect();
    paths.sort_by_cached_key(|path| layout::sort_key(path));
    imports.extend(
        paths
            .iter()
            .enumerate()
            .map(|(index, path)| format!("{}use {path};", if index == 0 { "\n" } else { "" })),
    );
    imports
}

/// The members of a valid entity, for tests.
fn sample_members(spec: &EntitySpec) -> Vec<String> {
    let mut members = vec!["id: Uuid::now_v7()".to_owned()];
    members.extend(
        spec.fields
            .iter()
            .map(|field| format!("{}: {}", identifier(&field.name), sample(field, &spec.name))),
    );
    members.push("created_at: DateTime::default()".to_owned());
    members.push("updated_at: DateTime::default()".to_owned());
    if spec.soft_delete {
        members.push("deleted_at: None".to_owned());
    }
    members.push("version: 1".to_owned());
    members
}

fn sample(field: &Field, entity: &EntityName) -> String {
    if field.nullable {
        return "None".to_owned();
    }
    let low = field.length().and_then(|length| length.low).unwrap_or(0);
    let bound =
        field.options.range.as_ref().and_then(|range| range.low.clone().or(range.high.clone()));
    match &field.kind {
        Kind::Bool => "true".to_owned(),
        Kind::Int { .. } => bound.unwrap_or_else(|| "1".to_owned()),
        Kind::Float { .. } => bound.unwrap_or_else(|| "1.0".to_owned()),
        Kind::Decimal { precision, scale } => match bound {
            None if precision == scale => "Decimal::ZERO".to_owned(),
            None => "Decimal::ONE".to_owned(),
            Some(bound) if bound.parse::<i32>().is_ok() => format!("Decimal::from({bound})"),
            Some(bound) => format!("Decimal::from({bound}_i64)"),
        },
        Kind::Text { format, .. } => format!("{:?}.to_owned()", sample_text(field, *format)),
        Kind::Uuid => "Uuid::now_v7()".to_owned(),
        Kind::Date | Kind::Time | Kind::DateTime | Kind::Instant => {
            let rust = field.kind.rust("");
            format!("{}::default()", rust.trim_end_matches("<Utc>"))
        }
        Kind::Bytes if low > 0 => format!("Bytes(vec![0; {low}])"),
        Kind::Bytes => "Bytes::default()".to_owned(),
        Kind::Json => "Json::Null".to_owned(),
        Kind::Enum(words) => {
            let name = field.enum_name(entity).unwrap_or_default();
            format!(
                "{name}::{}",
                words.first().map(|word| word.to_upper_camel_case()).unwrap_or_default()
            )
        }
        Kind::List(inner) if low > 0 => {
            let item =
                Field { kind: (**inner).clone(), options: Default::default(), ..field.clone() };
            format!("vec![{}; {low}]", sample(&item, entity))
        }
        Kind::List(_) => "Vec::new()".to_owned(),
    }
}

fn sample_text(field: &Field, format: Option<&'static str>) -> String {
    let Options { example, default, .. } = &field.options;
    let wished = match (example.as_ref().or(default.as_ref()), format) {
        (Some(text), _) => text.clone(),
        (None, Some(format)) => sample_of_format(format).to_owned(),
        (None, None) => sentence(&field.name.replace('_', " ")),
    };
    if format.is_some() || fits_length(field, &wished) {
        return wished;
    }
    let low = field.length().and_then(|length| length.low).unwrap_or(1).max(1);
    "a".repeat(usize::try_from(low).unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_values_of_their_type() {
        let entity = EntityName::parse("Review", None).unwrap();
        let written =
            |text: &str| sample(&crate::spec::parse_field(text, &entity, &[]).unwrap(), &entity);
        assert_eq!(written("price:decimal:range=5.."), "Decimal::from(5)");
        assert_eq!(written("price:decimal:range=3000000000.."), "Decimal::from(3000000000_i64)");
        assert_eq!(written("share:decimal(2,2)"), "Decimal::ZERO");
        assert_eq!(written("photo:bytes:length=2..=9"), "Bytes(vec![0; 2])");
    }
}
