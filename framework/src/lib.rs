#![doc = include_str!("../docs/crate.md")]

// Expansions name the crate from outside; this lets our own tests use the derives too.
#[allow(unused_extern_crates, reason = "used by expansions inside this crate")]
extern crate self as framework;

pub mod adapters;
pub mod application;
pub mod domain;
pub mod infrastructure;
#[cfg(feature = "testing")]
pub mod testing;

#[doc(hidden)]
pub mod __private;

pub use adapters::persistence::{Migration, Persistent, Script, SqlStore};
pub use application::clock::{Clock, FixedClock, SystemClock};
pub use application::context::Context;
pub use application::event_bus::EventHandler;
pub use application::hooks::{Hooks, Rule, Rules};
pub use application::mapper::Mapper;
pub use application::policy::{Action, AllowAll, Policy, Scope};
pub use application::repository::Repository;
pub use application::resource::{Input, Resource};
pub use application::session::Session;
pub use application::store_repository::StoreRepository;
pub use application::unit_of_work::UnitOfWork;
pub use application::use_case::{Expected, UseCase};
pub use domain::entity::{Entity, Owned, SoftDeletable, TenantScoped, Timestamped, Versioned};
pub use domain::error::Error;
pub use domain::event::{EntityEvent, Envelope};
pub use domain::field::{Field, Relation};
pub use domain::patch::Patch;
pub use domain::query::{Count, Deleted, Lock, Page, Query, Window};
pub use domain::scalar::{Bytes, Scalar, ScalarError};
pub use domain::specification::Specification;
pub use domain::violation::Violations;
pub use infrastructure::app::{App, Application, Module, RunError};
pub use infrastructure::config::{Config, ConfigError};
pub use infrastructure::container::{
    Container, ContainerError, Registration, Resolver, instance, singleton, transient,
};

/// What handlers of your own routes are made of.
pub mod http {
    pub use crate::adapters::http::{
        ApiError, Checked, Deadline, Endpoints, IfMatch, ImportLimits, Once, Problem,
        RequestContext, RequestLimits, Route, RowRequest, Served,
    };
    pub use crate::application::idempotency::Reply;
    pub use crate::infrastructure::app::Resolve;
}

pub use async_trait::async_trait;
pub use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
pub use rust_decimal::Decimal;
pub use serde_json::Value as Json;
pub use uuid::Uuid;
pub use {axum, sea_orm, serde, serde_json, tokio, tracing, utoipa};

#[doc = include_str!("../docs/entity.md")]
pub use macros::Entity;
#[doc = include_str!("../docs/entity_enum.md")]
pub use macros::EntityEnum;
#[doc = include_str!("../docs/value_object.md")]
pub use macros::ValueObject;

/// Embeds the migrations of a folder, which is named from the folder of the crate's `Cargo.toml`.
///
/// Each migration is a folder `<YYYYMMDDHHMMSS>_<name>` with `sqlite.up.sql`, `sqlite.down.sql`, `postgres.up.sql` and
/// `postgres.down.sql`. The result is a `&'static [Migration]`, oldest first; a folder that is not there holds none.
///
/// ```
/// assert!(framework::migrations!("no_such_folder").is_empty());
/// ```
#[macro_export]
macro_rules! migrations {
    ($folder:literal) => {
        $crate::__private::migrations!($crate, $folder)
    };
}
