//! Scaffolds projects and entities: arguments become a checked specification, that a plan, that files.
//!
//! Every step but the last is pure, so that a mistake anywhere means that nothing is written.

pub mod args;
pub mod diff;
pub mod eject;
/// The framework's own judge of addresses, so that no sample is made that it refuses.
#[path = "../../framework/src/domain/format.rs"]
#[expect(dead_code, reason = "only the framework documents the formats")]
mod format;
pub mod layout;
pub mod literals;
pub mod migrate_diff;
pub mod migration;
pub mod names;
pub mod new_entity;
pub mod new_project;
/// The derive's own judge of patterns, so that none is written that it refuses.
#[path = "../../macros/src/pattern.rs"]
mod pattern;
pub mod plan;
pub mod problems;
pub mod project;
pub mod register;
pub mod render;
pub mod rule;
pub mod rust;
pub mod snapshot;
pub mod spec;
pub mod sql;

use std::process::ExitCode;

/// Carries a command out. A check that finds something is no error, and no success.
///
/// # Errors
/// Everything that stands in its way; then nothing was written.
pub fn run(command: &args::Command) -> Result<ExitCode, problems::Problems> {
    match command {
        args::Command::New(new) => new_project::run(new)?,
        args::Command::NewEntity(new) => new_entity::run(new)?,
        args::Command::Eject(eject) => eject::run(eject)?,
        args::Command::Migrate(args::Migrate::Diff(diff)) => return migrate_diff::run(diff),
    }
    Ok(ExitCode::SUCCESS)
}
