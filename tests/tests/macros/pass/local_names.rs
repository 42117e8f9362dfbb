//! A module may have types of its own that are called like those of the standard library, and fields that differ little.

#[allow(dead_code, non_snake_case, reason = "the names are what is tested")]
mod shop {
    use framework::{Entity, EntityEnum, Uuid};

    pub type Result<T> = std::result::Result<T, ()>;
    #[derive(Debug)]
    pub struct Option;
    #[derive(Debug)]
    pub struct String;
    #[derive(Debug)]
    pub struct Vec;
    #[derive(Debug)]
    pub struct Some;
    #[derive(Debug)]
    pub struct None;
    #[derive(Debug)]
    pub struct Ok;
    #[derive(Debug)]
    pub struct Err;
    pub trait Into {}
    pub trait From {}
    pub trait Iterator {}

    pub fn all() -> Result<(Option, String, Vec)> {
        let _ = (Some, None, Ok, Err);
        Result::Ok((Option, String, Vec))
    }

    /// Something with parts of its own.
    #[derive(Debug, Clone, PartialEq, Entity)]
    pub struct Thing {
        #[entity(id)]
        pub id: Uuid,
        pub name: std::option::Option<std::string::String>,
        pub type_: std::string::String,
        pub priceCents: i64,
        pub price_in_cents: i64,
        pub self_: bool,
        pub line1: std::string::String,
        #[entity(rename = "line_2")]
        pub line_1: std::string::String,
        pub outcome: Outcome,
        #[entity(owned)]
        pub parts: std::vec::Vec<Part>,
    }

    /// A part.
    #[derive(Debug, Clone, PartialEq, Entity)]
    pub struct Part {
        #[entity(id)]
        pub id: Uuid,
        #[entity(owned_by = Thing)]
        pub thing_id: Uuid,
    }

    /// How it went, in the words of the standard library.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, EntityEnum)]
    pub enum Outcome {
        Ok,
        Err,
    }
}

use framework::sea_orm::{DbBackend, EntityTrait, QueryTrait};
use framework::{Entity, Persistent};
use shop::{Outcome, Thing};

#[test]
fn local_names_do_not_reach_into_expansions() {
    assert!(shop::all().is_ok());
    assert_eq!("err".parse(), Ok(Outcome::Err));
    let statement = <Thing as Persistent>::Table::find().build(DbBackend::Sqlite).to_string();
    for field in Thing::schema().fields {
        assert!(statement.contains(&format!("\"things\".\"{}\"", field.column)), "{statement}");
    }
    assert!(statement.contains("\"priceCents\"") && statement.contains("\"type_\""), "{statement}");
}
