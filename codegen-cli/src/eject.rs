//! `eject`: one layer of an entity as plain code, from its declaration as it is now.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use minijinja::{Value, context};

use crate::args::{Eject, Layer};
use crate::names::{EntityName, article};
use crate::problems::{Problems, nearest};
use crate::project::{Found, Project, has_option, option, option_source};
use crate::render::render;

/// Carries the command out.
///
/// # Errors
/// When there is no such entity, or when it is of a shape that the layer's code cannot show.
pub fn run(eject: &Eject) -> Result<(), Problems> {
    let project = Project::open(&eject.path)?;
    let text = text(&project, &eject.name, eject.layer)?;
    print!("{}", formatted(&text, &project.root).unwrap_or(text));
    Ok(())
}

/// The code as the project's rustfmt lays it out, where rustfmt is installed.
fn formatted(text: &str, root: &Path) -> Option<String> {
    let mut rustfmt = Command::new("rustfmt")
        .args(["--edition", "2024", "--config-path"])
        .arg(root)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    rustfmt.stdin.take()?.write_all(text.as_bytes()).ok()?;
    let output = rustfmt.wait_with_output().ok()?;
    output.status.success().then(|| String::from_utf8(output.stdout).ok()).flatten()
}

/// The layer's code.
///
/// # Errors
/// As [`run`].
pub fn text(project: &Project, name: &str, layer: Layer) -> Result<String, Problems> {
    let found = project.entity(name).ok_or_else(|| unknown(project, name))?;
    if found.item.fields.iter().any(|field| has_option(&field.attrs, "owned"))
        && !matches!(layer, Layer::Router | Layer::Openapi)
    {
        return Err(Problems::one(
            format!("`{name}` owns children, whose rows this code would leave behind"),
            "wrap the generated layer instead: implement its trait and call the generated one",
        ));
    }
    let template = match layer {
        Layer::Repository => "eject/repository.rs",
        Layer::UseCase => "eject/use_case.rs",
        Layer::Mapper => "eject/mapper.rs",
        Layer::Router | Layer::Openapi => "eject/router.rs",
    };
    render(template, &layer_context(found, layer == Layer::Openapi)?)
}

fn unknown(project: &Project, name: &str) -> Problems {
    let names: Vec<&str> =
        project.entities.iter().map(|found| found.target.reference.entity.as_str()).collect();
    let fix = match nearest(name, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if names.is_empty() => format!("make it first: `codegen-cli new-entity {name} …`"),
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
    let fields: Vec<Value> = found.item.fields.iter().map(field_context).collect();
    Ok(context! {
        name => &name.type_name,
        variable => name.variable(),
        words => name.words(),
        article => article(&name.words()),
        operations => path.replace('-', "_"),
        plural => &name.plural,
        plural_words => name.plural_words(),
        event => name.type_name.to_lowercase(),
        events => has_option(&found.item.attrs, "events"),
        path,
        version,
        fields,
        documented,
    })
}

/// Types of the framework that defaults name: the entity's file imports them, the mapper's does not.
const OURS: [&str; 9] = [
    "Bytes",
    "DateTime",
    "Decimal",
    "Json",
    "NaiveDate",
    "NaiveDateTime",
    "NaiveTime",
    "Utc",
    "Uuid",
];

/// What each input and the view say about a field.
fn field_context(field: &syn::Field) -> Value {
    let has = |key: &str| has_option(&field.attrs, key);
    let name = field.ident.as_ref().map(ToString::to_string).unwrap_or_default();
    let is_set_by_framework =
        ["id", "created_at", "updated_at", "deleted_at", "version"].into_iter().any(has);
    let is_closed =
        is_set_by_framework || has("hidden") || has("read_only") || has("owner") || has("tenant");
    let default = option_source(&field.attrs, "default").map(|source| {
        if source.starts_with('"') || source.starts_with("r\"") {
            format!("{source}.into()")
        } else if OURS.iter().any(|ours| source.starts_with(&format!("{ours}::"))) {
            format!("framework::{source}")
        } else {
            source
        }
    });
    let create = if has("id") {
        "framework::Uuid::now_v7()".to_owned()
    } else if has("created_at") || has("updated_at") {
        "session.now()".to_owned()
    } else if has("version") {
        "1".to_owned()
    } else if is_closed {
        default.unwrap_or_else(|| "Default::default()".to_owned())
    } else {
        let is_plain = default.as_ref().is_some_and(|default| !default.contains('('));
        match default {
            Some(default) if is_option(&field.ty) => {
                format!("input.{name}.or_else(|| Some({default}))")
            }
            Some(default) if is_plain => format!("input.{name}.unwrap_or({default})"),
            Some(default) => format!("input.{name}.unwrap_or_else(|| {default})"),
            None => format!("input.{name}"),
        }
    };
    context! {
        create,
        in_update => !is_closed && !has("immutable"),
        in_view => !has("hidden") && !has("write_only"),
        name,
    }
}

fn is_option(ty: &syn::Type) -> bool {
    matches!(ty, syn::Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Option"))
}
