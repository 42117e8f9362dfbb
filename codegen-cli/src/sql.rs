//! The tables of a declaration, for both databases: exactly what the framework derives from the entity.

use crate::spec::{EntitySpec, Field, Kind, integer_range};

/// A database that migrations are written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

impl Dialect {
    /// Every one.
    pub const BOTH: [Self; 2] = [Self::Sqlite, Self::Postgres];

    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }

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
    lines.extend(spec.fields.iter().flat_map(|field| checks(table, field, dialect)));
    lines.extend(spec.fields.iter().filter_map(|field| foreign_key(table, field)));
    let mut script = format!("CREATE TABLE \"{table}\" (\n    {}\n);\n", lines.join(",\n    "));
    let unique = spec.fields.iter().filter_map(|field| unique_index(spec, field));
    for statement in unique.chain(spec.fields.iter().filter_map(|field| index(table, field))) {
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
    checks.extend(length_check(field, dialect).map(|condition| constraint("length", condition)));
    checks.extend(range_check(field, dialect).map(|condition| constraint("range", condition)));
    if let Kind::Enum(words) = &field.kind {
        let words: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
        checks.push(constraint("enum", format!("\"{name}\" IN ({})", words.join(", "))));
    }
    if let (Some(pattern), Dialect::Postgres) = (&field.options.pattern, dialect) {
        checks
            .push(constraint("pattern", format!("\"{name}\" ~ '{}'", pattern.replace('\'', "''"))));
    }
    checks
}

/// The most items of a list whose field says nothing.
const MAX_LIST_ITEMS: u32 = 10_000;

fn length_check(field: &Field, dialect: Dialect) -> Option<String> {
    let length = field.length();
    let low = length.as_ref().and_then(|length| length.low).filter(|low| *low > 0);
    let mut high = length.and_then(|length| length.high);
    let function = match (&field.kind, dialect) {
        (Kind::List(_), Dialect::Sqlite) => "json_array_length",
        (Kind::List(_), Dialect::Postgres) => "jsonb_array_length",
        _ => "length",
    };
    if matches!(field.kind, Kind::List(_)) {
        high = high.or(Some(MAX_LIST_ITEMS));
    }
    let subject = format!("{function}(\"{}\")", field.name);
    match (low, high) {
        (Some(low), Some(high)) => Some(format!("{subject} BETWEEN {low} AND {high}")),
        (Some(low), None) => Some(format!("{subject} >= {low}")),
        (None, Some(high)) => Some(format!("{subject} <= {high}")),
        (None, None) => None,
    }
}

/// The stated bounds, else those of the integer type; what follows from the type of the column needs no check.
fn range_check(field: &Field, dialect: Dialect) -> Option<String> {
    let Field { name, kind, options, .. } = field;
    let stated = options.range.as_ref();
    let (mut low, mut high) = stated.map_or((None, None), |it| (it.low.clone(), it.high.clone()));
    if let Kind::Int { bits, signed } = kind {
        let (least, most) = integer_range(*bits, *signed);
        let (floor, ceiling) = match column_type(kind, dialect).as_str() {
            "SMALLINT" => (i16::MIN.into(), i16::MAX.into()),
            // SQLite's INTEGER has 64 bits.
            "INTEGER" if dialect == Dialect::Postgres => (i32::MIN.into(), i32::MAX.into()),
            _ => (i64::MIN, i64::MAX),
        };
        low = low.or(Some(least.to_string())).filter(|low| *low != floor.to_string());
        high = high.or(Some(most.to_string())).filter(|high| *high != ceiling.to_string());
    }
    let end = |operator: &str, end: Option<String>| {
        Some(format!("\"{name}\" {operator} {}", stored(&end?, kind, dialect)))
    };
    let ends: Vec<String> = [end(">=", low), end("<=", high)].into_iter().flatten().collect();
    (!ends.is_empty()).then(|| ends.join(" AND "))
}

/// A bound as the database stores values of this kind: SQLite keeps decimals as whole numbers of their last digit.
fn stored(end: &str, kind: &Kind, dialect: Dialect) -> String {
    match (kind, dialect) {
        (Kind::Decimal { scale, .. }, Dialect::Sqlite) if end.trim_start_matches('-') != "0" => {
            format!("{end}{}", "0".repeat(usize::from(*scale)))
        }
        (Kind::Float { .. }, _) => end.strip_suffix(".0").unwrap_or(end).to_owned(),
        _ => end.to_owned(),
    }
}

fn unique_index(spec: &EntitySpec, field: &Field) -> Option<String> {
    let table = &spec.name.plural;
    let name = &field.name;
    let live = if spec.soft_delete { " WHERE \"deleted_at\" IS NULL" } else { "" };
    field.options.unique.then(|| {
        format!("CREATE UNIQUE INDEX \"uq_{table}_{name}\" ON \"{table}\" (\"{name}\"){live};")
    })
}

fn index(table: &str, field: &Field) -> Option<String> {
    let name = &field.name;
    let is_wanted = field.options.index || field.reference.is_some();
    (is_wanted && !field.options.unique)
        .then(|| format!("CREATE INDEX \"ix_{table}_{name}\" ON \"{table}\" (\"{name}\");"))
}
