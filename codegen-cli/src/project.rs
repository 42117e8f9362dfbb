//! What is already there: the project's name and its entities, read from parsed sources.

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};

use crate::names::pluralise;
use crate::problems::Problems;
use crate::spec::{Reference, Target};

/// A project that entities can be added to.
#[derive(Debug, Clone)]
pub struct Project {
    /// Its folder.
    pub root: PathBuf,
    /// Its library, as Rust code names it.
    pub crate_name: String,
    /// Its entities.
    pub entities: Vec<Found>,
}

/// One entity of the project.
#[derive(Debug, Clone)]
pub struct Found {
    /// How references name it.
    pub target: Target,
    /// Its module below `entities`.
    pub module: String,
    /// The parsed struct.
    pub item: syn::ItemStruct,
}

impl Project {
    /// Opens the project in a folder.
    ///
    /// # Errors
    /// When there is none, or when one of its entities cannot be read.
    pub fn open(root: &Path) -> Result<Self, Problems> {
        let manifest = fs::read_to_string(root.join("Cargo.toml")).ok();
        let entities = root.join("src/entities");
        let Some(package) = manifest
            .as_deref()
            // A library may have a name of its own.
            .and_then(|text| name_in(text, "lib").or_else(|| name_in(text, "package")))
            .filter(|_| entities.join("mod.rs").is_file())
        else {
            return Err(Problems::one(
                format!(
                    "{} is not a project with entities (Cargo.toml and src/entities/mod.rs)",
                    show(root)
                ),
                "make one with `new my-shop`, go into it, or name one with `--path`",
            ));
        };
        Ok(Self {
            root: std::fs::canonicalize(root).unwrap_or_else(|_| root.to_owned()),
            crate_name: package.replace('-', "_"),
            entities: read_entities(&entities)?,
        })
    }

    /// The entities that references can name.
    pub fn targets(&self) -> Vec<Target> {
        self.entities.iter().map(|found| found.target.clone()).collect()
    }

    /// The entity with this type name.
    pub fn entity(&self, name: &str) -> Option<&Found> {
        self.entities.iter().find(|found| found.target.reference.entity == name)
    }
}

/// A path for people: relative to where they are, where that is shorter.
pub fn show(path: &Path) -> String {
    let shown = std::env::current_dir()
        .ok()
        .and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned));
    match shown.unwrap_or_else(|| path.to_owned()) {
        path if path.as_os_str().is_empty() => ".".to_owned(),
        path => path.display().to_string(),
    }
}

/// What starts this command of Cargo for the project in a folder, from where the user is.
pub fn cargo(root: &Path, command: &str) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    if here == root {
        return format!("cargo {command}");
    }
    let manifest = |folder: &Path| fs::read_to_string(folder.join("Cargo.toml")).ok();
    let is_workspace = |text: &String| {
        text.parse::<toml::Table>().is_ok_and(|manifest| manifest.contains_key("workspace"))
    };
    let own = manifest(root).filter(|own| !is_workspace(own));
    match own.and_then(|own| name_in(&own, "package")) {
        Some(package)
            if root.starts_with(&here)
                && manifest(&here).is_some_and(|text| is_workspace(&text)) =>
        {
            format!("cargo {command} -p {package}")
        }
        // A workspace of its own, or none above.
        _ => format!("cargo {command} --manifest-path {}", show(&root.join("Cargo.toml"))),
    }
}

/// The `name` in a table of a manifest, such as `package`.
pub fn name_in(manifest: &str, table: &str) -> Option<String> {
    let manifest: toml::Table = manifest.parse().ok()?;
    manifest.get(table)?.get("name")?.as_str().map(ToOwned::to_owned)
}

/// Every derived entity in the modules below `folder`, sorted by module.
fn read_entities(folder: &Path) -> Result<Vec<Found>, Problems> {
    let mut problems = Problems::default();
    let mut found = Vec::new();
    let mut entries: Vec<PathBuf> = list(folder);
    entries.sort();
    for entry in entries {
        let Some(module) = entry.file_stem().and_then(|stem| stem.to_str()).map(ToOwned::to_owned)
        else {
            continue;
        };
        let files = if entry.is_dir() { list(&entry) } else { vec![entry.clone()] };
        for file in files.iter().filter(|file| file.extension().is_some_and(|it| it == "rs")) {
            let text = fs::read_to_string(file).unwrap_or_default();
            match syn::parse_file(&text) {
                Ok(parsed) => found.extend(entities_of(&parsed, &module)),
                Err(error) => problems.add(
                    format!("{} is not valid Rust: {error}", show(file)),
                    "correct it first: references are looked up there",
                ),
            }
        }
    }
    problems.into_result(found)
}

