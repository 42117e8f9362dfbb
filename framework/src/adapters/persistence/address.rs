//! Where a database is: what its URL says, and the first attempt to get there.

use std::str::FromStr as _;
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};

use super::error::{is_read_only, is_transient, text};
use crate::domain::error::Error;

/// Time between two attempts.
const PAUSE: Duration = Duration::from_millis(100);

/// What may be shown of the URL of a database: everything but who logs in and how. Else what is wrong with it.
pub(crate) fn shown(url: &str) -> Result<String, String> {
    if is_sqlite(url) {
        return sqlite(url).map(|_| url.to_owned());
    }
    postgres(url).map(|options| format!("postgres://{}", place(&options)))
}

pub(super) fn is_sqlite(url: &str) -> bool {
    url.starts_with("sqlite:")
}

pub(super) fn is_in_memory(url: &str) -> bool {
    url.contains(":memory:") || url.contains("mode=memory")
}

pub(super) fn sqlite(url: &str) -> Result<SqliteConnectOptions, String> {
    let options = SqliteConnectOptions::from_str(url).map_err(reason)?;
    // Each connection would get a file of its own, which is gone when it closes.
    if options.get_filename().as_os_str().is_empty() && !is_in_memory(url) {
        return Err("it names no file, such as sqlite://shop.db?mode=rwc".to_owned());
    }
    Ok(options)
}

pub(super) fn postgres(url: &str) -> Result<PgConnectOptions, String> {
    if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        // The URL may hold a password: name only its scheme.
        let scheme = url.split_once(':').map_or("", |(scheme, _)| scheme);
        return Err(format!("it starts with `{scheme}:`, expected `sqlite:` or `postgres://`"));
    }
    PgConnectOptions::from_str(url).map_err(reason)
}

fn reason(error: sqlx::Error) -> String {
    match error {
        sqlx::Error::Configuration(cause) => cause.to_string(),
        other => other.to_string(),
    }
}

/// The refusal of a URL.
pub(super) fn wrong(reason: String) -> Error {
    Error::Configuration(format!("the database URL: {reason}"))
}

/// Host, port and name of a database.
fn place(options: &PgConnectOptions) -> String {
    let database = options.get_database().unwrap_or_default();
    match options.get_socket() {
        Some(socket) => format!("{}:{}/{database}", socket.display(), options.get_port()),
        None => format!("{}:{}/{database}", options.get_host(), options.get_port()),
    }
}

/// Makes one connection without a pool, whose errors would not say what is wrong, and closes it. A server that is just
/// starting is waited for.
pub(super) async fn reach(options: &PgConnectOptions, limit: Duration) -> Result<(), Error> {
    let start = Instant::now();
    let place = place(options);
    let silent =
        || Error::Unavailable(format!("the database {place} does not answer within {limit:?}"));
    let mut said = None;
    loop {
        let left = limit.saturating_sub(start.elapsed());
        // Asked for here: what fails at once never meets the deadline of a timeout.
        if left.is_zero() {
            return Err(said.unwrap_or_else(silent));
        }
        match tokio::time::timeout(left, options.connect()).await {
            Ok(Ok(connection)) => {
                // The server notices by itself if this fails.
                let _ = connection.close().await;
                return Ok(());
            }
            Ok(Err(error)) => match unreachable(&place, &error) {
                busy @ Error::Unavailable(_) => {
                    said = Some(busy);
                    tokio::time::sleep(PAUSE.min(left)).await;
                }
                wrong => return Err(wrong),
            },
            Err(_) => return Err(said.unwrap_or_else(silent)),
        }
    }
}

/// Why a database cannot be used, with its place.
pub(super) fn unreachable(place: &str, error: &sqlx::Error) -> Error {
    match error {
        sqlx::Error::Tls(cause) => no_tls(cause),
        // What rustls says about a certificate.
        sqlx::Error::Io(cause) if cause.kind() == std::io::ErrorKind::InvalidData => no_tls(cause),
        error if is_read_only(error) => Error::Configuration(format!(
            "the database {place} cannot be written; let the user that runs this write the file and its folder, and leave \
             `mode=ro` and `immutable` out of its URL"
        )),
        error if is_transient(error) => {
            Error::Unavailable(format!("the database {place} is not reachable: {}", text(error)))
        }
        error => {
            Error::Configuration(format!("the database {place} cannot be used: {}", text(error)))
        }
    }
}

fn no_tls(cause: &dyn std::fmt::Display) -> Error {
    Error::Configuration(format!(
        "the database URL asks for TLS, which failed: {cause}; it needs the feature `tls` of the framework, a server \
         that has it on, and for `verify-ca` and `verify-full` a certificate that is trusted here"
    ))
}
