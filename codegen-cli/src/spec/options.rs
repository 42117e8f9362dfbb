//! The options of a field, each read once into its meaning.

use super::kind::Kind;
use crate::problems::{Problems, nearest};

/// The words that name an option.
const WORDS: [&str; 15] = [
    "unique",
    "index",
    "filter",
    "sort",
    "search",
    "hidden",
    "readonly",
    "immutable",
    "writeonly",
    "range",
    "length",
    "pattern",
    "default",
    "example",
    "on_delete",
];

/// What a field's options say.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Options {
    /// No two rows share a value.
    pub unique: bool,
    /// Indexed.
    pub index: bool,
    /// Clients may filter by it.
    pub filter: bool,
    /// Clients may sort by it.
    pub sort: bool,
    /// `q=` looks into it.
    pub search: bool,
    /// Who sees and sets it, if not everybody: the derive's word for it.
    pub access: Option<&'static str>,
    /// Ends of the range, as numbers in text form.
    pub range: Option<Bounds<String>>,
    /// Ends of the length.
    pub length: Option<Bounds<u32>>,
    /// Regular expression.
    pub pattern: Option<String>,
    /// Value when a create leaves it out, as text.
    pub default: Option<String>,
    /// Example for the documents, as text.
    pub example: Option<String>,
    /// What happens to the row when the row it refers to is deleted.
    pub on_delete: Option<&'static str>,
}

/// Inclusive ends, each optional.
#[derive(Debug, Clone, PartialEq)]
pub struct Bounds<T> {
    /// The smallest value.
    pub low: Option<T>,
    /// The largest value.
    pub high: Option<T>,
}

impl Bounds<String> {
    /// The ends in Rust's notation, such as `0..=9`.
    pub fn rust(&self) -> String {
        let end = |end: &Option<String>| end.clone().unwrap_or_default();
        match self.high {
            Some(_) => format!("{}..={}", end(&self.low), end(&self.high)),
            None => format!("{}..", end(&self.low)),
        }
    }
}

