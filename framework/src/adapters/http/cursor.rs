//! Cursors: opaque, versioned, authenticated, bound to their list.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};
use hmac::digest::Key;
use hmac::{Hmac, KeyInit as _, Mac as _};
use rust_decimal::Decimal;
use sha2::Sha256;
use uuid::Uuid;

use super::limits;
use crate::application::context::Context;
use crate::domain::error::Error;
use crate::domain::query::{Deleted, Direction, Order, Position, Window};
use crate::domain::schema::EntitySchema;
use crate::domain::specification::{Comparison, Predicate, TextMatch};
use crate::domain::value::Value;

const VERSION: u8 = 2;
const MAC_BYTES: usize = 16;

/// The secret that authenticates cursors; all processes of one application share it.
#[derive(Clone)]
pub struct CursorKey(Hmac<Sha256>);

impl std::fmt::Debug for CursorKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("CursorKey(…)")
    }
}

impl CursorKey {
    /// A key of these bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        let mut block = Key::<Hmac<Sha256>>::default();
        for (slot, byte) in block.iter_mut().zip(bytes) {
            *slot = byte;
        }
        Self(Hmac::new(&block))
    }

    /// A key from a configured secret of any length.
    pub fn from_secret(secret: &[u8]) -> Self {
        use sha2::Digest as _;
        Self::new(Sha256::digest(secret).into())
    }

    /// A key of its own for one process: its cursors do not survive a restart.
    pub fn random() -> Self {
        let mut bytes = [0; 32];
        let (low, high) = bytes.split_at_mut(16);
        low.copy_from_slice(Uuid::new_v4().as_bytes());
        high.copy_from_slice(Uuid::new_v4().as_bytes());
        Self::from_secret(&bytes)
    }
}

/// The list that a cursor belongs to.
#[derive(Debug, Clone, Copy)]
pub struct Binding<'a> {
    /// The entity.
    pub schema: &'static EntitySchema,
    /// The condition, as the client gave it.
    pub filter: &'a Predicate,
    /// The total order.
    pub order: &'a [Order],
    /// Which rows marked as deleted.
    pub deleted: Deleted,
    /// Who asks.
    pub context: &'a Context,
}

/// Which side of the position the page lies on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Behind it.
    After,
    /// Before it.
    Before,
}

