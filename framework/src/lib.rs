//! One struct becomes a documented CRUD API.

pub mod adapters;
pub mod application;
pub mod domain;
#[cfg(feature = "testing")]
pub mod testing;

pub use domain::event::EntityEvent;
pub use domain::patch::Patch;
