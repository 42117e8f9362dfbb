//! Declarations that must build, each with what it promises.

mod documentation;
mod every_type;
mod local_names;
mod names;
mod relations;
mod renamed_crate;
mod renamed_keys;
mod roles;
mod strict_crate;
mod value_objects;
