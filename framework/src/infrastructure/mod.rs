//! How a process starts.
