//! Numbers, ranges, durations and examples as they are written in attributes.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Expr, ExprLit, ExprUnary, Lit, LitStr, RangeLimits, UnOp};

use crate::shape::Shape;

/// One end of a range.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Bound {
    Int(i64),
    Float(f64),
}

impl Bound {
    #[expect(
        clippy::cast_precision_loss,
        reason = "only compares the ends of ranges, and values with them"
    )]
    pub(crate) fn as_f64(self) -> f64 {
        match self {
            Self::Int(bound) => bound as f64,
            Self::Float(bound) => bound,
        }
    }
}

impl ToTokens for Bound {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(match self {
            Self::Int(bound) => quote!(__private::Bound::Int(#bound)),
            Self::Float(bound) => quote!(__private::Bound::Float(#bound)),
        });
    }
}

/// Both ends of `low..=high`, inclusive; either may be missing.
pub(crate) fn range(expr: &Expr) -> syn::Result<(Option<Bound>, Option<Bound>)> {
    let Expr::Range(range) = expr else {
        return Err(syn::Error::new_spanned(
            expr,
            "write a range such as `1..=64`, `1..` or `..=64`",
        ));
    };
    let low = range.start.as_deref().map(bound).transpose()?;
    let mut high = range.end.as_deref().map(bound).transpose()?;
    if let (RangeLimits::HalfOpen(_), Some(end)) = (&range.limits, high) {
        high = match end {
            Bound::Int(end) => end.checked_sub(1).map(Bound::Int),
            Bound::Float(_) => {
                return Err(syn::Error::new_spanned(
                    expr,
                    "a range of floats includes its end; write `..=`",
                ));
            }
        };
    }
    if low.is_none() && high.is_none() {
        return Err(syn::Error::new_spanned(expr, "`..` bounds nothing; name at least one end"));
    }
    if let (Some(low), Some(high)) = (low, high)
        && low.as_f64() > high.as_f64()
    {
        return Err(syn::Error::new_spanned(
            expr,
            "no value fits this range; its start is above its end",
        ));
    }
    Ok((low, high))
}

/// Both ends of a range of lengths.
pub(crate) fn lengths(expr: &Expr) -> syn::Result<(Option<u32>, Option<u32>)> {
    let (low, high) = range(expr)?;
    let length = |bound: Bound| match bound {
        Bound::Int(length) => u32::try_from(length)
            .map_err(|_| syn::Error::new_spanned(expr, "a length is between 0 and 4294967295")),
        Bound::Float(_) => Err(syn::Error::new_spanned(expr, "a length is a whole number")),
    };
    Ok((low.map(length).transpose()?, high.map(length).transpose()?))
}

/// A number, with or without a sign.
pub(crate) fn bound(expr: &Expr) -> syn::Result<Bound> {
    match expr {
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => number.base10_parse().map(Bound::Int),
        Expr::Lit(ExprLit { lit: Lit::Float(number), .. }) => {
            number.base10_parse().map(Bound::Float)
        }
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => Ok(match bound(expr)? {
            Bound::Int(number) => Bound::Int(-number),
            Bound::Float(number) => Bound::Float(-number),
        }),
        _ => Err(syn::Error::new_spanned(expr, "bounds are written as number literals")),
    }
}

/// An example as JSON text.
pub(crate) fn example(expr: &Expr, shape: Shape) -> syn::Result<String> {
    let is_open = matches!(shape, Shape::Json | Shape::Unknown);
    let (fits, number) = match expr {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => {
            let is_other = shape.is_number() || matches!(shape, Shape::Bool | Shape::List);
            if is_open || shape == Shape::Decimal || !is_other {
                return Ok(json_text(&text.value()));
            }
            (false, String::new())
        }
        Expr::Lit(ExprLit { lit: Lit::Bool(truth), .. }) => {
            (is_open || shape == Shape::Bool, truth.value.to_string())
        }
        _ => match bound(expr) {
            Ok(Bound::Int(number)) => (is_open || shape.is_number(), number.to_string()),
            Ok(Bound::Float(number)) => {
                let is_integer = matches!(shape, Shape::Int { .. });
                (is_open || shape.is_number() && !is_integer, number.to_string())
            }
            Err(_) => {
                return Err(syn::Error::new_spanned(
                    expr,
                    "an example is a literal: a text, a number or a truth value",
                ));
            }
        },
    };
    if !fits {
        return Err(syn::Error::new_spanned(
            expr,
            "clients do not write a value of this field like this; write one, or remove `example`",
        ));
    }
    // Decimals travel as text, so that no reader rounds them.
    Ok(if shape == Shape::Decimal { json_text(&number) } else { number })
}

fn json_text(text: &str) -> String {
    let mut json = String::from('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => json.extend(['\\', letter]),
            letter if letter.is_control() => {
                json.push_str(&format!("\\u{:04x}", u32::from(letter)));
            }
            letter => json.push(letter),
        }
    }
    json.push('"');
    json
}

/// The seconds of `30s`, `5m`, `2h` or `1d`.
pub(crate) fn seconds(text: &LitStr) -> syn::Result<u32> {
    let wrong =
        || syn::Error::new_spanned(text, "write a duration such as `30s`, `5m`, `2h` or `1d`");
    let value = text.value();
    let unit = value.chars().last().ok_or_else(wrong)?;
    let scale = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    let count: u32 = value.trim_end_matches(unit).parse().map_err(|_| wrong())?;
    count.checked_mul(scale).filter(|seconds| *seconds > 0).ok_or_else(wrong)
}

#[cfg(test)]
mod unit_tests {
    use syn::parse_quote;

    use super::*;

    #[test]
    fn ranges_are_read_with_their_ends_inclusive() {
        let read = |expr: Expr| range(&expr).ok();
        assert_eq!(read(parse_quote!(1..=5)), Some((Some(Bound::Int(1)), Some(Bound::Int(5)))));
        assert_eq!(read(parse_quote!(-5..5)), Some((Some(Bound::Int(-5)), Some(Bound::Int(4)))));
        assert_eq!(read(parse_quote!(..=1_000)), Some((None, Some(Bound::Int(1000)))));
        assert_eq!(read(parse_quote!(0.5..)), Some((Some(Bound::Float(0.5)), None)));
        assert_eq!(read(parse_quote!(0.5..1.5)), None);
        assert_eq!(read(parse_quote!(5..=1)), None);
        assert_eq!(read(parse_quote!(..)), None);
    }

    #[test]
    fn durations_are_read_in_seconds() {
        assert_eq!(seconds(&parse_quote!("5m")).ok(), Some(300));
        assert_eq!(seconds(&parse_quote!("5 minutes")).ok(), None);
        assert_eq!(seconds(&parse_quote!("0s")).ok(), None);
    }

    #[test]
    fn examples_are_json() {
        assert_eq!(example(&parse_quote!("a\"b"), Shape::Text).ok().as_deref(), Some("\"a\\\"b\""));
        assert_eq!(example(&parse_quote!(-1), Shape::Unknown).ok().as_deref(), Some("-1"));
        assert_eq!(example(&parse_quote!(1.5), Shape::Decimal).ok().as_deref(), Some("\"1.5\""));
    }
}
