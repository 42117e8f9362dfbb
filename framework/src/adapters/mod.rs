//! How the outside speaks: one folder per medium, none of them knowing another.

pub mod cache;
pub mod http;
pub mod messaging;
pub mod persistence;
