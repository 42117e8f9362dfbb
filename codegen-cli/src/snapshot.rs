//! The schema that the migrations of a project make, committed beside them.

use std::fs;
use std::path::Path;

use crate::diff::schema::Schema;
use crate::plan::File;
use crate::problems::Problems;
use crate::project::show;
use crate::sql::Dialect;

/// Where it stands: not in a folder, which `migrations!` would take for a migration.
pub fn path(dialect: Dialect) -> String {
    format!("migrations/schema.{}.sql", dialect.stem())
}

/// The texts, as they are; `None` where there are none.
///
/// # Errors
/// When one is there without the other.
pub fn read(root: &Path) -> Result<Option<[String; 2]>, Problems> {
    let texts = Dialect::BOTH.map(|dialect| fs::read_to_string(root.join(path(dialect))));
    match texts {
        [Ok(sqlite), Ok(postgres)] => Ok(Some([sqlite, postgres])),
        [Err(_), Err(_)] => Ok(None),
        [sqlite, _] => {
            let lost = path(if sqlite.is_err() { Dialect::Sqlite } else { Dialect::Postgres });
            Err(Problems::one(
                format!("{} cannot be read", show(&root.join(lost))),
                "take it from version control again: both schemas are written together",
            ))
        }
    }
}

/// Reads both texts as one schema.
///
/// # Errors
/// When they are not as they were written.
pub fn parse(texts: &[String; 2]) -> Result<Schema, Problems> {
    let [sqlite, postgres] = texts;
    Schema::parse(sqlite, postgres)
}

/// The files that hold this schema from now on.
pub fn files(before: Option<&[String; 2]>, schema: &Schema) -> Vec<File> {
    let files = Dialect::BOTH.into_iter().enumerate().map(|(at, dialect)| File {
        path: path(dialect),
        text: format!("{HEAD}{}", schema.print(dialect)),
        edits: before.and_then(|texts| texts.get(at)).cloned(),
    });
    files.collect()
}

/// Whether the project has a migration.
pub fn has_migrations(root: &Path) -> bool {
    let entries = fs::read_dir(root.join("migrations")).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).any(|path| path.is_dir())
}

const HEAD: &str = "-- The schema that the migrations make. Written by codegen-cli, which compares the entities with it.\n\n";
