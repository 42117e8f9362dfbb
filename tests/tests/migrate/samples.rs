//! Schemas of a few tables whose names meet again, so that two of them have something to do with each other.

use codegen_cli::diff::schema::{Column, Rule, Rules, Schema, Table};
use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::{Strategy, any};

pub(crate) const TABLES: [&str; 4] = ["alpha", "beta", "gamma", "delta"];
const PLAIN: [&str; 5] = ["a", "b", "c", "d", "e"];
const REFERENCES: [&str; 2] = ["r", "s"];

/// What a plain column may hold: its type in SQLite, in PostgreSQL, and its digits behind the point.
pub(crate) const KINDS: [(&str, &str, u32); 9] = [
    ("INTEGER", "INTEGER", 0),
    ("INTEGER", "BIGINT", 0),
    ("INTEGER", "SMALLINT", 0),
    ("INTEGER", "NUMERIC(8,2)", 2),
    ("INTEGER", "NUMERIC(12,3)", 3),
    ("TEXT", "TEXT COLLATE \"C\"", 0),
    ("BOOLEAN", "BOOLEAN", 0),
    ("TEXT", "DATE", 0),
    ("REAL", "DOUBLE PRECISION", 0),
];

/// A schema, table by table in the order of [`TABLES`].
#[derive(Debug, Clone)]
pub(crate) struct Sample(Vec<Option<SampleTable>>);

#[derive(Debug, Clone)]
struct SampleTable {
    wide: bool,
    plain: Vec<Option<(usize, bool, bool, bool)>>,
    unique: Option<bool>,
    references: Vec<Option<(usize, bool, usize)>>,
}

/// The same with everything that follows.
#[derive(Debug, Clone)]
pub(crate) struct Resolved {
    pub(crate) tables: Vec<ResolvedTable>,
}

#[derive(Debug, Clone)]
pub(crate) struct ResolvedTable {
    pub(crate) name: String,
    pub(crate) columns: Vec<ResolvedColumn>,
}

#[derive(Debug, Clone)]
pub(crate) struct ResolvedColumn {
    pub(crate) name: String,
    /// Place in [`KINDS`].
    pub(crate) kind: usize,
    pub(crate) nullable: bool,
    pub(crate) check: bool,
    pub(crate) index: Option<bool>,
    /// Table and what happens when its row goes.
    pub(crate) reference: Option<(String, usize)>,
}

pub(crate) fn schema() -> impl Strategy<Value = Sample> {
    let plain = weighted(0.6, (0..KINDS.len(), any::<bool>(), any::<bool>(), any::<bool>()));
    let reference = weighted(0.5, (0..TABLES.len(), proptest::bool::weighted(0.8), 0..3_usize));
    let table = (any::<bool>(), vec(plain, 5), weighted(0.5, any::<bool>()), vec(reference, 2));
    let table = table.prop_map(|(wide, plain, unique, references)| SampleTable {
        wide,
        plain,
        unique,
        references,
    });
    vec(weighted(0.7, table), TABLES.len()).prop_map(Sample)
}

impl Sample {
    pub(crate) fn resolved(&self) -> Resolved {
        let wide = |at: usize| self.0.get(at).and_then(Option::as_ref).map(|table| table.wide);
        let tables = self.0.iter().enumerate().filter_map(|(at, table)| {
            let table = table.as_ref()?;
            let mut columns = vec![ResolvedColumn {
                name: "id".to_owned(),
                kind: usize::from(table.wide),
                nullable: false,
                check: false,
                index: None,
                reference: None,
            }];
            for (name, plain) in PLAIN.iter().zip(&table.plain) {
                let Some((kind, nullable, check, index)) = *plain else { continue };
                let index = index.then_some(false);
                let name = (*name).to_owned();
                columns.push(ResolvedColumn {
                    name,
                    kind,
                    nullable,
                    check,
                    index,
                    reference: None,
                });
            }
            if let Some(check) = table.unique {
                columns.push(ResolvedColumn {
                    name: "u".to_owned(),
                    kind: 5,
                    nullable: true,
                    check,
                    index: Some(true),
                    reference: None,
                });
            }
            for (name, reference) in REFERENCES.iter().zip(&table.references) {
                let Some((target, nullable, on_delete)) = *reference else { continue };
                let target = if wide(target).is_some() { target } else { at };
                columns.push(ResolvedColumn {
                    name: (*name).to_owned(),
                    kind: usize::from(wide(target).unwrap_or_default()),
                    nullable,
                    check: false,
                    index: Some(false),
                    reference: Some((TABLES[target].to_owned(), on_delete)),
                });
            }
            Some(ResolvedTable { name: TABLES[at].to_owned(), columns })
        });
        Resolved { tables: tables.collect() }
    }
}

impl Resolved {
    pub(crate) fn table(&self, name: &str) -> Option<&ResolvedTable> {
        self.tables.iter().find(|table| table.name == name)
    }

    pub(crate) fn schema(&self) -> Schema {
        Schema { tables: self.tables.iter().map(ResolvedTable::table).collect() }
    }
}

impl ResolvedTable {
    pub(crate) fn column(&self, name: &str) -> Option<&ResolvedColumn> {
        self.columns.iter().find(|column| column.name == name)
    }

    fn table(&self) -> Table {
        let columns = self.columns.iter().map(|column| Column {
            name: column.name.clone(),
            sqlite: KINDS[column.kind].0.to_owned(),
            postgres: KINDS[column.kind].1.to_owned(),
            nullable: column.nullable,
        });
        Table {
            name: self.name.clone(),
            columns: columns.collect(),
            sqlite: self.rules(true),
            postgres: self.rules(false),
        }
    }

    fn rules(&self, sqlite: bool) -> Rules {
        let table = &self.name;
        let rule = |name: String, text: String| Rule { name, text };
        let mut constraints = vec![rule(format!("pk_{table}"), "PRIMARY KEY (\"id\")".to_owned())];
        let mut indexes = Vec::new();
        for ResolvedColumn { name, kind, check, index, reference, .. } in &self.columns {
            let limit = if sqlite { 1000 * 10_i32.pow(KINDS[*kind].2) } else { 1000 };
            let condition = match kind {
                0..=4 => Some(format!("\"{name}\" >= 0 AND \"{name}\" <= {limit}")),
                5 => Some(format!("length(\"{name}\") BETWEEN 1 AND 50")),
                _ => None,
            };
            if let Some(condition) = condition.filter(|_| *check) {
                constraints
                    .push(rule(format!("ck_{table}_{name}"), format!("CHECK ({condition})")));
            }
            if let Some((target, on_delete)) = reference {
                let on_delete = ["RESTRICT", "CASCADE", "SET NULL"][*on_delete];
                let text = format!(
                    "FOREIGN KEY (\"{name}\") REFERENCES \"{target}\" (\"id\") ON DELETE {on_delete}"
                );
                constraints.push(rule(format!("fk_{table}_{name}"), text));
            }
            if let Some(unique) = index {
                let (prefix, word) = if *unique { ("uq", "UNIQUE ") } else { ("ix", "") };
                indexes
                    .push(rule(format!("{prefix}_{table}_{name}"), format!("{word}(\"{name}\")")));
            }
        }
        Rules { constraints, indexes }
    }
}
