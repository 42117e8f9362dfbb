//! What happens: use cases, policies and hooks, written on ports. Names no web framework and no driver.

pub mod cache;
pub mod clock;
pub mod context;
pub mod event_bus;
pub mod policy;
pub mod session;
pub mod store;
pub mod unit_of_work;
