//! `migrations!("dir")`: a folder of SQL files, embedded.

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{LitStr, Token};

/// `path_of_the_framework, "folder"`; the path comes from the declarative macro in `framework`.
struct Input {
    path: TokenStream,
    folder: LitStr,
}

impl Parse for Input {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let path: syn::Path = input.parse()?;
        input.parse::<Token![,]>()?;
        Ok(Self { path: quote!(#path), folder: input.parse()? })
    }
}

/// The whole expansion.
pub(crate) fn embed(input: TokenStream) -> TokenStream {
    let root = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
    let result = syn::parse2(input).and_then(|input: Input| {
        let migrations = list(&root.join(input.folder.value()))
            .map_err(|message| syn::Error::new(input.folder.span(), message))?;
        Ok(expand(&input.path, &migrations))
    });
    result.unwrap_or_else(syn::Error::into_compile_error)
}

fn expand(path: &TokenStream, migrations: &[(String, PathBuf)]) -> TokenStream {
    let migrations = migrations.iter().map(|(name, folder)| {
        let [sqlite, postgres] = ["sqlite", "postgres"].map(|database| {
            let [up, down] = ["up", "down"].map(|direction| {
                let file = folder.join(format!("{database}.{direction}.sql"));
                let file = file.to_string_lossy().into_owned();
                quote!(::core::include_str!(#file))
            });
            quote!(#path::Script { up: #up, down: #down })
        });
        quote!(#path::Migration { name: #name, sqlite: #sqlite, postgres: #postgres })
    });
    quote! {{
        const MIGRATIONS: &[#path::Migration] = &[#(#migrations),*];
        MIGRATIONS
    }}
}

/// The migrations of a folder, oldest first. A folder that is not there holds none.
fn list(folder: &Path) -> Result<Vec<(String, PathBuf)>, String> {
    let shown = folder.display();
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(folder).map_err(|error| format!("cannot read {shown}: {error}"))?;
    let mut migrations = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| format!("cannot read {shown}: {error}"))?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if !path.is_dir() || name.starts_with('.') {
            continue;
        }
        check_name(name)?;
        for file in ["sqlite.up.sql", "sqlite.down.sql", "postgres.up.sql", "postgres.down.sql"] {
            if !path.join(file).is_file() {
                return Err(format!(
                    "the migration {name} has no {file}; add it, if only with a comment"
                ));
            }
        }
        migrations.push((name.to_owned(), path.clone()));
    }
    migrations.sort();
    Ok(migrations)
}

fn check_name(name: &str) -> Result<(), String> {
    let fits = name.split_once('_').is_some_and(|(stamp, rest)| {
        stamp.len() == 14
            && stamp.bytes().all(|byte| byte.is_ascii_digit())
            && !rest.is_empty()
            && rest
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    });
    if fits {
        Ok(())
    } else {
        Err(format!(
            "`{name}` is not the name of a migration; write `<YYYYMMDDHHMMSS>_<name>`, such as `20260101120000_create_products`"
        ))
    }
}

#[cfg(test)]
mod unit_tests {
    use super::*;

    #[test]
    fn names_start_with_a_timestamp() {
        assert!(check_name("20260101120000_create_products").is_ok());
        for name in ["create_products", "2026_create", "20260101120000_", "20260101120000_Create"] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }

    #[test]
    fn a_missing_folder_holds_none() {
        assert_eq!(list(Path::new("/no/such/folder")), Ok(Vec::new()));
    }

    #[test]
    fn a_real_folder_is_read_and_its_mistakes_are_named() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let migration = folder.path().join("20260101120000_create_products");
        fs::create_dir(&migration).expect("a folder");
        for file in ["sqlite.up.sql", "sqlite.down.sql", "postgres.up.sql"] {
            fs::write(migration.join(file), "").expect("a file");
        }
        let message = list(folder.path()).expect_err("a script is missing");
        assert!(message.contains("create_products has no postgres.down.sql"), "{message}");
        fs::write(migration.join("postgres.down.sql"), "").expect("a file");
        let name = "20260101120000_create_products".to_owned();
        assert_eq!(list(folder.path()), Ok(vec![(name, migration)]));
        fs::create_dir(folder.path().join("products")).expect("a folder");
        let message = list(folder.path()).expect_err("a folder has no timestamp");
        assert!(message.contains("`products` is not the name of a migration"), "{message}");
    }
}
