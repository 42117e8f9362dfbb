//! What things are: entities, values, specifications, events, errors. Pure: no I/O, no driver, no framework.

pub(crate) mod check;
pub mod entity;
pub mod error;
pub mod event;
pub mod field;
pub(crate) mod format;
pub mod operator;
pub mod patch;
pub mod query;
pub mod scalar;
pub mod schema;
pub mod specification;
pub mod value;
pub mod violation;
