//! The scripts for each kind of change, and what is asked when a change cannot be told.

#![expect(clippy::expect_used, reason = "a test may panic; the helpers are outside its functions")]

use codegen_cli::diff::hints::{self, Hints};
use codegen_cli::diff::listing::differences;
use codegen_cli::diff::schema::Schema;
use codegen_cli::diff::scripts;
use codegen_cli::sql::Dialect;

const UUID: (&str, &str) = ("BLOB", "UUID");
const TEXT: (&str, &str) = ("TEXT", "TEXT COLLATE \"C\"");
const INTEGER: (&str, &str) = ("INTEGER", "INTEGER");
const MONEY: (&str, &str) = ("INTEGER", "NUMERIC(12,2)");

/// A table as the framework prints it: columns by name, type and what follows; then constraints; then indexes.
fn table(
    name: &str,
    columns: &[(&str, (&str, &str), &str)],
    constraints: &[&str],
    indexes: &[&str],
) -> [String; 2] {
    [0, 1].map(|dialect| {
        let mut lines = vec![format!("\"id\" {} NOT NULL", [UUID.0, UUID.1][dialect])];
        for (name, kind, null) in columns {
            lines.push(format!("\"{name}\" {}{null}", [kind.0, kind.1][dialect]));
        }
        lines.push(format!("CONSTRAINT \"pk_{name}\" PRIMARY KEY (\"id\")"));
        lines.extend(constraints.iter().map(|it| format!("CONSTRAINT {it}")));
        let create = format!("CREATE TABLE \"{name}\" (\n    {}\n);\n", lines.join(",\n    "));
        let indexes: String = indexes.iter().map(|index| format!("CREATE {index};\n")).collect();
        create + &indexes
    })
}

fn schema(tables: &[[String; 2]]) -> Schema {
    let [sqlite, postgres] =
        [0, 1].map(|at| tables.iter().map(|table| table[at].clone()).collect::<String>());
    Schema::parse(&sqlite, &postgres).expect("canonical text")
}

fn products(columns: &[(&str, (&str, &str), &str)]) -> Schema {
    schema(&[table("products", columns, &[], &[])])
}

fn said(renames: &[&str], drops: &[&str], fills: &[&str]) -> Hints {
    Hints {
        renames: renames.iter().map(|it| hints::rename(it).expect("a rename")).collect(),
        drops: drops.iter().map(|it| hints::place(it).expect("a name")).collect(),
        fills: fills.iter().map(|it| hints::fill(it).expect("a value")).collect(),
    }
}

fn written(before: &Schema, after: &Schema, hints: &Hints) -> String {
    let scripts = scripts(before, after, hints).expect("everything is said");
    let both = Dialect::BOTH.into_iter().zip(scripts);
    both.map(|(dialect, scripts)| {
        let stem = dialect.stem();
        format!("==== {stem} up\n{}\n==== {stem} down\n{}\n", scripts.up, scripts.down)
    })
    .collect()
}

fn refused(before: &Schema, after: &Schema, hints: &Hints) -> String {
    scripts(before, after, hints).expect_err("something is missing").to_string()
}

const NAME: (&str, (&str, &str), &str) = ("name", TEXT, " NOT NULL");
const NAME_LENGTH: &str = r#""ck_products_name_length" CHECK (length("name") BETWEEN 1 AND 100)"#;

