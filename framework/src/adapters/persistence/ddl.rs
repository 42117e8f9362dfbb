//! Tables from declarations: for tests, and to check that migrations and declarations agree.

use super::statement::Dialect;
use crate::domain::schema::{Bound, EntitySchema, FieldSchema, Kind, OnDelete};

/// The statements that create an entity's table with its constraints and indexes.
pub fn create_table(schema: &EntitySchema, dialect: Dialect) -> Vec<String> {
    let table = schema.table;
    let mut parts: Vec<String> = schema.fields.iter().map(|field| column(field, dialect)).collect();
    parts.push(format!(
        "CONSTRAINT {} PRIMARY KEY ({})",
        quote(&format!("pk_{table}")),
        quote(schema.id().column)
    ));
    for field in schema.fields {
        parts.extend(checks(table, field, dialect));
    }
    for field in schema.fields {
        let Some(reference) = field.reference else { continue };
        let target = (reference.target)();
        let action = match reference.on_delete {
            OnDelete::Restrict => "RESTRICT",
            OnDelete::Cascade => "CASCADE",
            OnDelete::SetNull => "SET NULL",
        };
        parts.push(format!(
            "CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {} ({}) ON DELETE {action}",
            quote(&format!("fk_{table}_{}", field.column)),
            quote(field.column),
            quote(target.table),
            quote(target.id().column),
        ));
    }
    let mut statements =
        vec![format!("CREATE TABLE {} (\n    {}\n)", quote(table), parts.join(",\n    "))];
    statements.extend(indexes(schema));
    statements
}

/// The statement that drops an entity's table.
pub fn drop_table(schema: &EntitySchema) -> String {
    format!("DROP TABLE {}", quote(schema.table))
}

