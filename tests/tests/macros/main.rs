//! What the derives promise, seen from a user's crate.
#![allow(unreachable_pub, reason = "entities are declared as users declare them")]
#![allow(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod fields;
mod inputs;
mod migrations;
mod mistakes;
mod pass;
mod schema;
mod shop;
mod values;
