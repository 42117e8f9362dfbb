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
use crate::project::{name_in, show};
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
    let (plan, source) = plan(new)?;
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
        if let Some(install) = &source.install {
            println!("once: {install}");
        }
        println!("then: {} new-entity Comment note_id:ref:Note body:text", source.command);
    }
    Ok(())
}

fn plan(new: &New) -> Result<(Plan, Source), Problems> {
    let mut problems = Problems::default();
    problems.take(check_name(&new.name));
    let source = problems.take(source(new));
    let here = std::env::current_dir().unwrap_or_default();
    let root = here.join(&new.name);
    let Some(source) = source else { return Err(problems) };
    problems.into_result(())?;
    let package = &new.name;
    let crate_name = package.replace('-', "_");
    let name = EntityName::parse("Note", None)?;
    let fields =
        ["title:string:search:example=Shopping", "body:text?:search", "is_done:bool:default=false"];
    let switches = Switches::default();
    let entity = spec::parse(name, &fields.map(ToOwned::to_owned), switches, &[])?;
    let context = context! {
        package,
        crate_name => &crate_name,
        framework => &source.dependency,
        codegen => source.command,
        install => &source.install,
        manifest => source.manifest.as_ref().map(|path| format!("{:?}", path.display().to_string())),
    };
    let mut files = Vec::new();
    if source.manifest.is_some() {
        files.push(File::new(".cargo/config.toml", render("project/cargo.toml", &context)?));
    }
    for (path, template) in [
        ("Cargo.toml", "project/Cargo.toml"),
        (".gitignore", "project/gitignore"),
        ("README.md", "project/README.md"),
        ("build.rs", "project/build.rs"),
        ("config.toml", "project/config.toml"),
        ("rustfmt.toml", "project/rustfmt.toml"),
        ("src/lib.rs", "project/lib.rs"),
        ("src/main.rs", "project/main.rs"),
        ("src/demo.rs", "project/demo.rs"),
        ("src/entities/mod.rs", "project/entities.rs"),
    ] {
        files.push(File::new(path, render(template, &context)?));
    }
    files.extend(new_entity::files(&entity, &crate_name, &root)?);
    files.extend(new_entity::schema(&entity, &root)?);
    check_folder(&root, &files)?;
    Ok((Plan { root, files }, source))
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

/// Where the framework and this command come from.
struct Source {
    /// The dependency, as the inside of a TOML table.
    dependency: String,
    /// The manifest of the clone that has this command too.
    manifest: Option<PathBuf>,
    /// What a user of the project types for this command.
    command: &'static str,
    /// How it gets there, where the project cannot know.
    install: Option<String>,
}

fn source(new: &New) -> Result<Source, Problems> {
    if let Some(url) = &new.framework_git {
        if url.trim().is_empty() {
            return Err(Problems::one(
                "`--framework-git` names no repository",
                "write its address: `--framework-git <url>`",
            ));
        }
        let install = Some(format!("cargo install --git {url} codegen-cli"));
        let dependency = format!("git = {url:?}");
        return Ok(Source { dependency, manifest: None, command: "codegen-cli", install });
    }
    let built_from = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../framework");
    let path = framework(&new.framework_path.clone().unwrap_or_else(built_from))?;
    let dependency = format!("path = {:?}", path.display().to_string());
    let clone = path.parent().filter(|clone| clone.join("codegen-cli/Cargo.toml").is_file());
    let manifest = clone.map(|clone| clone.join("Cargo.toml"));
    // Without a clone beside it, this command was installed.
    let command = if manifest.is_some() { "cargo codegen" } else { "codegen-cli" };
    Ok(Source { dependency, manifest, command, install: None })
}

/// The folder of the framework: this one, or the one in this clone.
fn framework(path: &Path) -> Result<PathBuf, Problems> {
    let is_framework = |folder: &Path| {
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
        name_in(&manifest, "package").as_deref() == Some("framework")
    };
    let inner = path.join("framework");
    let folder = if is_framework(&inner) {
        println!("the framework of the clone is taken: {}", inner.display());
        inner
    } else {
        path.to_owned()
    };
    fs::canonicalize(&folder).ok().filter(|folder| is_framework(folder)).ok_or_else(|| {
        Problems::one(
            format!("the framework is not in {}", path.display()),
            "say where it is: `--framework-path <clone>/framework` or `--framework-git <url>`",
        )
    })
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
