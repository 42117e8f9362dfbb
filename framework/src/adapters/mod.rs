//! How the outside speaks: each adapter implements ports of the application and knows no other adapter.

pub mod memory;
pub mod persistence;
