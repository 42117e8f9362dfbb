//! Tables from declarations: for tests, and to compare with what migrations made.

use super::dialect::Dialect;
use super::error::{bounded, foreign_key_name, index_name, unique_keys, unique_name};
use super::missing::create_missing;
use super::sql::{literal, quoted};
use super::store::SqlStore;
use crate::domain::error::Error;
use crate::domain::schema::{Bound, EntitySchema, FieldSchema, Kind, OnDelete, Rules};

/// The statements that create an entity's table and its indexes.
pub fn create_table(schema: &EntitySchema, dialect: Dialect) -> Vec<String> {
    let table = quoted(schema.table);
    let mut lines: Vec<String> = schema.fields.iter().map(|field| column(field, dialect)).collect();
    lines.push(format!(
        "CONSTRAINT {} PRIMARY KEY ({})",
        quoted(&bounded(format!("pk_{}", schema.table))),
        quoted(schema.id().column)
    ));
    // Nobody but the framework counts versions.
    let checked =
        schema.fields.iter().enumerate().filter(|(at, _)| schema.roles.version != Some(*at));
    lines.extend(checked.flat_map(|(_, field)| checks(schema, field, dialect)));
    lines.extend(schema.fields.iter().filter_map(|field| foreign_key(schema, field)));
    let mut statements = vec![format!("CREATE TABLE {table} (\n    {}\n)", lines.join(",\n    "))];
    statements.extend(indexes(schema));
    statements
}

/// Creates the tables of these entities that are not there, those that are referred to first.
///
/// # Errors
/// When a statement fails.
pub async fn create_all(schemas: &[&'static EntitySchema], store: &SqlStore) -> Result<(), Error> {
    create_missing(schemas, store).await.map(drop)
}

/// These entities and their owned children, each behind those that it refers to. A circle of references is cut where
/// it closes.
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
    format!("{} {}{null}", quoted(field.column), dialect.column_type(&field.kind))
}

fn foreign_key(schema: &EntitySchema, field: &FieldSchema) -> Option<String> {
    let reference = field.reference?;
    let target = (reference.target)();
    Some(format!(
        "CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {} ({}) ON DELETE {}",
        quoted(&foreign_key_name(schema, field)),
        quoted(field.column),
        quoted(target.table),
        quoted(target.id().column),
        match reference.on_delete {
            OnDelete::Restrict => "RESTRICT",
            OnDelete::Cascade => "CASCADE",
            OnDelete::SetNull => "SET NULL",
        }
    ))
}

fn checks(schema: &EntitySchema, field: &FieldSchema, dialect: Dialect) -> Vec<String> {
    let column = quoted(field.column);
    let rules = &field.rules;
    let mut found: Vec<(&str, String)> = Vec::new();
    if let Some(length) = length(field.kind, &column, dialect) {
        let condition = range(&length, rules.min_length, field.max_length());
        found.extend(condition.map(|it| ("length", it)));
    }
    let (minimum, maximum) = own_bounds(field, dialect);
    let number = |bound: Bound| written(bound, field.kind, dialect);
    found.extend(bounds(&column, minimum.map(number), maximum.map(number)).map(|it| ("range", it)));
    if let Kind::Enum(schema) = field.kind {
        let values: Vec<String> = schema.variants.iter().map(|(value, _)| literal(value)).collect();
        found.push(("enum", format!("{column} IN ({})", values.join(", "))));
    }
    if let (Some(pattern), Dialect::Postgres) = (rules.pattern, dialect) {
        found.push(("pattern", format!("{column} ~ {}", literal(pattern))));
    }
    found
        .into_iter()
        .map(|(rule, condition)| {
            let name = bounded(format!("ck_{}_{}_{rule}", schema.table, field.column));
            format!("CONSTRAINT {} CHECK ({condition})", quoted(&name))
        })
        .collect()
}

/// What counts the characters, bytes or items of a column.
fn length(kind: Kind, column: &str, dialect: Dialect) -> Option<String> {
    let function = match (kind, dialect) {
        (Kind::Text | Kind::Bytes, _) => "length",
        (Kind::List(_), Dialect::Sqlite) => "json_array_length",
        (Kind::List(_), Dialect::Postgres) => "jsonb_array_length",
        _ => return None,
    };
    Some(format!("{function}({column})"))
}

fn range(subject: &str, low: Option<u32>, high: Option<u32>) -> Option<String> {
    match (low.filter(|low| *low > 0), high) {
        (Some(low), Some(high)) => Some(format!("{subject} BETWEEN {low} AND {high}")),
        (Some(low), None) => Some(format!("{subject} >= {low}")),
        (None, Some(high)) => Some(format!("{subject} <= {high}")),
        (None, None) => None,
    }
}

