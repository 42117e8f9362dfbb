//! What a column holds, and how its values become values of another kind.

use super::schema::quoted;
use crate::sql::Dialect;

/// What a column holds. PostgreSQL's type tells; SQLite's does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Yes or no.
    Bool,
    /// Whole numbers of so many bits.
    Int(u32),
    /// Numbers with a floating point; whether of 32 bits.
    Float(bool),
    /// Exact numbers; SQLite holds them as whole numbers of their last digit.
    Decimal {
        /// Digits in all.
        precision: u32,
        /// Digits behind the point.
        scale: u32,
    },
    /// Text.
    Text,
    /// A UUID; 16 bytes in SQLite.
    Uuid,
    /// A day.
    Date,
    /// A time of day.
    Time,
    /// A day and a time, nowhere.
    DateTime,
    /// A moment.
    Instant,
    /// Bytes.
    Bytes,
    /// A document or list.
    Json,
}

/// How values become values of another kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversion {
    /// The new value.
    pub value: String,
    /// What must hold of a value that is not null: else it would be lost.
    pub fits: Option<String>,
}

impl Kind {
    /// The kind of a column of this type of PostgreSQL.
    pub fn of(postgres: &str) -> Option<Self> {
        Some(match postgres {
            "BOOLEAN" => Self::Bool,
            "SMALLINT" => Self::Int(16),
            "INTEGER" => Self::Int(32),
            "BIGINT" => Self::Int(64),
            "REAL" => Self::Float(true),
            "DOUBLE PRECISION" => Self::Float(false),
            "TEXT COLLATE \"C\"" => Self::Text,
            "UUID" => Self::Uuid,
            "DATE" => Self::Date,
            "TIME" => Self::Time,
            "TIMESTAMP" => Self::DateTime,
            "TIMESTAMPTZ" => Self::Instant,
            "BYTEA" => Self::Bytes,
            "JSONB" => Self::Json,
            other => {
                let digits = other.strip_prefix("NUMERIC(")?.strip_suffix(')')?;
                let (precision, scale) = digits.split_once(',')?;
                Self::Decimal { precision: precision.parse().ok()?, scale: scale.parse().ok()? }
            }
        })
    }

    /// How the values of a column become values of another kind; `None` where they do not.
    pub fn convert(self, to: Self, column: &str, dialect: Dialect) -> Option<Conversion> {
        let x = quoted(column);
        if self == to {
            return Some(kept(x));
        }
        match dialect {
            Dialect::Sqlite => sqlite(self, to, &x),
            Dialect::Postgres => postgres(self, to, &x),
        }
    }
}

fn kept(value: impl Into<String>) -> Conversion {
    Conversion { value: value.into(), fits: None }
}

fn fitting(value: impl Into<String>, fits: impl Into<String>) -> Conversion {
    Conversion { value: value.into(), fits: Some(fits.into()) }
}

fn power(digits: u32) -> i128 {
    10_i128.saturating_pow(digits)
}

/// The whole numbers of so many bits, where fewer than before.
fn within(x: &str, from: u32, to: u32) -> Option<String> {
    let (low, high) = (-(1_i128 << (to - 1)), (1_i128 << (to - 1)) - 1);
    (to < from).then(|| format!("{x} BETWEEN {low} AND {high}"))
}

