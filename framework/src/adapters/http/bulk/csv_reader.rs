//! Lines of CSV (RFC 4180) under a line of names, each the body of a create.

use csv_core::ReadFieldResult;
use serde_json::{Map, Value as Json};

use super::source::{Record, Stop};
use crate::adapters::http::body::{self, Purpose};
use crate::adapters::http::problem::Problem;
use crate::adapters::http::{limits, wire};
use crate::application::resource::Changes;
use crate::domain::error::Error;
use crate::domain::schema::{EntitySchema, Kind};
use crate::domain::violation::{Place, Violation, Violations, escape};

/// Cuts bytes into cells and lines, and decodes each line.
pub(super) struct CsvReader {
    schema: &'static EntitySchema,
    core: csv_core::Reader,
    /// The names of the first line, once it was read.
    columns: Option<Vec<Column>>,
    /// The line that is being read, from 1.
    line: u64,
    /// Whether the last byte was a carriage return, so that a line feed behind it ends no other line.
    returned: bool,
    /// The line on which the present row began.
    began: u64,
    /// Bytes of the present row.
    size: usize,
    cells: Vec<Cell>,
    cell: Option<Cell>,
}

/// What a column holds: a field of this kind, or children.
struct Column {
    name: String,
    kind: Option<Kind>,
    nullable: bool,
}

struct Cell {
    text: Vec<u8>,
    /// Whether it was written in quotes: an empty cell without them is no text.
    quoted: bool,
    /// Whether it is still within its quotes.
    open: bool,
}

impl Cell {
    /// A cell that begins with this byte.
    fn beginning(first: Option<u8>) -> Self {
        Self { text: Vec::new(), quoted: first == Some(b'"'), open: false }
    }
}

impl CsvReader {
    /// A reader at the first line.
    pub(super) fn new(schema: &'static EntitySchema) -> Self {
        Self {
            schema,
            core: csv_core::Reader::new(),
            columns: None,
            line: 1,
            returned: false,
            began: 1,
            size: 0,
            cells: Vec::new(),
            cell: None,
        }
    }

    /// Whether the line of names was read.
    pub(super) fn has_names(&self) -> bool {
        self.columns.is_some()
    }

    /// Reads on; every row that is complete goes to `record`.
    pub(super) fn feed(
        &mut self,
        mut bytes: &[u8],
        record: &mut impl FnMut(Record),
    ) -> Result<(), Stop> {
        while let Some(first) = bytes.first() {
            if self.cell.is_none() {
                if self.cells.is_empty() && matches!(first, b'\r' | b'\n') {
                    self.count(&[*first]);
                    bytes = bytes.get(1..).unwrap_or_default();
                    continue;
                }
                if self.cells.is_empty() {
                    (self.began, self.size) = (self.line, 0);
                }
                self.cell = Some(Cell::beginning(Some(*first)));
            }
            let read = self.read(bytes, record)?;
            bytes = bytes.get(read..).unwrap_or_default();
        }
        Ok(())
    }

    /// Ends the last row, should its line not be ended. One that ends within quotes was cut off.
    pub(super) fn end(&mut self, record: &mut impl FnMut(Record)) -> Result<(), Stop> {
        if self.cell.as_ref().is_some_and(|cell| cell.open) {
            let mut violations = Violations::new();
            let detail = "the quotes of a cell are not closed before the end".to_owned();
            let place = Place::Body(String::new());
            violations.push(Violation { place, code: "unclosed_quote", detail });
            let problem = Error::Validation(violations.at_line(self.began)).into();
            return Err(Stop { line: self.began, problem });
        }
        if self.cell.is_some() || !self.cells.is_empty() {
            self.read(&[], record)?;
        }
        Ok(())
    }

    /// Reads some bytes of a cell and says how many.
    fn read(&mut self, bytes: &[u8], record: &mut impl FnMut(Record)) -> Result<usize, Stop> {
        let mut room = [0; 4_096];
        let (result, read, written) = self.core.read_field(bytes, &mut room);
        let taken = bytes.get(..read).unwrap_or_default();
        self.count(taken);
        self.size += read;
        if self.size > limits::BODY_BYTES {
            return Err(Stop::too_long(self.began));
        }
        let cell = self.cell.get_or_insert_with(|| Cell::beginning(None));
        // Quotes within quotes are doubled: only an odd number of them leaves a cell open.
        cell.open ^= cell.quoted && taken.iter().filter(|byte| **byte == b'"').count() % 2 == 1;
        cell.text.extend_from_slice(room.get(..written).unwrap_or_default());
        if let ReadFieldResult::Field { record_end } = result {
            self.cells.extend(self.cell.take());
            if record_end {
                self.end_row(record)?;
            }
        }
        Ok(read)
    }