/// A cursor for this position of this list.
pub fn encode(key: &CursorKey, binding: &Binding<'_>, side: Side, position: &Position) -> String {
    let mut bytes = vec![VERSION, u8::from(side == Side::Before)];
    for value in &position.0 {
        write(&mut bytes, value);
    }
    let mac = authenticate(key, binding, &bytes);
    bytes.extend_from_slice(&mac);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The window that a cursor stands for.
///
/// # Errors
/// [`Error::BadCursor`] whatever is wrong with it, so that nothing can be learned by trying.
pub fn decode(key: &CursorKey, binding: &Binding<'_>, cursor: &str) -> Result<Window, Error> {
    open(key, binding, cursor).ok_or(Error::BadCursor)
}

fn open(key: &CursorKey, binding: &Binding<'_>, cursor: &str) -> Option<Window> {
    if cursor.len() > limits::CURSOR {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let (payload, mac) = bytes.split_at_checked(bytes.len().checked_sub(MAC_BYTES)?)?;
    let expected = authenticate(key, binding, payload);
    // Compared in constant time: every byte is looked at.
    let difference = expected.iter().zip(mac).fold(0, |sum, (a, b)| sum | (a ^ b));
    let (&[VERSION, side], mut rest) = payload.split_first_chunk::<2>()? else { return None };
    if difference != 0 {
        return None;
    }
    let mut values = Vec::with_capacity(binding.order.len());
    while !rest.is_empty() {
        values.push(take_value(&mut rest)?);
    }
    if values.len() != binding.order.len() {
        return None;
    }
    let position = Position(values);
    Some(if side == 1 { Window::Before(position) } else { Window::After(position) })
}

fn authenticate(key: &CursorKey, binding: &Binding<'_>, payload: &[u8]) -> [u8; MAC_BYTES] {
    let mut short = [0; MAC_BYTES];
    let mut mac = key.0.clone();
    let name = |name: &Option<String>| {
        let known = name.as_ref().map(|name| name.clone().into_bytes());
        framed(u8::from(known.is_some()), known)
    };
    let order = binding.order.iter().map(|order| {
        [number(order.field), vec![u8::from(order.direction == Direction::Descending)]].concat()
    });
    let deleted = match binding.deleted {
        Deleted::Exclude => 0,
        Deleted::Include => 1,
        Deleted::Only => 2,
    };
    let list = [
        binding.schema.table.as_bytes().to_vec(),
        canonical(binding.filter),
        framed(0, order),
        vec![deleted],
        name(&binding.context.actor),
        name(&binding.context.tenant),
    ];
    mac.update(&framed(VERSION, list));
    mac.update(payload);
    for (slot, byte) in short.iter_mut().zip(mac.finalize().into_bytes()) {
        *slot = byte;
    }
    short
}

/// A condition as bytes that depend neither on the order in which its parts were given, nor on how a version of this
/// program or of a library prints them: processes of two versions may read each other's cursors.
fn canonical(predicate: &Predicate) -> Vec<u8> {
    let written = |value: &Value| {
        let mut bytes = Vec::new();
        write(&mut bytes, value);
        bytes
    };
    let sorted = |parts: &[Predicate]| {
        let mut parts: Vec<_> = parts.iter().map(canonical).collect();
        parts.sort_unstable();
        parts
    };
    let flag = |flag: bool| vec![u8::from(flag)];
    match predicate {
        Predicate::Always => framed(0, []),
        Predicate::Never => framed(1, []),
        Predicate::Compare { field, comparison, value } => {
            let comparison = match comparison {
                Comparison::Eq => 0,
                Comparison::Ne => 1,
                Comparison::Gt => 2,
                Comparison::Ge => 3,
                Comparison::Lt => 4,
                Comparison::Le => 5,
            };
            framed(2, [number(*field), vec![comparison], written(value)])
        }
        Predicate::In { field, values, negated } => {
            let head = [number(*field), flag(*negated)];
            framed(3, head.into_iter().chain(values.iter().map(written)))
        }
        Predicate::Null { field, negated } => framed(4, [number(*field), flag(*negated)]),
        Predicate::Text { field, kind, text, ignore_case } => {
            let kind = match kind {
                TextMatch::Contains => 0,
                TextMatch::StartsWith => 1,
                TextMatch::EndsWith => 2,
                TextMatch::Exact => 3,
            };
            let text = text.clone().into_bytes();
            framed(5, [number(*field), vec![kind], text, flag(*ignore_case)])
        }
        Predicate::Exists { relation, predicate } => {
            framed(6, [number(*relation), canonical(predicate)])
        }
        Predicate::And(parts) => framed(7, sorted(parts)),
        Predicate::Or(parts) => framed(8, sorted(parts)),
        Predicate::Not(inner) => framed(9, [canonical(inner)]),
    }
}

/// Parts as bytes that other parts do not have.
fn framed(tag: u8, parts: impl IntoIterator<Item = Vec<u8>>) -> Vec<u8> {
    let mut bytes = vec![tag];
    for part in parts {
        bytes.extend(number(part.len()));
        bytes.extend(part);
    }
    bytes
}

fn number(number: usize) -> Vec<u8> {
    (number as u64).to_be_bytes().to_vec()
}

fn write(bytes: &mut Vec<u8>, value: &Value) {
    let mut sized = |tag: u8, content: &[u8]| {
        bytes.push(tag);
        bytes.extend_from_slice(&(content.len() as u32).to_be_bytes());
        bytes.extend_from_slice(content);
    };
    match value {
        Value::Null => sized(0, &[]),
        Value::Bool(value) => sized(1, &[u8::from(*value)]),
        Value::Int(value) => sized(2, &value.to_be_bytes()),
        Value::Float(value) => sized(3, &value.to_bits().to_be_bytes()),
        Value::Decimal(value) => sized(4, &value.serialize()),
        Value::Text(value) => sized(5, value.as_bytes()),
        Value::Uuid(value) => sized(6, value.as_bytes()),
        Value::Date(value) => sized(7, value.to_string().as_bytes()),
        Value::Time(value) => sized(8, value.to_string().as_bytes()),
        Value::DateTime(value) => {
            let utc = value.and_utc();
            sized(9, &stamp(utc.timestamp(), utc.timestamp_subsec_nanos()));
        }
        Value::Instant(value) => {
            sized(10, &stamp(value.timestamp(), value.timestamp_subsec_nanos()));
        }
        Value::Bytes(value) => sized(11, value),
        Value::Json(value) => sized(12, value.to_string().as_bytes()),
    }
}

fn stamp(seconds: i64, nanos: u32) -> Vec<u8> {
    [&seconds.to_be_bytes()[..], &nanos.to_be_bytes()[..]].concat()
}

fn take_value(rest: &mut &[u8]) -> Option<Value> {
    let (&tag, tail) = rest.split_first()?;
    let (size, tail) = tail.split_first_chunk::<4>()?;
    let size = usize::try_from(u32::from_be_bytes(*size)).ok()?;
    let (content, tail) = tail.split_at_checked(size)?;
    *rest = tail;
    let text = || std::str::from_utf8(content).ok();
    let instant = || {
        let (seconds, nanos) = content.split_first_chunk::<8>()?;
        let nanos = u32::from_be_bytes(nanos.try_into().ok()?);
        DateTime::from_timestamp(i64::from_be_bytes(*seconds), nanos)
    };
    Some(match tag {
        0 => Value::Null,
        1 => Value::Bool(content == [1]),
        2 => Value::Int(i64::from_be_bytes(content.try_into().ok()?)),
        3 => Value::Float(f64::from_bits(u64::from_be_bytes(content.try_into().ok()?))),
        4 => Value::Decimal(Decimal::deserialize(content.try_into().ok()?)),
        5 => Value::Text(text()?.to_owned()),
        6 => Value::Uuid(Uuid::from_slice(content).ok()?),
        7 => Value::Date(text()?.parse::<NaiveDate>().ok()?),
        8 => Value::Time(text()?.parse::<NaiveTime>().ok()?),
        9 => Value::DateTime(NaiveDateTime::clone(&instant()?.naive_utc())),
        10 => Value::Instant(instant()?),
        11 => Value::Bytes(content.to_vec()),
        12 => Value::Json(serde_json::from_slice(content).ok()?),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::schema::{FieldSchema, Kind, Options, Roles};

    static FIELDS: [FieldSchema; 1] = [FieldSchema::new("id", Kind::Uuid)];
    static SCHEMA: EntitySchema = EntitySchema {
        name: "Thing",
        plural: "things",
        table: "things",
        doc: "",
        fields: &FIELDS,
        relations: &[],
        roles: Roles::identity(0),
        unique: &[],
        options: Options::DEFAULT,
    };

    fn value() -> impl Strategy<Value = Value> {
        let instant = (-62_000_000_000_i64..250_000_000_000, 0..1_000_000_u32).prop_map(
            |(seconds, micros)| DateTime::from_timestamp(seconds, micros * 1_000).unwrap(),
        );
        prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::Int),
            any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(Value::Float),
            (any::<i64>(), 0..19_u32)
                .prop_map(|(digits, scale)| Value::Decimal(Decimal::new(digits, scale))),
            any::<String>().prop_map(Value::Text),
            // The longest that a position of three may have.
            "[a-z]{1900}".prop_map(Value::Text),
            any::<u128>().prop_map(|bits| Value::Uuid(Uuid::from_u128(bits))),
            instant.clone().prop_map(|instant| Value::Date(instant.date_naive())),
            instant.clone().prop_map(|instant| Value::Time(instant.time())),
            instant.clone().prop_map(|instant| Value::DateTime(instant.naive_utc())),
            instant.prop_map(Value::Instant),
            any::<Vec<u8>>().prop_map(Value::Bytes),
        ]
    }

    #[test]
    fn a_condition_is_the_same_in_whatever_order_its_parts_are_given() {
        let is_null = |field| Predicate::Null { field, negated: false };
        let exists = |predicate| Predicate::Exists { relation: 0, predicate: Box::new(predicate) };
        let two = |first, second| exists(is_null(first).and(is_null(second))).or(is_null(3).not());
        assert_eq!(canonical(&two(1, 2)), canonical(&two(2, 1)));
        assert_eq!(canonical(&is_null(1).or(is_null(2))), canonical(&is_null(2).or(is_null(1))));
        assert_ne!(canonical(&two(1, 2)), canonical(&two(1, 3)));
        assert_ne!(canonical(&is_null(1).or(is_null(2))), canonical(&is_null(1).and(is_null(2))));
        assert_ne!(canonical(&two(1, 2)), canonical(&two(1, 2).not()));
    }

    #[test]
    fn a_cursor_of_an_earlier_build_is_still_read() {
        let (key, context) = (CursorKey::new([1; 32]), Context::anonymous());
        let filter = Predicate::eq(0, Value::Decimal(Decimal::new(150, 2))).and(Predicate::Text {
            field: 1,
            kind: TextMatch::Contains,
            text: "a".to_owned(),
            ignore_case: true,
        });
        let order = [Order { field: 0, direction: Direction::Ascending }];
        let deleted = Deleted::Exclude;
        let binding =
            Binding { schema: &SCHEMA, filter: &filter, order: &order, deleted, context: &context };
        let position = Position(vec![Value::Int(7)]);
        let cursor = "AgACAAAACAAAAAAAAAAHi5871ylyF1HVhwcGsitQig";
        assert_eq!(encode(&key, &binding, Side::After, &position), cursor);
        assert_eq!(decode(&key, &binding, cursor).unwrap(), Window::After(position));
    }

    proptest! {
        #[test]
        fn every_position_survives_the_round_trip_and_no_change_of_it_does(
            values in prop::collection::vec(value(), 1..4),
            before: bool,
            at: prop::sample::Index,
        ) {
            let key = CursorKey::new([1; 32]);
            let context = Context::anonymous();
            let one = Order { field: 0, direction: Direction::Ascending };
            let order = vec![one; values.len()];
            let filter = Predicate::Always;
            let binding = Binding { schema: &SCHEMA, filter: &filter, order: &order, deleted: Deleted::Exclude, context: &context };
            let side = if before { Side::Before } else { Side::After };
            let position = Position(values);
            let cursor = encode(&key, &binding, side, &position);
            prop_assert!(cursor.len() <= limits::CURSOR);
            let window = if before { Window::Before(position) } else { Window::After(position) };
            prop_assert_eq!(decode(&key, &binding, &cursor).unwrap(), window);

            let mut bytes = URL_SAFE_NO_PAD.decode(&cursor).unwrap();
            let index = at.index(bytes.len());
            bytes[index] ^= 1;
            let tampered = URL_SAFE_NO_PAD.encode(&bytes);
            prop_assert!(matches!(decode(&key, &binding, &tampered), Err(Error::BadCursor)));
            let stranger = Context { actor: Some("else".to_owned()), ..Context::anonymous() };
            let foreign = Binding { context: &stranger, ..binding };
            prop_assert!(matches!(decode(&key, &foreign, &cursor), Err(Error::BadCursor)));
            let other = CursorKey::new([2; 32]);
            prop_assert!(matches!(decode(&other, &binding, &cursor), Err(Error::BadCursor)));
        }
    }
}
