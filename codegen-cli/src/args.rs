//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::diff::hints::{self, Fill, Place, Rename};

/// Scaffolds projects and entities.
///
/// It writes files that are yours from then on: it never overwrites them, and running a command twice changes nothing.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Makes a project: a running API with one sample entity.
    New(New),
    /// Adds an entity to a project: its declaration, rules, tests, migration and registration.
    NewEntity(NewEntity),
    /// Prints one layer of an entity as plain code, to replace the generated one.
    Eject(Eject),
    /// Writes migrations.
    #[command(subcommand)]
    Migrate(Migrate),
}

/// Makes a project: a running API with one sample entity.
#[derive(Debug, Args)]
#[command(
    after_help = "Example, in the folder that shall hold it, with the path of your clone:\n  cargo run --manifest-path ../framework/Cargo.toml -p codegen-cli -- new my-shop\n  cd my-shop && cargo run"
)]
pub struct New {
    /// Name of the project, in kebab-case, and of the folder that is made for it here.
    pub name: String,
    /// Depend on the framework in this folder [default: the clone that codegen-cli was built from].
    #[arg(long, value_name = "FOLDER", conflicts_with = "framework_git")]
    pub framework_path: Option<PathBuf>,
    /// Depend on the framework in this Git repository.
    #[arg(long, value_name = "URL")]
    pub framework_git: Option<String>,
    /// Show what would be written, write nothing.
    #[arg(long)]
    pub dry_run: bool,
}

/// Adds an entity to a project: its declaration, rules, tests, migration and registration.
#[derive(Debug, Args)]
#[command(after_help = FIELD_HELP)]
pub struct NewEntity {
    /// Name in UpperCamelCase, such as `Review` or `OrderLine`.
    pub name: String,
    /// Fields: `name:type[?][:option…]`; `?` lets the value be missing.
    #[arg(value_name = "FIELD")]
    pub fields: Vec<String>,
    /// Publish created, updated and deleted events, with one example handler.
    #[arg(long)]
    pub with_events: bool,
    /// Keep reads by id for this long.
    #[arg(long, value_name = "TTL", num_args = 0..=1, require_equals = true, default_missing_value = "5m")]
    pub with_cache: Option<String>,
    /// Mark rows as deleted, to be restored or purged later.
    #[arg(long)]
    pub soft_delete: bool,
    /// Name in the plural, for the table and the address, where the guess is wrong.
    #[arg(long, value_name = "NAME")]
    pub plural: Option<String>,
    /// Folder of the project.
    #[arg(long, value_name = "FOLDER", default_value = ".", hide_default_value = true)]
    pub path: PathBuf,
    /// Show what would be written, write nothing.
    #[arg(long)]
    pub dry_run: bool,
}

const FIELD_HELP: &str = "\
Types:
  string text email url         text of up to 200, 10,000, 254 and 2,000 characters
  bool i8…i64 u8…u64 int float  int is i64, float is f64
  decimal decimal(12,2)         exact; digits in all, digits after the point
  uuid date time datetime instant bytes json
  enum(draft,published)         makes an enum
  ref:Product                   refers to another entity; the field's name ends in _id
  [string]                      a list of scalars

Options:
  unique index filter sort search
  hidden readonly immutable writeonly
  range=1..=5 length=1..=80 pattern=^[A-Z]+$ default=3 example=SKU-1
  on_delete=restrict|cascade|set_null      for references

  Short scalars can be filtered and sorted without saying so. `\\:` is a colon inside a value.
  Every entity also gets id, created_at, updated_at and version. Quote fields that contain ?, ( or [.

Example, in a project that `new` made:
  cargo codegen new-entity Review note_id:ref:Note rating:i32:range=1..=5 title:string:unique 'body:text?' \\
      --with-events --with-cache";

/// Prints one layer of an entity as plain code, to replace the generated one.
#[derive(Debug, Args)]
#[command(
    after_help = "Example, in a project that `new` made:\n  cargo codegen eject Review --layer repository > src/entities/review/repository.rs"
)]
pub struct Eject {
    /// The entity.
    pub name: String,
    /// The layer.
    #[arg(long)]
    pub layer: Layer,
    /// Folder of the project.
    #[arg(long, value_name = "FOLDER", default_value = ".", hide_default_value = true)]
    pub path: PathBuf,
}

/// A layer that can be replaced for one entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Layer {
    /// How rows are read and written.
    Repository,
    /// What happens around a write: policy, rules, hooks, events.
    UseCase,
    /// Between inputs, the entity and views.
    Mapper,
    /// The addresses and their handlers.
    Router,
    /// The router with its documentation.
    Openapi,
}

/// Writes migrations.
#[derive(Debug, Subcommand)]
pub enum Migrate {
    /// Compares the entities with the schema of the last migration, and writes the next migration.
    Diff(Diff),
}

/// Compares the entities with the schema of the last migration, and writes the next migration.
#[derive(Debug, Args)]
#[command(after_help = DIFF_HELP)]
pub struct Diff {
    /// What the migration does, in snake_case, such as `add_rating`.
    #[arg(required_unless_present_any = ["check", "baseline"])]
    pub name: Option<String>,
    /// What has another name now: `table.old=new` or `old_table=new_table`.
    #[arg(long, value_name = "OLD=NEW", value_parser = hints::rename)]
    pub rename: Vec<Rename>,
    /// What may go, with its values: `table.column` or `table`.
    #[arg(long, value_name = "NAME", value_parser = hints::place)]
    pub drop: Vec<Place>,
    /// What existing rows get in a column that must have a value: `table.column=literal`.
    #[arg(long, value_name = "COLUMN=VALUE", value_parser = hints::fill)]
    pub fill: Vec<Fill>,
    /// List the differences, write nothing; fail if there are any.
    #[arg(long, conflicts_with_all = ["name", "rename", "drop", "fill", "dry_run", "baseline"])]
    pub check: bool,
    /// Write no migration: record the current entities as the schema that the migrations produce.
    #[arg(long, conflicts_with_all = ["name", "rename", "drop", "fill"])]
    pub baseline: bool,
    /// Folder of the project.
    #[arg(long, value_name = "FOLDER", default_value = ".", hide_default_value = true)]
    pub path: PathBuf,
    /// Show what would be written, write nothing.
    #[arg(long)]
    pub dry_run: bool,
}

const DIFF_HELP: &str = "\
Nothing is guessed: a name that vanished was either renamed or dropped, and a field that became required needs a value
for the rows that are there. What is missing is asked for, with the option to copy.

Values are one literal of SQL: 0, -1.5, true, 'a text', '2026-01-31'; bytes are hexadecimal digits in quotes.

Example:
  cargo codegen migrate diff add_rating --fill notes.rating=3
  cargo codegen migrate diff new_names --rename notes.body=content --rename reviews=opinions --drop notes.old
  cargo codegen migrate diff --check        # in CI: exit code 1 if a migration is missing";
