//! Declarations that must build, each with what it promises.

mod documentation;
mod every_type;
mod names;
mod relations;
mod renamed_crate;
mod roles;
mod strict_crate;
mod value_objects;
