//! A list of values as one parameter of SQLite: JSON that `json_each` turns back into exactly what would be bound.

use serde_json::{Value as Json, json};
use sqlx::error::BoxDynError;

use super::bind::{json_text, scaled};
use crate::domain::schema::Kind;
use crate::domain::value::Value;

/// The values of a list as rows, up to where its parameter stands: `SELECT … FROM json_each(`.
pub(super) fn rows_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Uuid | Kind::Bytes => "SELECT unhex(value) FROM json_each(",
        Kind::Float { .. } => {
            "SELECT 1.0 * (value ->> 0) * (value ->> 1) / (value ->> 2) / (value ->> 3) FROM json_each("
        }
        _ => "SELECT value FROM json_each(",
    }
}

/// The list, each value in the form in which the driver binds it; an error where one has none that is exact.
pub(super) fn text_of(kind: Kind, values: &[Value]) -> Result<String, BoxDynError> {
    let items = values.iter().map(|value| item(kind, value)).collect::<Result<_, _>>()?;
    Ok(Json::Array(items).to_string())
}

fn item(kind: Kind, value: &Value) -> Result<Json, BoxDynError> {
    Ok(match (kind, value) {
        (_, Value::Bool(bool)) => json!(i64::from(*bool)),
        (_, Value::Int(int)) => json!(int),
        (_, Value::Float(float)) => {
            json!(factors(*float).ok_or("the number is too large or too small")?)
        }
        (Kind::Decimal { scale, .. }, Value::Decimal(decimal)) => json!(scaled(decimal, scale)?),
        (_, Value::Text(text)) => json!(text),
        (_, Value::Uuid(uuid)) => json!(uuid.simple().to_string()),
        (_, Value::Date(date)) => json!(date.format("%F").to_string()),
        (_, Value::Time(time)) => json!(time.format("%T%.f").to_string()),
        (_, Value::DateTime(at)) => json!(at.format("%F %T%.f").to_string()),
        (_, Value::Instant(at)) => {
            json!(at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, false))
        }
        (_, Value::Bytes(bytes)) => json!(hex(bytes)),
        (_, Value::Json(document)) => json!(json_text(document)),
        (kind, value) => return Err(format!("{value:?} does not fit {kind:?}").into()),
    })
}

/// An integer, and powers of two to multiply and to divide it by: SQLite does not read every fraction to the last bit,
/// but integers it does. `None` for numbers beyond 62 places to the left or 124 to the right of the point.
fn factors(float: f64) -> Option<[i64; 4]> {
    const FRACTION: u64 = (1 << 52) - 1;
    if float == 0.0 {
        return Some([0, 1, 1, 1]);
    }
    let bits = float.to_bits();
    let exponent = i64::try_from((bits >> 52) & 0x7ff).ok().filter(|exponent| *exponent > 0)?;
    let mantissa = (bits & FRACTION) | (1 << 52);
    let zeros = mantissa.trailing_zeros();
    let mantissa = i64::try_from(mantissa >> zeros).ok()?;
    let places = exponent - 1075 + i64::from(zeros);
    let power = |places: i64| (places <= 62).then_some(1_i64 << places.clamp(0, 62));
    let (up, down) = (places.max(0), (-places).max(0));
    let signed = if float.is_sign_negative() { -mantissa } else { mantissa };
    Some([signed, power(up)?, power(down.min(62))?, power((down - 62).max(0))?])
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| DIGITS[digit as usize])
        .collect()
}

#[cfg(test)]
mod tests {
    use sqlx::Connection as _;

    use super::*;

    #[tokio::test]
    async fn floats_are_read_to_the_last_bit() {
        let mut connection = sqlx::SqliteConnection::connect("sqlite::memory:").await.unwrap();
        // From 2 to the power of -72 to that of 62, and some bits behind each.
        let powers = (951..=1085).map(|exponent: u64| exponent << 52);
        let near = powers.flat_map(|bits| [bits, bits | 1, bits | 0x5_5555_5555_5555]);
        let floats: Vec<f64> = near
            .map(f64::from_bits)
            .flat_map(|float| [float, -float])
            .chain([0.0, 0.1, 0.3, 1e15, 12.34])
            .collect();
        let kind = Kind::Float { bits: 64 };
        let values: Vec<_> = floats.iter().copied().map(Value::Float).collect();
        let sql = format!("{}$1)", rows_of(kind));
        let read: Vec<f64> = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .bind(text_of(kind, &values).unwrap())
            .fetch_all(&mut connection)
            .await
            .unwrap();
        assert_eq!(read.len(), floats.len());
        for (read, sent) in read.iter().zip(&floats) {
            assert_eq!(read.to_bits(), sent.to_bits(), "{sent:e}");
        }
        for beyond in [f64::MAX, f64::MIN_POSITIVE, 5e-324, f64::INFINITY] {
            assert!(text_of(kind, &[Value::Float(beyond)]).is_err(), "{beyond:e}");
        }
    }
}
