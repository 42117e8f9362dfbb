//! Tables as they are declared: read from the text that the framework prints, and written as that text.

use std::fmt::Write as _;

use super::text::{identifiers, split_name};
use crate::problems::Problems;
use crate::sql::Dialect;

/// The tables of an application, in both databases.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Schema {
    /// The tables.
    pub tables: Vec<Table>,
}

/// One table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// What SQLite holds it to.
    pub sqlite: Rules,
    /// What PostgreSQL holds it to.
    pub postgres: Rules,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type in SQLite.
    pub sqlite: String,
    /// Its type in PostgreSQL, which tells more.
    pub postgres: String,
    /// Whether it may be empty.
    pub nullable: bool,
}

/// Constraints and indexes of a table in one database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    /// Text: `CHECK (…)`, `PRIMARY KEY (…)`, `FOREIGN KEY (…) REFERENCES …`.
    pub constraints: Vec<Rule>,
    /// Text: `("a", "b") WHERE …`, behind `UNIQUE ` where it is.
    pub indexes: Vec<Rule>,
}

/// A constraint or an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its name.
    pub name: String,
    /// What it says.
    pub text: String,
}

impl Schema {
    /// Reads what [`Schema::print`], or the framework, wrote for each database.
    ///
    /// # Errors
    /// When a line is not of that form, or the two do not have the same tables and columns.
    pub fn parse(sqlite: &str, postgres: &str) -> Result<Self, Problems> {
        let (sqlite, mut other) = (read(sqlite)?, read(postgres)?);
        let mut tables = Vec::new();
        for one in sqlite {
            let at = other.iter().position(|table| table.name == one.name);
            let table = at.map(|at| other.swap_remove(at)).and_then(|two| one.clone().with(&two));
            tables.push(table.ok_or_else(|| apart(&one.name))?);
        }
        match other.first() {
            Some(table) => Err(apart(&table.name)),
            None => Ok(Self { tables }),
        }
    }

    /// The statements that create everything, tables by their names.
    pub fn print(&self, dialect: Dialect) -> String {
        let mut tables: Vec<&Table> = self.tables.iter().collect();
        tables.sort_by_key(|table| &table.name);
        let tables = tables.into_iter().map(|table| {
            let indexes = &table.rules(dialect).indexes;
            let indexes = indexes.iter().map(|index| create_index(&table.name, index));
            let create = create_table(&table.name, table, dialect, |_| true);
            [create].into_iter().chain(indexes).collect::<Vec<_>>().join("\n\n") + "\n"
        });
        tables.collect::<Vec<_>>().join("\n")
    }

    /// The table of this name.
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }
}

impl Table {
    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// What one database holds it to.
    pub fn rules(&self, dialect: Dialect) -> &Rules {
        match dialect {
            Dialect::Sqlite => &self.sqlite,
            Dialect::Postgres => &self.postgres,
        }
    }

    /// Together with the same table of the other database, if it is the same.
    fn with(mut self, other: &Self) -> Option<Self> {
        if self.columns.len() != other.columns.len() {
            return None;
        }
        for column in &mut self.columns {
            let other = other.column(&column.name)?;
            if other.nullable != column.nullable {
                return None;
            }
            column.postgres.clone_from(&other.sqlite);
        }
        self.postgres.clone_from(&other.sqlite);
        Some(self)
    }
}

impl Column {
    /// Its type.
    pub fn kind(&self, dialect: Dialect) -> &str {
        match dialect {
            Dialect::Sqlite => &self.sqlite,
            Dialect::Postgres => &self.postgres,
        }
    }
}

impl Rule {
    /// Whether it is a foreign key.
    pub fn is_foreign_key(&self) -> bool {
        self.text.starts_with("FOREIGN KEY ")
    }

    /// The table that a foreign key refers to, and the column there.
    pub fn target(&self) -> Option<(String, String)> {
        let (_, target) =
            self.text.split_once(") REFERENCES ").filter(|_| self.is_foreign_key())?;
        let mut names = identifiers(target).into_iter();
        Some((names.next()?, names.next()?))
    }

    /// The columns of its own table that it names.
    pub fn columns(&self) -> Vec<String> {
        let own = self.text.split(") REFERENCES ").next().unwrap_or_default();
        identifiers(if self.is_foreign_key() { own } else { &self.text })
    }
}

