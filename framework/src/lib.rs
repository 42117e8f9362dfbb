//! One struct becomes a documented CRUD API.

pub mod adapters;
pub mod application;
pub mod domain;

pub use domain::event::EntityEvent;
pub use domain::patch::Patch;
