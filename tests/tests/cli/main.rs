//! What the command line makes, used as a stranger would: outside this workspace, without a network.

#![expect(clippy::expect_used, reason = "a test may panic; the helpers are outside its functions")]

mod basket;
mod project;

use basket::BASKET;
use project::Project;

/// Every type and option of the field language.
const PRODUCT: [&str; 36] = [
    "new-entity",
    "Product",
    "--soft-delete",
    "sku:string:unique:length=1..=64:pattern=^[A-Z0-9-]+$:example=SKU-1",
    "price:decimal(12,2):range=0..=1000000",
    "weight:float?:range=0.5..",
    "type:enum(book,music_record):default=book",
    "contact:email?",
    "home:url?",
    "stock:u32:index",
    "photo:bytes?:length=..=4096",
    "tags:[string]",
    "extra:json?",
    "born:date?",
    "opens:time?",
    "local:datetime?",
    "seen:instant?",
    "parent_id:ref:Product?:on_delete=set_null",
    "secret:text?:hidden",
    "tiny:i8",
    "small:i16:immutable",
    "medium:i32:range=-5..=5",
    "big:i64",
    "any:int:range=0..",
    "byte:u8:default=7",
    "word:u16:range=0..=65535",
    "long:u64",
    "ratio:f32:range=0..=1",
    "amount:decimal:range=-1..",
    "code:uuid",
    "flags:[i32]:length=1..=3",
    "note:string?:readonly",
    "pin:string?:writeonly",
    "active:bool:default=true",
    "match:string?:search",
    "summary:text:search:length=..=500",
];

const REVIEW: [&str; 8] = [
    "new-entity",
    "Review",
    "product_id:ref:Product",
    "rating:i32:range=1..=5",
    "title:string:unique",
    "body:text?",
    "--with-events",
    "--with-cache",
];

/// One project for everything, because compiling it is what costs.
#[test]
fn a_project_made_in_an_empty_folder_keeps_every_promise() {
    let project = Project::new("my-shop");
    let made = project.as_printed();
    assert!(made.contains("src/entities/comment/entity.rs"), "the printed command works: {made}");
    project.codegen(&PRODUCT);
    project.codegen(&REVIEW);
    let before = project.sources();
    assert!(project.codegen(&REVIEW).contains("nothing to do"), "a second run says so");
    assert_eq!(project.sources(), before, "a second run changes nothing");

    project.codegen(&BASKET);
    basket::own_lines(&project);
    let refusal = project.refused(&["eject", "BasketLine", "--layer", "mapper"]);
    assert!(refusal.contains("is a part of `Basket`"), "{refusal}");
    for layer in ["mapper", "repository", "use-case"] {
        for entity in ["Review", "Product", "Basket"] {
            project.eject(entity, layer, &layer.replace('-', "_"));
        }
    }
    project.eject("Basket", "router", "router");
    project.cargo(&["fmt", "--check"]);
    for entity in ["Review", "Product", "Basket"] {
        project.register(entity);
    }
    project.route("Basket");
    project.cargo(&["fmt"]);
    project.cargo(&["clippy", "--offline", "--all-targets", "--", "--deny", "warnings"]);
    project.cargo(&["test", "--offline"]);

    for (database, stem) in [("sqlite", "sqlite.up.sql"), ("postgres", "postgres.up.sql")] {
        let declared = project.cargo(&["run", "--offline", "--quiet", "--", "schema", database]);
        assert_eq!(statements(&project.migrations(stem)), statements(&declared), "{database}");
    }

    project.eject("Note", "router", "router");
    project.eject("Product", "openapi", "router");
    project.cargo(&["fmt", "--check"]);
    let before = project.cargo(&["run", "--offline", "--quiet", "--", "openapi"]);
    project.route("Note");
    project.route("Product");
    project.cargo(&["build", "--offline"]);
    let after = project.cargo(&["run", "--offline", "--quiet", "--", "openapi"]);
    assert_eq!(
        without_summaries(&after),
        without_summaries(&before),
        "ejected routes are the same"
    );
    let server = project.serve();
    for path in ["/api/notes", "/api/products", "/api/reviews", "/docs/", "/livez"] {
        assert_eq!(server.get(path).0, 200, "{path}");
    }
    let (status, document) = server.get("/openapi.json");
    assert_eq!(status, 200);
    for address in ["\"/reviews\"", "\"/products/{id}\"", "\"/notes/{id}\""] {
        assert!(document.contains(address), "{address} is documented");
    }

    let (status, note) = server.post("/api/notes", r#"{"title":"kept"}"#);
    assert_eq!(status, 201, "{note}");
    drop(server);
    rate_notes(&project);
}

/// A field is added to an entity: the migration for it is written, and rows survive.
fn rate_notes(project: &Project) {
    // The lines of baskets were written by hand, and their table with them.
    project.codegen(&["migrate", "diff", "--baseline"]);
    let clean = project.codegen(&["migrate", "diff", "--check"]);
    assert!(clean.contains("nothing to do"), "{clean}");
    project.edit(
        "src/entities/note/entity.rs",
        &[
            (
                "    pub is_done: bool,\n",
                "    pub is_done: bool,\n    /// How good it is.\n    #[entity(range(1..=5))]\n    pub rating: i32,\n",
            ),
            ("        is_done: true,\n", "        is_done: true,\n        rating: 3,\n"),
        ],
    );
    project.edit("src/demo.rs", &[("is_done: None }", "is_done: None, rating: 3 }")]);
    let asked = project.refused(&["migrate", "diff", "add_rating"]);
    assert!(asked.contains("--fill \"notes.rating=0\""), "{asked}");
    let written = project.codegen(&["migrate", "diff", "add_rating", "--fill", "notes.rating=3"]);
    assert!(written.contains("next: read the SQL in migrations/"), "{written}");
    let clean = project.codegen(&["migrate", "diff", "--check"]);
    assert!(clean.contains("nothing to do"), "{clean}");
    project.cargo(&["build", "--offline"]);
    let notes = project.serve().get("/api/notes").1;
    assert!(notes.contains("\"kept\"") && notes.contains("\"rating\":3"), "{notes}");
}

/// The document without the one thing that ejected routes say in their own words.
fn without_summaries(document: &str) -> String {
    document.lines().filter(|line| !line.trim_start().starts_with("\"summary\": ")).collect()
}

/// The statements of a script, one space between words; a script that creates the same is the same.
fn statements(script: &str) -> Vec<String> {
    let words = script.split_whitespace().collect::<Vec<_>>().join(" ");
    words.split_inclusive(';').map(|statement| statement.trim().to_owned()).collect()
}
