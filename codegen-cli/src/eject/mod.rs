//! `eject`: one layer of an entity as plain code, from its declaration as it is now.

mod collisions;
mod field;

use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use minijinja::{Value, context};

use crate::args::{Eject, Layer};
use crate::names::{EntityName, article};
use crate::problems::{Problems, nearest};
use crate::project::{Found, Project, has_option, option, option_source, show};
use crate::render::render;

/// Carries the command out.
///
/// # Errors
/// When there is no such entity, or when it is of a shape that the layer's code cannot show.
pub fn run(eject: &Eject) -> Result<(), Problems> {
    let project = Project::open(&eject.path)?;
    let text = text(&project, &eject.name, eject.layer)?;
    // Beside the code, which usually goes to a file.
    let code = formatted(&text, &project.root).unwrap_or_else(|reason| {
        eprintln!("the code is not formatted, run `cargo fmt` later: {reason}");
        text
    });
    print!("{code}");
    eprint!("{}", next(&project, &eject.name, eject.layer));
    Ok(())
}

/// What makes the printed code take the place of the generated one.
fn next(project: &Project, name: &str, layer: Layer) -> String {
    let module = project.entity(name).map_or("…", |found| found.module.as_str());
    let folder = show(&project.root.join("src/entities").join(module));
    let (file, call, keeps) = match layer {
        Layer::Repository => (
            "repository",
            format!("give the module `.repository(repository::{name}Repository)`"),
            "the rows are the same; no cache and no batching of reads stands before them any more",
        ),
        Layer::UseCase => (
            "use_case",
            format!("give the module `.add(use_case::{name}UseCase::service())`"),
            "reading and creating one are in the open; the rest is still done by `crud`",
        ),
        Layer::Mapper => (
            "mapper",
            format!("give the module `.mapper(mapper::{name}Mapper)`"),
            "ids, defaults, merge patches and owned children work as before; updates read the row first",
        ),
        Layer::Router | Layer::Openapi => (
            "router",
            "give the module its routes: `router::routes().into_iter().fold(module, Module::route)`"
                .to_owned(),
            "every handler answers through `Endpoints`: filters, cursors, includes, streams, tags and repeats stay",
        ),
    };
    format!(
        "next: save it as {folder}/{file}.rs\n\
         next: add `mod {file};` in {folder}/mod.rs\n\
         next: {call}\n\
         keeps: {keeps}\n"
    )
}

/// The code as the project's rustfmt lays it out: it finds its settings in this folder or one above it, as `cargo fmt` does.
///
/// # Errors
/// Why it is not laid out, in words for the user.
fn formatted(text: &str, root: &Path) -> Result<String, String> {
    let failed = |error: io::Error| format!("rustfmt cannot be run: {error}");
    let mut rustfmt = Command::new("rustfmt")
        .args(["--edition", "2024"])
        .current_dir(root)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    // It may end without having read everything; then it says why.
    let written = rustfmt.stdin.take().map(|mut stdin| stdin.write_all(text.as_bytes()));
    let output = rustfmt.wait_with_output().map_err(failed)?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim_end().to_owned());
    }
    written.transpose().map_err(failed)?;
    String::from_utf8(output.stdout).map_err(|_| "rustfmt printed no text".to_owned())
}

/// The layer's code.
///
/// # Errors
/// As [`run`].
pub fn text(project: &Project, name: &str, layer: Layer) -> Result<String, Problems> {
    let found = project.entity(name).ok_or_else(|| unknown(project, name))?;
    if let Some(whole) =
        found.item.fields.iter().find_map(|it| option_source(&it.attrs, "owned_by"))
    {
        return Err(Problems::one(
            format!("`{name}` is a part of `{whole}`, whose layers read and write it"),
            format!("eject that one: `eject {whole} --layer …`"),
        ));
    }
    let template = match layer {
        Layer::Repository => "eject/repository.rs",
        Layer::UseCase => "eject/use_case.rs",
        Layer::Mapper => "eject/mapper.rs",
        Layer::Router | Layer::Openapi => "eject/router.rs",
    };
    let text = render(template, &layer_context(found, layer == Layer::Openapi)?)?;
    collisions::check(name, &text)?;
    Ok(text)
}

fn unknown(project: &Project, name: &str) -> Problems {
    let names: Vec<&str> =
        project.entities.iter().map(|found| found.target.reference.entity.as_str()).collect();
    let fix = match nearest(name, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if names.is_empty() => format!("make it first: `new-entity {name} …`"),
        None => format!("take one of {}", names.join(", ")),
    };
    Problems::one(format!("this project has no entity `{name}`"), fix)
}

fn layer_context(found: &Found, documented: bool) -> Result<Value, Problems> {
    let table = &found.target.reference.table;
    let name = EntityName::parse(&found.target.reference.entity, Some(table))?;
    let path = option(&found.item.attrs, "plural").unwrap_or_else(|| table.replace('_', "-"));
    let version = found
        .item
        .fields
        .iter()
        .find(|field| has_option(&field.attrs, "version"))
        .and_then(|field| field.ident.as_ref().map(ToString::to_string));
    let (owned, stored): (Vec<&syn::Field>, Vec<&syn::Field>) =
        found.item.fields.iter().partition(|it| has_option(&it.attrs, "owned"));
    let children: Vec<Value> = owned.into_iter().map(field::children).collect();
    let fields: Vec<Value> = stored.iter().map(|it| field::stored(it)).collect();
    let soft_delete = stored.iter().any(|it| has_option(&it.attrs, "deleted_at"));
    // Fields that hold documents or children become variables in the mapper.
    let is_field = found.item.fields.iter().any(|field| field::is_named(field, name.variable()));
    let variable = if is_field { "entity" } else { name.variable() };
    Ok(context! {
        name => &name.type_name,
        variable => collisions::variable(variable, "entity"),
        words => name.words(),
        article => article(&name.words()),
        operations => path.replace('-', "_"),
        plural => collisions::variable(&name.plural, "entities"),
        plural_words => name.plural_words(),
        path,
        version,
        soft_delete,
        fields,
        children,
        documented,
    })
}
