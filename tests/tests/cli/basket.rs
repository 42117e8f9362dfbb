//! An aggregate: a basket with its lines, whose id the caller may choose and whose deletion is a mark.

use crate::project::Project;

/// What the command line makes; the lines are added by hand, as the manual says.
pub(crate) const BASKET: [&str; 6] = [
    "new-entity",
    "Basket",
    "label:string:unique",
    "extra:json?",
    "--soft-delete",
    "--with-events",
];

const LIST: &str = r#"    /// What is in it, written with it.
    #[entity(owned, key = "basket_id")]
    pub lines: Vec<BasketLine>,
    /// When it was created.
"#;

const LINE: &str = r#"/// One thing in a basket.
#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(table = "basket_lines")]
pub struct BasketLine {
    /// Identity.
    #[entity(id)]
    pub id: Uuid,
    /// The basket that the line is part of.
    #[entity(owned_by = Basket)]
    pub basket_id: Uuid,
    /// How many.
    #[entity(range(1..=1000))]
    pub quantity: i32,
    /// What to do with it.
    #[entity(length(..=200))]
    pub note: Option<String>,
}

/// A valid basket, for tests."#;

/// What the made project checks about them, beside its conformance.
const TEST: &str = include_str!("basket_lines.rs");

const IMPORTS: &str = "use framework::serde_json::json;
use framework::testing::TestApp;
use framework::{ConfigError, Json};
";

/// Lets baskets own lines: a field, a struct, and their table.
pub(crate) fn own_lines(project: &Project) {
    project.edit(
        "src/entities/basket/entity.rs",
        &[
            ("#[entity(id)]", "#[entity(id(client))]"),
            ("    /// When it was created.\n", LIST),
            ("        version: 1,\n", "        lines: Vec::new(),\n        version: 1,\n"),
            ("/// A valid basket, for tests.", LINE),
        ],
    );
    project.edit(
        "tests/basket.rs",
        &[
            ("use framework::ConfigError;\n", IMPORTS),
            ("    Ok(())\n}\n", &format!("    Ok(())\n}}\n\n{TEST}")),
        ],
    );
    for (database, id, text) in
        [("sqlite", "BLOB", "TEXT"), ("postgres", "UUID", "TEXT COLLATE \"C\"")]
    {
        let table = format!(
            r#"
CREATE TABLE "basket_lines" (
    "id" {id} NOT NULL,
    "basket_id" {id} NOT NULL,
    "quantity" INTEGER NOT NULL,
    "note" {text},
    CONSTRAINT "pk_basket_lines" PRIMARY KEY ("id"),
    CONSTRAINT "ck_basket_lines_quantity_range" CHECK ("quantity" >= 1 AND "quantity" <= 1000),
    CONSTRAINT "ck_basket_lines_note_length" CHECK (length("note") <= 200),
    CONSTRAINT "fk_basket_lines_basket_id" FOREIGN KEY ("basket_id") REFERENCES "baskets" ("id") ON DELETE CASCADE
);

CREATE INDEX "ix_basket_lines_basket_id" ON "basket_lines" ("basket_id");
"#
        );
        project.extend_migration("baskets", &format!("{database}.up.sql"), &table);
        let drop = "DROP TABLE \"basket_lines\";\n";
        project.extend_migration("baskets", &format!("{database}.down.sql"), drop);
    }
}
