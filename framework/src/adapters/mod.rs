//! How the outside speaks. Each adapter uses the application and the domain, never another adapter.

pub mod cache;
pub mod messaging;
