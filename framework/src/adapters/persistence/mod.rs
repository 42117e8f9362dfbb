//! Rows in SQLite and PostgreSQL.
//!
//! Read in this order: [`dialect`] (where the two differ), `operand` and `predicate` (a condition becomes SQL),
//! `select` and `write` (whole statements), `statements` (their execution), `rows` and `transaction` (on which connection), [`store`] (pools), `error` (what drivers say).
//!
//! The connections are SeaORM's, the statements are our own text: written once per entity where their shape is fixed,
//! bound by position, decoded by position.

pub(crate) mod address;
mod alone;
mod bind;
pub mod condition;
pub mod ddl;
mod decode;
pub mod dialect;
mod error;
mod execute;
mod json_list;
pub mod migrate;
pub(crate) mod missing;
mod operand;
pub mod own;
mod predicate;
mod rows;
mod select;
mod sql;
mod statements;
mod step;
pub mod store;
mod table;
mod transaction;
mod turns;
mod write;

pub use alone::Preparing;
pub use condition::to_condition;
pub use dialect::Dialect;
pub use migrate::{Migration, MigrationStatus, Migrator, Script};
pub use store::{PoolOptions, SqlStore};
pub use table::Persistent;
