//! What the command line makes, used as a stranger would: outside this workspace.

#![expect(clippy::expect_used, reason = "a test may panic; the helpers are outside its functions")]

use std::path::PathBuf;
use std::process::Command;

/// The built command; Cargo offers binaries of other packages only by building them.
fn binary() -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--package", "codegen-cli"])
        .current_dir(&root)
        .status()
        .expect("cargo starts");
    assert!(built.success());
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    target.join("debug/codegen-cli")
}

#[test]
fn a_project_is_made_in_an_empty_folder_with_an_entity_of_ones_own() {
    let folder = std::env::temp_dir().join(format!("scaffold-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let run = |folder: &PathBuf, arguments: &[&str]| {
        let output =
            Command::new(binary()).args(arguments).current_dir(folder).output().expect("it starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    run(&folder, &["new", "my-shop"]);
    let project = folder.join("my-shop");
    run(
        &project,
        &["new-entity", "Review", "note_id:ref:Note", "rating:i32:range=1..=5", "--with-events"],
    );
    assert!(project.join("src/entities/review/events.rs").is_file());
    std::fs::remove_dir_all(&folder).expect("it can be removed");
}
