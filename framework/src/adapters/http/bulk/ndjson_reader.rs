//! Lines of JSON, each the body of a create.

use super::source::{Record, Stop};
use crate::adapters::http::body::{self, Purpose};
use crate::adapters::http::limits;
use crate::domain::schema::EntitySchema;

/// Cuts bytes into lines and decodes each.
pub(super) struct NdjsonReader {
    schema: &'static EntitySchema,
    /// The line that is being read, from 1.
    line: u64,
    /// As much of it as is known.
    text: Vec<u8>,
}

impl NdjsonReader {
    /// A reader at the first line.
    pub(super) fn new(schema: &'static EntitySchema) -> Self {
        Self { schema, line: 1, text: Vec::new() }
    }

    /// Reads on; every line that is complete goes to `record`.
    pub(super) fn feed(
        &mut self,
        mut bytes: &[u8],
        record: &mut impl FnMut(Record),
    ) -> Result<(), Stop> {
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            let (text, rest) = bytes.split_at(end);
            self.take(text)?;
            self.end(record);
            self.line += 1;
            bytes = rest.get(1..).unwrap_or_default();
        }
        self.take(bytes)
    }

    /// Ends the line; one that is blank says nothing.
    pub(super) fn end(&mut self, record: &mut impl FnMut(Record)) {
        let text = std::mem::take(&mut self.text);
        if !text.trim_ascii().is_empty() {
            let changes = body::decode(self.schema, Purpose::Create, &text);
            record(Record { line: self.line, changes });
        }
    }

    fn take(&mut self, text: &[u8]) -> Result<(), Stop> {
        self.text.extend_from_slice(text);
        if self.text.len() > limits::BODY_BYTES {
            return Err(Stop::too_long(self.line));
        }
        Ok(())
    }
}
