//! An application under test, on a database of its own.

use tempfile::TempDir;

use super::client::Client;
use crate::infrastructure::app::{App, Application};

/// A built application with a client, on a fresh database that goes away with it.
pub struct TestApp {
    /// Sends requests into the application.
    pub client: Client,
    /// The application: its container, its store.
    pub application: Application,
    /// Path below which the API is mounted.
    pub prefix: String,
    _folder: Option<TempDir>,
}

impl TestApp {
    /// Builds the application on a fresh SQLite file, migrated, without demo data. Whatever database the environment
    /// names is not touched.
    ///
    /// # Panics
    /// When the application cannot be built.
    pub async fn start(app: App) -> Self {
        let folder = TempDir::new().unwrap_or_else(|error| panic!("no temporary folder: {error}"));
        let url = format!("sqlite://{}?mode=rwc", folder.path().join("test.db").display());
        Self { _folder: Some(folder), ..Self::on(app, &url).await }
    }

    /// Builds the application on this database, which must be empty.
    ///
    /// # Panics
    /// When the application cannot be built.
    pub async fn on(app: App, database_url: &str) -> Self {
        let app = app.for_tests(database_url);
        let prefix = app.prefix().to_owned();
        let application = app.build().await.unwrap_or_else(|error| panic!("{error:?}"));
        Self { client: Client::new(application.router()), application, prefix, _folder: None }
    }
}