#[test]
fn what_is_printed_is_what_was_read() {
    let before = schema(&[
        table(
            "products",
            &[NAME],
            &[NAME_LENGTH],
            &[r#"UNIQUE INDEX "u" ON "products" ("name") WHERE "id" IS NULL"#],
        ),
        table("reviews", &[], &[], &[]),
    ]);
    let again = Dialect::BOTH.map(|dialect| before.print(dialect));
    assert_eq!(Schema::parse(&again[0], &again[1]).as_ref(), Ok(&before));
    assert!(Schema::parse(&again[0], "").is_err());
    assert!(Schema::parse("CREATE VIEW x;", "").is_err());
}

#[test]
fn an_optional_column_with_a_check_and_an_index() {
    let check = r#""ck_products_weight_range" CHECK ("weight" >= 0)"#;
    let index = r#"INDEX "ix_products_weight" ON "products" ("weight")"#;
    let after = schema(&[table("products", &[NAME, ("weight", INTEGER, "")], &[check], &[index])]);
    insta::assert_snapshot!(written(&products(&[NAME]), &after, &Hints::default()));
}

#[test]
fn a_required_column_with_a_value_for_rows_that_are_there() {
    let after = products(&[NAME, ("price", MONEY, " NOT NULL")]);
    let hints = said(&[], &[], &["products.price=9.5"]);
    insta::assert_snapshot!(written(&products(&[NAME]), &after, &hints));
}

#[test]
fn a_column_that_becomes_required_and_is_checked() {
    let before = products(&[("name", TEXT, "")]);
    let after = schema(&[table("products", &[NAME], &[NAME_LENGTH], &[])]);
    insta::assert_snapshot!(written(&before, &after, &said(&[], &[], &["products.name='none'"])));
}

#[test]
fn a_type_that_changes_with_its_values() {
    let (before, after) = (products(&[("price", INTEGER, "")]), products(&[("price", MONEY, "")]));
    insta::assert_snapshot!(written(&before, &after, &Hints::default()));
}

#[test]
fn a_renamed_column_renames_what_is_said_about_it() {
    let before = schema(&[table(
        "products",
        &[NAME],
        &[NAME_LENGTH],
        &[r#"UNIQUE INDEX "uq_products_name" ON "products" ("name")"#],
    )]);
    let after = schema(&[table(
        "products",
        &[("title", TEXT, " NOT NULL")],
        &[r#""ck_products_title_length" CHECK (length("title") BETWEEN 1 AND 100)"#],
        &[r#"UNIQUE INDEX "uq_products_title" ON "products" ("title")"#],
    )]);
    insta::assert_snapshot!(written(&before, &after, &said(&["products.name=title"], &[], &[])));
}

#[test]
fn a_renamed_table_keeps_its_children() {
    let reviews = |target: &str| {
        let key = format!(
            r#""fk_reviews_product_id" FOREIGN KEY ("product_id") REFERENCES "{target}" ("id") ON DELETE CASCADE"#
        );
        table("reviews", &[("product_id", UUID, "")], &[&key], &[])
    };
    let before = schema(&[table("products", &[NAME], &[], &[]), reviews("products")]);
    let after = schema(&[table("goods", &[NAME], &[], &[]), reviews("goods")]);
    insta::assert_snapshot!(written(&before, &after, &said(&["products=goods"], &[], &[])));
}

#[test]
fn what_is_dropped_comes_back_empty() {
    let before = schema(&[
        table("products", &[NAME, ("weight", INTEGER, "")], &[NAME_LENGTH], &[]),
        table("reviews", &[], &[], &[]),
    ]);
    let drops = said(&[], &["products.name", "products.weight", "reviews"], &[]);
    insta::assert_snapshot!(written(&before, &products(&[]), &drops));
}

#[test]
fn new_tables_that_refer_to_each_other() {
    let refers = |table: &str, target: &str| {
        format!(
            r#""fk_{table}_x" FOREIGN KEY ("x") REFERENCES "{target}" ("id") ON DELETE SET NULL"#
        )
    };
    let after = schema(&[
        table("a", &[("x", UUID, "")], &[&refers("a", "c")], &[]),
        table("b", &[("x", UUID, "")], &[&refers("b", "a")], &[]),
        table("c", &[("x", UUID, "")], &[&refers("c", "b")], &[]),
    ]);
    insta::assert_snapshot!(written(&Schema::default(), &after, &Hints::default()));
}

#[test]
fn everything_that_is_missing_is_asked_for_at_once() {
    let before = schema(&[
        table("products", &[("old", TEXT, ""), ("price", INTEGER, "")], &[], &[]),
        table("reviews", &[], &[], &[]),
    ]);
    let after = schema(&[
        table(
            "products",
            &[("new", TEXT, ""), ("price", UUID, ""), ("size", MONEY, " NOT NULL")],
            &[],
            &[],
        ),
        table("opinions", &[], &[], &[]),
    ]);
    let wrong = said(&["products.x=y"], &["nothing"], &["products.new=0", "products.gone=1"]);
    insta::assert_snapshot!(refused(&before, &after, &wrong));
}

#[test]
fn differences_are_listed_without_a_hint_and_the_order_of_columns_is_none() {
    let before = products(&[NAME, ("weight", INTEGER, ""), ("old", TEXT, "")]);
    let check = r#""ck_products_weight_range" CHECK ("weight" >= 0)"#;
    let after =
        schema(&[table("products", &[("weight", MONEY, " NOT NULL"), NAME], &[check], &[])]);
    insta::assert_snapshot!(differences(&before, &after).join("\n"));
    let turned = products(&[("old", TEXT, ""), ("weight", INTEGER, ""), NAME]);
    assert!(differences(&before, &turned).is_empty());
}
