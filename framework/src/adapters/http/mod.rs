//! HTTP: every generated route, problems, and extractors for routes of your own.

pub mod body;
pub mod cursor;
pub mod limits;
pub mod problem;
mod suggest;
mod wire;
