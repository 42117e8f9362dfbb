//! Migrations as data. [`migrations!`](crate::migrations) embeds them in the program.

/// One step of the schema, for both databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migration {
    /// Its folder, such as `20260101120000_create_products`; names sort by age.
    pub name: &'static str,
    /// The scripts for SQLite.
    pub sqlite: Script,
    /// The scripts for PostgreSQL.
    pub postgres: Script,
}

/// A step and its way back, as SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Script {
    /// Makes the step.
    pub up: &'static str,
    /// Undoes it.
    pub down: &'static str,
}
