//! The tables of a declaration, for both databases: exactly what the framework derives from the entity.

use crate::spec::{EntitySpec, Field, Kind};

/// A database that migrations are written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

impl Dialect {
    /// The stem of the migration's files.
    pub fn stem(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// The script that creates the entity's table.
pub fn up(spec: &EntitySpec, dialect: Dialect) -> String {
    let table = &spec.name.plural;
    let mut lines: Vec<String> = columns(spec, dialect);
    lines.push(format!("CONSTRAINT \"pk_{table}\" PRIMARY KEY (\"id\")"));
    lines.extend(spec.fields.iter().filter_map(|field| foreign_key(table, field)));
    lines.extend(spec.fields.iter().flat_map(|field| checks(table, field, dialect)));
    let mut script = format!("CREATE TABLE \"{table}\" (\n    {}\n);\n", lines.join(",\n    "));
    for statement in spec.fields.iter().filter_map(|field| index(spec, field)) {
        script.push_str(&statement);
        script.push('\n');
    }
    script
}

/// The script that removes it.
pub fn down(spec: &EntitySpec) -> String {
    format!("DROP TABLE \"{}\";\n", spec.name.plural)
}

fn columns(spec: &EntitySpec, dialect: Dialect) -> Vec<String> {
    let instant = column_type(&Kind::Instant, dialect);
    let mut columns = vec![format!("\"id\" {} NOT NULL", column_type(&Kind::Uuid, dialect))];
    for Field { name, kind, nullable, .. } in &spec.fields {
        let null = if *nullable { "" } else { " NOT NULL" };
        columns.push(format!("\"{name}\" {}{null}", column_type(kind, dialect)));
    }
    columns.push(format!("\"created_at\" {instant} NOT NULL"));
    columns.push(format!("\"updated_at\" {instant} NOT NULL"));
    if spec.soft_delete {
        columns.push(format!("\"deleted_at\" {instant}"));
    }
    let version = column_type(&Kind::Int { bits: 64, signed: true }, dialect);
    columns.push(format!("\"version\" {version} NOT NULL"));
    columns
}

fn column_type(kind: &Kind, dialect: Dialect) -> String {
    let (sqlite, postgres) = match kind {
        Kind::Bool => ("BOOLEAN", "BOOLEAN"),
        Kind::Int { bits: 8, .. } | Kind::Int { bits: 16, signed: true } => ("INTEGER", "SMALLINT"),
        Kind::Int { bits: 16, .. } | Kind::Int { bits: 32, signed: true } => ("INTEGER", "INTEGER"),
        Kind::Int { .. } => ("INTEGER", "BIGINT"),
        Kind::Float { bits: 32 } => ("REAL", "REAL"),
        Kind::Float { .. } => ("REAL", "DOUBLE PRECISION"),
        Kind::Decimal { precision, scale } => {
            return match dialect {
                Dialect::Sqlite => "INTEGER".to_owned(),
                Dialect::Postgres => format!("NUMERIC({precision},{scale})"),
            };
        }
        Kind::Text { .. } | Kind::Enum(_) => ("TEXT", "TEXT COLLATE \"C\""),
        Kind::Uuid => ("BLOB", "UUID"),
        Kind::Date => ("TEXT", "DATE"),
        Kind::Time => ("TEXT", "TIME"),
        Kind::DateTime => ("TEXT", "TIMESTAMP"),
        Kind::Instant => ("TEXT", "TIMESTAMPTZ"),
        Kind::Bytes => ("BLOB", "BYTEA"),
        Kind::Json | Kind::List(_) => ("TEXT", "JSONB"),
    };
    match dialect {
        Dialect::Sqlite => sqlite,
        Dialect::Postgres => postgres,
    }
    .to_owned()
}

fn foreign_key(table: &str, field: &Field) -> Option<String> {
    let reference = field.reference.as_ref()?;
    let on_delete = match field.options.on_delete {
        Some("cascade") => "CASCADE",
        Some("set_null") => "SET NULL",
        _ => "RESTRICT",
    };
    let name = &field.name;
    Some(format!(
        "CONSTRAINT \"fk_{table}_{name}\" FOREIGN KEY (\"{name}\") REFERENCES \"{}\" (\"{}\") ON DELETE {on_delete}",
        reference.table, reference.column
    ))
}

fn checks(table: &str, field: &Field, dialect: Dialect) -> Vec<String> {
    let name = &field.name;
    let constraint = |kind: &str, condition: String| {
        format!("CONSTRAINT \"ck_{table}_{name}_{kind}\" CHECK ({condition})")
    };
    let mut checks = Vec::new();
    // Lists are documents to the database: their length is checked by the application alone.
    if let Some(length) = field.length().filter(|_| !matches!(field.kind, Kind::List(_))) {
        let condition = match (length.low, length.high) {
            (Some(low), Some(high)) => format!("length(\"{name}\") BETWEEN {low} AND {high}"),
            (Some(low), None) => format!("length(\"{name}\") >= {low}"),
            (None, Some(high)) => format!("length(\"{name}\") <= {high}"),
            (None, None) => return checks,
        };
        checks.push(constraint("length", condition));
    }
    if let Some(range) = &field.options.range {
        let end = |operator: &str, end: &Option<String>| {
            end.as_ref()
                .map(|end| format!("\"{name}\" {operator} {}", stored(end, &field.kind, dialect)))
        };
        let ends: Vec<String> =
            [end(">=", &range.low), end("<=", &range.high)].into_iter().flatten().collect();
        checks.push(constraint("range", ends.join(" AND ")));
    }
    if let Kind::Enum(words) = &field.kind {
        let words: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
        checks.push(constraint("enum", format!("\"{name}\" IN ({})", words.join(","))));
    }
    if let (Some(pattern), Dialect::Postgres) = (&field.options.pattern, dialect) {
        checks
            .push(constraint("pattern", format!("\"{name}\" ~ '{}'", pattern.replace('\'', "''"))));
    }
    checks
}

/// A bound as the database stores values of this kind: SQLite keeps decimals as whole numbers of their last digit.
fn stored(end: &str, kind: &Kind, dialect: Dialect) -> String {
    match (kind, dialect) {
        (Kind::Decimal { scale, .. }, Dialect::Sqlite) if end.trim_start_matches('-') != "0" => {
            format!("{end}{}", "0".repeat(usize::from(*scale)))
        }
        _ => end.to_owned(),
    }
}

fn index(spec: &EntitySpec, field: &Field) -> Option<String> {
    let table = &spec.name.plural;
    let name = &field.name;
    if field.options.unique {
        let live = if spec.soft_delete { " WHERE \"deleted_at\" IS NULL" } else { "" };
        return Some(format!(
            "CREATE UNIQUE INDEX \"uq_{table}_{name}\" ON \"{table}\" (\"{name}\"){live};"
        ));
    }
    (field.options.index || field.reference.is_some())
        .then(|| format!("CREATE INDEX \"ix_{table}_{name}\" ON \"{table}\" (\"{name}\");"))
}
