//! HTTP: every generated route, problems, and extractors for routes of your own.

pub mod body;
pub mod cursor;
mod filter;
pub mod limits;
mod list;
pub mod problem;
mod query;
mod search;
mod suggest;
mod wire;
