//! The OpenAPI document, made from the same declarations as the behaviour, and the pages that show it.

mod aggregate;
mod batch;
mod bulk;
mod components;
mod docs;
#[cfg(test)]
mod docs_tests;
mod document;
mod example;
mod filters;
mod info;
mod kind;
mod operations;
mod parameters;
mod pattern;
mod problem_pages;
mod responses;
mod sample;
mod sample_rows;
#[cfg(test)]
mod samples;
mod schemas;
#[cfg(test)]
mod tests;

pub use docs::docs_routes;
pub use document::{Version, document};
pub use info::{ApiInfo, Contact};
pub(super) use operations::of_action;
pub(super) use responses::{Facts, of as responses_of, success};
pub(crate) use schemas::name_clashes;