fn sqlite(from: Kind, to: Kind, x: &str) -> Option<Conversion> {
    use Kind::{Bool, Date, DateTime, Decimal, Float, Instant, Int, Text, Uuid};
    Some(match (from, to) {
        (Int(from), Int(to)) => Conversion { value: x.to_owned(), fits: within(x, from, to) },
        (Int(_), Float(_)) => kept(format!("CAST({x} AS REAL)")),
        (Float(_), Float(_)) | (Bool, Int(_)) => kept(x),
        (Float(_), Int(bits)) => {
            let whole = format!("CAST({x} AS INTEGER)");
            let fits = within(&whole, 128, bits).unwrap_or_default();
            fitting(&whole, format!("{x} = {whole} AND {fits}"))
        }
        (Int(_), Bool) => fitting(x, format!("{x} IN (0, 1)")),
        (Int(_), Decimal { precision, scale }) => fitting(
            format!("{x} * {}", power(scale)),
            format!("abs({x}) < {}", power(precision.saturating_sub(scale))),
        ),
        (Decimal { scale, .. }, Int(bits)) => {
            let whole = format!("{x} / {}", power(scale));
            let fits = within(&whole, 128, bits).unwrap_or_default();
            fitting(&whole, format!("{x} % {} = 0 AND {fits}", power(scale)))
        }
        (Decimal { scale: from, .. }, Decimal { precision, scale }) if scale >= from => fitting(
            format!("{x} * {}", power(scale - from)),
            format!("abs({x}) < {}", power((precision + from).saturating_sub(scale))),
        ),
        (Decimal { scale: from, .. }, Decimal { precision, scale }) => {
            let less = power(from - scale);
            let limit = power(precision);
            fitting(
                format!("{x} / {less}"),
                format!("{x} % {less} = 0 AND abs({x} / {less}) < {limit}"),
            )
        }
        (Decimal { scale, .. }, Float(_)) => kept(format!("{x} / {}.0", power(scale))),
        (Float(_), Decimal { precision, scale }) => {
            let whole = format!("CAST(round({x} * {}) AS INTEGER)", power(scale));
            let back = format!("{whole} / {}.0 = {x}", power(scale));
            fitting(&whole, format!("{back} AND abs({whole}) < {}", power(precision)))
        }
        (Int(_), Text) => kept(format!("CAST({x} AS TEXT)")),
        (Text, Int(bits)) => {
            let whole = format!("CAST({x} AS INTEGER)");
            let fits = within(&whole, 128, bits).unwrap_or_default();
            fitting(&whole, format!("CAST({whole} AS TEXT) = {x} AND {fits}"))
        }
        (Bool, Text) => kept(format!("CASE {x} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END")),
        (Text, Bool) => fitting(format!("{x} = 'true'"), format!("{x} IN ('true', 'false')")),
        (Uuid, Text) => kept(uuid_text(x)),
        (Text, Uuid) => {
            let bytes = format!("unhex(replace({x}, '-', ''))");
            fitting(&bytes, format!("length({x}) = 36 AND length({bytes}) IS 16"))
        }
        (Date, Text) => kept(x),
        (Text, Date) => fitting(x, format!("date({x}) IS {x}")),
        (DateTime, Instant) => kept(format!("replace({x}, ' ', 'T') || '+00:00'")),
        (Instant, DateTime) => kept(format!("replace(substr({x}, 1, length({x}) - 6), 'T', ' ')")),
        _ => return None,
    })
}

fn uuid_text(x: &str) -> String {
    let part = |from: u8, length: u8| format!("substr(lower(hex({x})), {from}, {length})");
    [part(1, 8), part(9, 4), part(13, 4), part(17, 4), part(21, 12)].join(" || '-' || ")
}

/// What does not fit fails by itself, except for digits behind the point, which are rounded off.
fn postgres(from: Kind, to: Kind, x: &str) -> Option<Conversion> {
    use Kind::{Bool, Date, DateTime, Decimal, Float, Instant, Int, Text, Uuid};
    let name = type_name(to);
    let cast = || kept(format!("{x}::{name}"));
    Some(match (from, to) {
        (Int(_), Int(_) | Float(_) | Decimal { .. })
        | (Decimal { .. } | Float(_), Float(_))
        | (Int(_) | Bool | Uuid, Text)
        | (Text, Int(_) | Uuid) => cast(),
        (Date, Text) => kept(format!("to_char({x}, 'YYYY-MM-DD')")),
        (Text, Date) => fitting(format!("{x}::date"), format!("{x} ~ '^\\d{{4}}-\\d\\d-\\d\\d$'")),
        (Text, Bool) => fitting(format!("{x} = 'true'"), format!("{x} IN ('true', 'false')")),
        (Float(_) | Decimal { .. }, Int(_)) => fitting(cast().value, format!("{x} = trunc({x})")),
        (Decimal { scale: from, .. }, Decimal { scale, .. }) if scale >= from => cast(),
        (Decimal { .. }, Decimal { scale, .. }) => {
            fitting(cast().value, format!("{x} = round({x}, {scale})"))
        }
        (Float(_), Decimal { scale, .. }) => {
            fitting(cast().value, format!("{x}::numeric = round({x}::numeric, {scale})"))
        }
        (Bool, Int(_)) => kept(format!("{x}::integer::{name}")),
        (Int(_), Bool) => fitting(format!("{x} = 1"), format!("{x} IN (0, 1)")),
        (DateTime, Instant) | (Instant, DateTime) => kept(format!("{x} AT TIME ZONE 'UTC'")),
        _ => return None,
    })
}

fn type_name(kind: Kind) -> String {
    match kind {
        Kind::Bool => "boolean".to_owned(),
        Kind::Int(16) => "smallint".to_owned(),
        Kind::Int(32) => "integer".to_owned(),
        Kind::Int(_) => "bigint".to_owned(),
        Kind::Float(true) => "real".to_owned(),
        Kind::Float(false) => "double precision".to_owned(),
        Kind::Decimal { precision, scale } => format!("numeric({precision},{scale})"),
        Kind::Text => "text".to_owned(),
        Kind::Uuid => "uuid".to_owned(),
        Kind::Date => "date".to_owned(),
        Kind::Time => "time".to_owned(),
        Kind::DateTime => "timestamp".to_owned(),
        Kind::Instant => "timestamptz".to_owned(),
        Kind::Bytes => "bytea".to_owned(),
        Kind::Json => "jsonb".to_owned(),
    }
}
