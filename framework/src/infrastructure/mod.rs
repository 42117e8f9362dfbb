//! How a process starts.

pub mod app;
pub mod config;
pub mod container;
pub mod health;
mod housekeeping;
pub mod server;
pub mod telemetry;
