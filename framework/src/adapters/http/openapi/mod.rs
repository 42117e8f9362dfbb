//! The OpenAPI document, made from the same declarations as the behaviour, and the pages that show it.

mod batch;
mod document;
mod example;
mod filters;
mod info;
mod kind;
pub mod limits;
mod operations;
mod parameters;
mod pattern;
mod responses;
mod sample;
#[cfg(test)]
mod samples;
mod schemas;
#[cfg(test)]
mod tests;

pub use document::{Version, document};
pub use info::{ApiInfo, Contact};
