//! The database before anything is served: its migrations or, of an application that has none, its tables.

use super::RunError;
use crate::adapters::persistence::missing::{create_missing, missing};
use crate::adapters::persistence::{Migration, Migrator, SqlStore};
use crate::domain::error::Error;
use crate::domain::schema::EntitySchema;
use crate::infrastructure::config::Migrate;

/// Makes the database what the application needs, or refuses to start with one that is not.
pub(super) async fn prepare(
    store: &SqlStore,
    migrations: &[Migration],
    entities: &[&'static EntitySchema],
    migrate: Migrate,
) -> Result<(), RunError> {
    let migrator = Migrator::of_app(store.clone(), migrations);
    // An application with migrations says in them which tables it has, and nothing is added to that.
    let entities = if migrations.is_empty() { entities } else { &[] };
    match migrate {
        Migrate::Off => Ok(()),
        Migrate::Auto => {
            for name in migrator.up().await? {
                tracing::info!(migration = name.as_str(), "applied");
            }
            Ok(create(store, entities).await?)
        }
        Migrate::Check => {
            let absent = missing(entities, store).await?;
            if !absent.is_empty() {
                let name = |it: &&EntitySchema| format!("{} (`{}`)", it.name, it.table);
                return Err(RunError::NoTables(absent.iter().map(name).collect()));
            }
            let pending = migrator.pending().await?;
            if pending.is_empty() { Ok(()) } else { Err(RunError::Pending(pending)) }
        }
    }
}

async fn create(store: &SqlStore, entities: &[&'static EntitySchema]) -> Result<(), Error> {
    let created = create_missing(entities, store).await?;
    if !created.is_empty() {
        let tables = created.iter().map(|it| it.table).collect::<Vec<_>>().join(", ");
        tracing::info!(
            tables,
            "created tables as the entities declare them, because the application has no migrations; before there are \
             rows to keep, make what `schema` prints the first migration, give it to `App::migrations` and start with \
             an empty database"
        );
    }
    Ok(())
}
