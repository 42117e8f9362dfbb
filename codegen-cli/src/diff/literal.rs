//! Values given on the command line: one literal of SQL, written for each database as it stores the column.

use super::kind::Kind;
use crate::sql::Dialect;

/// A literal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Literal {
    /// `12`, `-0.5`: as it was written.
    Number(String),
    /// `'text'`.
    Text(String),
    /// `true`.
    Bool(bool),
}

impl Literal {
    /// Reads one; nothing else may be in it.
    pub fn parse(source: &str) -> Option<Self> {
        match source {
            "true" | "TRUE" => return Some(Self::Bool(true)),
            "false" | "FALSE" => return Some(Self::Bool(false)),
            _ => {}
        }
        if let Some(inside) = source.strip_prefix('\'').and_then(|it| it.strip_suffix('\'')) {
            let text = inside.replace("''", "\u{0}");
            let is_one = source.len() > 1 && !text.contains(['\'', '\n', '\r']);
            return is_one.then(|| Self::Text(text.replace('\u{0}', "'")));
        }
        let digits = source.strip_prefix('-').unwrap_or(source);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        (are_digits(whole) && are_digits(fraction)).then(|| Self::Number(source.to_owned()))
    }

    /// How it is written for a column; `None` where the column does not take it.
    pub fn write(&self, kind: Kind, dialect: Dialect) -> Option<String> {
        match (self, kind) {
            (Self::Bool(value), Kind::Bool) => Some(value.to_string().to_uppercase()),
            (Self::Number(number), Kind::Int(_)) => {
                number.parse::<i64>().ok().map(|number| number.to_string())
            }
            (Self::Number(number), Kind::Float(_)) => Some(number.clone()),
            (Self::Number(number), Kind::Decimal { precision, scale }) => {
                decimal(number, precision, scale, dialect)
            }
            (Self::Text(text), Kind::Uuid) => uuid(text, dialect),
            (Self::Text(text), Kind::Bytes) => bytes(text, dialect),
            (Self::Text(text), Kind::Text) => Some(quoted(text)),
            (Self::Text(text), Kind::Json) => is_json(text).then(|| quoted(text)),
            (Self::Text(text), Kind::Date) => is_shaped(text, "0000-00-00").then(|| quoted(text)),
            (Self::Text(text), Kind::Time) => is_shaped(text, "00:00:00").then(|| quoted(text)),
            (Self::Text(text), Kind::DateTime) => {
                let text = text.replacen('T', " ", 1);
                is_shaped(&text, "0000-00-00 00:00:00").then(|| quoted(&text))
            }
            (Self::Text(text), Kind::Instant) => {
                let text = text.replacen(' ', "T", 1);
                let text = text.strip_suffix('Z').or_else(|| text.strip_suffix("+00:00"))?;
                is_shaped(text, "0000-00-00T00:00:00").then(|| format!("'{text}+00:00'"))
            }
            _ => None,
        }
    }

    /// A literal that a column of this kind takes.
    pub fn example(kind: Kind) -> &'static str {
        match kind {
            Kind::Bool => "false",
            Kind::Int(_) | Kind::Float(_) | Kind::Decimal { .. } => "0",
            Kind::Text => "'text'",
            Kind::Uuid => "'00000000-0000-0000-0000-000000000000'",
            Kind::Date => "'2000-01-01'",
            Kind::Time => "'00:00:00'",
            Kind::DateTime => "'2000-01-01 00:00:00'",
            Kind::Instant => "'2000-01-01T00:00:00Z'",
            Kind::Bytes => "'00ff'",
            Kind::Json => "'[]'",
        }
    }

    /// What stands for a value that is lost.
    pub fn zero(kind: Kind) -> Self {
        match kind {
            Kind::Bool => Self::Bool(false),
            Kind::Int(_) | Kind::Float(_) | Kind::Decimal { .. } => Self::Number("0".to_owned()),
            Kind::Text | Kind::Bytes => Self::Text(String::new()),
            other => {
                let example = Self::example(other);
                Self::Text(example.trim_matches('\'').to_owned())
            }
        }
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// SQLite stores the digits without the point.
fn decimal(number: &str, precision: u32, scale: u32, dialect: Dialect) -> Option<String> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let fraction = fraction.trim_end_matches('0');
    let digits = whole.trim_start_matches('-').trim_start_matches('0');
    let (precision, scale) = (usize::try_from(precision).ok()?, usize::try_from(scale).ok()?);
    if fraction.len() > scale || digits.len() > precision - scale.min(precision) {
        return None;
    }
    Some(match dialect {
        Dialect::Postgres => number.to_owned(),
        Dialect::Sqlite => format!("{whole}{fraction:0<scale$}").parse::<i64>().ok()?.to_string(),
    })
}

