//! Random inputs that a declaration accepts, and random inputs that it must refuse.

use proptest::prelude::*;
use proptest::strategy::BoxedStrategy;
use serde_json::{Map, Value as Json, json};

use crate::adapters::http::field_value;
use crate::application::resource::check_address;
use crate::domain::scalar::MAX_SAFE_INTEGER;
use crate::domain::schema::{Bound, EntitySchema, FieldSchema, Kind, Rules};

/// Valid bodies for creating an entity, without the members that refer to other entities.
///
/// Every value lies within the declared bounds; optional members are sometimes absent and sometimes null.
pub fn create_body(schema: &'static EntitySchema) -> BoxedStrategy<Json> {
    let members: Vec<BoxedStrategy<Option<(String, Json)>>> = schema
        .fields
        .iter()
        .enumerate()
        .filter(|(_, field)| field.access.create && field.reference.is_none())
        .map(|(position, field)| member(field, position == schema.roles.id))
        .collect();
    members
        .prop_map(|members| Json::Object(members.into_iter().flatten().collect::<Map<_, _>>()))
        .boxed()
}

fn member(field: &'static FieldSchema, is_id: bool) -> BoxedStrategy<Option<(String, Json)>> {
    let has_address = move |json: &Json| {
        let value = field_value(field, json.clone());
        !is_id || value.is_ok_and(|value| check_address(field, &value).is_none())
    };
    let values = json_value(field).prop_filter("an id that an address can end in", has_address);
    let present = values.prop_map(|value| Some((field.name.to_owned(), value)));
    if field.is_required() {
        present.boxed()
    } else {
        prop_oneof![1 => Just(None), 3 => present].boxed()
    }
}

/// Valid wire values of one field, null included where it is allowed.
pub fn json_value(field: &'static FieldSchema) -> BoxedStrategy<Json> {
    let accepted = move |json: &Json| field_value(field, json.clone()).is_ok();
    let value = of_kind(field.kind, field.rules, field.example)
        .prop_filter("accepted by the field", accepted)
        .boxed();
    if field.nullable { prop_oneof![1 => Just(Json::Null), 4 => value].boxed() } else { value }
}

/// Bodies with exactly one member that breaks its declaration, with the name of that member.
///
/// Starts from a valid body; yields nothing for entities that clients cannot create wrongly.
pub fn broken(field: &'static FieldSchema) -> Vec<Json> {
    let mut wrong = vec![json!({"not": "a value"})];
    if !field.nullable {
        wrong.push(Json::Null);
    }
    let Rules { min_length, max_length, minimum, maximum, .. } = field.rules;
    match field.kind {
        Kind::Text | Kind::Enum(_) => {
            wrong.extend([json!(7), json!(true), json!("nul \u{0}")]);
            if let Some(most) = max_length {
                wrong.push(json!("x".repeat(most as usize + 1)));
            }
            if min_length.is_some_and(|least| least > 0) {
                wrong.push(json!(""));
            }
            if matches!(field.kind, Kind::Enum(_)) {
                wrong.push(json!("no such variant"));
            }
        }
        Kind::Int { .. } => {
            wrong.extend([json!("seven"), json!(1.5)]);
            for bound in [minimum.map(|least| (least, -1)), maximum.map(|most| (most, 1))]
                .into_iter()
                .flatten()
            {
                if let (Bound::Int(bound), step) = bound {
                    wrong.push(json!(bound + step));
                }
            }
        }
        Kind::Bool => wrong.extend([json!("true"), json!(1)]),
        Kind::Uuid
        | Kind::Date
        | Kind::Time
        | Kind::DateTime
        | Kind::Instant
        | Kind::Decimal { .. } => {
            wrong.extend([json!("nonsense"), json!([])]);
        }
        Kind::Float { .. } => wrong.push(json!("1.5")),
        Kind::List(_) => wrong.push(json!("not a list")),
        Kind::Bytes => wrong.push(json!("not base64!")),
        Kind::Json => wrong.clear(),
    }
    wrong
}

