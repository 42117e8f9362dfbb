//! The types of the field language.

use heck::ToUpperCamelCase;

use crate::names::{is_keyword, is_snake};
use crate::problems::{Problems, nearest};

/// The words that name a type.
const WORDS: [&str; 29] = [
    "string",
    "text",
    "bool",
    "i8",
    "i16",
    "i32",
    "i64",
    "u8",
    "u16",
    "u32",
    "u64",
    "int",
    "f32",
    "f64",
    "float",
    "decimal",
    "uuid",
    "date",
    "time",
    "datetime",
    "instant",
    "timestamp",
    "bytes",
    "json",
    "email",
    "url",
    "enum",
    "ref",
    "boolean",
];

/// The shape of a field's value.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// True or false.
    Bool,
    /// An integer of this many bits.
    Int {
        /// 8, 16, 32 or 64.
        bits: u8,
        /// Whether it can be negative.
        signed: bool,
    },
    /// A float of 32 or 64 bits.
    Float {
        /// 32 or 64.
        bits: u8,
    },
    /// An exact decimal.
    Decimal {
        /// Digits in all.
        precision: u8,
        /// Digits after the point.
        scale: u8,
    },
    /// Text with its largest length and its format.
    Text {
        /// Most characters, unless an option says otherwise.
        max: u32,
        /// OpenAPI format that is also checked.
        format: Option<&'static str>,
    },
    /// A UUID.
    Uuid,
    /// A day.
    Date,
    /// A time of day.
    Time,
    /// A day and a time, in no time zone.
    DateTime,
    /// A point in time.
    Instant,
    /// Bytes.
    Bytes,
    /// Any JSON.
    Json,
    /// One of these words.
    Enum(Vec<String>),
    /// A list of scalars.
    List(Box<Kind>),
}

impl Kind {
    /// Reads a type, such as `string`, `decimal(12,2)`, `enum(draft,published)` or `[string]`.
    ///
    /// # Errors
    /// When it is not one, with the nearest that is.
    pub fn parse(text: &str) -> Result<Self, Problems> {
        if let Some(inner) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
            return match Self::parse(inner)? {
                Self::Text { format: Some(_), .. } => Err(Problems::one(
                    format!("`{text}` would not check its items: lists hold plain scalars"),
                    "write `[string]`, and check the items in the rules",
                )),
                Self::Decimal { .. } if inner.contains('(') => Err(Problems::one(
                    format!("`{text}` would not keep to these digits: lists hold plain scalars"),
                    "write `[decimal]`, and check the items in the rules",
                )),
                Self::List(_) | Self::Json | Self::Enum(_) | Self::Bytes => Err(Problems::one(
                    format!("`{text}` is not a list of plain scalars"),
                    "a list holds strings, numbers, booleans, uuids or dates; for anything else take `json`",
                )),
                inner => Ok(Self::List(Box::new(inner))),
            };
        }
        let (word, arguments) = match text.split_once('(') {
            Some((word, rest)) => (word, Some(rest.strip_suffix(')').unwrap_or(rest))),
            None => (text, None),
        };
        let kind = match word {
            "string" => Self::Text { max: 200, format: None },
            "text" => Self::Text { max: 10_000, format: None },
            "email" => Self::Text { max: 254, format: Some("email") },
            "url" => Self::Text { max: 2_000, format: Some("uri") },
            "bool" | "boolean" => Self::Bool,
            "i8" => Self::Int { bits: 8, signed: true },
            "i16" => Self::Int { bits: 16, signed: true },
            "i32" => Self::Int { bits: 32, signed: true },
            "i64" | "int" => Self::Int { bits: 64, signed: true },
            "u8" => Self::Int { bits: 8, signed: false },
            "u16" => Self::Int { bits: 16, signed: false },
            "u32" => Self::Int { bits: 32, signed: false },
            "u64" => Self::Int { bits: 64, signed: false },
            "f32" => Self::Float { bits: 32 },
            "f64" | "float" => Self::Float { bits: 64 },
            "uuid" => Self::Uuid,
            "date" => Self::Date,
            "time" => Self::Time,
            "datetime" => Self::DateTime,
            "instant" | "timestamp" => Self::Instant,
            "bytes" => Self::Bytes,
            "json" => Self::Json,
            "decimal" => return decimal(arguments),
            "enum" => return enumeration(arguments.unwrap_or_default()),
            _ => return Err(unknown(word)),
        };
        match arguments {
            None => Ok(kind),
            Some(arguments) => Err(Problems::one(
                format!("`{word}` takes no arguments, found `({arguments})`"),
                format!(
                    "write `{word}`; bounds are options, such as `{word}:length=1..=80` or `{word}:range=0..=9`"
                ),
            )),
        }
    }

    /// The Rust type inside any `Option`; `enum_name` is the type made for an enum.
    pub fn rust(&self, enum_name: &str) -> String {
        match self {
            Self::Bool => "bool".to_owned(),
            Self::Int { bits, signed } => format!("{}{bits}", if *signed { 'i' } else { 'u' }),
            Self::Float { bits } => format!("f{bits}"),
            Self::Decimal { .. } => "Decimal".to_owned(),
            Self::Text { .. } => "String".to_owned(),
            Self::Uuid => "Uuid".to_owned(),
            Self::Date => "NaiveDate".to_owned(),
            Self::Time => "NaiveTime".to_owned(),
            Self::DateTime => "NaiveDateTime".to_owned(),
            Self::Instant => "DateTime<Utc>".to_owned(),
            Self::Bytes => "Bytes".to_owned(),
            Self::Json => "Json".to_owned(),
            Self::Enum(_) => enum_name.to_owned(),
            Self::List(inner) => format!("Vec<{}>", inner.rust(enum_name)),
        }
    }

    /// The kind of a Rust type written in a declaration, as far as it can be a key.
    pub fn of_key(rust: &str) -> Option<Self> {
        Some(match rust {
            "Uuid" => Self::Uuid,
            "String" => Self::Text { max: 200, format: None },
            "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" => {
                return Self::parse(rust).ok();
            }
            _ => return None,
        })
    }

    /// Whether values can be compared: lists, documents and bytes cannot.
    pub fn is_scalar(&self) -> bool {
        !matches!(self, Self::Bytes | Self::Json | Self::List(_))
    }

    /// Whether it is an integer, float or decimal.
    pub fn is_number(&self) -> bool {
        matches!(self, Self::Int { .. } | Self::Float { .. } | Self::Decimal { .. })
    }

    /// Whether it is text.
    pub fn is_text(&self) -> bool {
        matches!(self, Self::Text { .. })
    }
}

