//! What two schemas do not tell: what has another name now, what may go, what existing rows get.

use std::fmt;

use super::literal::Literal;

/// Everything that is said beside the schemas.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hints {
    /// What has another name now.
    pub renames: Vec<Rename>,
    /// What may go, with its values.
    pub drops: Vec<Place>,
    /// What existing rows get.
    pub fills: Vec<Fill>,
}

/// A table, or a column of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The table.
    pub table: String,
    /// The column.
    pub column: Option<String>,
}

/// Another name for the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rename {
    /// What it was.
    pub from: Place,
    /// The new name.
    pub to: String,
}

/// A value for existing rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fill {
    /// The table, as it is called now.
    pub table: String,
    /// The column, as it is called now.
    pub column: String,
    /// The value.
    pub literal: Literal,
}

impl Place {
    /// A table.
    pub fn table(table: &str) -> Self {
        Self { table: table.to_owned(), column: None }
    }

    /// A column.
    pub fn column(table: &str, column: &str) -> Self {
        Self { table: table.to_owned(), column: Some(column.to_owned()) }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.column {
            Some(column) => write!(f, "{}.{column}", self.table),
            None => f.write_str(&self.table),
        }
    }
}

/// Reads `table` or `table.column`.
///
/// # Errors
/// When it is neither.
pub fn place(source: &str) -> Result<Place, String> {
    let is_name = |name: &str| !name.is_empty() && !name.contains(['.', '=']);
    match source.split_once('.') {
        None if is_name(source) => Ok(Place::table(source)),
        Some((table, column)) if is_name(table) && is_name(column) => {
            Ok(Place::column(table, column))
        }
        _ => Err("write `table` or `table.column`".to_owned()),
    }
}

/// Reads `old_table=new_table` or `table.old=new`.
///
/// # Errors
/// When it is neither.
pub fn rename(source: &str) -> Result<Rename, String> {
    let (from, to) =
        source.split_once('=').ok_or("write `table.old=new` or `old_table=new_table`")?;
    let from = place(from)?;
    // Who writes the table again means the same.
    let to = to.strip_prefix(&format!("{}.", from.table)).unwrap_or(to);
    match place(to)? {
        Place { table: to, column: None } => Ok(Rename { from, to }),
        Place { .. } => Err("a column cannot move to another table".to_owned()),
    }
}

/// Reads `table.column=literal`.
///
/// # Errors
/// When it is not that, or the value is more than one literal.
pub fn fill(source: &str) -> Result<Fill, String> {
    let form = "write `table.column=value`, such as `products.weight=0`";
    let (place, value) = source.split_once('=').ok_or(form)?;
    let Place { table, column: Some(column) } = self::place(place)? else {
        return Err(form.to_owned());
    };
    let literal = Literal::parse(value).ok_or_else(|| {
        let text = value.replace('\'', "''");
        format!(
            "the value must be one literal of SQL: a number, true, false, or a text in quotes, such as \
             --fill \"{table}.{column}='{text}'\""
        )
    })?;
    Ok(Fill { table, column, literal })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_are_read_and_mistakes_say_the_form() {
        let from = Place::column("products", "old");
        let expected = Ok(Rename { from, to: "new".to_owned() });
        assert_eq!(rename("products.old=new"), expected);
        assert_eq!(rename("products.old=products.new"), expected);
        assert!(rename("products.old=reviews.new").is_err());
        assert_eq!(rename("a=b").map(|it| it.to), Ok("b".to_owned()));
        assert!(place("a.b.c").is_err());
        assert_eq!(fill("a.b=0").map(|it| it.literal), Ok(Literal::Number("0".to_owned())));
        let message = fill("a.b=draft").expect_err("it is no literal");
        assert!(message.contains("--fill \"a.b='draft'\""), "{message}");
    }
}
