//! Rows in memory, with the rules of a database: unique keys, foreign keys, versions, transactions. For tests.

mod constraints;
mod evaluate;
mod rows;
mod select;
mod store;

pub use store::MemoryStore;