fn list(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

fn entities_of(file: &syn::File, module: &str) -> Vec<Found> {
    let structs = file.items.iter().filter_map(|item| match item {
        syn::Item::Struct(item) if derives_entity(item) => Some(item),
        _ => None,
    });
    structs.map(|item| describe(item, module)).collect()
}

fn derives_entity(item: &syn::ItemStruct) -> bool {
    item.attrs.iter().filter(|attribute| attribute.path().is_ident("derive")).any(|attribute| {
        let mut derives = false;
        // An unusual derive list is the compiler's to judge.
        let _ = attribute.parse_nested_meta(|meta| {
            derives |= meta.path.segments.last().is_some_and(|segment| segment.ident == "Entity");
            Ok(())
        });
        derives
    })
}

fn describe(item: &syn::ItemStruct, module: &str) -> Found {
    let entity = item.ident.to_string();
    let snake = heck::ToSnakeCase::to_snake_case(entity.as_str());
    let table = option(&item.attrs, "table");
    let plural = option(&item.attrs, "plural")
        .or_else(|| table.clone())
        .unwrap_or_else(|| pluralise(&snake));
    let id = item.fields.iter().find(|field| has_option(&field.attrs, "id"));
    let id_type = id.map_or_else(|| "Uuid".to_owned(), |field| type_name(&field.ty));
    let name =
        id.and_then(|field| field.ident.as_ref().map(|ident| ident.to_string().replace("r#", "")));
    let column = id
        .and_then(|field| option(&field.attrs, "column"))
        .or(name)
        .unwrap_or_else(|| "id".to_owned());
    let reference = Reference {
        path: Some(format!("crate::entities::{module}::{entity}")),
        entity,
        table: table.unwrap_or_else(|| plural.clone()),
        column,
    };
    Found {
        target: Target { reference, plural, id_type },
        module: module.to_owned(),
        item: item.clone(),
    }
}

/// The last segment of a type, such as `Uuid`.
fn type_name(ty: &syn::Type) -> String {
    match ty {
        syn::Type::Path(path) => {
            path.path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default()
        }
        _ => String::new(),
    }
}

/// Each option of the `#[entity(…)]` attributes: a comma-separated list of a word and its tokens, whatever they are.
fn options(attributes: &[syn::Attribute]) -> Vec<(String, TokenStream)> {
    let mut options: Vec<(String, TokenStream)> = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("entity")) {
        let syn::Meta::List(list) = &attribute.meta else { continue };
        let mut is_start = true;
        for token in list.tokens.clone() {
            match (token, options.last_mut()) {
                (TokenTree::Punct(punct), _) if punct.as_char() == ',' => is_start = true,
                (TokenTree::Ident(ident), _) if is_start => {
                    options.push((ident.to_string(), TokenStream::new()));
                    is_start = false;
                }
                (token, Some((_, tokens))) => tokens.extend([token]),
                (_, None) => {}
            }
        }
    }
    options
}

/// The text of `key = "text"`.
pub fn option(attributes: &[syn::Attribute], key: &str) -> Option<String> {
    let source = option_source(attributes, key)?;
    syn::parse_str::<syn::LitStr>(&source).ok().map(|text| text.value())
}

/// The expression of `key = expression`, as source.
pub fn option_source(attributes: &[syn::Attribute], key: &str) -> Option<String> {
    let (_, tokens) = options(attributes).into_iter().find(|(name, _)| name == key)?;
    let source = tokens.to_string();
    source.strip_prefix('=').map(|source| source.trim().replace(" :: ", "::"))
}

/// Whether the option is there, with or without a value.
pub fn has_option(attributes: &[syn::Attribute], key: &str) -> bool {
    options(attributes).iter().any(|(name, _)| name == key)
}

/// The words of `key(word, …)`.
pub fn option_words(attributes: &[syn::Attribute], key: &str) -> Vec<String> {
    let listed = options(attributes).into_iter().find(|(name, _)| name == key);
    let tokens = listed.and_then(|(_, tokens)| tokens.into_iter().next());
    let Some(TokenTree::Group(group)) = tokens else { return Vec::new() };
    let idents = group.stream().into_iter().filter_map(|token| match token {
        TokenTree::Ident(ident) => Some(ident.to_string()),
        _ => None,
    });
    idents.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_however_the_manifest_is_written() {
        for manifest in [
            "[package]\nname = \"my-shop\"\n",
            "[ package ] # mine\nedition = \"2024\"\n\"name\" = 'my-shop'\n",
            "package.name = \"my-shop\"\n",
            "package = { name = \"my-shop\" }\n",
        ] {
            assert_eq!(name_in(manifest, "package").as_deref(), Some("my-shop"), "{manifest}");
        }
        assert_eq!(name_in("[lib]\npath = \"lib.rs\"\n", "lib"), None);
        assert_eq!(name_in("[workspace]\nmembers = []\n", "package"), None);
    }
}
