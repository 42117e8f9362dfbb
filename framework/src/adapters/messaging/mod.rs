//! How events reach their handlers.

mod memory_bus;

pub use memory_bus::MemoryBus;
