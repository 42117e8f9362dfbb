//! `migrate diff`: the entities of now against the schema of the last migration.

use std::path::Path;
use std::process::{Command, ExitCode};

use crate::args::Diff;
use crate::diff::hints::Hints;
use crate::diff::listing::differences;
use crate::diff::schema::Schema;
use crate::diff::{Scripts, scripts};
use crate::migration;
use crate::plan::{File, Plan};
use crate::problems::Problems;
use crate::project::{Project, cargo, show};
use crate::snapshot;
use crate::sql::Dialect;

/// Carries the command out.
///
/// # Errors
/// Everything that stands in its way.
pub fn run(diff: &Diff) -> Result<ExitCode, Problems> {
    let root = Project::open(&diff.path)?.root;
    if let Some(name) = &diff.name {
        check_name(name)?;
    }
    let texts = snapshot::read(&root)?;
    let before = match &texts {
        Some(texts) => snapshot::parse(texts)?,
        None if diff.baseline || !snapshot::has_migrations(&root) => Schema::default(),
        None => return Err(no_schema(&root)),
    };
    let after = declared(&root)?;
    let lines = differences(&before, &after);
    for line in &lines {
        println!("{line}");
    }
    if lines.is_empty() && texts.is_some() {
        println!("the migrations make what the entities declare; nothing to do");
        return Ok(ExitCode::SUCCESS);
    }
    if diff.check {
        println!("\nnext: cargo codegen migrate diff NAME");
        return Ok(ExitCode::from(u8::from(!lines.is_empty())));
    }
    let mut files = snapshot::files(texts.as_ref(), &after);
    if let Some(name) = &diff.name {
        let folder = migration::new_folder(&root.join("migrations"), name)?;
        let hints = Hints {
            renames: diff.rename.clone(),
            drops: diff.drop.clone(),
            fills: diff.fill.clone(),
        };
        let scripts = scripts(&before, &after, &hints)?;
        files.splice(0..0, migration_files(&folder, &scripts));
    }
    carry_out(&Plan { root, files }, diff)?;
    Ok(ExitCode::SUCCESS)
}

fn carry_out(plan: &Plan, diff: &Diff) -> Result<(), Problems> {
    println!();
    plan.carry_out(diff.dry_run)?;
    let folder = plan.files.first().and_then(|file| file.path.rsplit_once('/'));
    match (&diff.name, folder) {
        _ if diff.dry_run => {
            let scripts = plan.files.iter().filter(|file| file.edits.is_none());
            for File { path, text, .. } in scripts.filter(|_| diff.name.is_some()) {
                println!("\n==== {path}\n{text}");
            }
            println!("\nnothing was written (--dry-run)");
        }
        (Some(_), Some((folder, _))) => {
            let (folder, run) = (show(&plan.root.join(folder)), cargo(&plan.root, "run"));
            println!("\nnext: read the SQL in {folder}, then {run} -- migrate up");
        }
        _ => println!(
            "\nnext: commit it; `cargo codegen migrate diff NAME` compares with it from now on"
        ),
    }
    Ok(())
}

fn migration_files(folder: &str, scripts: &[Scripts; 2]) -> Vec<File> {
    let both = Dialect::BOTH.into_iter().zip(scripts);
    both.flat_map(|(dialect, scripts)| {
        let stem = format!("migrations/{folder}/{}", dialect.stem());
        [
            File::new(format!("{stem}.up.sql"), scripts.up.clone()),
            File::new(format!("{stem}.down.sql"), scripts.down.clone()),
        ]
    })
    .collect()
}

fn check_name(name: &str) -> Result<(), Problems> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if !name.is_empty() && name.len() <= 80 && name.bytes().all(is_plain) {
        return Ok(());
    }
    Err(Problems::one(
        format!("`{name}` is not a name for a migration"),
        "write what it does in snake_case, such as `add_rating`",
    ))
}

fn no_schema(root: &Path) -> Problems {
    Problems::one(
        format!(
            "{} has migrations, but nothing says what schema they make: {} is missing",
            show(root),
            snapshot::path(Dialect::Sqlite)
        ),
        "if they make what the entities declare now: `cargo codegen migrate diff --baseline`\n\
         else take it from version control",
    )
}

/// The schema as the program itself prints it.
fn declared(root: &Path) -> Result<Schema, Problems> {
    let mut texts = [String::new(), String::new()];
    for (dialect, text) in Dialect::BOTH.into_iter().zip(&mut texts) {
        *text = ask(root, dialect)?;
    }
    snapshot::parse(&texts)
}

fn ask(root: &Path, dialect: Dialect) -> Result<String, Problems> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["run", "--quiet", "--", "schema", dialect.stem()])
        .current_dir(root)
        .output()
        .map_err(|error| Problems::one(format!("cargo does not start: {error}"), "install it"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    Err(Problems::one(
        format!("the entities cannot be asked: `cargo run -- schema {}` failed", dialect.stem()),
        "correct what it says above",
    ))
}
