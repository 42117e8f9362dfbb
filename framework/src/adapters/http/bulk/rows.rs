//! Rows as lines of a stream.

use serde::Serialize;
use serde_json::{Map, Value as Json};

use super::csv_cells;
use crate::adapters::http::list::Shape;
use crate::adapters::http::media::Media;
use crate::domain::error::Error;
use crate::domain::schema::{EntitySchema, Kind};

/// Writes rows, one after another.
pub(super) enum RowWriter {
    /// Each as JSON on a line of its own.
    Ndjson,
    /// Each as these members, behind a line that names them.
    Csv { columns: Vec<Column> },
}

/// A member as a column.
pub(super) struct Column {
    name: &'static str,
    /// Whether a text in it is a document too, and written as one.
    is_json: bool,
}

impl RowWriter {
    /// A writer of rows in this shape.
    pub(super) fn new(media: Media, schema: &'static EntitySchema, shape: &Shape) -> Self {
        if media != Media::Csv {
            return Self::Ndjson;
        }
        let names = shape.fields.clone().unwrap_or_else(|| {
            let readable = schema.fields.iter().filter(|field| field.access.read);
            let owned = schema.owned().map(|relation| relation.name);
            readable.map(|field| field.name).chain(owned).collect()
        });
        let is_json = |name| schema.field(name).is_some_and(|field| field.kind == Kind::Json);
        let columns = names.into_iter().map(|name| Column { name, is_json: is_json(name) });
        let columns = columns.collect();
        Self::Csv { columns }
    }

    /// What comes before the first row.
    pub(super) fn head(&self, out: &mut Vec<u8>) {
        if let Self::Csv { columns } = self {
            csv_cells::write_line(out, columns.iter().map(|column| Some(column.name)));
        }
    }

    /// One row.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub(super) fn row<T: Serialize>(&self, row: &T, out: &mut Vec<u8>) -> Result<(), Error> {
        match self {
            Self::Ndjson => {
                serde_json::to_writer(&mut *out, row).map_err(unwritable)?;
                out.push(b'\n');
            }
            Self::Csv { columns } => {
                let Json::Object(members) = serde_json::to_value(row).map_err(unwritable)? else {
                    return Err(unwritable("a view is not an object"));
                };
                let texts: Vec<_> = columns.iter().map(|column| text(&members, column)).collect();
                csv_cells::write_line(out, texts.iter().map(Option::as_deref));
            }
        }
        Ok(())
    }
}

/// A member as the text of a cell; lists and documents as JSON. `None` stands for null.
fn text(members: &Map<String, Json>, column: &Column) -> Option<String> {
    match members.get(column.name)? {
        Json::Null => None,
        Json::String(text) if !column.is_json => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

fn unwritable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::infrastructure("writing a row of a stream", error)
}
