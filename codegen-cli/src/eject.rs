//! `eject`: one layer of an entity as plain code.

use crate::args::Eject;
use crate::problems::Problems;
use crate::project::Project;

/// Carries the command out.
///
/// # Errors
/// When there is no such entity.
pub fn run(eject: &Eject) -> Result<(), Problems> {
    let project = Project::open(&eject.path)?;
    project.entity(&eject.name).map(|_| ()).ok_or_else(|| {
        Problems::one(
            format!("this project has no entity `{}`", eject.name),
            "make it first with `codegen-cli new-entity`",
        )
    })
}
