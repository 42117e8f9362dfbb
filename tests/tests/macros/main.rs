//! What the derives promise, seen from a user's crate.
#![allow(unreachable_pub, reason = "entities are declared as users declare them")]

mod inputs;
mod schema;
mod shop;
mod values;
