//! Values in the notation of Rust.

use std::str::FromStr;

use heck::ToUpperCamelCase;

use crate::spec::Kind;

/// A number with its thousands grouped, as clippy likes them.
pub fn grouped(number: u32) -> String {
    let digits = number.to_string();
    if digits.len() < 5 {
        return digits;
    }
    let head = digits.len() % 3;
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && index % 3 == head % 3 {
            text.push('_');
        }
        text.push(digit);
    }
    text
}

/// A string literal that reads well: raw where escapes would clutter it.
pub fn literal(text: &str) -> String {
    if text.contains('\\')
        && !text.contains("\"#")
        && text.chars().all(|letter| !letter.is_control())
    {
        if text.contains('"') { format!("r#\"{text}\"#") } else { format!("r\"{text}\"") }
    } else {
        format!("{text:?}")
    }
}

/// A value in the notation of Rust.
pub fn constant(value: &str, kind: &Kind, enum_name: &str) -> String {
    match kind {
        Kind::Enum(_) => format!("{enum_name}::{}", value.to_upper_camel_case()),
        Kind::Text { .. } => literal(value),
        // As Rust writes numbers: `+5`, `.5` and `007` are read, but are no literals or are misread.
        Kind::Int { .. } => plain::<i64>(value, |number| number.to_string()),
        Kind::Float { bits: 32 } => plain::<f32>(value, |number| format!("{number:?}")),
        Kind::Float { .. } => plain::<f64>(value, |number| format!("{number:?}")),
        _ => value.to_owned(),
    }
}

/// An example in the notation of the derive.
pub fn example(value: &str, kind: &Kind) -> String {
    match kind {
        Kind::Bool | Kind::Int { .. } | Kind::Float { .. } => constant(value, kind, ""),
        _ => literal(value),
    }
}

fn plain<T: FromStr>(value: &str, print: impl Fn(T) -> String) -> String {
    value.parse().map_or_else(|_| value.to_owned(), print)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_numbers_are_grouped() {
        assert_eq!(
            ["1", "200", "2000", "10000", "123456", "1234567"]
                .map(|it| grouped(it.parse().unwrap())),
            ["1", "200", "2000", "10_000", "123_456", "1_234_567"]
        );
    }

    #[test]
    fn numbers_are_written_as_literals() {
        let (whole, float) =
            (Kind::Int { bits: 32, signed: true }, |bits: u8| Kind::Float { bits });
        for (value, kind, written) in [
            ("+5", whole.clone(), "5"),
            ("007", whole, "7"),
            ("1e5", float(64), "100000.0"),
            (".5", float(64), "0.5"),
            ("+5", float(32), "5.0"),
            ("-0.1", float(32), "-0.1"),
        ] {
            assert_eq!(constant(value, &kind, ""), written, "{value}");
            assert_eq!(example(value, &kind), written, "{value}");
        }
    }

    #[test]
    fn patterns_with_backslashes_are_raw() {
        assert_eq!(literal(r"^\d+$"), "r\"^\\d+$\"");
        assert_eq!(literal("^a\"$"), "\"^a\\\"$\"");
    }
}
