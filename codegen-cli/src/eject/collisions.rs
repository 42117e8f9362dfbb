//! Names of an entity that the code of a layer needs for something else.

use std::collections::BTreeSet;

use crate::problems::Problems;

/// Variables and parameters of the templates; those of an entity must not hide them.
const LOCALS: [&str; 24] = [
    "delete",
    "deleted",
    "gone",
    "held",
    "id",
    "input",
    "is_stored",
    "operations",
    "patch",
    "predicates",
    "query",
    "replace",
    "replaced",
    "request",
    "rows",
    "schema",
    "scope",
    "select",
    "session",
    "set",
    "stored",
    "targets",
    "violations",
    "wanted",
];

/// The variable with this name, or another one where the code has a variable of that name already.
pub(super) fn variable<'a>(name: &'a str, other: &'a str) -> &'a str {
    if LOCALS.contains(&name) { other } else { name }
}

/// Refuses an entity whose name the code imports or declares itself.
///
/// # Errors
/// With the name, and what can be done.
pub(super) fn check(name: &str, code: &str) -> Result<(), Problems> {
    // Code that cannot be read is a defect that the compiler tells better.
    let Ok(file) = syn::parse_file(code) else { return Ok(()) };
    let mut names = BTreeSet::new();
    for item in &file.items {
        match item {
            syn::Item::Use(item) if !is_super(&item.tree) => imported(&item.tree, &mut names),
            syn::Item::Type(item) => _ = names.insert(item.ident.to_string()),
            syn::Item::Struct(item) => _ = names.insert(item.ident.to_string()),
            _ => {}
        }
    }
    if !names.contains(name) {
        return Ok(());
    }
    Err(Problems::one(
        format!("the code of this layer uses the name `{name}` for something else"),
        format!(
            "rename the struct, such as `Shop{name}`, and keep its table and address with \
             `table = …` and `plural = …`; or eject another layer"
        ),
    ))
}

fn is_super(tree: &syn::UseTree) -> bool {
    matches!(tree, syn::UseTree::Path(path) if path.ident == "super")
}

fn imported(tree: &syn::UseTree, names: &mut BTreeSet<String>) {
    match tree {
        syn::UseTree::Path(path) => imported(&path.tree, names),
        syn::UseTree::Name(name) => _ = names.insert(name.ident.to_string()),
        syn::UseTree::Rename(name) => _ = names.insert(name.rename.to_string()),
        syn::UseTree::Group(group) => group.items.iter().for_each(|tree| imported(tree, names)),
        syn::UseTree::Glob(_) => {}
    }
}