    /// Counts the lines that end in these bytes, be it with a line feed, a carriage return or both.
    fn count(&mut self, bytes: &[u8]) {
        for byte in bytes {
            let ends = *byte == b'\r' || *byte == b'\n' && !self.returned;
            self.line += u64::from(ends);
            self.returned = *byte == b'\r';
        }
    }

    fn end_row(&mut self, record: &mut impl FnMut(Record)) -> Result<(), Stop> {
        let (line, cells) = (self.began, std::mem::take(&mut self.cells));
        let Some(columns) = &self.columns else {
            let columns = columns(self.schema, cells);
            self.columns = Some(columns.map_err(|violations| {
                let problem = Problem::from(Error::Validation(violations.at_line(line)));
                Stop { line, problem }
            })?);
            return Ok(());
        };
        let changes = row(self.schema, columns, cells);
        record(Record { line, changes: changes.map_err(|wrong| Error::Validation(wrong).into()) });
        Ok(())
    }
}

/// The columns that the first line names, or every name that is no member of a create, and every member that is
/// required and not named.
fn columns(schema: &'static EntitySchema, cells: Vec<Cell>) -> Result<Vec<Column>, Violations> {
    let mut violations = Violations::new();
    let mut names: Vec<String> = Vec::new();
    for cell in cells {
        let name = String::from_utf8_lossy(&cell.text).trim_start_matches('\u{feff}').to_owned();
        if names.contains(&name) {
            violations.add(&name, "duplicate", format!("there are two columns {name}"));
        }
        names.push(name);
    }
    // A body with all of these names finds out which of them are none.
    let members = names.iter().map(|name| (name.clone(), Json::Null)).collect();
    if let Err(found) = body::decode_part(schema, Purpose::Create, Json::Object(members)) {
        let named = |violation: &Violation| {
            names.iter().any(|name| violation.place == Place::Body(format!("/{}", escape(name))))
        };
        let about_names = |violation: &Violation| {
            matches!(violation.code, "unknown" | "read_only") || !named(violation)
        };
        violations.0.extend(found.0.into_iter().filter(about_names));
    }
    violations.into_result()?;
    let column = |name: String| {
        let field = schema.field(&name);
        let kind = field.map(|field| field.kind);
        Column { name, kind, nullable: field.is_some_and(|field| field.nullable) }
    };
    Ok(names.into_iter().map(column).collect())
}

fn row(
    schema: &'static EntitySchema,
    columns: &[Column],
    cells: Vec<Cell>,
) -> Result<Changes, Violations> {
    let mut violations = Violations::new();
    if cells.len() != columns.len() {
        let detail = format!("expected {} cells, found {}", columns.len(), cells.len());
        violations.push(Violation { place: Place::Body(String::new()), code: "cells", detail });
        return Err(violations);
    }
    let mut members = Map::new();
    for (column, cell) in columns.iter().zip(cells) {
        match member(column, cell) {
            Ok(Some(json)) => {
                members.insert(column.name.clone(), json);
            }
            Ok(None) => {}
            Err((code, detail)) => {
                violations.add(&column.name, code, format!("{}: {detail}", column.name));
            }
        }
    }
    match body::decode_part(schema, Purpose::Create, Json::Object(members)) {
        Ok(changes) => violations.into_result().map(|()| changes),
        Err(found) => {
            // A cell that could not be read is not also missing.
            let is_new =
                |found: &Violation| violations.0.iter().all(|known| known.place != found.place);
            let found: Vec<_> = found.0.into_iter().filter(is_new).collect();
            violations.0.extend(found);
            Err(violations)
        }
    }
}

/// The member that a cell stands for. An empty cell without quotes is null where null is allowed, and else absent.
fn member(column: &Column, cell: Cell) -> Result<Option<Json>, wire::Refusal> {
    if cell.text.is_empty() && !cell.quoted {
        return Ok(column.nullable.then_some(Json::Null));
    }
    let text = String::from_utf8(cell.text)
        .map_err(|_| ("encoding", "it is not UTF-8 text".to_owned()))?;
    match &column.kind {
        Some(kind) => wire::json_from_text(kind, text).map(Some),
        None => wire::json_from_text(&Kind::Json, text).map(Some),
    }
}