fn bounds(column: &str, low: Option<String>, high: Option<String>) -> Option<String> {
    match (low, high) {
        (Some(low), Some(high)) => Some(format!("{column} >= {low} AND {column} <= {high}")),
        (Some(low), None) => Some(format!("{column} >= {low}")),
        (None, Some(high)) => Some(format!("{column} <= {high}")),
        (None, None) => None,
    }
}

/// The bounds that do not follow from the type of the column.
fn own_bounds(field: &FieldSchema, dialect: Dialect) -> (Option<Bound>, Option<Bound>) {
    let Rules { minimum, maximum, .. } = field.rules;
    let (low, high) = match dialect.column_type(&field.kind).as_str() {
        "SMALLINT" => (i16::MIN.into(), i16::MAX.into()),
        // SQLite's INTEGER has 64 bits.
        "INTEGER" if dialect == Dialect::Postgres => (i32::MIN.into(), i32::MAX.into()),
        _ => (i64::MIN, i64::MAX),
    };
    (
        minimum.filter(|bound| *bound != Bound::Int(low)),
        maximum.filter(|bound| *bound != Bound::Int(high)),
    )
}

/// A bound as SQL; on SQLite decimals are integers, their scale moved in.
fn written(bound: Bound, kind: Kind, dialect: Dialect) -> String {
    match (bound, kind, dialect) {
        (Bound::Int(int), Kind::Decimal { scale, .. }, Dialect::Sqlite) => {
            (i128::from(int) * 10_i128.pow(u32::from(scale))).to_string()
        }
        (Bound::Float(float), Kind::Decimal { scale, .. }, Dialect::Sqlite) => {
            let scaled = rust_decimal::Decimal::try_from(float)
                .ok()
                .and_then(|decimal| super::bind::scaled(&decimal, scale).ok());
            scaled.map_or_else(|| float.to_string(), |scaled| scaled.to_string())
        }
        (Bound::Int(int), ..) => int.to_string(),
        (Bound::Float(float), ..) => float.to_string(),
    }
}

/// Unique keys, plain indexes, and one for each foreign key.
fn indexes(schema: &EntitySchema) -> Vec<String> {
    let table = quoted(schema.table);
    let list = |key: &[usize]| -> String {
        let columns: Vec<String> = key
            .iter()
            .filter_map(|at| schema.fields.get(*at))
            .map(|field| quoted(field.column))
            .collect();
        columns.join(", ")
    };
    // A deleted row gives its unique values free.
    let live = schema
        .roles
        .deleted_at
        .and_then(|at| schema.fields.get(at))
        .map_or_else(String::new, |field| format!(" WHERE {} IS NULL", quoted(field.column)));
    let unique = unique_keys(schema).into_iter().map(|key| {
        let name = quoted(&unique_name(schema, &key));
        format!("CREATE UNIQUE INDEX {name} ON {table} ({}){live}", list(&key))
    });
    let plain = schema.fields.iter().enumerate().filter(|(at, field)| {
        (field.index || field.reference.is_some()) && !field.unique && *at != schema.roles.id
    });
    let plain = plain.map(|(at, field)| {
        let name = quoted(&index_name(schema, field));
        format!("CREATE INDEX {name} ON {table} ({})", list(&[at]))
    });
    unique.chain(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::schema::{Options, Roles};

    static FIELDS: [FieldSchema; 2] = [FieldSchema::new("id", Kind::Uuid), {
        let mut field = FieldSchema::new("price", Kind::Decimal { precision: 12, scale: 2 });
        field.rules.minimum = Some(Bound::Int(0));
        field.rules.maximum = Some(Bound::Float(99.5));
        field.index = true;
        field
    }];

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

    #[test]
    fn bounds_of_decimals_are_scaled_where_their_values_are() {
        let sqlite = create_table(&SCHEMA, Dialect::Sqlite).concat();
        assert!(sqlite.contains(r#"CHECK ("price" >= 0 AND "price" <= 9950)"#), "{sqlite}");
        let postgres = create_table(&SCHEMA, Dialect::Postgres).concat();
        assert!(postgres.contains(r#"CHECK ("price" >= 0 AND "price" <= 99.5)"#), "{postgres}");
        assert!(postgres.contains(r#""price" NUMERIC(12,2) NOT NULL"#), "{postgres}");
        assert!(postgres.contains(r#"CREATE INDEX "ix_things_price" ON "things" ("price")"#));
    }
}
