//! HTTP: the router, its contract and its documents.

pub mod openapi;
