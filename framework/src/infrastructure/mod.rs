//! How a process starts.

pub mod container;