impl Options {
    /// Reads the options of one field.
    ///
    /// # Errors
    /// Every mistake among them.
    pub fn parse<'a>(
        texts: impl IntoIterator<Item = &'a str>,
        field: &str,
        kind: &Kind,
        is_reference: bool,
    ) -> Result<Self, Problems> {
        let mut options = Self::default();
        let mut problems = Problems::default();
        let mut seen = Vec::new();
        for text in texts {
            let (word, value) = match text.split_once('=') {
                Some((word, value)) => (word, Some(value)),
                None => (text, None),
            };
            if seen.contains(&word) {
                problems.add(format!("`{field}` has the option `{word}` twice"), "leave one out");
                continue;
            }
            seen.push(word);
            problems.take(options.set(word, value, field, kind, is_reference));
        }
        options.check_together(field, is_reference, &mut problems);
        if !seen.contains(&"filter") {
            options.filter = options.is_open(kind, is_reference);
        }
        if !seen.contains(&"sort") {
            options.sort = options.is_open(kind, is_reference) && !matches!(kind, Kind::Uuid);
        }
        problems.into_result(options)
    }

    /// Options that contradict each other, or of which one says nothing new: the derive refuses them.
    fn check_together(&self, field: &str, is_reference: bool, problems: &mut Problems) {
        let access = self.access.filter(|access| matches!(*access, "hidden" | "write_only"));
        if let Some(access) = access.filter(|_| self.filter || self.sort || self.search) {
            let word = if access == "hidden" { access } else { "writeonly" };
            problems.add(
                format!("`{field}` is {word}, so nobody can filter, sort or search by it"),
                format!("leave out either `{word}` or the other options"),
            );
        }
        if access == Some("hidden") && self.example.is_some() {
            problems.add(
                format!("`{field}` is hidden, so no document shows an example of it"),
                "leave out `example`",
            );
        }
        if self.index && (self.unique || is_reference) {
            let what = if is_reference { "a reference" } else { "unique" };
            problems.add(
                format!("`{field}` is {what}, and so has an index already"),
                "leave out `index`",
            );
        }
    }

    /// Whether clients may filter and sort without being told to: short scalars that they can see.
    fn is_open(&self, kind: &Kind, is_reference: bool) -> bool {
        let is_short = !matches!(kind, Kind::Text { max, .. } if *max > 254);
        self.access.is_none_or(|access| matches!(access, "read_only" | "immutable"))
            && kind.is_scalar()
            && (is_short || is_reference)
    }

    fn set(
        &mut self,
        word: &str,
        value: Option<&str>,
        field: &str,
        kind: &Kind,
        is_reference: bool,
    ) -> Result<(), Problems> {
        let needs = |wanted: bool, what: &str| {
            if wanted {
                return Ok(());
            }
            Err(Problems::one(
                format!("`{word}` does not fit the type of `{field}`"),
                format!("{word} is for {what}"),
            ))
        };
        let flag = |slot: &mut bool| match value {
            None => {
                *slot = true;
                Ok(())
            }
            Some(_) => Err(Problems::one(
                format!("`{word}` takes no value"),
                format!("write `{field}:…:{word}`"),
            )),
        };
        match word {
            "unique" | "index" | "filter" | "sort" => needs(kind.is_scalar(), "plain scalars")?,
            "search" | "pattern" => needs(kind.is_text() && !is_reference, "text")?,
            "range" => needs(kind.is_number() && !is_reference, "numbers")?,
            "length" => {
                let fits = kind.is_text() || matches!(kind, Kind::Bytes | Kind::List(_));
                needs(fits && !is_reference, "text, bytes and lists")?;
            }
            "on_delete" => needs(is_reference, "references")?,
            _ => {}
        }
        match (word, value) {
            ("unique", _) => flag(&mut self.unique),
            ("index", _) => flag(&mut self.index),
            ("filter", _) => flag(&mut self.filter),
            ("sort", _) => flag(&mut self.sort),
            ("search", _) => flag(&mut self.search),
            ("hidden", None) => self.set_access("hidden", field),
            ("readonly" | "read_only", None) => self.set_access("read_only", field),
            ("immutable", None) => self.set_access("immutable", field),
            ("writeonly" | "write_only", None) => self.set_access("write_only", field),
            ("range", Some(value)) => range(value, kind).map(|range| self.range = Some(range)),
            ("length", Some(value)) => length(value).map(|length| self.length = Some(length)),
            ("pattern", Some(value)) if !value.is_empty() => {
                self.pattern = Some(value.to_owned());
                Ok(())
            }
            ("default", Some(value)) => {
                self.default = Some(value.to_owned());
                Ok(())
            }
            ("example", Some(value)) => {
                self.example = Some(value.to_owned());
                Ok(())
            }
            ("on_delete", Some(value)) => {
                match ["restrict", "cascade", "set_null"].into_iter().find(|it| *it == value) {
                    Some(action) => {
                        self.on_delete = Some(action);
                        Ok(())
                    }
                    None => Err(Problems::one(
                        format!("`on_delete={value}` is not known"),
                        "write `on_delete=restrict`, `cascade` or `set_null`",
                    )),
                }
            }
            (word, value) if WORDS.contains(&word) => Err(Problems::one(
                format!(
                    "`{word}` of `{field}` {}",
                    if value.is_some_and(|it| !it.is_empty()) {
                        "takes no value"
                    } else {
                        "needs a value"
                    }
                ),
                match word {
                    "range" => "write it with both ends, such as `range=1..=5`",
                    "length" => "write it with both ends, such as `length=1..=80`",
                    "pattern" => "write a regular expression, such as `pattern=^[A-Z]+$`",
                    "default" => "write the value, such as `default=3`",
                    "example" => "write the value, such as `example=3`",
                    "on_delete" => "write `on_delete=restrict`, `cascade` or `set_null`",
                    _ => "write the word alone",
                },
            )),
            (word, _) => Err(Problems::one(
                format!("`{field}` has an unknown option `{word}`"),
                nearest(word, WORDS).map_or_else(
                    || format!("the options are {}", WORDS.join(", ")),
                    |near| format!("did you mean `{near}`?"),
                ),
            )),
        }
    }

    fn set_access(&mut self, access: &'static str, field: &str) -> Result<(), Problems> {
        match self.access.replace(access) {
            None => Ok(()),
            Some(other) => Err(Problems::one(
                format!("`{field}` cannot be both `{other}` and `{access}`"),
                "leave one out",
            )),
        }
    }
}

