//! One field: `name:type:option…`.

use heck::ToUpperCamelCase;

use super::kind::Kind;
use super::options::{Bounds, Options};
use super::samples::sample_of_format;
use super::value::{check_value, fits_length};
use crate::names::{EntityName, check_field};
use crate::pattern;
use crate::problems::{Problems, nearest};

/// One checked field.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Name in Rust (without `r#`), on the wire and in the table.
    pub name: String,
    /// Shape of the value.
    pub kind: Kind,
    /// Whether it can be missing.
    pub nullable: bool,
    /// What else is said about it.
    pub options: Options,
    /// Target, for a reference.
    pub reference: Option<Reference>,
}

/// What a reference points to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The struct, such as `Product`.
    pub entity: String,
    /// Where to import it from; `None` for the entity itself.
    pub path: Option<String>,
    /// Its table.
    pub table: String,
    /// The column of its id.
    pub column: String,
}

/// An entity that references can name.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// What a field that names it points to.
    pub reference: Reference,
    /// Its plural on the wire.
    pub plural: String,
    /// The Rust type of its id.
    pub id_type: String,
}

impl Field {
    /// The name of the relation that a reference gives.
    pub fn relation(&self) -> Option<&str> {
        self.reference.as_ref().and_then(|_| self.name.strip_suffix("_id"))
    }

    /// The name of the type made for an enum.
    pub fn enum_name(&self, entity: &EntityName) -> Option<String> {
        matches!(self.kind, Kind::Enum(_))
            .then(|| format!("{}{}", entity.type_name, self.name.to_upper_camel_case()))
    }

    /// The length that is enforced.
    pub fn length(&self) -> Option<Bounds<u32>> {
        match (&self.options.length, &self.kind, &self.reference) {
            (Some(length), ..) => Some(length.clone()),
            (None, Kind::Text { max, .. }, None) => Some(Bounds { low: Some(1), high: Some(*max) }),
            _ => None,
        }
    }
}

/// Reads one field.
///
/// # Errors
/// Everything that is wrong with it.
pub fn parse(text: &str, entity: &EntityName, targets: &[Target]) -> Result<Field, Problems> {
    let mut parts = split(text).into_iter();
    let name = parts.next().unwrap_or_default();
    let mut problems = Problems::default();
    problems.take(check_field(&name, &entity.plural));
    let Some(written) = parts.next().filter(|written| !written.is_empty()) else {
        problems
            .add(format!("`{text}` has no type"), format!("write `{name}:string` or another type"));
        return Err(problems);
    };
    let mut nullable = written.ends_with('?');
    let word = written.trim_end_matches('?');
    let (kind, reference) = if word == "ref" {
        let target = parts.next().unwrap_or_default();
        nullable |= target.ends_with('?');
        let target = target.trim_end_matches('?');
        let found = problems.take(reference(&name, target, entity, targets));
        match found {
            Some((kind, reference)) => (Some(kind), Some(reference)),
            None => (None, None),
        }
    } else {
        (problems.take(Kind::parse(word)), None)
    };
    // Options mean something only for a known type: its mistake is the one to correct first.
    let Some(kind) = kind else { return Err(problems) };
    let rest: Vec<String> = parts.collect();
    let options = problems.take(Options::parse(
        rest.iter().map(String::as_str),
        &name,
        &kind,
        reference.is_some(),
    ));
    let Some(options) = options else { return Err(problems) };
    let field = Field { name, kind, nullable, options, reference };
    check(&field, &mut problems);
    problems.into_result(field)
}

/// Splits at colons outside brackets; `\:` is a colon.
fn split(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0usize;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let is_end = letter == ':' && depth == 0;
        match letter {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if is_end {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            if letter == '\\' {
                match letters.next() {
                    Some(':') => part.push(':'),
                    Some(other) => part.extend(['\\', other]),
                    None => part.push('\\'),
                }
            } else {
                part.push(letter);
            }
        }
    }
    parts
}

