//! Which names are allowed, and what follows from a name.

use heck::{ToSnakeCase, ToUpperCamelCase};

use crate::problems::Problems;

/// PostgreSQL cuts longer identifiers silently, and constraint names must stay telling.
const LONGEST_IDENTIFIER: usize = 63;

/// So that names made from it stay readable and within the limits of databases.
const LONGEST_ENTITY: usize = 32;

/// Fields that every entity gets.
pub const ROLES: [&str; 5] = ["id", "created_at", "updated_at", "deleted_at", "version"];

/// Query parameters and search-body members that a field would hide.
const PARAMETERS: [&str; 12] = [
    "q", "sort", "limit", "cursor", "offset", "fields", "include", "count", "filter", "and", "or",
    "not",
];

/// Names that the generated files import, that every Rust file sees or that derives rely on.
const TAKEN_TYPES: [&str; 46] = [
    "AllowAll",
    "App",
    "Action",
    "Box",
    "Bytes",
    "Clone",
    "Config",
    "ConfigError",
    "Context",
    "DateTime",
    "Decimal",
    "Entity",
    "EntityEnum",
    "EntityEvent",
    "Envelope",
    "Error",
    "EventHandler",
    "Framework",
    "Hooks",
    "Into",
    "Iterator",
    "Json",
    "Module",
    "NaiveDate",
    "NaiveDateTime",
    "NaiveTime",
    "Option",
    "Page",
    "Patch",
    "Policy",
    "Query",
    "Repository",
    "Result",
    "Scope",
    "Session",
    "Specification",
    "Some",
    "None",
    "Ok",
    "Err",
    "String",
    "Utc",
    "Uuid",
    "ValueObject",
    "Vec",
    "Violations",
];

/// Names of the document of every API.
const TAKEN_SCHEMAS: [&str; 3] = ["JsonValue", "Problem", "ProblemError"];

/// The names that follow from an entity's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityName {
    /// The struct, such as `OrderLine`.
    pub type_name: String,
    /// The module, such as `order_line`.
    pub module: String,
    /// The table and the plural on the wire, such as `order_lines`.
    pub plural: String,
}

impl EntityName {
    /// Reads an entity's name as typed; `plural` overrides the guess.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(name: &str, plural: Option<&str>) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let module = name.to_snake_case();
        let camel = module.to_upper_camel_case();
        if !is_word(name)
            || !name.starts_with(|c: char| c.is_ascii_uppercase())
            || name.contains('_')
        {
            let fix = if camel.is_empty() || !is_word(&camel) {
                "an entity is one word of letters and digits in UpperCamelCase, such as `Review`"
                    .to_owned()
            } else {
                format!("write `{camel}`")
            };
            problems.add(format!("`{name}` is not a name for an entity"), fix);
            return Err(problems);
        }
        if name.len() > LONGEST_ENTITY {
            problems.add(
                format!("`{name}` is longer than {LONGEST_ENTITY} characters"),
                "choose a shorter name",
            );
        }
        if TAKEN_TYPES.contains(&name) {
            problems.add(
                format!("`{name}` is a name that every entity's files use"),
                format!("choose a more telling name, such as `Shop{name}`"),
            );
        } else if TAKEN_SCHEMAS.contains(&name) {
            problems.add(
                format!("`{name}` is a name that the document of every API uses"),
                format!("choose a more telling name, such as `Shop{name}`"),
            );
        } else if is_keyword(&module) {
            problems.add(
                format!(
                    "`{name}` would live in a module named `{module}`, a reserved word of Rust"
                ),
                format!("choose a more telling name, such as `Item{name}`"),
            );
        }
        let plural = plural.map_or_else(|| pluralise(&module), ToOwned::to_owned);
        if !is_snake(&plural) {
            problems.add(
                format!("`{plural}` is not a plural"),
                format!("write it in snake_case, such as `--plural {}`", pluralise(&module)),
            );
        }
        problems.into_result(Self { type_name: name.to_owned(), module, plural })
    }

    /// The name in words, such as `order line`.
    pub fn words(&self) -> String {
        self.module.replace('_', " ")
    }

    /// The plural in words, such as `order lines`.
    pub fn plural_words(&self) -> String {
        self.plural.replace('_', " ")
    }

    /// The variable that holds one, safe from keywords by the rules above.
    pub fn variable(&self) -> &str {
        &self.module
    }
}

/// Checks a field's name.
///
/// # Errors
/// Everything that is wrong with it.
pub fn check_field(name: &str, table: &str) -> Result<(), Problems> {
    let mut problems = Problems::default();
    let snake = name.to_snake_case();
    if name.contains("__") {
        problems.add(
            format!("`{name}` holds `__`, which separates field and operator in filters"),
            format!("write `{snake}`"),
        );
    } else if !is_snake(name) {
        let fix = if is_snake(&snake) {
            format!("write `{snake}`")
        } else {
            "a field is snake_case: letters, digits and single underscores, such as `unit_price`"
                .to_owned()
        };
        problems.add(format!("`{name}` is not a name for a field"), fix);
    } else if ROLES.contains(&name) {
        let fix = if name == "deleted_at" {
            "leave it out and say `--soft-delete`".to_owned()
        } else {
            "leave it out: every entity gets it".to_owned()
        };
        problems.add(format!("`{name}` is a role that the framework fills"), fix);
    } else if ["self", "super", "crate"].contains(&name) {
        problems.add(
            format!("`{name}` is a word that Rust reserves even as a raw identifier"),
            format!("choose another name, such as `{name}_value`"),
        );
    } else if table.len() + name.len() + "ck___pattern".len() > LONGEST_IDENTIFIER {
        problems.add(
            format!("`{name}` is too long: constraints such as `ck_{table}_{name}_pattern` may have {LONGEST_IDENTIFIER} characters"),
            "choose a shorter name",
        );
    }
    problems.into_result(())
}

