//! How the outside speaks.

pub mod http;
