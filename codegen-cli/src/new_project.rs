//! `new`: a project with one sample entity.

use std::fs;
use std::path::{Path, PathBuf};

use heck::ToKebabCase;
use minijinja::context;

use crate::args::New;
use crate::names::{EntityName, is_keyword};
use crate::new_entity;
use crate::plan::{File, Plan};
use crate::problems::Problems;
use crate::project::show;
use crate::render::render;
use crate::spec::{self, Switches};

/// Names that Cargo or the sources of a project need for something else.
const TAKEN: [&str; 13] = [
    "framework",
    "macros",
    "test",
    "tests",
    "core",
    "std",
    "alloc",
    "proc-macro",
    "build",
    "deps",
    "examples",
    "incremental",
    "main",
];

/// Carries the command out.
///
/// # Errors
/// Everything that stands in its way.
pub fn run(new: &New) -> Result<(), Problems> {
    let plan = plan(new)?;
    if !plan.carry_out(new.dry_run)? {
        println!("{} exists already; nothing to do", new.name);
        return Ok(());
    }
    if new.dry_run {
        println!("\nnothing was written (--dry-run)");
    } else {
        println!(
            "\nnext: cd {} && cargo run, then open http://127.0.0.1:3000/docs",
            show(&plan.root)
        );
        println!("then: codegen-cli new-entity Comment note_id:ref:Note body:text");
    }
    Ok(())
}

fn plan(new: &New) -> Result<Plan, Problems> {
    let mut problems = Problems::default();
    problems.take(check_name(&new.name));
    let framework = problems.take(framework_source(new));
    let here = std::env::current_dir().unwrap_or_default();
    let root = here.join(&new.name);
    let Some(framework) = framework else { return Err(problems) };
    problems.into_result(())?;
    let package = &new.name;
    let crate_name = package.replace('-', "_");
    let name = EntityName::parse("Note", None)?;
    let fields =
        ["title:string:search:example=Shopping", "body:text?:search", "is_done:bool:default=false"];
    let switches = Switches::default();
    let entity = spec::parse(name, &fields.map(ToOwned::to_owned), switches, &[])?;
    let context = context! { package, crate_name => &crate_name, framework };
    let mut files = Vec::new();
    for (path, template) in [
        ("Cargo.toml", "project/Cargo.toml"),
        (".gitignore", "project/gitignore"),
        ("README.md", "project/README.md"),
        ("build.rs", "project/build.rs"),
        ("config.toml", "project/config.toml"),
        ("rustfmt.toml", "project/rustfmt.toml"),
        ("src/lib.rs", "project/lib.rs"),
        ("src/main.rs", "project/main.rs"),
        ("src/entities/mod.rs", "project/entities.rs"),
    ] {
        files.push(File::new(path, render(template, &context)?));
    }
    files.extend(new_entity::files(&entity, &crate_name, &root)?);
    files.extend(new_entity::schema(&entity, &root)?);
    check_folder(&root, &files)?;
    Ok(Plan { root, files })
}

/// A folder that holds anything must be this project, made before.
fn check_folder(root: &Path, files: &[File]) -> Result<(), Problems> {
    let is_empty = fs::read_dir(root).map_or(true, |mut entries| entries.next().is_none());
    let manifest =
        files.iter().find(|file| file.path == "Cargo.toml").map(|file| file.text.as_str());
    let is_ours = fs::read_to_string(root.join("Cargo.toml")).ok().as_deref() == manifest;
    if root.is_file() || (!is_empty && !is_ours) {
        return Err(Problems::one(
            format!("{} exists and is not an empty folder", show(root)),
            "choose another name, or go to another folder",
        ));
    }
    Ok(())
}

fn check_name(name: &str) -> Result<(), Problems> {
    let kebab = name.to_kebab_case();
    let is_plain = !name.is_empty()
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_')
        && !name.ends_with(['-', '_'])
        && name.len() <= 64;
    if !is_plain {
        let fix = if kebab.starts_with(|c: char| c.is_ascii_lowercase())
            && kebab.is_ascii()
            && kebab.len() <= 64
        {
            format!("write `{kebab}`")
        } else {
            "a name is letters, digits and hyphens, such as `my-shop`".to_owned()
        };
        return Err(Problems::one(format!("`{name}` is not a name for a project"), fix));
    }
    if TAKEN.contains(&name) || is_keyword(&name.replace('-', "_")) {
        return Err(Problems::one(
            format!("`{name}` is a name that Rust or Cargo needs for something else"),
            format!("choose a more telling name, such as `{name}-app`"),
        ));
    }
    Ok(())
}

/// Where the framework comes from, as the inside of a TOML table.
fn framework_source(new: &New) -> Result<String, Problems> {
    if let Some(url) = &new.framework_git {
        return Ok(format!("git = {url:?}"));
    }
    let built_from = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../framework");
    let path = new.framework_path.clone().unwrap_or_else(built_from);
    match fs::canonicalize(&path) {
        Ok(path) if path.join("Cargo.toml").is_file() => {
            Ok(format!("path = {:?}", path.display().to_string()))
        }
        _ => Err(Problems::one(
            format!("the framework is not in {}", path.display()),
            "say where it is: `--framework-path <clone>/framework` or `--framework-git <url>`",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn project_names_say_how_to_write_them() {
        assert!(check_name("my-shop").is_ok());
        assert!(check_name("shop2").is_ok());
        assert_eq!(check_name("MyShop").unwrap_err().0[0].fix, "write `my-shop`");
        for name in ["", "-x", "2shop", "../x", "a b/c", "test", "async", "framework", "x-"] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }
}
