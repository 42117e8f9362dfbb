//! Test support for applications: strategies from the declaration, a client, and the conformance suite.
//!
//! Behind the feature `testing`; meant for `[dev-dependencies]`.

mod client;
mod conformance;
pub mod strategy;

pub use client::{Answer, Client};
pub use conformance::conformance;
