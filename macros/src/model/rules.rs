//! `length`, `range`, `pattern` and `format`: shared by fields and value objects.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::Expr;

use crate::attributes::{self, Item};
use crate::errors::{Errors, nearest};
use crate::literals::{self, Bound};
use crate::pattern;
use crate::shape::Shape;

/// The options that state bounds.
pub(crate) const RULE_OPTIONS: [&str; 4] = ["length", "range", "pattern", "format"];

/// Bounds of a value.
#[derive(Default)]
pub(crate) struct Rules {
    pub(crate) length: (Option<u32>, Option<u32>),
    pub(crate) range: (Option<Bound>, Option<Bound>),
    pub(crate) pattern: Option<String>,
    pub(crate) format: Option<String>,
}

impl Rules {
    pub(crate) fn is_empty(&self) -> bool {
        self.length == (None, None)
            && self.range == (None, None)
            && self.pattern.is_none()
            && self.format.is_none()
    }

    /// Whether an end of the range has a fraction.
    pub(super) fn has_fraction(&self) -> bool {
        let ends = [self.range.0, self.range.1];
        ends.iter().flatten().any(|end| matches!(end, Bound::Float(_)))
    }

    /// Takes one of [`RULE_OPTIONS`] in.
    pub(crate) fn read(&mut self, item: &Item, shape: Shape, errors: &mut Errors) {
        match item.name().as_str() {
            "length" => self.read_length(item, shape, errors),
            "range" => self.read_range(item, shape, errors),
            "pattern" => self.read_pattern(item, shape, errors),
            _ => {
                if !shape.is_text() {
                    errors.at(item, "`format` is for text; remove it");
                }
                let Some(text) = item.text(errors) else { return };
                let format = text.value();
                if let Some(meant) = misspelt_format(&format) {
                    errors.at(
                        &text,
                        format!("did you mean `{meant}`? `{format}` would not be checked"),
                    );
                }
                self.format = Some(format);
            }
        }
    }

    fn read_length(&mut self, item: &Item, shape: Shape, errors: &mut Errors) {
        if !shape.has_length() {
            let fix = if shape.is_number() { "write `range(…)`" } else { "remove it" };
            errors.at(item, format!("`length` is for text, bytes and lists; {fix}"));
            return;
        }
        let Some(expr) = item.list(errors, <Expr as syn::parse::Parse>::parse, "length(1..=64)")
        else {
            return;
        };
        self.length = errors.ok(literals::lengths(&expr)).unwrap_or_default();
    }

    fn read_range(&mut self, item: &Item, shape: Shape, errors: &mut Errors) {
        if !shape.is_number() {
            let fix = if shape.has_length() { "write `length(…)`" } else { "remove it" };
            errors.at(item, format!("`range` is for numbers; {fix}"));
            return;
        }
        let Some(expr) = item.list(errors, <Expr as syn::parse::Parse>::parse, "range(0..=100)")
        else {
            return;
        };
        let Some(range) = errors.ok(literals::range(&expr)) else { return };
        if let Some((least, most)) = shape.integer_range() {
            for bound in [range.0, range.1].into_iter().flatten() {
                match bound {
                    Bound::Float(_) => {
                        errors.at(&expr, "the field is an integer; write whole numbers");
                        return;
                    }
                    Bound::Int(bound) if bound < least || bound > most => {
                        errors.at(
                            &expr,
                            format!("{bound} is outside the type; it holds {least} to {most}"),
                        );
                        return;
                    }
                    Bound::Int(_) => {}
                }
            }
        }
        self.range = range;
    }

    fn read_pattern(&mut self, item: &Item, shape: Shape, errors: &mut Errors) {
        if !shape.is_text() {
            errors.at(item, "`pattern` is for text; remove it");
            return;
        }
        let Some(text) = item.text(errors) else { return };
        if let Err(message) = pattern::check(&text.value()) {
            errors.at(&text, message);
        }
        self.pattern = Some(text.value());
    }
}

/// The digits of `decimal(precision = 12, scale = 2)`.
pub(crate) fn decimal(item: &Item, shape: Shape, errors: &mut Errors) -> Option<(u8, u8)> {
    if !matches!(shape, Shape::Decimal | Shape::Unknown) {
        errors.at(item, "`decimal` is for `Decimal` fields; remove it");
        return None;
    }
    let (mut precision, mut scale) = (18_u8, 4_u8);
    for part in item.items(errors, "decimal(precision = 12, scale = 2)") {
        match part.name().as_str() {
            "precision" => precision = part.number(errors).unwrap_or(precision),
            "scale" => scale = part.number(errors).unwrap_or(scale),
            _ => attributes::unknown(&part, "`decimal`", &["precision", "scale"], errors),
        }
    }
    if precision == 0 || precision > 18 || scale > precision {
        errors.at(item, "a decimal has 1 to 18 digits, and no more of them behind the point");
        return None;
    }
    Some((precision, scale))
}

/// The checked format that was probably meant; others may be anything, because they are only documented.
fn misspelt_format(format: &str) -> Option<&'static str> {
    const CHECKED: [&str; 2] = ["email", "uri"];
    const NEIGHBOURS: [&str; 1] = ["iri"];
    let is_known = CHECKED.contains(&format) || NEIGHBOURS.contains(&format);
    nearest(format, &CHECKED).filter(|_| !is_known)
}

impl ToTokens for Rules {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let mut members = TokenStream::new();
        let mut member = |name: &str, value: Option<TokenStream>| {
            if let Some(value) = value {
                let name = quote::format_ident!("{name}");
                members.extend(quote!(#name: ::core::option::Option::Some(#value),));
            }
        };
        member("min_length", self.length.0.map(ToTokens::into_token_stream));
        member("max_length", self.length.1.map(ToTokens::into_token_stream));
        member("minimum", self.range.0.map(ToTokens::into_token_stream));
        member("maximum", self.range.1.map(ToTokens::into_token_stream));
        member("pattern", self.pattern.as_ref().map(ToTokens::to_token_stream));
        member("format", self.format.as_ref().map(ToTokens::to_token_stream));
        tokens.extend(quote!(__private::Rules { #members ..__private::Rules::NONE }));
    }
}
