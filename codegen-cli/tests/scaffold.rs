//! The command as a user runs it: in an empty folder, again, with mistakes.

#![expect(clippy::expect_used, reason = "a test may panic; the helpers are outside its functions")]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output};

fn codegen(folder: &Path, arguments: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_codegen-cli"))
        .args(arguments.split_whitespace())
        .current_dir(folder)
        .output()
        .expect("the command starts")
}

fn succeed(folder: &Path, arguments: &str) -> String {
    let output = codegen(folder, arguments);
    assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn fail(folder: &Path, arguments: &str) -> String {
    let before = files(folder);
    let output = codegen(folder, arguments);
    assert_eq!(output.status.code(), Some(2), "{arguments}");
    assert_eq!(files(folder), before, "{arguments} wrote something");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Every file below a folder with its text; the stamps of migrations, which follow the clock, are blanked.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(folder).expect("below").display().to_string();
            let parts = name.split('/').map(|part| match part.split_once('_') {
                Some((stamp, rest)) if stamp.len() == 14 => format!("STAMP_{rest}"),
                _ => part.to_owned(),
            });
            let name = parts.collect::<Vec<_>>().join("/");
            found.insert(name, fs::read_to_string(path).expect("text"));
        }
    }
    found
}

const PRODUCT: &str = "new-entity Product sku:string:unique:length=1..=64:pattern=^[A-Z0-9-]+$:example=SKU-1 \
    price:decimal(12,2):range=0..=1000000 weight:float?:range=0.5.. type:enum(book,music_record):default=book \
    contact:email? home:url? stock:u32:index photo:bytes?:length=..=4096 tags:[string] extra:json? born:date? \
    opens:time? local:datetime? seen:instant? parent_id:ref:Product?:on_delete=set_null secret:text?:hidden --soft-delete";
const REVIEW: &str = "new-entity Review product_id:ref:Product rating:i32:range=1..=5 title:string:unique \
    body:text? --with-events --with-cache";

/// A project with two entities beside the sample one.
fn shop() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    succeed(folder.path(), "new my-shop");
    let project = folder.path().join("my-shop");
    succeed(&project, PRODUCT);
    succeed(&project, REVIEW);
    (folder, project)
}

#[test]
fn two_entities_look_as_before() {
    let (_folder, project) = shop();
    let text: String = files(&project)
        .into_iter()
        .filter(|(name, _)| name != "Cargo.toml")
        .map(|(name, text)| format!("==== {name}\n{text}\n"))
        .collect();
    let clone = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    insta::assert_snapshot!(text.replace(&clone.display().to_string(), "/the/clone"));
}

#[test]
fn everything_is_formatted_as_rustfmt_would() {
    let (_folder, project) = shop();
    for entity in ["Item2 name:string", "Item10 name:string", "Box a_id:ref:Item2 b_id:ref:Item10"]
    {
        succeed(&project, &format!("new-entity Shop{entity}").replace("ref:", "ref:Shop"));
    }
    for name in ["AbcdefGhijklmNopqrstUvwxy", "AbcdefGhijklmNopqrstUvwxyzAbcdef"] {
        succeed(&project, &format!("new-entity {name} name:string --with-events"));
    }
    let sources = files(&project).into_keys().filter(|name| name.ends_with(".rs"));
    let output = Command::new("rustfmt")
        .args(["--check", "--edition", "2024", "--config-path", "rustfmt.toml"])
        .args(sources)
        .current_dir(&project)
        .output()
        .expect("rustfmt starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn a_second_run_changes_nothing() {
    let (folder, project) = shop();
    let before = files(folder.path());
    assert!(succeed(&project, REVIEW).contains("nothing to do"));
    assert!(succeed(&project, PRODUCT).contains("nothing to do"));
    assert_eq!(files(folder.path()), before);
}

#[test]
fn a_fresh_project_can_be_made_twice_but_a_foreign_folder_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    succeed(folder.path(), "new my-shop");
    assert!(succeed(folder.path(), "new my-shop").contains("nothing to do"));
    fs::create_dir(folder.path().join("mine")).expect("a folder");
    fs::write(folder.path().join("mine/notes.txt"), "mine").expect("a file");
    assert!(fail(folder.path(), "new mine").contains("not an empty folder"));
    assert!(fail(folder.path(), "new MyShop").contains("my-shop"));
    assert!(
        fail(folder.path(), "new other --framework-path ./nowhere").contains("--framework-path")
    );
}

