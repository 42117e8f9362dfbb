//! The stores: one suite for memory, SQLite and PostgreSQL, and the law that all three agree.

#![allow(clippy::unwrap_used, reason = "helpers outside of test functions fail tests too")]

mod batching;
mod bounds;
mod connecting;
mod doubt;
mod errors;
mod law;
mod migrations;
mod once;
mod paging;
mod sample;
mod stores;
mod tls;
mod transactions;
mod turns;
mod writes;
