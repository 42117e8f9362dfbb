//! The run-time side of the declared rules.

use rust_decimal::Decimal;

use super::format;
use super::schema::{Bound, FieldSchema, Kind, Rules};
use super::value::Value;

/// Most items of a list whose field says nothing.
pub(crate) const MAX_LIST_ITEMS: u32 = 10_000;

impl FieldSchema {
    /// What is wrong with a value of this field: a stable code and a sentence that says what would be right.
    pub fn check(&self, value: &Value) -> Option<(&'static str, String)> {
        if value.is_null() {
            return (!self.nullable)
                .then(|| ("required", format!("{} must not be null", self.name)));
        }
        self.check_size(value)
            .or_else(|| self.check_kind(value))
            .or_else(|| self.check_format(value))
            .or_else(|| self.check_pattern(value))
            .or_else(|| {
                let check = self.rules.check?;
                check(value).err().map(|reason| ("invalid", reason))
            })
    }

    /// The most characters, bytes or items. Lists always have an end, so that the document can state it.
    pub(crate) fn max_length(&self) -> Option<u32> {
        let end_of_lists = matches!(self.kind, Kind::List(_)).then_some(MAX_LIST_ITEMS);
        self.rules.max_length.or(end_of_lists)
    }

    fn check_size(&self, value: &Value) -> Option<(&'static str, String)> {
        let Rules { min_length, minimum, maximum, .. } = self.rules;
        if let Some((length, unit)) = length(value) {
            if let Some(least) = min_length.filter(|least| length < *least as usize) {
                return Some(("too_short", format!("{} needs at least {least} {unit}", self.name)));
            }
            if let Some(most) = self.max_length().filter(|most| length > *most as usize) {
                return Some(("too_long", format!("{} takes at most {most} {unit}", self.name)));
            }
        }
        if let Some(least) = minimum.filter(|least| is_below(value, least)) {
            return Some(("too_small", format!("{} must be at least {least}", self.name)));
        }
        if let Some(most) = maximum.filter(|most| is_above(value, most)) {
            return Some(("too_large", format!("{} must be at most {most}", self.name)));
        }
        None
    }

    fn check_kind(&self, value: &Value) -> Option<(&'static str, String)> {
        match (value, self.kind) {
            (Value::Text(text), _) if text.contains('\0') => {
                Some(("nul_character", format!("{} must not contain NUL characters", self.name)))
            }
            (Value::Json(json), _) if json_has_nul(json) => {
                Some(("nul_character", format!("{} must not contain NUL characters", self.name)))
            }
            (Value::Float(number), _) if !number.is_finite() => {
                Some(("not_finite", format!("{} must be a finite number", self.name)))
            }
            (Value::Float(number), Kind::Float { bits: 32 })
                if number.abs() > f64::from(f32::MAX) =>
            {
                Some(("too_large", format!("{} must fit a 32-bit float", self.name)))
            }
            (Value::Decimal(number), Kind::Decimal { precision, scale }) => {
                let number = number.normalize();
                let digits = number.mantissa().unsigned_abs().to_string().len() as u32;
                let integral = digits.saturating_sub(number.scale());
                if number.scale() > u32::from(scale) {
                    Some((
                        "too_precise",
                        format!("{} takes at most {scale} decimal places", self.name),
                    ))
                } else if !number.is_zero() && integral > u32::from(precision - scale) {
                    Some((
                        "too_large",
                        format!(
                            "{} takes at most {} digits before the point",
                            self.name,
                            precision - scale
                        ),
                    ))
                } else {
                    None
                }
            }
            (Value::Text(text), Kind::Enum(known))
                if !known.variants.iter().any(|(name, _)| name == text) =>
            {
                let names: Vec<_> = known.variants.iter().map(|(name, _)| *name).collect();
                Some((
                    "unknown_value",
                    format!("{} must be one of {}", self.name, names.join(", ")),
                ))
            }
            _ => None,
        }
    }

    fn check_format(&self, value: &Value) -> Option<(&'static str, String)> {
        let (Value::Text(text), Some(format)) = (value, self.rules.format) else { return None };
        let fits = format::fits(format, text);
        (!fits).then(|| ("format", format!("{} must have the format {format}", self.name)))
    }

    fn check_pattern(&self, value: &Value) -> Option<(&'static str, String)> {
        let (Value::Text(text), Some(pattern)) = (value, self.rules.pattern) else { return None };
        // The derive has proved that the pattern compiles; one that does not is treated as absent.
        let compiled = self.compiled.get_or_init(|| regex::Regex::new(pattern).ok());
        let fits = compiled.as_ref().is_none_or(|regex| regex.is_match(text));
        (!fits).then(|| ("pattern", format!("{} must match {pattern}", self.name)))
    }
}

fn length(value: &Value) -> Option<(usize, &'static str)> {
    match value {
        Value::Text(text) => Some((text.chars().count(), "characters")),
        Value::Bytes(bytes) => Some((bytes.len(), "bytes")),
        Value::Json(json) => json.as_array().map(|items| (items.len(), "items")),
        _ => None,
    }
}

fn json_has_nul(json: &serde_json::Value) -> bool {
    match json {
        serde_json::Value::String(text) => text.contains('\0'),
        serde_json::Value::Array(items) => items.iter().any(json_has_nul),
        serde_json::Value::Object(members) => {
            members.iter().any(|(name, value)| name.contains('\0') || json_has_nul(value))
        }
        _ => false,
    }
}

fn is_below(value: &Value, bound: &Bound) -> bool {
    compare(value, bound).is_some_and(std::cmp::Ordering::is_lt)
}

fn is_above(value: &Value, bound: &Bound) -> bool {
    compare(value, bound).is_some_and(std::cmp::Ordering::is_gt)
}

#[allow(
    clippy::cast_precision_loss,
    reason = "a float field's integer bounds are written as small literals"
)]
fn compare(value: &Value, bound: &Bound) -> Option<std::cmp::Ordering> {
    match (value, bound) {
        (Value::Int(value), Bound::Int(bound)) => Some(value.cmp(bound)),
        (Value::Int(value), Bound::Float(bound)) => (*value as f64).partial_cmp(bound),
        (Value::Float(value), Bound::Int(bound)) => value.partial_cmp(&(*bound as f64)),
        (Value::Float(value), Bound::Float(bound)) => value.partial_cmp(bound),
        (Value::Decimal(value), Bound::Int(bound)) => Some(value.cmp(&Decimal::from(*bound))),
        (Value::Decimal(value), Bound::Float(bound)) => {
            Decimal::try_from(*bound).ok().map(|bound| value.cmp(&bound))
        }
        _ => None,
    }
}

impl std::fmt::Display for Bound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Int(bound) => bound.fmt(f),
            Self::Float(bound) => bound.fmt(f),
        }
    }
}