fn uuid(text: &str, dialect: Dialect) -> Option<String> {
    let parts: Vec<usize> = text.split('-').map(str::len).collect();
    let hex = text.replace('-', "");
    let is_one = parts == [8, 4, 4, 4, 12] && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_one.then(|| match dialect {
        Dialect::Sqlite => format!("X'{hex}'"),
        Dialect::Postgres => quoted(text),
    })
}

/// Bytes are given in hexadecimal digits.
fn bytes(hex: &str, dialect: Dialect) -> Option<String> {
    let is_hex = hex.len().is_multiple_of(2) && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex.then(|| match dialect {
        Dialect::Sqlite => format!("X'{hex}'"),
        Dialect::Postgres => format!("'\\x{hex}'"),
    })
}

/// Whether digits stand where the shape has zeros, and all else is the same; a fraction of a second may follow a time.
fn is_shaped(text: &str, shape: &str) -> bool {
    let (start, fraction) = match text.split_once('.') {
        Some((start, fraction)) if shape.ends_with(":00") => (start, fraction),
        Some(_) => return false,
        None => (text, "0"),
    };
    let fits = |(byte, shape): (u8, u8)| byte == shape || shape == b'0' && byte.is_ascii_digit();
    start.len() == shape.len()
        && start.bytes().zip(shape.bytes()).all(fits)
        && (1..=6).contains(&fraction.len())
        && fraction.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether the text looks like a document; PostgreSQL reads it before anything is changed.
fn is_json(text: &str) -> bool {
    let text = text.trim();
    let is_pair = |open, close| text.starts_with(open) && text.ends_with(close);
    is_pair('{', '}')
        || is_pair('[', ']')
        || is_pair('"', '"')
        || matches!(text, "null" | "true" | "false")
        || matches!(Literal::parse(text), Some(Literal::Number(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(source: &str, kind: Kind) -> Option<(String, String)> {
        let literal = Literal::parse(source)?;
        Some((literal.write(kind, Dialect::Sqlite)?, literal.write(kind, Dialect::Postgres)?))
    }

    #[test]
    fn only_one_literal_is_a_literal() {
        for source in ["0", "-12.5", "'it''s'", "''", "true"] {
            assert!(Literal::parse(source).is_some(), "{source}");
        }
        for source in
            ["", "'", "now()", "1; DROP TABLE a", "'a' || 'b'", "'a'b'", "draft", "1.", "--1"]
        {
            assert!(Literal::parse(source).is_none(), "{source}");
        }
    }

    #[test]
    fn a_literal_is_written_as_each_database_stores_it() {
        let pair = |sqlite: &str, postgres: &str| Some((sqlite.to_owned(), postgres.to_owned()));
        let money = Kind::Decimal { precision: 6, scale: 2 };
        assert_eq!(written("9.5", money), pair("950", "9.5"));
        assert_eq!(written("-0.50", money), pair("-50", "-0.50"));
        assert_eq!(written("0.125", money), None);
        assert_eq!(written("10000", money), None);
        let id = "'019bd8a0-7c3e-7d52-9a3b-5f0e6c1d2b4a'";
        assert_eq!(written(id, Kind::Uuid), pair("X'019bd8a07c3e7d529a3b5f0e6c1d2b4a'", id));
        let at = "'2026-01-02T03:04:05+00:00'";
        assert_eq!(written("'2026-01-02 03:04:05Z'", Kind::Instant), pair(at, at));
        assert_eq!(written("'soon'", Kind::Instant), None);
        assert_eq!(written("'00ff'", Kind::Bytes), pair("X'00ff'", "'\\x00ff'"));
        assert_eq!(written("'draft'", Kind::Int(32)), None);
    }
}
