//! The stores: one suite for memory, SQLite and PostgreSQL, and the law that all three agree.

mod errors;
mod law;
mod migrations;
mod paging;
mod sample;
mod stores;
mod transactions;
mod writes;
