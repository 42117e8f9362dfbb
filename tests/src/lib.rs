//! Support for the suites that cross crates.

pub mod support;
