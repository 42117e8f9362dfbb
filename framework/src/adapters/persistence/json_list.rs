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
        Kind::Float { .. } => "SELECT (value ->> 0) * (value ->> 1) FROM json_each(",
        _ => "SELECT value FROM json_each(",
    }
}

/// The list. Each value has the form in which the driver binds it.
pub(super) fn text_of(kind: Kind, values: &[Value]) -> Result<String, BoxDynError> {
    let items = values.iter().map(|value| item(kind, value)).collect::<Result<_, _>>()?;
    Ok(Json::Array(items).to_string())
}

fn item(kind: Kind, value: &Value) -> Result<Json, BoxDynError> {
    Ok(match (kind, value) {
        (_, Value::Bool(bool)) => json!(i64::from(*bool)),
        (_, Value::Int(int)) => json!(int),
        (_, Value::Float(float)) => {
            let (mantissa, power) = halves(*float);
            json!([mantissa, power])
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

/// An integer and a power of two whose product is the number: SQLite does not read every decimal fraction to the last
/// bit, but these it does.
fn halves(float: f64) -> (i64, f64) {
    const FRACTION: u64 = (1 << 52) - 1;
    let bits = float.to_bits();
    let (mantissa, exponent) = match (bits & FRACTION, bits >> 52 & 0x7ff) {
        (fraction, 0) => (fraction, 1),
        (fraction, exponent) => (fraction | 1 << 52, exponent),
    };
    // The power is that of the last bit of the mantissa, which is 52 places to the right.
    let power = match exponent.checked_sub(52) {
        Some(exponent) if exponent > 0 => f64::from_bits(exponent << 52),
        _ => f64::from_bits(1 << (exponent - 1)),
    };
    let mantissa = i64::try_from(mantissa).unwrap_or_default();
    (if float.is_sign_negative() { -mantissa } else { mantissa }, power)
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
    async fn every_power_of_two_and_every_float_made_of_one_is_read_to_the_last_bit() {
        let mut connection = sqlx::SqliteConnection::connect("sqlite::memory:").await.unwrap();
        let powers = (0..52).map(|bit| 1 << bit).chain((1..0x7ff).map(|exponent| exponent << 52));
        let near = powers.flat_map(|bits: u64| [bits, bits + 1, bits ^ 0x5_5555_5555_5555]);
        let floats: Vec<f64> =
            near.map(f64::from_bits).flat_map(|float| [float, -float]).chain([0.1, 0.3]).collect();
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
    }
}
