//! The rule that a new entity's file shows as an example.

use heck::ToUpperCamelCase;
use minijinja::{Value, context};

use crate::names::identifier;
use crate::spec::{EntitySpec, Field, Kind};

/// A rule that a field of clients could have: its condition, and what to say when it is broken.
pub fn example_rule(spec: &EntitySpec) -> Value {
    let telling = |field: &&Field| match (&field.kind, field.nullable, &field.options.access) {
        (_, _, Some("hidden" | "read_only")) => 4,
        _ if field.reference.is_some() => 3,
        (Kind::Text { .. }, false, _) => 0,
        (_, false, _) => 1,
        (_, true, _) => 2,
    };
    let Some(field) = spec.fields.iter().min_by_key(telling) else { return Value::UNDEFINED };
    let name = &field.name;
    let member = format!("{}.{}", spec.name.variable(), identifier(name));
    let (condition, code, message) = broken(spec, field, &member);
    context! {
        function => format!("check_{name}"),
        condition,
        arguments => format!("{name:?}, {code:?}, {message:?}"),
    }
}

/// When a field breaks a rule that suits its type.
fn broken(spec: &EntitySpec, field: &Field, member: &str) -> (String, &'static str, String) {
    let must_not = |what: &str| format!("must not be {what}");
    if field.nullable {
        return (format!("{member}.is_none()"), "required", "must be given".to_owned());
    }
    match &field.kind {
        Kind::Bool => (format!("!{member}"), "refused", "must be true".to_owned()),
        Kind::Int { .. } => (format!("{member} == 0"), "zero", must_not("zero")),
        Kind::Float { .. } => (format!("{member} == 0.0"), "zero", must_not("zero")),
        Kind::Decimal { .. } => (format!("{member}.is_zero()"), "zero", must_not("zero")),
        Kind::Text { .. } => (format!("{member}.trim().is_empty()"), "blank", must_not("blank")),
        Kind::Uuid => (format!("{member}.is_nil()"), "nil", must_not("nil")),
        Kind::Date => {
            (format!("{member} > Utc::now().date_naive()"), "future", must_not("in the future"))
        }
        Kind::Time => (format!("{member} == NaiveTime::MIN"), "midnight", must_not("midnight")),
        Kind::DateTime => {
            (format!("{member} > Utc::now().naive_utc()"), "future", must_not("in the future"))
        }
        Kind::Instant => (format!("{member} > Utc::now()"), "future", must_not("in the future")),
        Kind::Json => (format!("{member}.is_null()"), "null", must_not("null")),
        Kind::Bytes => (format!("{member}.0.is_empty()"), "empty", must_not("empty")),
        Kind::List(_) => (format!("{member}.is_empty()"), "empty", must_not("empty")),
        Kind::Enum(words) => {
            let word = words.last().map_or("", String::as_str);
            let type_name = field.enum_name(&spec.name).unwrap_or_default();
            let variant = word.to_upper_camel_case();
            (format!("{member} == {type_name}::{variant}"), "refused", must_not(word))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::EntityName;
    use crate::spec::{self, Switches};

    #[test]
    fn the_rule_is_about_a_field_that_clients_set_and_means_something() {
        for (fields, condition) in [
            ("rating:i32 title:string", "review.title.trim().is_empty()"),
            ("note:string? rating:i32", "review.rating == 0"),
            ("secret:string?:hidden born:date?", "review.born.is_none()"),
            ("born:date", "review.born > Utc::now().date_naive()"),
            ("price:decimal", "review.price.is_zero()"),
            ("type:enum(draft,lost_again)", "review.r#type == ReviewType::LostAgain"),
            ("parent_id:ref:Review?", "review.parent_id.is_none()"),
        ] {
            let fields: Vec<String> = fields.split(' ').map(ToOwned::to_owned).collect();
            let name = EntityName::parse("Review", None).unwrap();
            let spec = spec::parse(name, &fields, Switches::default(), &[]).unwrap();
            let rule = example_rule(&spec);
            assert_eq!(rule.get_attr("condition").unwrap().as_str(), Some(condition));
        }
    }
}
