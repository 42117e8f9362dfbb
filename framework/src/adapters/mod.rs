//! How the outside speaks.

pub mod persistence;
