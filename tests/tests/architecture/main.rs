//! The arrows between the layers, and the size of files: what no compiler checks.

mod paths;

use std::fs;
use std::path::{Path, PathBuf};

use paths::{is_below, paths};

/// No file grows beyond this; long ones hold more than one idea.
const MOST_LINES: usize = 400;

/// Crates that belong to one adapter each.
const DRIVERS: [&str; 6] = ["axum", "utoipa", "sea_orm", "sqlx", "moka", "redis"];

/// The layers, as folders of `framework/src`, and the drivers that each may name.
const LAYERS: [(&str, &[&str]); 7] = [
    ("domain", &[]),
    ("application", &[]),
    ("adapters/http", &["axum", "utoipa"]),
    ("adapters/persistence", &["sea_orm", "sqlx"]),
    ("adapters/memory", &[]),
    ("adapters/cache", &["moka", "redis"]),
    ("adapters/messaging", &["redis"]),
];

/// What the code of a layer may never name.
fn forbidden(layer: &str, drivers: &[&str]) -> Vec<String> {
    let mut names: Vec<String> =
        DRIVERS.iter().filter(|it| !drivers.contains(it)).map(|it| (*it).to_owned()).collect();
    names.push("crate::infrastructure".to_owned());
    match layer {
        "domain" => {
            names.extend(
                ["tokio", "tracing", "crate::application", "crate::adapters"].map(str::to_owned),
            );
        }
        "application" => names.push("crate::adapters".to_owned()),
        adapter => {
            let others = LAYERS.iter().map(|(layer, _)| *layer).filter(|it| *it != adapter);
            let others = others.filter(|it| it.starts_with("adapters/"));
            names.extend(others.map(|it| format!("crate::{}", it.replace('/', "::"))));
        }
    }
    names
}

#[test]
fn every_layer_points_inward_only() {
    let mut wrong = Vec::new();
    for (layer, drivers) in LAYERS {
        let forbidden = forbidden(layer, drivers);
        for file in rust_files(&source().join(layer)) {
            for (line, path) in named(&file) {
                if forbidden.iter().any(|it| is_below(&path, it)) || is_from_the_root(&path) {
                    wrong.push(format!("{}:{line} names {path}", file.display()));
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
    let source = source();
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
        .filter(|file| named(file).iter().any(|(_, path)| path.contains("env::var")))
        .map(|file| file.display().to_string())
        .collect();
    assert!(wrong.is_empty(), "only the configuration reads the environment: {wrong:?}");
}

#[test]
fn routes_are_added_where_they_are_named() {
    let allowed = ["adapters/http/routes.rs", "adapters/http/layers.rs", "adapters/http/cors.rs"];
    let wrong: Vec<String> = rust_files(&source())
        .into_iter()
        .filter(|file| !allowed.iter().any(|name| file.ends_with(name)))
        .filter(|file| named(file).iter().any(|(_, path)| makes_a_router(path)))
        .map(|file| file.display().to_string())
        .collect();
    assert!(wrong.is_empty(), "a route gets in through `Routes`, which names it: {wrong:?}");
}

fn makes_a_router(path: &str) -> bool {
    matches!(path.rsplit("::").collect::<Vec<_>>().as_slice(), ["new" | "default", "Router", ..])
}

#[test]
fn what_makes_a_router_is_recognised() {
    for path in ["Router::new", "axum::Router::new", "Router::default"] {
        assert!(makes_a_router(path), "{path}");
    }
    for path in ["MethodRouter::new", "Router::merge", "Routes::default", "new"] {
        assert!(!makes_a_router(path), "{path}");
    }
}

/// The root names the same things again for users; inside it would hide which layer they come from.
fn is_from_the_root(path: &str) -> bool {
    let name = path.strip_prefix("crate::").and_then(|rest| rest.chars().next());
    name.is_some_and(char::is_uppercase)
}

fn source() -> PathBuf {
    root().join("framework/src")
}

/// Every path that a file of the framework names, with its line; files of tests name nothing.
fn named(file: &Path) -> Vec<(usize, String)> {
    let name = file.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
    if name == "tests" || name.ends_with("_tests") {
        return Vec::new();
    }
    let below = file.strip_prefix(source()).unwrap_or(file).with_extension("");
    let parts = below.iter().filter_map(|part| part.to_str()).filter(|part| *part != "mod");
    let module: Vec<&str> = ["crate"].into_iter().chain(parts).collect();
    paths(&read(file), &module.join("::"))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder);
    let entries = entries.unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
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
