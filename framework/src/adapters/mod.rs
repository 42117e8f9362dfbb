//! How the outside speaks: each adapter implements or drives ports of the application.

pub mod http;
