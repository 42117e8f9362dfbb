//! Rows as bytes: compact and exact. Floats keep their bits and decimals their scale, also inside JSON.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use rust_decimal::Decimal;
use serde_json::{Map, Number, Value as Json};
use uuid::Uuid;

use crate::domain::value::{Row, Value};

/// How deep JSON may nest; deeper documents are not cached.
const MAX_DEPTH: usize = 128;

/// The row as bytes; `None` if it cannot be kept exactly.
pub(super) fn encode(row: &Row) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(16 * row.len());
    for value in row {
        write_value(&mut out, value)?;
    }
    Some(out)
}

/// The row again; `None` for bytes that [`encode`] did not make.
pub(super) fn decode(bytes: &[u8]) -> Option<Row> {
    let mut input = Input(bytes);
    let mut row = Row::new();
    while !input.0.is_empty() {
        row.push(read_value(&mut input)?);
    }
    Some(row)
}

fn write_value(out: &mut Vec<u8>, value: &Value) -> Option<()> {
    match value {
        Value::Null => out.push(b'0'),
        Value::Bool(inner) => out.extend([b'b', u8::from(*inner)]),
        Value::Int(inner) => write_fixed(out, b'i', &inner.to_be_bytes()),
        Value::Float(inner) => write_fixed(out, b'f', &inner.to_bits().to_be_bytes()),
        Value::Decimal(inner) => write_fixed(out, b'd', &inner.serialize()),
        Value::Text(inner) => write_sized(out, b't', inner.as_bytes())?,
        Value::Uuid(inner) => write_fixed(out, b'u', inner.as_bytes()),
        Value::Date(inner) => write_fixed(out, b'D', &inner.num_days_from_ce().to_be_bytes()),
        Value::Time(inner) => write_time(out, b'T', *inner),
        Value::DateTime(inner) => write_date_time(out, b'N', *inner),
        Value::Instant(inner) => write_date_time(out, b'I', inner.naive_utc()),
        Value::Bytes(inner) => write_sized(out, b'x', inner)?,
        Value::Json(inner) => {
            out.push(b'j');
            write_json(out, inner, 0)?;
        }
    }
    Some(())
}

fn write_fixed(out: &mut Vec<u8>, tag: u8, bytes: &[u8]) {
    out.push(tag);
    out.extend_from_slice(bytes);
}

fn write_sized(out: &mut Vec<u8>, tag: u8, bytes: &[u8]) -> Option<()> {
    out.push(tag);
    out.extend(u32::try_from(bytes.len()).ok()?.to_be_bytes());
    out.extend_from_slice(bytes);
    Some(())
}

fn write_time(out: &mut Vec<u8>, tag: u8, time: NaiveTime) {
    out.push(tag);
    out.extend(time.num_seconds_from_midnight().to_be_bytes());
    out.extend(time.nanosecond().to_be_bytes());
}

fn write_date_time(out: &mut Vec<u8>, tag: u8, moment: NaiveDateTime) {
    write_fixed(out, tag, &moment.date().num_days_from_ce().to_be_bytes());
    out.extend(moment.num_seconds_from_midnight().to_be_bytes());
    out.extend(moment.nanosecond().to_be_bytes());
}

fn write_json(out: &mut Vec<u8>, json: &Json, depth: usize) -> Option<()> {
    if depth > MAX_DEPTH {
        return None;
    }
    match json {
        Json::Null => out.push(b'0'),
        Json::Bool(inner) => out.extend([b'b', u8::from(*inner)]),
        Json::Number(number) => {
            if let Some(inner) = number.as_i64() {
                write_fixed(out, b'i', &inner.to_be_bytes());
            } else if let Some(inner) = number.as_u64() {
                write_fixed(out, b'p', &inner.to_be_bytes());
            } else {
                write_fixed(out, b'f', &number.as_f64()?.to_bits().to_be_bytes());
            }
        }
        Json::String(inner) => write_sized(out, b't', inner.as_bytes())?,
        Json::Array(items) => {
            write_fixed(out, b'a', &u32::try_from(items.len()).ok()?.to_be_bytes());
            for item in items {
                write_json(out, item, depth + 1)?;
            }
        }
        Json::Object(members) => {
            write_fixed(out, b'o', &u32::try_from(members.len()).ok()?.to_be_bytes());
            for (name, member) in members {
                write_sized(out, b't', name.as_bytes())?;
                write_json(out, member, depth + 1)?;
            }
        }
    }
    Some(())
}

struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(head)
    }

    fn fixed<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn tag(&mut self) -> Option<u8> {
        self.fixed::<1>().map(|[tag]| tag)
    }

    fn u32(&mut self) -> Option<u32> {
        self.fixed().map(u32::from_be_bytes)
    }

    fn sized(&mut self) -> Option<&'a [u8]> {
        let length = self.u32()?;
        self.take(usize::try_from(length).ok()?)
    }

    fn text(&mut self) -> Option<String> {
        String::from_utf8(self.sized()?.to_vec()).ok()
    }

    fn bool(&mut self) -> Option<bool> {
        self.tag().map(|byte| byte != 0)
    }

    fn f64(&mut self) -> Option<f64> {
        self.fixed().map(u64::from_be_bytes).map(f64::from_bits)
    }

    fn date(&mut self) -> Option<NaiveDate> {
        NaiveDate::from_num_days_from_ce_opt(i32::from_be_bytes(self.fixed()?))
    }

    fn time(&mut self) -> Option<NaiveTime> {
        NaiveTime::from_num_seconds_from_midnight_opt(self.u32()?, self.u32()?)
    }

    fn date_time(&mut self) -> Option<NaiveDateTime> {
        Some(self.date()?.and_time(self.time()?))
    }
}