/// Splits `1..=5`, `1..` and `..=5`.
fn ends<T>(text: &str, read: impl Fn(&str) -> Option<T>) -> Option<Bounds<T>> {
    let (low, high) = text.split_once("..")?;
    let high = high.strip_prefix('=').or_else(|| high.is_empty().then_some(""))?;
    let end = |text: &str| if text.is_empty() { Some(None) } else { read(text).map(Some) };
    let bounds = Bounds { low: end(low)?, high: end(high)? };
    (bounds.low.is_some() || bounds.high.is_some()).then_some(bounds)
}

fn length(text: &str) -> Result<Bounds<u32>, Problems> {
    ends(text, |end| end.replace('_', "").parse().ok())
        .filter(
            |bounds| !matches!((bounds.low, bounds.high), (Some(low), Some(high)) if low > high),
        )
        .filter(|bounds| bounds.high != Some(0))
        .ok_or_else(|| {
            Problems::one(
                format!("`length={text}` is not a range of lengths"),
                "write the ends in order, both included, such as `length=1..=80` or `length=..=80`",
            )
        })
}

fn range(text: &str, kind: &Kind) -> Result<Bounds<String>, Problems> {
    let read = |end: &str| {
        let end = end.replace('_', "");
        let is_float = matches!(kind, Kind::Float { .. });
        let fits = if let Kind::Int { bits, signed } = kind {
            fits_integer(&end, *bits, *signed)
        } else if matches!(kind, Kind::Decimal { .. }) {
            // Written as whole numbers, so that the bound is the same in Rust, SQL and JSON.
            end.parse::<i64>().is_ok()
        } else {
            is_float && end.parse::<f64>().is_ok_and(f64::is_finite) && !end.contains(['e', 'E'])
        };
        // Rust wants digits on both sides of the point, and floats of a range to be floats.
        let end = if is_float && !end.contains('.') { format!("{end}.0") } else { end };
        let is_plain = !end.starts_with(['+', '.']) && !end.ends_with('.');
        // Integers are written in one way only, so that bounds can be compared as text.
        let end = end.parse::<i64>().map_or(end, |number| number.to_string());
        (fits && is_plain).then_some(end)
    };
    let in_order = |bounds: &Bounds<String>| {
        let number = |end: &Option<String>| end.as_ref().and_then(|end| end.parse::<f64>().ok());
        !matches!((number(&bounds.low), number(&bounds.high)), (Some(low), Some(high)) if low > high)
    };
    ends(text, read).filter(in_order).ok_or_else(|| {
        Problems::one(
            format!("`range={text}` is not a range of this type"),
            "write the ends in order, both included and within the type, such as `range=1..=5` or `range=0..`",
        )
    })
}

/// Whether the text is an integer of this width.
pub(super) fn fits_integer(text: &str, bits: u8, signed: bool) -> bool {
    let (low, high) = integer_range(bits, signed);
    text.parse::<i64>().is_ok_and(|number| (low..=high).contains(&number))
}

/// The integers of this width, as far as JSON keeps them exact: 53 bits.
pub fn integer_range(bits: u8, signed: bool) -> (i64, i64) {
    let high = (1i64 << u32::from(bits).saturating_sub(u32::from(signed)).min(53)) - 1;
    let low = match (signed, bits) {
        (false, _) => 0,
        (true, 64) => -high,
        (true, _) => -high - 1,
    };
    (low, high)
}
