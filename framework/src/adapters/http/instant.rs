//! Instants as RFC 3339, written without the machinery of format strings: a list of rows is full of them.

use chrono::{DateTime, Datelike as _, Timelike as _, Utc};
use serde::{Serialize as _, Serializer};

/// Writes an instant as chrono does: `2026-03-01T12:30:00Z`, with three, six or nine digits of a second where needed.
pub(super) fn serialize<S: Serializer>(
    instant: &DateTime<Utc>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut text = [0; LONGEST];
    match written(instant, &mut text).and_then(|text| std::str::from_utf8(text).ok()) {
        Some(text) => serializer.serialize_str(text),
        None => instant.serialize(serializer),
    }
}

const LONGEST: usize = "2026-03-01T12:30:00.123456789Z".len();

/// `None` for what has another form: years of more or fewer than four digits, and leap seconds.
fn written<'a>(instant: &DateTime<Utc>, text: &'a mut [u8; LONGEST]) -> Option<&'a [u8]> {
    let year = u32::try_from(instant.year()).ok().filter(|year| *year <= 9999)?;
    let nanos = Some(instant.nanosecond()).filter(|nanos| *nanos < 1_000_000_000)?;
    let digits = |into: &mut [u8], mut number: u32| {
        for digit in into.iter_mut().rev() {
            *digit = b'0' + (number % 10) as u8;
            number /= 10;
        }
    };
    text[..20].copy_from_slice(b"0000-00-00T00:00:00Z");
    digits(&mut text[0..4], year);
    digits(&mut text[5..7], instant.month());
    digits(&mut text[8..10], instant.day());
    digits(&mut text[11..13], instant.hour());
    digits(&mut text[14..16], instant.minute());
    digits(&mut text[17..19], instant.second());
    let (places, fraction) = match nanos {
        0 => return text.get(..20),
        nanos if nanos % 1_000_000 == 0 => (3, nanos / 1_000_000),
        nanos if nanos % 1_000 == 0 => (6, nanos / 1_000),
        nanos => (9, nanos),
    };
    text[19] = b'.';
    digits(&mut text[20..20 + places], fraction);
    text[20 + places] = b'Z';
    text.get(..=20 + places)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ours(instant: &DateTime<Utc>) -> String {
        let mut bytes = Vec::new();
        serialize(instant, &mut serde_json::Serializer::new(&mut bytes)).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    proptest! {
        #[test]
        fn instants_are_written_as_chrono_writes_them(
            seconds in -99_999_999_999_i64..999_999_999_999,
            nanos in prop_oneof![Just(0), (0..1000_u32).prop_map(|n| n * 1_000_000),
                                 (0..1_000_000_u32).prop_map(|n| n * 1000), 0..2_000_000_000_u32],
        ) {
            if let Some(instant) = DateTime::from_timestamp(seconds, nanos) {
                prop_assert_eq!(ours(&instant), serde_json::to_string(&instant).unwrap());
            }
        }
    }
}
