//! What happens: use cases, policies and hooks, written on ports. Names no web framework and no driver.

pub mod batching_repository;
pub mod cache;
pub mod cached_repository;
mod changes;
pub mod children;
pub mod clock;
pub mod context;
pub mod crud;
pub mod event_bus;
pub mod forgetting;
pub mod hooks;
pub mod idempotency;
mod layered;
pub mod mapper;
pub mod merge_patch;
pub mod policy;
pub mod relatives;
pub mod repository;
pub mod resource;
pub mod session;
pub mod sound_transaction;
pub mod store;
pub mod store_repository;
pub(crate) mod tasks;
mod together;
pub mod unit_of_work;
pub mod use_case;
