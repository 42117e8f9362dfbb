//! How many units of work writers get through at once; the ratio is to one writer of the same run.

use std::time::Instant;

use framework::adapters::persistence::{PoolOptions, SqlStore, ddl};
use framework::application::store::Store as _;
use framework::{Entity, Error, Uuid};

/// A row like any other.
#[derive(Debug, Clone, PartialEq, Entity)]
struct Note {
    /// Identity.
    #[entity(id)]
    id: Uuid,
    /// What is noted.
    text: String,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 4)]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    measure("SQLite", &format!("sqlite://{}/notes.db?mode=rwc", folder.path().display())).await?;
    if let Some(url) = tests::support::postgres().await {
        measure("PostgreSQL", &url).await?;
    }
    Ok(())
}

async fn measure(name: &str, url: &str) -> Result<(), Box<dyn std::error::Error>> {
    let store = SqlStore::connect(url, &PoolOptions::default()).await?;
    ddl::create_all(&[Note::schema()], &store).await?;
    let mut alone = None;
    for writers in [1_u32, 8, 32, 128] {
        let (start, each) = (Instant::now(), 1_024 / writers.max(4));
        let tasks: Vec<_> =
            (0..writers).map(|_| tokio::spawn(write(store.clone(), each))).collect();
        for task in tasks {
            task.await??;
        }
        let rate = f64::from(writers * each) / start.elapsed().as_secs_f64();
        let ratio = rate / *alone.get_or_insert(rate);
        println!(
            "{name}: {writers} writers: {rate:.0} units of work per second, {ratio:.2} of one"
        );
    }
    Ok(())
}

/// Units of work of one row, one after the other.
async fn write(store: SqlStore, count: u32) -> Result<(), Error> {
    for _ in 0..count {
        let note = Note { id: Uuid::now_v7(), text: "noted".to_owned() };
        let mut transaction = store.begin().await?;
        transaction.insert(Note::schema(), &[note.into_row()]).await?;
        transaction.commit().await?;
    }
    Ok(())
}