fn of_kind(kind: Kind, rules: Rules, example: Option<&'static str>) -> BoxedStrategy<Json> {
    match kind {
        Kind::Bool => any::<bool>().prop_map(Json::from).boxed(),
        Kind::Int { bits, signed } => {
            let (least, most) = integer_range(bits, signed, rules);
            prop_oneof![Just(least), Just(most), least..=most].prop_map(Json::from).boxed()
        }
        Kind::Float { bits } => {
            let (least, most) = float_range(rules);
            (least..=most)
                .prop_map(move |number| if bits == 32 { shortest(number) } else { json!(number) })
                .boxed()
        }
        Kind::Decimal { precision, scale } => decimal(precision, scale, rules),
        Kind::Text => text(rules, example),
        Kind::Enum(known) => {
            let names: Vec<Json> =
                known.variants.iter().map(|(name, _)| Json::from(*name)).collect();
            proptest::sample::select(names).boxed()
        }
        Kind::Uuid => any::<u128>().prop_map(|bits| json!(uuid::Uuid::from_u128(bits))).boxed(),
        Kind::Date => (2000..2100_i32, 1..=12_u32, 1..=28_u32)
            .prop_map(|(year, month, day)| json!(format!("{year:04}-{month:02}-{day:02}")))
            .boxed(),
        Kind::Time => clock().prop_map(Json::from).boxed(),
        Kind::DateTime => moment().prop_map(Json::from).boxed(),
        Kind::Instant => moment().prop_map(|text| json!(format!("{text}Z"))).boxed(),
        Kind::Bytes => {
            let (least, most) = length_range(rules, 16);
            proptest::collection::vec(any::<u8>(), least..=most)
                .prop_map(|bytes| json!(crate::domain::scalar::Bytes(bytes)))
                .boxed()
        }
        Kind::Json => {
            prop_oneof![Just(json!({"a": [1, "b", null]})), Just(json!([])), Just(json!("text"))]
                .boxed()
        }
        Kind::List(item) => {
            let (least, most) = length_range(rules, 5);
            proptest::collection::vec(list_item(*item, rules), least..=most)
                .prop_map(Json::Array)
                .boxed()
        }
    }
}

fn list_item(kind: Kind, list: Rules) -> BoxedStrategy<Json> {
    let rules = list.items.copied().unwrap_or(Rules::NONE);
    let field = FieldSchema { rules, ..FieldSchema::new("item", kind) };
    of_kind(kind, rules, None)
        .prop_filter("accepted by the item's type", move |json| {
            field_value(&field, json.clone()).is_ok()
        })
        .boxed()
}

fn text(rules: Rules, example: Option<&'static str>) -> BoxedStrategy<Json> {
    let (least, most) = length_range(rules, 40);
    let example = example.and_then(|text| serde_json::from_str::<String>(text).ok());
    match (rules.format, rules.pattern) {
        (Some("email"), _) => "[a-z]{1,10}@[a-z]{1,10}\\.(com|org)".prop_map(Json::from).boxed(),
        (Some("uri"), _) => "https://[a-z]{1,10}\\.org/[a-z]{0,10}".prop_map(Json::from).boxed(),
        (_, Some(pattern)) => match proptest::string::string_regex(without_anchors(pattern)) {
            Ok(strategy) => strategy.prop_map(Json::from).boxed(),
            Err(_) => Just(json!(example.unwrap_or_default())).boxed(),
        },
        _ => {
            let printable = proptest::char::ranges(std::borrow::Cow::Borrowed(&[
                ' '..='~',
                'à'..='ÿ',
                '가'..='힣',
                '😀'..='😏',
            ]));
            proptest::collection::vec(printable, least..=most)
                .prop_map(|letters| Json::from(String::from_iter(letters)))
                .boxed()
        }
    }
}

/// The pattern between `^` and `$`; a `\$` is no anchor.
fn without_anchors(pattern: &str) -> &str {
    let bare = pattern.strip_prefix('^').unwrap_or(pattern);
    match bare.strip_suffix('$') {
        Some(start) if (start.len() - start.trim_end_matches('\\').len()).is_multiple_of(2) => {
            start
        }
        _ => bare,
    }
}

fn decimal(precision: u8, scale: u8, rules: Rules) -> BoxedStrategy<Json> {
    let unit = 10_i64.pow(u32::from(scale));
    let most = 10_i64.pow(u32::from(precision.min(18))) - 1;
    let bound = |bound: Option<Bound>, otherwise: i64| match bound {
        Some(Bound::Int(number)) => number.saturating_mul(unit).clamp(-most, most),
        #[expect(clippy::cast_possible_truncation, reason = "test bounds are small")]
        Some(Bound::Float(number)) => ((number * unit as f64) as i64).clamp(-most, most),
        None => otherwise,
    };
    let (low, high) = (bound(rules.minimum, -most), bound(rules.maximum, most));
    (low..=high)
        .prop_map(move |number| {
            json!(rust_decimal::Decimal::new(number, u32::from(scale)).normalize().to_string())
        })
        .boxed()
}

