//! Caches of rows: in the process, and in Redis behind it.
//!
//! Read path: this process ([`MemoryCache`]) → Redis ([`RedisTier`]) → the store. One load per key at a time.

mod codec;
mod confirmations;
mod flights;
mod memory;
mod pending;
mod redis_link;
mod redis_listener;
mod redis_scripts;
mod redis_tier;
#[cfg(test)]
mod tests;

pub use memory::{MemoryCache, MemoryCacheOptions};
pub use redis_tier::{RedisOptions, RedisTier};