#[test]
fn the_next_steps_work_where_the_command_was_given() {
    let (folder, project) = shop();
    let said = succeed(&project, "new-entity Here name:string");
    assert!(said.contains("in src/entities/here/rules.rs, then `cargo test` and `cargo run`"));
    assert!(!said.contains("openapi"), "{said}");

    // A project with a workspace of its own, from the folder above it.
    let said = succeed(folder.path(), "new-entity Outer name:string --path my-shop");
    assert!(said.contains("`cargo test --manifest-path my-shop/Cargo.toml`"), "{said}");

    // A member of a workspace, with a document that is kept.
    let manifest = fs::read_to_string(project.join("Cargo.toml")).expect("a file");
    fs::write(project.join("Cargo.toml"), manifest.replace("[workspace]", "")).expect("a file");
    fs::write(folder.path().join("Cargo.toml"), "[workspace]\nmembers = [\"my-shop\"]\n")
        .expect("a file");
    fs::write(project.join("openapi.json"), "{}").expect("a file");
    let said = succeed(folder.path(), "new-entity Member name:string --path my-shop");
    for step in [
        "in my-shop/src/entities/member/rules.rs, then `cargo test -p my-shop` and `cargo run -p my-shop`",
        "next: cargo run -p my-shop -- openapi > my-shop/openapi.json",
    ] {
        assert!(said.contains(step), "{step} is not in {said}");
    }
    let ejected = codegen(folder.path(), "eject Member --layer mapper --path my-shop").stderr;
    let said = String::from_utf8_lossy(&ejected);
    assert!(said.contains("save it as my-shop/src/entities/member/mapper.rs"), "{said}");
}

#[test]
fn files_that_a_user_changed_are_never_overwritten() {
    let (_folder, project) = shop();
    fs::write(project.join("src/entities/review/rules.rs"), "// mine\n").expect("a file");
    assert!(fail(&project, REVIEW).contains("src/entities/review/rules.rs"));
}

#[test]
fn an_interrupted_run_is_completed() {
    let (_folder, project) = shop();
    let before = files(&project);
    fs::remove_file(project.join("tests/review.rs")).expect("it is there");
    succeed(&project, REVIEW);
    assert_eq!(files(&project), before);
}

#[test]
fn a_dry_run_shows_the_plan_and_writes_nothing() {
    let (_folder, project) = shop();
    let before = files(&project);
    let shown = succeed(&project, "new-entity Author name:string --dry-run");
    assert!(shown.contains("+ src/entities/author/entity.rs"), "{shown}");
    assert!(shown.contains("~ src/entities/mod.rs"), "{shown}");
    assert_eq!(files(&project), before);
    let empty = tempfile::tempdir().expect("a folder");
    succeed(empty.path(), "new my-shop --dry-run");
    assert!(files(empty.path()).is_empty());
}

#[test]
fn mistakes_are_all_reported_with_the_fix_and_nothing_is_written() {
    let (folder, project) = shop();
    let said = fail(&project, "new-entity Comment title:strng id:uuid review_id:ref:Reviw");
    for part in ["did you mean `string`", "every entity gets it", "did you mean `Review`"] {
        assert!(said.contains(part), "{part} in {said}");
    }
    for (arguments, part) in [
        ("new-entity comment title:string", "write `Comment`"),
        ("new-entity Type title:string", "reserved word"),
        ("new-entity Session title:string", "is a name that every entity's files use"),
        ("new-entity Reviews title:string --plural reviews", "has the plural `reviews` already"),
        ("new-entity Comment", "has no field"),
        ("new-entity Product other:string", "never overwritten"),
    ] {
        let said = fail(&project, arguments);
        assert!(said.contains(part), "{arguments}: {said}");
    }
    assert!(fail(folder.path(), REVIEW).contains("new my-shop"));
}

#[test]
fn an_unknown_registration_is_explained_and_nothing_is_written() {
    let (_folder, project) = shop();
    fs::write(project.join("src/entities/mod.rs"), "pub fn setup() {}\n").expect("a file");
    let said = fail(&project, "new-entity Author name:string");
    assert!(
        said.contains("pub mod author;") && said.contains(".module(author::module())"),
        "{said}"
    );
}

