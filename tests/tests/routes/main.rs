//! The contract of the generated routes, against a real database.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod after_commit;
mod batches;
mod callers;
mod cascades;
mod clocks;
mod codings;
mod conditions;
mod conformance;
mod cors;
mod door;
mod grants;
mod heads;
mod hooked;
mod idempotency;
mod imports;
mod includes;
mod laws;
mod league;
mod lists;
mod patches;
mod policies;
mod purges;
mod puts;
mod questions;
mod races;
mod references;
mod shop;
mod sockets;
mod stale;
mod start;
mod streams;
mod unmigrated;
mod writes;
