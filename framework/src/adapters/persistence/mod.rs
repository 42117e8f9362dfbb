//! SQLite and PostgreSQL behind the store port.

mod condition;
pub mod ddl;
mod driver;
mod error;
pub mod migrate;
mod rows;
mod select;
mod statement;
mod store;
mod write;

pub use statement::Dialect;
pub use store::{PoolOptions, SqlStore};