/// The nearest 32-bit float in its shortest notation, which is how it comes back.
#[expect(clippy::cast_possible_truncation, reason = "the field holds 32 bits")]
fn shortest(number: f64) -> Json {
    serde_json::from_str(&(number as f32).to_string()).unwrap_or_default()
}

fn clock() -> impl Strategy<Value = String> {
    (0..24_u32, 0..60_u32, 0..60_u32, prop_oneof![Just(0_u32), 0..1_000_000_u32]).prop_map(
        |(hour, minute, second, micros)| match micros {
            0 => format!("{hour:02}:{minute:02}:{second:02}"),
            _ => format!("{hour:02}:{minute:02}:{second:02}.{micros:06}"),
        },
    )
}

fn moment() -> impl Strategy<Value = String> {
    let day = (2000..2100_i32, 1..=12_u32, 1..=28_u32);
    (day, clock())
        .prop_map(|((year, month, day), clock)| format!("{year:04}-{month:02}-{day:02}T{clock}"))
}

/// Items of lists have no bounds of their own: those of their type hold.
fn integer_range(bits: u8, signed: bool, rules: Rules) -> (i64, i64) {
    let bound = |bound: Option<Bound>, otherwise| match bound {
        Some(Bound::Int(number)) => number,
        _ => otherwise,
    };
    let most = (1_i64 << u32::from(bits).saturating_sub(u32::from(signed)).min(53)) - 1;
    let least = match (signed, bits) {
        (false, _) => 0,
        (true, 64) => -MAX_SAFE_INTEGER,
        (true, _) => -most - 1,
    };
    (bound(rules.minimum, least), bound(rules.maximum, most))
}

#[expect(clippy::cast_precision_loss, reason = "test bounds are small")]
fn float_range(rules: Rules) -> (f64, f64) {
    let bound = |bound: Option<Bound>, otherwise| match bound {
        Some(Bound::Int(number)) => number as f64,
        Some(Bound::Float(number)) => number,
        None => otherwise,
    };
    (bound(rules.minimum, -1e6), bound(rules.maximum, 1e6))
}

fn length_range(rules: Rules, usual: usize) -> (usize, usize) {
    let least = rules.min_length.unwrap_or(0) as usize;
    let most = rules.max_length.map_or(least + usual, |most| most as usize);
    (least, most.min(least + usual))
}

#[cfg(test)]
mod tests {
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::TestRunner;

    use super::*;
    use crate::domain::value::Value;

    fn even(value: &Value) -> Result<(), String> {
        match value {
            Value::Int(number) if number % 2 == 0 => Ok(()),
            _ => Err("it is odd".to_owned()),
        }
    }

    fn drawn(rules: Rules, kind: Kind) -> Vec<Json> {
        let field = FieldSchema { rules, ..FieldSchema::new("value", kind) };
        let strategy = json_value(Box::leak(Box::new(field)));
        let mut runner = TestRunner::deterministic();
        (0..50).map(|_| strategy.new_tree(&mut runner).expect("a value").current()).collect()
    }

    #[test]
    fn whatever_is_drawn_is_accepted() {
        const EVEN: Rules = Rules { check: Some(even), ..Rules::NONE };
        const ITEM: Rules = Rules { min_length: Some(2), max_length: Some(3), ..Rules::NONE };
        let number = Kind::Int { bits: 16, signed: true };
        assert!(drawn(EVEN, number).iter().all(|json| json.as_i64().is_some_and(|it| it % 2 == 0)));
        let email = Rules {
            format: Some("email"),
            max_length: Some(9),
            pattern: Some("^a"),
            ..Rules::NONE
        };
        for text in drawn(email, Kind::Text) {
            let text = text.as_str().expect("text").to_owned();
            assert!(text.starts_with('a') && text.len() <= 9, "{text}");
        }
        let price = Rules { pattern: Some("^[0-9]+\\$"), ..Rules::NONE };
        assert!(
            drawn(price, Kind::Text)
                .iter()
                .all(|json| json.as_str().is_some_and(|it| it.ends_with('$')))
        );
        let list = Rules { items: Some(&ITEM), ..Rules::NONE };
        let mut items = drawn(list, Kind::List(&Kind::Text))
            .into_iter()
            .flat_map(|list| list.as_array().cloned().unwrap_or_default());
        assert!(
            items.all(|item| item.as_str().is_some_and(|it| (2..=3).contains(&it.chars().count())))
        );
    }
}
