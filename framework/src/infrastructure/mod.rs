//! How a process starts.

pub mod container;
pub mod health;
pub mod server;
pub mod telemetry;
