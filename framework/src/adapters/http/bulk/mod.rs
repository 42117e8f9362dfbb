//! Bulk in and out: lists as streams, batches as imports.

mod atomic;
mod csv_cells;
mod csv_reader;
mod export;
mod import;
mod ndjson_reader;
mod report;
mod rows;
mod source;

pub(super) use import::id_of;
