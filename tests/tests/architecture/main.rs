//! The arrows between the layers, and the size of files: what no compiler checks.

use std::fs;
use std::path::{Path, PathBuf};

/// No file grows beyond this; long ones hold more than one idea.
const MOST_LINES: usize = 400;

/// A folder of `framework/src`, and what its code may never name.
const LAYERS: [(&str, &[&str]); 7] = [
    (
        "domain",
        &[
            "tokio",
            "axum",
            "utoipa",
            "sea_orm",
            "sqlx",
            "moka",
            "redis",
            "tracing",
            "crate::application",
            "crate::adapters",
            "crate::infrastructure",
        ],
    ),
    (
        "application",
        &[
            "axum",
            "utoipa",
            "sea_orm",
            "sqlx",
            "moka",
            "redis",
            "crate::adapters",
            "crate::infrastructure",
        ],
    ),
    (
        "adapters/http",
        &[
            "sea_orm",
            "sqlx",
            "moka",
            "redis",
            "crate::adapters::persistence",
            "crate::adapters::memory",
            "crate::adapters::cache",
            "crate::adapters::messaging",
        ],
    ),
    (
        "adapters/persistence",
        &[
            "axum",
            "utoipa",
            "moka",
            "redis",
            "crate::adapters::http",
            "crate::adapters::memory",
            "crate::adapters::cache",
            "crate::adapters::messaging",
        ],
    ),
    (
        "adapters/memory",
        &[
            "axum",
            "utoipa",
            "sea_orm",
            "sqlx",
            "moka",
            "redis",
            "crate::adapters::http",
            "crate::adapters::persistence",
            "crate::adapters::cache",
            "crate::adapters::messaging",
        ],
    ),
    (
        "adapters/cache",
        &[
            "axum",
            "utoipa",
            "sea_orm",
            "sqlx",
            "crate::adapters::http",
            "crate::adapters::persistence",
            "crate::adapters::memory",
            "crate::adapters::messaging",
        ],
    ),
    (
        "adapters/messaging",
        &[
            "axum",
            "utoipa",
            "sea_orm",
            "sqlx",
            "moka",
            "crate::adapters::http",
            "crate::adapters::persistence",
            "crate::adapters::memory",
            "crate::adapters::cache",
        ],
    ),
];

#[test]
fn every_layer_points_inward_only() {
    let mut wrong = Vec::new();
    for (layer, forbidden) in LAYERS {
        for file in rust_files(&root().join("framework/src").join(layer)) {
            for (number, line) in code_lines(&file) {
                for name in forbidden.iter().filter(|name| names(&line, name)) {
                    wrong.push(format!("{}:{number} names {name}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "dependencies point inward only:\n{}", wrong.join("\n"));
}

#[test]
fn the_compilers_know_none_of_our_crates() {
    let mut wrong = Vec::new();
    for package in ["macros", "codegen-cli"] {
        let manifest = read(&root().join(package).join("Cargo.toml"));
        if manifest
            .lines()
            .any(|line| line.starts_with("framework") || line.starts_with("example-app"))
        {
            wrong.push(package);
        }
    }
    assert!(wrong.is_empty(), "macros and codegen-cli are compilers of their own: {wrong:?}");
}

#[test]
fn every_file_can_be_read_in_one_sitting() {
    let long: Vec<String> = ["framework/src", "macros/src", "codegen-cli/src", "example-app/src"]
        .iter()
        .flat_map(|folder| rust_files(&root().join(folder)))
        .filter_map(|file| {
            let lines = read(&file).lines().count();
            (lines > MOST_LINES).then(|| format!("{} has {lines} lines", file.display()))
        })
        .collect();
    assert!(long.is_empty(), "split by idea:\n{}", long.join("\n"));
}

#[test]
fn environment_variables_are_read_in_one_place() {
    let source = root().join("framework/src");
    let wrong: Vec<String> = rust_files(&source)
        .into_iter()
        .filter(|file| {
            let inside = file.strip_prefix(&source).unwrap_or(file);
            !inside.components().any(|part| {
                matches!(
                    part.as_os_str().to_str(),
                    Some("config" | "config.rs" | "testing" | "tests" | "tests.rs")
                )
            })
        })
        .filter(|file| code_lines(file).iter().any(|(_, line)| line.contains("env::var")))
        .map(|file| file.display().to_string())
        .collect();
    assert!(wrong.is_empty(), "only the configuration reads the environment: {wrong:?}");
}

#[test]
fn routes_are_added_where_they_are_named() {
    let allowed = ["adapters/http/routes.rs", "adapters/http/layers.rs"];
    let source = root().join("framework/src");
    let wrong: Vec<String> = rust_files(&source)
        .into_iter()
        .filter(|file| !file.ends_with("tests.rs"))
        .filter(|file| !allowed.iter().any(|name| file.ends_with(name)))
        .filter(|file| code_lines(file).iter().any(|(_, line)| names(line, "Router::new")))
        .map(|file| file.display().to_string())
        .collect();
    assert!(wrong.is_empty(), "a route gets in through `Routes`, which names it: {wrong:?}");
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files = Vec::new();
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// Lines of code with their numbers: comments, and everything from the unit tests on, left out.
fn code_lines(file: &Path) -> Vec<(usize, String)> {
    read(file)
        .lines()
        .enumerate()
        .take_while(|(_, line)| !line.starts_with("#[cfg(test)]"))
        .map(|(index, line)| (index + 1, line.split("//").next().unwrap_or_default().to_owned()))
        .collect()
}

/// Whether the code names this path, as a whole word at its start.
fn names(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + path.len()..].chars().next();
        let starts = !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '"');
        let is_path =
            line[at + path.len()..].starts_with("::") || after == Some(';') || after == Some(',');
        starts && is_path
    })
}
