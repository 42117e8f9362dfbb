//! The framework's own tables.

use super::migrate::Migration;

/// Applied to every application's database, before its own migrations.
pub const MIGRATIONS: &[Migration] = crate::migrations!("migrations");

#[cfg(test)]
mod tests {
    use super::MIGRATIONS;
    use crate::adapters::persistence::{Dialect, ddl};
    use crate::application::idempotency;

    #[test]
    fn the_migration_makes_the_table_that_is_declared() {
        let [only] = MIGRATIONS else { panic!("a table without a comparison") };
        for (dialect, script) in
            [(Dialect::Sqlite, only.sqlite), (Dialect::Postgres, only.postgres)]
        {
            let declared = ddl::create_table(&idempotency::SCHEMA, dialect).join(";\n\n") + ";\n";
            assert_eq!(script.up, declared);
        }
    }
}
