//! Whether a `default` or an `example` is a value of its field.

use regex::Regex;

use super::field::Field;
use super::kind::Kind;
use super::options::{Bounds, fits_integer, integer_range};
use super::samples;
use crate::format;
use crate::problems::{Problems, nearest};

/// Whether a value is one of the field's.
pub(super) fn check_value(field: &Field, option: &str, value: &str, problems: &mut Problems) {
    let name = &field.name;
    let is_literal = matches!(
        field.kind,
        Kind::Bool | Kind::Int { .. } | Kind::Float { .. } | Kind::Enum(_) | Kind::Text { .. }
    );
    if option == "default" && !is_literal {
        return problems.add(
            format!("a default of `{name}` cannot be written here"),
            "write it in the entity's file, as any Rust expression",
        );
    }
    let mut refuse = |fix: String| {
        problems.add(format!("`{option}={value}` is not a value of `{name}`"), fix);
    };
    match &field.kind {
        Kind::Bool if !matches!(value, "true" | "false") => {
            refuse("write `true` or `false`".to_owned())
        }
        Kind::Int { bits, signed } if !fits_integer(value, *bits, *signed) => {
            let (low, high) = integer_range(*bits, *signed);
            refuse(format!("write a whole number from {low} to {high}"));
        }
        Kind::Float { bits } if !fits_float(value, *bits) => {
            refuse(format!("write a number within `f{bits}`"));
        }
        Kind::Enum(words) if !words.iter().any(|word| word == value) => {
            refuse(nearest(value, words.iter().map(String::as_str)).map_or_else(
                || format!("write one of {}", words.join(", ")),
                |near| format!("did you mean `{near}`?"),
            ));
        }
        Kind::Text { format, .. } => {
            if let Some(fix) = wrong_text(field, *format, value) {
                refuse(fix);
            }
        }
        Kind::Bool | Kind::Int { .. } | Kind::Float { .. } | Kind::Enum(_) => {}
        Kind::List(_) if option == "example" => {
            refuse("leave it out: examples of lists cannot be written".to_owned());
        }
        kind => {
            if let Some(form) = samples::wrong_form(kind, value) {
                refuse(format!("write {form}"));
            }
        }
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

fn fits_float(text: &str, bits: u8) -> bool {
    match bits {
        32 => text.parse::<f32>().is_ok_and(f32::is_finite),
        _ => text.parse::<f64>().is_ok_and(f64::is_finite),
    }
}

/// Whether a text is as long as the field wants it.
pub fn fits_length(field: &Field, text: &str) -> bool {
    let length = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
    let Bounds { low, high } = field.length().unwrap_or(Bounds { low: None, high: None });
    low.is_none_or(|low| length >= low) && high.is_none_or(|high| length <= high)
}

/// What is wrong with a text, as the framework would judge it.
fn wrong_text(field: &Field, format: Option<&str>, text: &str) -> Option<String> {
    if !fits_length(field, text) {
        return Some("its length is outside the bounds".to_owned());
    }
    if let Some(format) = format.filter(|format| !format::fits(format, text)) {
        return Some(format!("write one that has the format {format}"));
    }
    let pattern = field.options.pattern.as_deref()?;
    // A pattern that is none has its own message.
    let regex = Regex::new(pattern).ok().filter(|regex| !regex.is_match(text))?;
    Some(format!("write one that matches {regex}"))
}
