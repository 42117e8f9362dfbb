//! One process at a time, where several start on one PostgreSQL.

use std::time::{Duration, Instant};

use sqlx::PgConnection;

use super::error::{Doing, plain};
use super::store::SqlStore;
use crate::domain::error::Error;

/// Longest wait for another process.
const LIMIT: Duration = Duration::from_secs(60);
/// Time between two attempts.
const PAUSE: Duration = Duration::from_millis(100);

/// Takes the lock until the transaction ends. Its number has no meaning.
pub(super) const IN_TRANSACTION: &str = "SELECT pg_try_advisory_xact_lock(6120842213)";
/// Takes the same lock until the connection ends.
const ON_CONNECTION: &str = "SELECT pg_try_advisory_lock(6120842213)";

/// The right to prepare a database: no other process migrates or prepares it until this is dropped.
///
/// SQLite's file belongs to one machine, and is not locked.
#[derive(Debug)]
pub struct Preparing {
    /// Outside of the pool: the work that it protects may need every connection there.
    _connection: Option<PgConnection>,
}

impl Preparing {
    /// Waits until no other process migrates or prepares the database.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when that takes over a minute, or the database does not answer.
    pub async fn begin(store: &SqlStore) -> Result<Self, Error> {
        let Some(mut connection) = store.connection_of_its_own().await? else {
            return Ok(Self { _connection: None });
        };
        wait(&mut connection, ON_CONNECTION).await?;
        Ok(Self { _connection: Some(connection) })
    }
}

/// Tries to take the lock until it is taken.
pub(super) async fn wait(
    connection: &mut PgConnection,
    attempt: &'static str,
) -> Result<(), Error> {
    let started = Instant::now();
    let mut waits = false;
    loop {
        let taken = sqlx::query_scalar(attempt).fetch_one(&mut *connection).await;
        if taken.map_err(|error| plain(Doing::Preparing, error))? {
            return Ok(());
        }
        if !std::mem::replace(&mut waits, true) {
            tracing::info!("another process prepares the database; waiting");
        }
        if started.elapsed() > LIMIT {
            let reason = "another process has been preparing the database for over a minute";
            return Err(Error::Unavailable(reason.to_owned()));
        }
        tokio::time::sleep(PAUSE).await;
    }
}
