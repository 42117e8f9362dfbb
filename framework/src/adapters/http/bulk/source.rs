//! The body of an import, read piece by piece.

use std::collections::VecDeque;

use axum::body::Body;
use http_body_util::BodyExt as _;

use super::csv_reader::CsvReader;
use super::ndjson_reader::NdjsonReader;
use crate::adapters::http::limits;
use crate::adapters::http::media::Media;
use crate::adapters::http::patience::{is_too_slow, too_slow};
use crate::adapters::http::problem::{MALFORMED, Problem, TOO_LARGE};
use crate::application::resource::Changes;
use crate::domain::schema::EntitySchema;

/// One row of an import.
pub(super) struct Record {
    /// The line on which it begins, from 1.
    pub line: u64,
    /// What it says, or what is wrong with it.
    pub changes: Result<Changes, Problem>,
}

/// Why the rest of an import is not read.
#[derive(Debug)]
pub(super) struct Stop {
    /// The line at which reading ended.
    pub line: u64,
    /// The reason.
    pub problem: Problem,
}

impl Stop {
    /// A line without an end.
    pub(super) fn too_long(line: u64) -> Self {
        let detail = format!("line {line}: a line may have at most {} bytes", limits::BODY_BYTES);
        Self { line, problem: Problem::new(TOO_LARGE, detail) }
    }
}

/// A body on its way in: never more of it in memory than a piece and a line.
pub(super) struct Source {
    body: Body,
    reader: Reader,
    ready: VecDeque<Record>,
    /// The last line that was handed out.
    line: u64,
    rows: usize,
    bytes: usize,
    most_bytes: usize,
    most_rows: usize,
    ended: bool,
}

enum Reader {
    Ndjson(NdjsonReader),
    Csv(Box<CsvReader>),
}

impl Reader {
    /// Whether something was said even where no row follows.
    fn has_names(&self) -> bool {
        matches!(self, Self::Csv(reader) if reader.has_names())
    }
}

impl Source {
    /// The rows of a body of this type, of at most so many bytes and rows.
    pub(super) fn new(
        schema: &'static EntitySchema,
        media: Media,
        body: Body,
        most_bytes: usize,
        most_rows: usize,
    ) -> Self {
        let reader = match media {
            Media::Csv => Reader::Csv(Box::new(CsvReader::new(schema))),
            _ => Reader::Ndjson(NdjsonReader::new(schema)),
        };
        let ready = VecDeque::new();
        Self {
            body,
            reader,
            ready,
            line: 0,
            rows: 0,
            bytes: 0,
            most_bytes,
            most_rows,
            ended: false,
        }
    }

    /// The next rows, at most so many, and why there are none behind them if it is not the end of the body.
    pub(super) async fn slice(&mut self, most: usize) -> (Vec<Record>, Option<Stop>) {
        let mut slice = Vec::new();
        while slice.len() < most {
            match self.next().await {
                Ok(Some(record)) => slice.push(record),
                Ok(None) => break,
                Err(stop) => return (slice, Some(stop)),
            }
        }
        (slice, None)
    }

    async fn next(&mut self) -> Result<Option<Record>, Stop> {
        loop {
            if let Some(record) = self.ready.pop_front() {
                self.rows += 1;
                self.line = record.line;
                if self.rows > self.most_rows {
                    let detail = format!("an import may have at most {} rows", self.most_rows);
                    return Err(self.stop(Problem::new(TOO_LARGE, detail)));
                }
                return Ok(Some(record));
            }
            if self.ended {
                let is_empty = self.rows == 0 && !self.reader.has_names();
                let nothing = "the body is empty; send at least one line";
                return if is_empty {
                    Err(self.stop(Problem::new(MALFORMED, nothing)))
                } else {
                    Ok(None)
                };
            }
            self.read().await?;
        }
    }

    /// Reads the next piece of the body, or its end.
    async fn read(&mut self) -> Result<(), Stop> {
        let frame = match self.body.frame().await {
            Some(Ok(frame)) => frame,
            Some(Err(error)) if is_too_slow(&error) => return Err(self.stop(too_slow())),
            Some(Err(_)) => {
                return Err(self.stop(Problem::new(MALFORMED, "the body broke off")));
            }
            None => {
                self.ended = true;
                let ready = &mut self.ready;
                let mut record = |record| ready.push_back(record);
                return match &mut self.reader {
                    Reader::Ndjson(reader) => {
                        reader.end(&mut record);
                        Ok(())
                    }
                    Reader::Csv(reader) => reader.end(&mut record),
                };
            }
        };
        let Ok(piece) = frame.into_data() else { return Ok(()) };
        self.bytes += piece.len();
        if self.bytes > self.most_bytes {
            let detail = format!("the body may have at most {} bytes", self.most_bytes);
            return Err(self.stop(Problem::new(TOO_LARGE, detail)));
        }
        let ready = &mut self.ready;
        let mut record = |record| ready.push_back(record);
        match &mut self.reader {
            Reader::Ndjson(reader) => reader.feed(&piece, &mut record),
            Reader::Csv(reader) => reader.feed(&piece, &mut record),
        }
    }

    /// Ends the reading behind the last line that was handed out.
    fn stop(&mut self, problem: Problem) -> Stop {
        self.ended = true;
        Stop { line: self.line + 1, problem }
    }
}