/// These entities and their owned children, each after those it refers to; a circle is cut where it closes.
pub fn in_dependency_order(schemas: &[&'static EntitySchema]) -> Vec<&'static EntitySchema> {
    fn visit(
        schema: &'static EntitySchema,
        seen: &mut Vec<&'static str>,
        order: &mut Vec<&'static EntitySchema>,
    ) {
        if seen.contains(&schema.table) {
            return;
        }
        seen.push(schema.table);
        for reference in schema.fields.iter().filter_map(|field| field.reference) {
            visit((reference.target)(), seen, order);
        }
        order.push(schema);
        for relation in schema.owned() {
            visit((relation.target)(), seen, order);
        }
    }
    let (mut seen, mut order) = (Vec::new(), Vec::new());
    for schema in schemas {
        visit(schema, &mut seen, &mut order);
    }
    order
}

fn column(field: &FieldSchema, dialect: Dialect) -> String {
    let null = if field.nullable { "" } else { " NOT NULL" };
    format!("{} {}{null}", quote(field.column), column_type(field.kind, dialect))
}

fn column_type(kind: Kind, dialect: Dialect) -> String {
    let (sqlite, postgres) = match kind {
        Kind::Bool => ("BOOLEAN", "BOOLEAN"),
        Kind::Int { bits: 8 | 16, signed: true } | Kind::Int { bits: 8, .. } => {
            ("INTEGER", "SMALLINT")
        }
        Kind::Int { bits: 32, signed: true } | Kind::Int { bits: 16, .. } => ("INTEGER", "INTEGER"),
        Kind::Int { .. } => ("INTEGER", "BIGINT"),
        Kind::Float { bits: 32 } => ("REAL", "REAL"),
        Kind::Float { .. } => ("REAL", "DOUBLE PRECISION"),
        Kind::Decimal { precision, scale } => {
            return match dialect {
                Dialect::Sqlite => "INTEGER".to_owned(),
                Dialect::Postgres => format!("NUMERIC({precision},{scale})"),
            };
        }
        Kind::Text | Kind::Enum(_) => ("TEXT", "TEXT COLLATE \"C\""),
        Kind::Uuid => ("BLOB", "UUID"),
        Kind::Date => ("TEXT", "DATE"),
        Kind::Time => ("TEXT", "TIME"),
        Kind::DateTime => ("TEXT", "TIMESTAMP"),
        Kind::Instant => ("TEXT", "TIMESTAMPTZ"),
        Kind::Bytes => ("BLOB", "BYTEA"),
        Kind::Json | Kind::List(_) => ("TEXT", "JSONB"),
    };
    match dialect {
        Dialect::Sqlite => sqlite.to_owned(),
        Dialect::Postgres => postgres.to_owned(),
    }
}

fn checks(table: &str, field: &FieldSchema, dialect: Dialect) -> Vec<String> {
    let name = quote(field.column);
    let mut found = Vec::new();
    let mut add = |suffix: &str, condition: String| {
        let constraint = quote(&format!("ck_{table}_{}_{suffix}", field.column));
        found.push(format!("CONSTRAINT {constraint} CHECK ({condition})"));
    };
    if let Some(condition) = length_check(&name, field) {
        add("length", condition);
    }
    if let Some(condition) = range_check(&name, field, dialect) {
        add("range", condition);
    }
    if let Kind::Enum(known) = field.kind {
        let values: Vec<String> = known.variants.iter().map(|(value, _)| literal(value)).collect();
        add("enum", format!("{name} IN ({})", values.join(", ")));
    }
    if let (Some(pattern), Dialect::Postgres) = (field.rules.pattern, dialect) {
        add("pattern", format!("{name} ~ {}", literal(pattern)));
    }
    found
}

fn length_check(name: &str, field: &FieldSchema) -> Option<String> {
    if !matches!(field.kind, Kind::Text | Kind::Bytes) {
        return None;
    }
    Some(match (field.rules.min_length.filter(|least| *least > 0), field.rules.max_length) {
        (Some(least), Some(most)) => format!("length({name}) BETWEEN {least} AND {most}"),
        (Some(least), None) => format!("length({name}) >= {least}"),
        (None, Some(most)) => format!("length({name}) <= {most}"),
        (None, None) => return None,
    })
}

/// Bounds that the declaration states; those that follow from the integer type are the column's own.
fn range_check(name: &str, field: &FieldSchema, dialect: Dialect) -> Option<String> {
    let (natural_least, natural_most) = natural_range(field.kind);
    let stated = |bound: Option<Bound>, natural: Option<i64>| {
        bound.filter(|bound| Some(*bound) != natural.map(Bound::Int))
    };
    let least = stated(field.rules.minimum, natural_least)
        .map(|bound| stored_bound(bound, field.kind, dialect));
    let most = stated(field.rules.maximum, natural_most)
        .map(|bound| stored_bound(bound, field.kind, dialect));
    match (least, most) {
        (Some(least), Some(most)) => Some(format!("{name} >= {least} AND {name} <= {most}")),
        (Some(least), None) => Some(format!("{name} >= {least}")),
        (None, Some(most)) => Some(format!("{name} <= {most}")),
        (None, None) => None,
    }
}

fn natural_range(kind: Kind) -> (Option<i64>, Option<i64>) {
    let Kind::Int { bits, signed } = kind else { return (None, None) };
    let safe = crate::domain::scalar::MAX_SAFE_INTEGER;
    match (bits, signed) {
        (64, true) => (Some(-safe), Some(safe)),
        (64, false) => (Some(0), Some(safe)),
        (bits, true) => (Some(-(1_i64 << (bits - 1))), Some((1_i64 << (bits - 1)) - 1)),
        (bits, false) => (Some(0), Some((1_i64 << bits) - 1)),
    }
}

fn stored_bound(bound: Bound, kind: Kind, dialect: Dialect) -> String {
    match (bound, kind, dialect) {
        (Bound::Int(number), Kind::Decimal { scale, .. }, Dialect::Sqlite) => {
            number.saturating_mul(10_i64.pow(u32::from(scale))).to_string()
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "bounds of decimals have at most 18 digits"
        )]
        (Bound::Float(number), Kind::Decimal { scale, .. }, Dialect::Sqlite) => {
            ((number * 10_f64.powi(i32::from(scale))).round() as i64).to_string()
        }
        (bound, ..) => bound.to_string(),
    }
}

fn indexes(schema: &EntitySchema) -> Vec<String> {
    let table = schema.table;
    let live = schema
        .roles
        .deleted_at
        .and_then(|position| schema.fields.get(position))
        .map(|mark| format!(" WHERE {} IS NULL", quote(mark.column)))
        .unwrap_or_default();
    let mut found = Vec::new();
    let mut unique = |columns: &[&str]| {
        found.push(format!(
            "CREATE UNIQUE INDEX {} ON {} ({}){live}",
            quote(&format!("uq_{table}_{}", columns.join("_"))),
            quote(table),
            columns.iter().map(|column| quote(column)).collect::<Vec<_>>().join(", "),
        ));
    };
    for field in schema.fields.iter().filter(|field| field.unique) {
        unique(&[field.column]);
    }
    for key in schema.unique {
        let columns: Vec<&str> = key
            .iter()
            .filter_map(|position| schema.fields.get(*position))
            .map(|field| field.column)
            .collect();
        unique(&columns);
    }
    for field in schema
        .fields
        .iter()
        .filter(|field| !field.unique && (field.index || field.reference.is_some()))
    {
        found.push(format!(
            "CREATE INDEX {} ON {} ({})",
            quote(&format!("ix_{table}_{}", field.column)),
            quote(table),
            quote(field.column),
        ));
    }
    found
}

fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
