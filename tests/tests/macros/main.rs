//! What the derives promise, seen from a user's crate.

mod inputs;
mod schema;
mod shop;
mod values;