fn reference(
    field: &str,
    target: &str,
    entity: &EntityName,
    targets: &[Target],
) -> Result<(Kind, Reference), Problems> {
    let mut problems = Problems::default();
    if !field.ends_with("_id") || field == "_id" {
        problems.add(
            format!("`{field}` refers to another entity, but does not end in `_id`"),
            format!("write `{field}_id:ref:{target}`: the relation is then named `{field}`"),
        );
    }
    if target == entity.type_name {
        let own = Reference {
            entity: target.to_owned(),
            path: None,
            table: entity.plural.clone(),
            column: "id".to_owned(),
        };
        return problems.into_result((Kind::Uuid, own));
    }
    let Some(found) = targets.iter().find(|found| found.reference.entity == target) else {
        let names: Vec<&str> =
            targets.iter().map(|found| found.reference.entity.as_str()).collect();
        let fix = match nearest(target, names.iter().copied()) {
            _ if target.is_empty() => format!("write the entity, such as `{field}:ref:Product`"),
            Some(near) => format!("did you mean `{near}`?"),
            None if names.is_empty() => {
                format!("make it first: `new-entity {target} …`")
            }
            None => format!(
                "make it first with `new-entity {target} …`, or take one of {}",
                names.join(", ")
            ),
        };
        problems
            .add(format!("`{field}` refers to `{target}`, which this project does not have"), fix);
        return Err(problems);
    };
    let Some(kind) = Kind::of_key(&found.id_type) else {
        problems.add(
            format!("`{field}` refers to `{target}`, whose id has the type `{}`", found.id_type),
            "write this reference by hand: only ids of Uuid, String and integers can be scaffolded",
        );
        return Err(problems);
    };
    problems.into_result((kind, found.reference.clone()))
}

/// The text that stands for others of the field's format, if the field's own length refuses it.
fn unfit_sample(field: &Field) -> Option<&'static str> {
    let Kind::Text { format: Some(format), .. } = field.kind else { return None };
    let is_told = field.options.example.is_some() || field.options.default.is_some();
    let sample = sample_of_format(format);
    (!is_told && !fits_length(field, sample)).then_some(sample)
}

/// Mistakes that no option makes alone.
fn check(field: &Field, problems: &mut Problems) {
    let Field { name, nullable, options, .. } = field;
    let is_set_by_clients = !matches!(options.access, Some("hidden" | "read_only"));
    if !is_set_by_clients && !nullable && options.default.is_none() {
        problems.add(
            format!("`{name}` must have a value, but no client can set it"),
            format!("let it be missing (`{name}:type?`) or give it a start (`default=…`)"),
        );
    }
    let own = field.reference.as_ref().filter(|reference| reference.path.is_none());
    if let Some(own) = own.filter(|_| !nullable) {
        problems.add(
            format!("the first `{0}` would have no `{0}` to name in `{name}`", own.entity),
            format!("write `{name}:ref:{}?`", own.entity),
        );
    }
    if options.on_delete == Some("set_null") && !nullable {
        problems.add(
            format!("`{name}` cannot become null when its target is deleted"),
            format!(
                "let it be missing: `{name}:ref:{}?`",
                field.reference.as_ref().map_or("Entity", |it| &it.entity)
            ),
        );
    }
    // No document shows a hidden field, and its samples come from its default.
    let is_shown = options.access != Some("hidden");
    if is_shown && options.pattern.is_some() && options.example.is_none() {
        problems.add(
            format!("`{name}` has a pattern and no example"),
            "add one that matches: `example=…`; the documents and the tests show it",
        );
    }
    if let Some(sample) = unfit_sample(field).filter(|_| is_shown) {
        problems.add(
            format!("`{sample}` is not as long as `{name}` must be, and there is no example"),
            "add one that is: `example=…`; the documents and the tests show it",
        );
    }
    for (option, value) in [("default", &options.default), ("example", &options.example)] {
        if let Some(value) = value {
            check_value(field, option, value, problems);
        }
    }
    if let Some(Err(wrong)) = options.pattern.as_deref().map(pattern::check) {
        let pattern = options.pattern.as_deref().unwrap_or_default();
        let (what, fix) = wrong.rsplit_once("; ").unwrap_or((&wrong, "leave it out"));
        problems.add(format!("`pattern={pattern}` of `{name}` is {what}"), fix);
    }
}