fn read_value(input: &mut Input<'_>) -> Option<Value> {
    Some(match input.tag()? {
        b'0' => Value::Null,
        b'b' => Value::Bool(input.bool()?),
        b'i' => Value::Int(i64::from_be_bytes(input.fixed()?)),
        b'f' => Value::Float(input.f64()?),
        b'd' => Value::Decimal(Decimal::deserialize(input.fixed()?)),
        b't' => Value::Text(input.text()?),
        b'u' => Value::Uuid(Uuid::from_bytes(input.fixed()?)),
        b'D' => Value::Date(input.date()?),
        b'T' => Value::Time(input.time()?),
        b'N' => Value::DateTime(input.date_time()?),
        b'I' => {
            Value::Instant(DateTime::from_naive_utc_and_offset(input.date_time()?, chrono::Utc))
        }
        b'x' => Value::Bytes(input.sized()?.to_vec()),
        b'j' => Value::Json(Box::new(read_json(input, 0)?)),
        _ => return None,
    })
}

fn read_json(input: &mut Input<'_>, depth: usize) -> Option<Json> {
    if depth > MAX_DEPTH {
        return None;
    }
    Some(match input.tag()? {
        b'0' => Json::Null,
        b'b' => Json::Bool(input.bool()?),
        b'i' => Json::from(i64::from_be_bytes(input.fixed()?)),
        b'p' => Json::from(u64::from_be_bytes(input.fixed()?)),
        b'f' => Json::Number(Number::from_f64(input.f64()?)?),
        b't' => Json::String(input.text()?),
        b'a' => {
            let length = input.u32()?;
            let items: Option<_> = (0..length).map(|_| read_json(input, depth + 1)).collect();
            Json::Array(items?)
        }
        b'o' => {
            let mut members = Map::new();
            for _ in 0..input.u32()? {
                let (b't', name) = (input.tag()?, input.text()?) else { return None };
                members.insert(name, read_json(input, depth + 1)?);
            }
            Json::Object(members)
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use chrono::Utc;
    use proptest::prelude::*;

    use super::*;

    fn json() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::from),
            any::<i64>().prop_map(Json::from),
            any::<u64>().prop_map(Json::from),
            any::<f64>().prop_map(Json::from),
            any::<String>().prop_map(Json::from),
        ];
        leaf.prop_recursive(3, 20, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
                prop::collection::vec((any::<String>(), inner), 0..5)
                    .prop_map(|members| Json::Object(members.into_iter().collect())),
            ]
        })
    }

    fn value() -> impl Strategy<Value = Value> {
        let instant = (-8_000_000_000_000_i64..8_000_000_000_000, 0_u32..1_000_000_000)
            .prop_filter_map("in range", |(s, n)| DateTime::<Utc>::from_timestamp(s, n));
        prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::Int),
            any::<f64>().prop_map(Value::Float),
            (any::<i64>(), 0_u32..28).prop_map(|(n, s)| Value::Decimal(Decimal::new(n, s))),
            any::<String>().prop_map(Value::Text),
            any::<u128>().prop_map(|n| Value::Uuid(Uuid::from_u128(n))),
            instant.clone().prop_map(|at| Value::Date(at.date_naive())),
            instant.clone().prop_map(|at| Value::Time(at.time())),
            instant.clone().prop_map(|at| Value::DateTime(at.naive_utc())),
            instant.prop_map(Value::Instant),
            prop::collection::vec(any::<u8>(), 0..50).prop_map(Value::Bytes),
            json().prop_map(|json| Value::Json(Box::new(json))),
        ]
    }

    proptest! {
        #[test]
        fn a_row_comes_back_exactly(row in prop::collection::vec(value(), 0..12)) {
            let back = decode(&encode(&row).unwrap()).unwrap();
            // Debug text tells -0.0 from 0.0 and 1.0 from 1.00, which == does not.
            prop_assert_eq!(format!("{back:?}"), format!("{row:?}"));
        }

        #[test]
        fn foreign_bytes_are_refused_or_a_row_like_any_other(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Some(row) = decode(&bytes) {
                let again = decode(&encode(&row).unwrap()).unwrap();
                prop_assert_eq!(format!("{again:?}"), format!("{row:?}"));
            }
        }

        #[test]
        fn a_row_with_a_foreign_value_behind_it_is_refused(row in prop::collection::vec(value(), 0..12), tag: u8) {
            prop_assume!(!b"0bifdtuDTNIxj".contains(&tag));
            let mut bytes = encode(&row).unwrap();
            bytes.push(tag);
            prop_assert!(decode(&bytes).is_none());
        }

        #[test]
        fn a_row_that_was_cut_off_has_no_values_that_it_had_not(row in prop::collection::vec(value(), 0..12), at: prop::sample::Index) {
            let bytes = encode(&row).unwrap();
            if let Some(part) = decode(&bytes[..at.index(bytes.len() + 1)]) {
                prop_assert_eq!(format!("{part:?}"), format!("{:?}", &row[..part.len()]));
            }
        }
    }
}
