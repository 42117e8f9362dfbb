//! Test support for applications: strategies from the declaration, a client, and the conformance suite.
//!
//! Behind the feature `testing`; meant for `[dev-dependencies]`.

mod app;
mod client;
mod conformance;
pub mod strategy;
mod sweep;

pub use app::TestApp;
pub use client::{Answer, Client, Opened};
pub use conformance::{conformance, conformance_of};
pub use sweep::sweep;