fn unknown(word: &str) -> Problems {
    let fix = match (word, nearest(word, WORDS)) {
        ("str" | "varchar" | "char", _) => "did you mean `string`?".to_owned(),
        ("integer" | "number" | "long" | "bigint", _) => "did you mean `int`?".to_owned(),
        ("double" | "real", _) => "did you mean `float`?".to_owned(),
        ("money" | "numeric", _) => "did you mean `decimal(12,2)`?".to_owned(),
        ("references" | "belongs_to", _) => "did you mean `ref:Product`?".to_owned(),
        (_, Some(near)) => format!("did you mean `{near}`?"),
        (_, None) => format!("the types are {}", WORDS.join(", ")),
    };
    Problems::one(format!("`{word}` is not a type"), fix)
}

fn decimal(arguments: Option<&str>) -> Result<Kind, Problems> {
    let Some(arguments) = arguments else { return Ok(Kind::Decimal { precision: 18, scale: 4 }) };
    let digits = arguments.split_once(',').and_then(|(precision, scale)| {
        Some((precision.trim().parse::<u8>().ok()?, scale.trim().parse::<u8>().ok()?))
    });
    match digits {
        Some((precision @ 1..=18, scale)) if scale <= precision => {
            Ok(Kind::Decimal { precision, scale })
        }
        _ => Err(Problems::one(
            format!("`decimal({arguments})` is not a decimal"),
            "write digits in all (1 to 18) and digits after the point, such as `decimal(12,2)`",
        )),
    }
}

/// What to write instead of a word that cannot be a value of an enum.
fn mended(word: &str) -> String {
    let digits_apart = |letters: &[u8]| matches!(letters, [b'_', digit] if digit.is_ascii_digit());
    if is_snake(word) && word.as_bytes().windows(2).any(digits_apart) {
        let mut joined = word.to_owned();
        for digit in '0'..='9' {
            joined = joined.replace(&format!("_{digit}"), &digit.to_string());
        }
        return format!("a digit cannot follow `_`: write `{joined}`");
    }
    "write values in snake_case, letters first, such as `in_review`".to_owned()
}

fn enumeration(arguments: &str) -> Result<Kind, Problems> {
    let words: Vec<String> = arguments
        .split(',')
        .map(|word| word.trim().to_owned())
        .filter(|word| !word.is_empty())
        .collect();
    let mut problems = Problems::default();
    if words.is_empty() {
        problems
            .add("an enum needs values", "write them in brackets, such as `enum(draft,published)`");
    }
    for (index, word) in words.iter().enumerate() {
        let variant = word.to_upper_camel_case();
        // The wire value is derived from the variant's name, so the way back must be exact.
        if !is_snake(word)
            || heck::ToSnakeCase::to_snake_case(variant.as_str()) != *word
            || is_keyword(&variant)
        {
            problems.add(format!("`{word}` is not a value for an enum"), mended(word));
        }
        if words.iter().take(index).any(|other| other == word) {
            problems.add(format!("`{word}` is in the enum twice"), "leave one out");
        }
    }
    problems.into_result(Kind::Enum(words))
}
