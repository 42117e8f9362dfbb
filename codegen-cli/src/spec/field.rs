//! One field: `name:type:option…`.

use heck::ToUpperCamelCase;

use super::kind::Kind;
use super::options::{Bounds, Options, fits_integer};
use crate::names::{EntityName, check_field};
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
                format!("make it first: `codegen-cli new-entity {target} …`")
            }
            None => format!(
                "make it first with `codegen-cli new-entity {target} …`, or take one of {}",
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

/// Mistakes that no option makes alone.
fn check(field: &Field, problems: &mut Problems) {
    let Field { name, kind, nullable, options, .. } = field;
    let is_set_by_clients = !matches!(options.access, Some("hidden" | "read_only"));
    if !is_set_by_clients && !nullable && options.default.is_none() {
        problems.add(
            format!("`{name}` must have a value, but no client can set it"),
            format!("let it be missing (`{name}:type?`) or give it a start (`default=…`)"),
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
    if options.pattern.is_some() && options.example.is_none() {
        problems.add(
            format!("`{name}` has a pattern and no example"),
            "add one that matches: `example=…`; the documents and the tests show it",
        );
    }
    for (option, value) in [("default", &options.default), ("example", &options.example)] {
        if let Some(value) = value {
            check_value(field, option, value, problems);
        }
    }
    if let Some(pattern) = options.pattern.as_deref().filter(|pattern| pattern.contains('\0')) {
        problems.add(format!("`{pattern}` holds a NUL"), "text never does: leave it out");
    }
    if matches!(kind, Kind::List(_)) && options.default.is_some() {
        problems.add(
            format!("`{name}` is a list, whose default cannot be scaffolded"),
            "write it in the entity's file",
        );
    }
}

/// Whether a value is one of the field's.
fn check_value(field: &Field, option: &str, value: &str, problems: &mut Problems) {
    let name = &field.name;
    let mut refuse = |fix: String| {
        problems.add(format!("`{option}={value}` is not a value of `{name}`"), fix);
    };
    match &field.kind {
        Kind::Bool if !matches!(value, "true" | "false") => {
            refuse("write `true` or `false`".to_owned())
        }
        Kind::Int { bits, signed } if !fits_integer(value, *bits, *signed) => {
            refuse(format!("write a whole number within `{}`", field.kind.rust("")));
        }
        Kind::Float { .. } if !value.parse::<f64>().is_ok_and(f64::is_finite) => {
            refuse("write a number".to_owned())
        }
        Kind::Enum(words) if !words.iter().any(|word| word == value) => {
            refuse(nearest(value, words.iter().map(String::as_str)).map_or_else(
                || format!("write one of {}", words.join(", ")),
                |near| format!("did you mean `{near}`?"),
            ));
        }
        Kind::Text { .. } => {
            let length = u32::try_from(value.chars().count()).unwrap_or(u32::MAX);
            let bounds = field.length().unwrap_or(Bounds { low: None, high: None });
            if bounds.low.is_some_and(|low| length < low)
                || bounds.high.is_some_and(|high| length > high)
            {
                refuse("its length is outside the bounds".to_owned());
            }
        }
        Kind::Bool | Kind::Int { .. } | Kind::Float { .. } | Kind::Enum(_) => {}
        _ if option == "default" => {
            refuse(
                "defaults of this type are written in the entity's file, as any Rust expression"
                    .to_owned(),
            );
        }
        _ => {}
    }
    if let (Some(range), Ok(number)) = (&field.options.range, value.parse::<f64>()) {
        let end = |end: &Option<String>| end.as_ref().and_then(|end| end.parse::<f64>().ok());
        if end(&range.low).is_some_and(|low| number < low)
            || end(&range.high).is_some_and(|high| number > high)
        {
            refuse(format!("write a number within {}", range.rust()));
        }
    }
}