/// Whether generated files or documents use the name for something else.
pub fn is_taken(type_name: &str) -> bool {
    TAKEN_TYPES.contains(&type_name) || TAKEN_SCHEMAS.contains(&type_name)
}

/// Whether lists or searches read the word as something else than a field; `deleted` is one where rows are only marked.
pub fn is_parameter(name: &str, soft_delete: bool) -> bool {
    PARAMETERS.contains(&name) || (soft_delete && name == "deleted")
}

/// The identifier as Rust accepts it: keywords become raw.
pub fn identifier(name: &str) -> String {
    if is_keyword(name) { format!("r#{name}") } else { name.to_owned() }
}

/// Whether Rust reserves the word, in the edition of generated projects.
pub fn is_keyword(name: &str) -> bool {
    // `syn` refuses keywords of all editions but the weak ones, which are fine as names; `gen` is new in 2024.
    name == "gen" || syn::parse_str::<syn::Ident>(name).is_err()
}

/// Whether the name is snake_case without doubled or outer underscores.
pub fn is_snake(name: &str) -> bool {
    is_word(name)
        && !name.contains("__")
        && !name.ends_with('_')
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.contains(|c: char| c.is_ascii_uppercase())
}

fn is_word(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// The English plural of a snake_case name, by its last word.
pub fn pluralise(name: &str) -> String {
    const IRREGULAR: [(&str, &str); 14] = [
        ("person", "people"),
        ("child", "children"),
        ("man", "men"),
        ("woman", "women"),
        ("foot", "feet"),
        ("tooth", "teeth"),
        ("mouse", "mice"),
        ("goose", "geese"),
        ("leaf", "leaves"),
        ("half", "halves"),
        ("shelf", "shelves"),
        ("life", "lives"),
        ("series", "series"),
        ("index", "indexes"),
    ];
    let (head, word) = name.rsplit_once('_').map_or(("", name), |(head, word)| (head, word));
    let plural = match IRREGULAR.iter().find(|(singular, _)| *singular == word) {
        Some((_, plural)) => (*plural).to_owned(),
        None => regular(word),
    };
    if head.is_empty() { plural } else { format!("{head}_{plural}") }
}

fn regular(word: &str) -> String {
    let before_y = word.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'i', 'o', 'u']));
    if let Some(stem) = before_y {
        format!("{stem}ies")
    } else if word.ends_with(['s', 'x', 'z']) || word.ends_with("ch") || word.ends_with("sh") {
        format!("{word}es")
    } else {
        format!("{word}s")
    }
}

/// `a` or `an`, by the first letter.
pub fn article(word: &str) -> &'static str {
    if word.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" }
}

/// The text with its first letter in upper case.
pub fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_ascii_uppercase().to_string() + letters.as_str())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plurals_follow_english() {
        for (singular, plural) in [
            ("review", "reviews"),
            ("category", "categories"),
            ("day", "days"),
            ("box", "boxes"),
            ("address", "addresses"),
            ("branch", "branches"),
            ("person", "people"),
            ("order_line", "order_lines"),
            ("sales_person", "sales_people"),
        ] {
            assert_eq!(pluralise(singular), plural);
        }
    }

    #[test]
    fn entity_names_say_how_to_write_them() {
        let problems = EntityName::parse("order_line", None).unwrap_err();
        assert_eq!(problems.0[0].fix, "write `OrderLine`");
        assert!(EntityName::parse("Type", None).unwrap_err().0[0].what.contains("reserved word"));
        assert!(EntityName::parse("Session", None).is_err());
        for taken in [
            "Framework",
            "App",
            "Result",
            "Option",
            "String",
            "Vec",
            "Self",
            "Clone",
            "Into",
            "ConfigError",
            "Problem",
            "ProblemError",
            "JsonValue",
        ] {
            assert!(EntityName::parse(taken, None).is_err(), "{taken}");
        }
        assert!(EntityName::parse("Ünit", None).is_err());
        assert!(EntityName::parse("", None).is_err());
        assert_eq!(EntityName::parse("OrderLine", None).unwrap().plural, "order_lines");
    }

    #[test]
    fn field_names_say_how_to_write_them() {
        for (name, fix) in [
            ("unitPrice", "write `unit_price`"),
            ("a__b", "write `a_b`"),
            ("id", "leave it out: every entity gets it"),
            ("deleted_at", "leave it out and say `--soft-delete`"),
            ("self", "choose another name, such as `self_value`"),
        ] {
            assert_eq!(check_field(name, "reviews").unwrap_err().0[0].fix, fix, "{name}");
        }
        assert!(check_field("type", "reviews").is_ok());
        assert!(check_field(&"a".repeat(60), "reviews").is_err());
        assert!(check_field("_x", "reviews").is_err());
    }

    #[test]
    fn keywords_become_raw_identifiers() {
        assert_eq!(identifier("type"), "r#type");
        assert_eq!(identifier("gen"), "r#gen");
        assert_eq!(identifier("title"), "title");
    }
}
