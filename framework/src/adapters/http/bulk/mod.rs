//! Bulk in and out: lists as streams, batches as imports.

mod csv_cells;
mod export;
mod rows;
