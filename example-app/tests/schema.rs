//! The migrations keep up with the entities: what `codegen-cli migrate diff --check` says.

use codegen_cli::diff::listing::differences;
use codegen_cli::diff::schema::Schema;
use framework::adapters::persistence::Dialect;

#[test]
fn the_committed_schema_is_the_declared_one() -> Result<(), Box<dyn std::error::Error>> {
    let app = example_app::app()?;
    let declared = Schema::parse(&app.schema(Dialect::Sqlite), &app.schema(Dialect::Postgres))?;
    let committed = Schema::parse(
        include_str!("../migrations/schema.sqlite.sql"),
        include_str!("../migrations/schema.postgres.sql"),
    )?;
    let differences = differences(&committed, &declared);
    assert!(
        differences.is_empty(),
        "a migration is missing, `codegen-cli migrate diff NAME` writes it:\n{}",
        differences.join("\n")
    );
    Ok(())
}
