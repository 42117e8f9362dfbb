//! The stores that every test runs on.

use std::sync::Arc;

use framework::adapters::memory::MemoryStore;
use framework::adapters::persistence::{PoolOptions, SqlStore, ddl};
use framework::application::store::Store;

use super::sample;

/// A store with the sample's tables, and what must live as long as it.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) sql: Option<SqlStore>,
    _folder: Option<tempfile::TempDir>,
}

/// Every store of this machine.
pub(crate) async fn all() -> Vec<Case> {
    let memory =
        Case { name: "memory", store: Arc::new(MemoryStore::new()), sql: None, _folder: None };
    let mut cases = vec![memory];
    cases.extend(databases().await);
    cases
}

/// Every database of this machine.
pub(crate) async fn databases() -> Vec<Case> {
    let mut cases = vec![sqlite().await];
    cases.extend(postgres().await);
    for case in &cases {
        ddl::create_all(&sample::all(), case.sql.as_ref().unwrap()).await.unwrap();
    }
    cases
}

/// Databases without tables.
pub(crate) async fn empty_databases() -> Vec<Case> {
    let mut cases = vec![sqlite().await];
    cases.extend(postgres().await);
    cases
}

/// SQLite in a file, which has readers beside its writer, and in memory, which has one connection.
pub(crate) async fn sqlites() -> Vec<(SqlStore, Option<Case>)> {
    let options = PoolOptions::default();
    let memory = SqlStore::connect("sqlite::memory:", &options).await.unwrap();
    let file = sqlite().await;
    vec![(file.sql.clone().unwrap(), Some(file)), (memory, None)]
}

async fn sqlite() -> Case {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/test.db?mode=rwc", folder.path().display());
    connected("SQLite", &url, Some(folder)).await
}

async fn postgres() -> Option<Case> {
    let url = tests::support::postgres().await?;
    Some(connected("PostgreSQL", &url, None).await)
}

async fn connected(name: &'static str, url: &str, folder: Option<tempfile::TempDir>) -> Case {
    let options = PoolOptions { max_connections: 4, ..PoolOptions::default() };
    let store = SqlStore::connect(url, &options).await.unwrap();
    Case { name, store: Arc::new(store.clone()), sql: Some(store), _folder: folder }
}
