//! The contract of the generated routes, against a real database.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod cascades;
mod clocks;
mod conformance;
mod door;
mod idempotency;
mod imports;
mod includes;
mod laws;
mod lists;
mod patches;
mod policies;
mod puts;
mod shop;
mod sockets;
mod start;
mod streams;
mod writes;
