//! SQLite and PostgreSQL behind the store port.

mod condition;
pub mod ddl;
mod driver;
mod error;
pub mod migrate;
mod migration;
mod rows;
mod select;
mod statement;
mod store;
mod table;
mod write;

pub use migration::{Migration, Script};
pub use statement::Dialect;
pub use store::{PoolOptions, SqlStore};
pub use table::Persistent;