#[test]
fn the_sqlite_migrations_run_in_both_directions() {
    let (_folder, project) = shop();
    let files = files(&project);
    let script = |name: &str, direction: &str| {
        files
            .get(&format!("migrations/STAMP_create_{name}/sqlite.{direction}.sql"))
            .cloned()
            .expect("a script")
    };
    let order = ["notes", "products", "reviews"];
    let up: String = order.iter().map(|name| script(name, "up")).collect();
    let down: String = order.iter().rev().map(|name| script(name, "down")).collect();
    let Ok(output) = Command::new("sqlite3")
        .args([":memory:", &format!("{up}{down}SELECT count(*) FROM sqlite_schema;")])
        .output()
    else {
        // Not `println!`: the harness keeps what that writes to itself when a test passes.
        let _ = writeln!(std::io::stderr(), "skipped: sqlite3 is not installed");
        return;
    };
    assert_eq!(
        String::from_utf8_lossy(&output.stdout).trim(),
        "0",
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn every_layer_is_ejected_as_formatted_code_and_nothing_is_written() {
    let (_folder, project) = shop();
    let before = files(&project);
    for layer in ["repository", "use-case", "mapper", "router", "openapi"] {
        for entity in ["Product", "Review"] {
            let code = succeed(&project, &format!("eject {entity} --layer {layer}"));
            assert!(code.contains(entity), "{layer}");
            assert_eq!(layer == "openapi", code.contains(".summary("), "{layer}");
        }
    }
    assert_eq!(files(&project), before);
    assert!(fail(&project, "eject Reviw --layer mapper").contains("did you mean `Review`"));
}

#[test]
fn ejected_code_follows_the_rustfmt_settings_of_the_workspace_above_the_project() {
    let (folder, project) = shop();
    let eject = "eject Review --layer repository --path my-shop";
    let before = succeed(folder.path(), eject);
    fs::rename(project.join("rustfmt.toml"), folder.path().join("rustfmt.toml")).expect("it moves");
    assert_eq!(succeed(folder.path(), eject), before);
    fs::write(folder.path().join("rustfmt.toml"), "hard_tabs = true\n").expect("a file");
    assert!(succeed(folder.path(), eject).contains("\n\tasync fn"));
    fs::write(folder.path().join("rustfmt.toml"), "hard_tabs = 7\n").expect("a file");
    let output = codegen(folder.path(), eject);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("the code is not formatted"), "{said}");
}

#[test]
fn an_ejected_mapper_names_every_field_once() {
    let (_folder, project) = shop();
    let code = succeed(&project, "eject Product --layer mapper");
    assert!(code.contains("r#type: input.r#type.unwrap_or(ProductType::Book),"), "{code}");
    assert!(code.contains("secret: None,"), "{code}");
    assert!(!code.contains("secret: product.secret"), "{code}");
    assert!(!code.contains("input.version"), "{code}");
}

#[test]
fn an_ejected_layer_never_imports_the_name_of_its_entity() {
    let folder = tempfile::tempdir().expect("a folder");
    succeed(folder.path(), "new my-shop");
    let project = folder.path().join("my-shop");
    for (entity, layer) in [
        ("Order", "repository"),
        ("Row", "repository"),
        ("Position", "repository"),
        ("Target", "repository"),
        ("Window", "repository"),
        ("Update", "repository"),
        ("Route", "router"),
        ("Request", "router"),
        ("Response", "openapi"),
        ("Input", "mapper"),
    ] {
        succeed(&project, &format!("new-entity {entity} name:string"));
        let code = succeed(&project, &format!("eject {entity} --layer {layer}"));
        assert!(code.contains(&format!("use super::{entity};")) || layer == "mapper", "{code}");
        let local = format!("mut {}", entity.to_lowercase());
        assert!(entity != "Input" || !code.contains(&local), "{code}");
    }
    succeed(&project, "new-entity Paper paper:json?");
    let code = succeed(&project, "eject Paper --layer mapper");
    assert!(code.contains("let paper = entity.paper.take()"), "{code}");
    assert!(succeed(&project, "eject Row --layer repository").contains("entities: Vec<Row>"));
    for (entity, layer) in [("Operation", "use-case"), ("Mapper", "mapper")] {
        succeed(&project, &format!("new-entity {entity} name:string"));
        let said = fail(&project, &format!("eject {entity} --layer {layer}"));
        assert!(said.contains(&format!("uses the name `{entity}`")), "{said}");
    }
}

#[test]
fn an_entity_that_comes_back_after_a_drop_gets_a_migration() {
    let (_folder, project) = shop();
    let migrations = project.join("migrations");
    let count = || fs::read_dir(&migrations).expect("a folder").count();
    let made = count();
    for stem in ["sqlite", "postgres"] {
        let path = migrations.join(format!("schema.{stem}.sql"));
        let text = fs::read_to_string(&path).expect("a schema");
        let (before, rest) = text.split_once("CREATE TABLE \"reviews\"").expect("the table");
        assert!(!rest.contains("CREATE TABLE"), "it comes last");
        fs::write(&path, before).expect("a file");
    }
    fs::create_dir(migrations.join("20991231235959_drop_reviews")).expect("a folder");
    fs::remove_dir_all(project.join("src/entities/review")).expect("it is there");
    assert!(succeed(&project, REVIEW).contains("21000101000000_create_reviews"));
    assert_eq!(count(), made + 2);
    assert!(succeed(&project, REVIEW).contains("nothing to do"));
}

#[test]
fn the_framework_is_found_in_its_clone_and_nowhere_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let clone = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let said = succeed(folder.path(), &format!("new shop --framework-path {}", clone.display()));
    assert!(said.contains("the framework of the clone is taken"), "{said}");
    let manifest = fs::read_to_string(folder.path().join("shop/Cargo.toml")).expect("a file");
    let framework = clone.join("framework").display().to_string();
    assert!(manifest.contains(&format!("path = {framework:?}")), "{manifest}");
    let other = format!("new other --framework-path {}/macros", clone.display());
    assert!(fail(folder.path(), &other).contains("the framework is not in"));
    assert!(fail(folder.path(), "new other --framework-git=").contains("names no repository"));
}

#[test]
fn a_library_with_a_name_of_its_own_is_named_in_tests() {
    let (_folder, project) = shop();
    let path = project.join("Cargo.toml");
    let manifest = fs::read_to_string(&path).expect("a file");
    fs::write(&path, format!("{manifest}\n[lib]\nname = \"till\"\n")).expect("a file");
    succeed(&project, "new-entity Author name:string");
    let test = fs::read_to_string(project.join("tests/author.rs")).expect("a file");
    assert!(test.contains("use till::entities::author::Author;"), "{test}");
}
