//! Where the databases differ.

use crate::domain::schema::Kind;

/// A database's way of speaking SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite 3.35 or later (`RETURNING`).
    Sqlite,
    /// PostgreSQL 13 or later.
    Postgres,
}

impl Dialect {
    /// The type of a column that stores this kind.
    pub fn column_type(self, kind: &Kind) -> String {
        match self {
            Self::Sqlite => sqlite_type(kind).to_owned(),
            Self::Postgres => match kind {
                Kind::Decimal { precision, scale } => format!("NUMERIC({precision},{scale})"),
                Kind::Text | Kind::Enum(_) => "TEXT COLLATE \"C\"".to_owned(),
                other => postgres_type(other).to_owned(),
            },
        }
    }

    /// How many values one statement can bind.
    pub(super) fn bind_limit(self) -> usize {
        match self {
            Self::Sqlite => 32_766,
            Self::Postgres => 65_535,
        }
    }
}

fn sqlite_type(kind: &Kind) -> &'static str {
    match kind {
        Kind::Bool => "BOOLEAN",
        Kind::Int { .. } | Kind::Decimal { .. } => "INTEGER",
        Kind::Float { .. } => "REAL",
        Kind::Uuid | Kind::Bytes => "BLOB",
        _ => "TEXT",
    }
}

fn postgres_type(kind: &Kind) -> &'static str {
    match kind {
        Kind::Bool => "BOOLEAN",
        Kind::Int { bits: 8 | 16, signed: true } | Kind::Int { bits: 8, .. } => "SMALLINT",
        Kind::Int { bits: 32, signed: true } | Kind::Int { bits: 16, .. } => "INTEGER",
        Kind::Int { .. } => "BIGINT",
        Kind::Float { bits: 32 } => "REAL",
        Kind::Float { .. } => "DOUBLE PRECISION",
        Kind::Decimal { .. } => "NUMERIC",
        Kind::Text | Kind::Enum(_) => "TEXT",
        Kind::Uuid => "UUID",
        Kind::Date => "DATE",
        Kind::Time => "TIME",
        Kind::DateTime => "TIMESTAMP",
        Kind::Instant => "TIMESTAMPTZ",
        Kind::Bytes => "BYTEA",
        Kind::Json | Kind::List(_) => "JSONB",
    }
}
