//! What the command line asks for.

use super::application::listen;
use super::{App, assemble};
use crate::adapters::persistence::Dialect;
use crate::adapters::persistence::migrate::Migrator;
use crate::domain::error::Error;
use crate::infrastructure::config::ConfigError;
use crate::infrastructure::container::{ContainerError, WiringError};

const USAGE: &str = "\
usage: [serve]                 serve the API (the default)
       migrate up              apply what is pending
       migrate down [STEPS]    undo the last migration, or the last STEPS
       migrate status          list migrations
       schema [DATABASE]       print the tables as the entities declare them (sqlite or postgres)
       openapi                 print the OpenAPI document
       routes                  list the routes
       check-config            print every setting, check them and the wiring, then stop";

/// Why the program ended early.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// Settings are wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Parts do not fit together.
    #[error(transparent)]
    Wiring(#[from] WiringError),
    /// Declarations contradict themselves or each other: nothing right could be served.
    #[error("what the application declares cannot be served:{}", lines(.0))]
    Declarations(Vec<String>),
    /// A part could not be made.
    #[error(transparent)]
    Container(#[from] ContainerError),
    /// Something the program stands on failed.
    #[error(transparent)]
    Failed(#[from] Error),
    /// Migrations are pending and may not be applied behind the operator's back.
    #[error("the database lacks these migrations: {}; run `migrate up`", .0.join(", "))]
    Pending(Vec<String>),
    /// Tables are missing, and there is no migration that would make them.
    #[error(
        "the database lacks the tables of {}, and the application has no migrations: make what `schema` prints the first \
         one and give it to `App::migrations`; or set `database.migrate` to \"off\" if the rows are kept elsewhere",
        .0.join(", ")
    )]
    NoTables(Vec<String>),
    /// The port cannot be listened on, or the answer cannot be written.
    #[error("{doing} failed")]
    Io {
        /// What was being done.
        doing: String,
        /// The cause.
        source: std::io::Error,
    },
    /// The command line is not understood.
    #[error("{0}\n{USAGE}")]
    Usage(String),
}

fn lines(sentences: &[String]) -> String {
    sentences.iter().map(|sentence| format!("\n  - {sentence}")).collect()
}

/// `main` prints errors by `Debug`: show them as sentences, with their causes.
impl std::fmt::Debug for RunError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")?;
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            write!(f, "\n  because {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

pub(super) async fn run(app: App, arguments: Vec<String>) -> Result<(), RunError> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    assemble::start_log(&app.config);
    match words.as_slice() {
        [] | ["serve"] => {
            // Taken before the database is touched, by a process that could not serve what it has prepared.
            let listener = listen(&app.config).await?;
            app.build().await?.serve_on(listener).await
        }
        ["migrate", "up"] => migrate_up(app).await,
        ["migrate", "down"] => migrate_down(app, 1).await,
        ["migrate", "down", steps] => match steps.parse() {
            Ok(steps) => migrate_down(app, steps).await,
            Err(_) => Err(RunError::Usage(format!("`{steps}` is not a number of migrations"))),
        },
        ["migrate", "status"] => migrate_status(app).await,
        ["schema"] | ["schema", "sqlite"] => print(&app.schema(Dialect::Sqlite)),
        ["schema", "postgres"] => print(&app.schema(Dialect::Postgres)),
        ["openapi"] => print(&assemble::document_text(&app)?),
        ["routes"] => print(&assemble::route_list(app)?),
        ["check-config"] => {
            let settings = app.config.explain();
            assemble::check(app)?;
            print(&format!("{settings}\nthe configuration and the wiring are right"))
        }
        ["help" | "--help" | "-h"] => print(USAGE),
        other => Err(RunError::Usage(format!("`{}` is not a command", other.join(" ")))),
    }
}

async fn migrate_up(app: App) -> Result<(), RunError> {
    let applied = migrator(&app).await?.up().await?;
    for name in &applied {
        print(&format!("applied {name}"))?;
    }
    if applied.is_empty() { print("nothing to apply") } else { Ok(()) }
}

async fn migrate_down(app: App, steps: usize) -> Result<(), RunError> {
    let undone = migrator(&app).await?.down(steps).await?;
    for name in &undone {
        print(&format!("undid {name}"))?;
    }
    if undone.is_empty() { print("nothing to undo") } else { Ok(()) }
}

async fn migrate_status(app: App) -> Result<(), RunError> {
    for migration in migrator(&app).await?.status().await? {
        let state = match migration.applied_at {
            Some(_) if migration.changed => "applied, but its text has changed since".to_owned(),
            Some(_) if migration.unknown => "applied by another version of the program".to_owned(),
            Some(at) => format!("applied {}", at.format("%Y-%m-%d %H:%M:%S")),
            None => "pending".to_owned(),
        };
        print(&format!("{}  {state}", migration.name))?;
    }
    Ok(())
}

async fn migrator(app: &App) -> Result<Migrator, RunError> {
    let store = assemble::connect(&app.config).await?;
    Ok(Migrator::of_app(store, app.migrations))
}

fn print(text: &str) -> Result<(), RunError> {
    use std::io::Write as _;
    writeln!(std::io::stdout(), "{text}")
        .map_err(|source| RunError::Io { doing: "writing to standard output".to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infrastructure::config::{Config, Sources};

    #[tokio::test]
    async fn a_port_in_use_is_refused_once_and_before_the_database_is_touched() {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port().to_string();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("new.db");
        let url = format!("sqlite://{}?mode=rwc", file.display());
        let variables = [("PORT", port.as_str()), ("DATABASE_URL", &url), ("RUST_LOG", "off")];
        let config = Config::from_sources("busy", &Sources::variables(variables)).unwrap();
        let error = run(App::new("busy", config), Vec::new()).await.unwrap_err();
        let text = format!("{error:?}");
        assert!(text.starts_with(&format!("listening on 127.0.0.1, port {port} failed")), "{text}");
        assert_eq!(text.matches("in use").count(), 1, "{text}");
        assert!(!file.exists(), "the database was made for nothing");
    }
}