/// A name in SQL.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The statement that creates a table under a name, with the constraints that are wanted now.
pub fn create_table(
    name: &str,
    table: &Table,
    dialect: Dialect,
    wanted: impl Fn(&Rule) -> bool,
) -> String {
    let columns = table.columns.iter().map(|column| define(column, dialect));
    let constraints = table.rules(dialect).constraints.iter().filter(|rule| wanted(rule));
    let lines: Vec<String> = columns.chain(constraints.map(constraint)).collect();
    format!("CREATE TABLE {} (\n    {}\n);", quoted(name), lines.join(",\n    "))
}

/// A column as a table has it.
pub fn define(column: &Column, dialect: Dialect) -> String {
    let null = if column.nullable { "" } else { " NOT NULL" };
    format!("{} {}{null}", quoted(&column.name), column.kind(dialect))
}

/// A constraint as a table has it.
pub fn constraint(rule: &Rule) -> String {
    format!("CONSTRAINT {} {}", quoted(&rule.name), rule.text)
}

/// The statement that creates an index.
pub fn create_index(table: &str, index: &Rule) -> String {
    let (unique, on) = match index.text.strip_prefix("UNIQUE ") {
        Some(on) => ("UNIQUE ", on),
        None => ("", index.text.as_str()),
    };
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write!(text, "CREATE {unique}INDEX {} ON {} {on};", quoted(&index.name), quoted(table));
    text
}

/// The tables of one text; what belongs to its database stands at `sqlite`.
fn read(text: &str) -> Result<Vec<Table>, Problems> {
    let mut tables: Vec<Table> = Vec::new();
    let mut open = false;
    for line in text.lines().map(str::trim) {
        let taken = match tables.last_mut() {
            _ if line.is_empty() || line.starts_with("--") => Some(()),
            Some(table) if open => match line {
                ");" | ")" => {
                    open = false;
                    Some(())
                }
                line => read_item(table, line.strip_suffix(',').unwrap_or(line)),
            },
            _ => match line.strip_prefix("CREATE TABLE ") {
                Some(rest) => {
                    split_name(rest).filter(|(_, rest)| *rest == " (").map(|(name, _)| {
                        open = true;
                        tables.push(Table { name, ..Table::default() });
                    })
                }
                None => read_index(&mut tables, line.strip_suffix(';').unwrap_or(line)),
            },
        };
        taken.ok_or_else(|| {
            Problems::one(
                format!("`{line}` is not a line of a schema as codegen-cli writes it"),
                "take the file from version control again: it is written by codegen-cli alone",
            )
        })?;
    }
    Ok(tables)
}

/// A column or a constraint.
fn read_item(table: &mut Table, line: &str) -> Option<()> {
    if let Some(rest) = line.strip_prefix("CONSTRAINT ") {
        let (name, text) = split_name(rest)?;
        let text = text.strip_prefix(' ')?.to_owned();
        table.sqlite.constraints.push(Rule { name, text });
        return Some(());
    }
    let (name, rest) = split_name(line)?;
    let rest = rest.strip_prefix(' ')?;
    let (kind, nullable) = match rest.strip_suffix(" NOT NULL") {
        Some(kind) => (kind, false),
        None => (rest, true),
    };
    let (sqlite, postgres) = (kind.to_owned(), String::new());
    table.columns.push(Column { name, sqlite, postgres, nullable });
    Some(())
}

fn read_index(tables: &mut [Table], line: &str) -> Option<()> {
    let rest = line.strip_prefix("CREATE ")?;
    let (unique, rest) = match rest.strip_prefix("UNIQUE ") {
        Some(rest) => ("UNIQUE ", rest),
        None => ("", rest),
    };
    let (name, rest) = split_name(rest.strip_prefix("INDEX ")?)?;
    let (table, on) = split_name(rest.strip_prefix(" ON ")?)?;
    let table = tables.iter_mut().find(|found| found.name == table)?;
    let text = format!("{unique}{}", on.strip_prefix(' ')?);
    table.sqlite.indexes.push(Rule { name, text });
    Some(())
}

fn apart(table: &str) -> Problems {
    Problems::one(
        format!("the table `{table}` is not the same in the schemas of both databases"),
        "take both files from version control again: they are written together",
    )
}
