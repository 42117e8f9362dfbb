//! Settings: defaults, then a file, then the environment, then files named by the environment.
//!
//! | Source | Example |
//! |---|---|
//! | file, `config.toml` or the path in `APP_CONFIG` | `[server]` `port = 8080` |
//! | usual variables | `HOST`, `PORT`, `DATABASE_URL`, `REDIS_URL`, `RUST_LOG` |
//! | any setting | `APP__SERVER__PORT=8080` |
//! | a secret in a file | `DATABASE_URL_FILE=/run/secrets/url`, `APP__CURSOR_SECRET_FILE=…` |
//!
//! Later sources win. Every wrong or unknown setting is reported, all at once, without the values of secrets.

mod error;
mod node;
mod reader;
mod sources;

use std::collections::BTreeMap;
use std::time::Duration;

use secrecy::SecretString;
use serde::de::DeserializeOwned;

pub use error::{ConfigError, Problem};
pub use sources::Sources;

use super::server::ServerOptions;
use super::telemetry::{self, LogFormat};
use crate::adapters::http::limits::IMPORT_ROWS_EVER;
use crate::adapters::http::{ImportLimits, RequestLimits};
use crate::application::idempotency::TTL;
use node::Node;
use reader::Reader;

/// Fewest characters of a secret that signs something.
const SECRET_LENGTH: usize = 32;

/// The settings of a process.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Config {
    /// Name of the application.
    pub app: String,
    /// Where the process runs.
    pub environment: Environment,
    /// The server.
    pub server: ServerConfig,
    /// The database.
    pub database: DatabaseConfig,
    /// Where Redis is, if there is one.
    pub redis: Option<SecretString>,
    /// Log lines.
    pub log: LogConfig,
    /// The API.
    pub http: HttpConfig,
    /// Imports.
    pub import: ImportConfig,
    /// Repeated requests.
    pub idempotency: IdempotencyConfig,
    /// Signs cursors. In development a new one is made at each start unless it is set.
    pub cursor_secret: SecretString,
    sections: BTreeMap<String, Node>,
}

/// Where a process runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// On a developer's machine: convenient defaults.
    Development,
    /// For users: nothing insecure is assumed.
    Production,
}

/// `[server]`
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ServerConfig {
    /// Address to listen on.
    pub host: String,
    /// Port to listen on; 0 for any.
    pub port: u16,
    /// Most bytes of a request's body.
    pub body_limit: usize,
    /// Longest time for the head of a request to arrive.
    pub header_timeout: Duration,
    /// Longest pause within the body of a request.
    pub body_timeout: Duration,
    /// Longest time from the head of a request to the head of its answer.
    pub request_timeout: Duration,
    /// Time between the signal to stop and the end of accepting.
    pub drain_delay: Duration,
    /// Longest time for requests under way to end.
    pub shutdown_grace: Duration,
}

/// `[database]`
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DatabaseConfig {
    /// `sqlite://…` or `postgres://…`
    pub url: SecretString,
    /// Most connections.
    pub pool_size: u32,
    /// Longest wait for a connection.
    pub acquire_timeout: Duration,
    /// What happens to migrations at the start.
    pub migrate: Migrate,
}

/// What happens to migrations at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Migrate {
    /// They are applied: the default in development.
    Auto,
    /// The start fails unless all are applied: the default in production.
    Check,
    /// Nothing.
    Off,
}

/// `[log]`
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LogConfig {
    /// How a line looks.
    pub format: LogFormat,
    /// Which lines are written, such as `info,my_app=debug`.
    pub filter: String,
}

/// `[http]`
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct HttpConfig {
    /// Start of every path of the API; empty or `/…` without a slash at the end.
    pub prefix: String,
    /// Origins whose pages may call the API.
    pub cors_origins: Vec<String>,
}

/// `[import]`
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ImportConfig {
    /// Most bytes of an import's body.
    pub body_limit: usize,
    /// Most bytes of the body of an import that is all or nothing, which is kept in memory.
    pub atomic_body_limit: usize,
    /// Most rows of an import.
    pub row_limit: usize,
}

/// `[idempotency]`
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct IdempotencyConfig {
    /// How long the answer to a request with an `Idempotency-Key` is kept for its repetitions.
    pub ttl: Duration,
}

impl Config {
    /// Reads the file and the environment of this process.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn load(app: &str) -> Result<Self, ConfigError> {
        Self::from_sources(app, &Sources::of_process()?)
    }

    /// Reads the given sources.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn from_sources(app: &str, sources: &Sources) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(sources);
        let environment = reader.choice(
            "environment",
            &[("development", Environment::Development), ("production", Environment::Production)],
            Environment::Development,
        );
        let config = Self {
            app: app.to_owned(),
            environment,
            server: server(&mut reader),
            database: database(&mut reader, app, environment),
            redis: reader.checked_secret("redis.url", "a URL such as redis://localhost", is_redis),
            log: log(&mut reader),
            http: http(&mut reader, environment),
            import: import(&mut reader),
            idempotency: idempotency(&mut reader),
            cursor_secret: cursor_secret(&mut reader, environment),
            sections: BTreeMap::new(),
        };
        let sections = reader.finish()?;
        Ok(Self { sections, ..config })
    }

    /// What one request may cost.
    pub fn request_limits(&self) -> RequestLimits {
        RequestLimits {
            body_bytes: self.server.body_limit,
            body_pause: self.server.body_timeout,
            answer: self.server.request_timeout,
            import: ImportLimits {
                body_bytes: self.import.body_limit,
                atomic_bytes: self.import.atomic_body_limit,
                rows: self.import.row_limit,
            },
        }
    }

    /// A section of your own, such as `[payment]` or `APP__PAYMENT__KEY`. Use `#[serde(default)]` for optional
    /// settings and `#[serde(deny_unknown_fields)]` to refuse unknown ones.
    ///
    /// # Errors
    /// When the section does not fit the type; a missing section is an empty one.
    pub fn section<T: DeserializeOwned>(&self, name: &str) -> Result<T, ConfigError> {
        let node = self.sections.get(name).cloned().unwrap_or_default();
        T::deserialize(node).map_err(|error| error.under(name).into())
    }
}

impl ServerConfig {
    /// The limits of the accept loop.
    pub fn options(&self) -> ServerOptions {
        ServerOptions {
            header_timeout: self.header_timeout,
            drain_delay: self.drain_delay,
            shutdown_grace: self.shutdown_grace,
            ..ServerOptions::default()
        }
    }
}

fn server(reader: &mut Reader) -> ServerConfig {
    let (limits, requests) = (ServerOptions::default(), RequestLimits::default());
    let server = ServerConfig {
        host: reader.text("server.host", "127.0.0.1"),
        port: reader.parse("server.port", "a port from 0 to 65535", 3000),
        body_limit: reader.size("server.body_limit", requests.body_bytes),
        header_timeout: reader.duration("server.header_timeout", limits.header_timeout),
        body_timeout: reader.duration("server.body_timeout", requests.body_pause),
        request_timeout: reader.duration("server.request_timeout", requests.answer),
        drain_delay: reader.duration("server.drain_delay", limits.drain_delay),
        shutdown_grace: reader.duration("server.shutdown_grace", limits.shutdown_grace),
    };
    for (key, time) in [
        ("server.header_timeout", server.header_timeout),
        ("server.body_timeout", server.body_timeout),
        ("server.request_timeout", server.request_timeout),
    ] {
        if time.is_zero() {
            reader.problem(
                key,
                "leaves no time at all",
                "expected a time such as 500ms, 10s or 5m",
            );
        }
    }
    server
}

fn database(reader: &mut Reader, app: &str, environment: Environment) -> DatabaseConfig {
    let url = "a URL that starts with sqlite:, postgres:// or postgresql://";
    let migrations = [("auto", Migrate::Auto), ("check", Migrate::Check), ("off", Migrate::Off)];
    let migrate = match environment {
        Environment::Development => Migrate::Auto,
        Environment::Production => Migrate::Check,
    };
    let pool_size = reader.parse("database.pool_size", "a whole number from 1", 10);
    if pool_size == 0 {
        reader.problem("database.pool_size", "a pool needs a connection", "a whole number from 1");
    }
    DatabaseConfig {
        url: reader
            .checked_secret("database.url", url, is_database)
            .unwrap_or_else(|| format!("sqlite://{app}.db?mode=rwc").into()),
        pool_size,
        acquire_timeout: reader.duration("database.acquire_timeout", Duration::from_secs(5)),
        migrate: reader.choice("database.migrate", &migrations, migrate),
    }
}

fn log(reader: &mut Reader) -> LogConfig {
    let terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
    let format = if terminal { LogFormat::Pretty } else { LogFormat::Json };
    let formats = [("pretty", LogFormat::Pretty), ("json", LogFormat::Json)];
    let filter = reader.text("log.filter", "info");
    if telemetry::check_filter(&filter).is_err() {
        reader.problem("log.filter", "is not a filter", "such as `info` or `warn,my_app=debug`");
    }
    LogConfig { format: reader.choice("log.format", &formats, format), filter }
}

fn http(reader: &mut Reader, environment: Environment) -> HttpConfig {
    let prefix = reader.text("http.prefix", "/api");
    if !prefix.is_empty() && (!prefix.starts_with('/') || prefix.ends_with('/')) {
        reader.problem("http.prefix", "is not a prefix", "empty, or a path such as `/api`");
    }
    let cors_origins = reader.list("http.cors_origins");
    if environment == Environment::Production && cors_origins.iter().any(|origin| origin == "*") {
        let hint = "name the origins, such as `https://shop.example`";
        reader.problem("http.cors_origins", "`*` lets every page call the API in production", hint);
    }
    HttpConfig { prefix, cors_origins }
}

fn import(reader: &mut Reader) -> ImportConfig {
    let limits = ImportLimits::default();
    let expected = format!("a whole number from 1 to {IMPORT_ROWS_EVER}");
    let import = ImportConfig {
        body_limit: reader.size("import.body_limit", limits.body_bytes),
        atomic_body_limit: reader.size("import.atomic_body_limit", limits.atomic_bytes),
        row_limit: reader.parse("import.row_limit", &expected, limits.rows),
    };
    if !(1..=IMPORT_ROWS_EVER).contains(&import.row_limit) {
        reader.problem("import.row_limit", "is no useful limit", &expected);
    }
    import
}

fn idempotency(reader: &mut Reader) -> IdempotencyConfig {
    let year = Duration::from_secs(365 * 24 * 60 * 60);
    let ttl = reader.duration("idempotency.ttl", TTL);
    if ttl.is_zero() || ttl > year {
        reader.problem("idempotency.ttl", "is no useful time", "from 1s to 8760h");
    }
    IdempotencyConfig { ttl }
}

fn cursor_secret(reader: &mut Reader, environment: Environment) -> SecretString {
    let long_enough = |secret: &str| secret.chars().count() >= SECRET_LENGTH;
    let hint = "at least 32 random characters, such as from `openssl rand -hex 32`";
    let found = reader.is_set("cursor_secret");
    if !found && environment == Environment::Production {
        reader.problem("cursor_secret", "is missing, and production needs one", hint);
    }
    reader.checked_secret("cursor_secret", hint, long_enough).unwrap_or_else(|| {
        format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple()).into()
    })
}

fn is_database(url: &str) -> bool {
    ["sqlite:", "postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme))
}

fn is_redis(url: &str) -> bool {
    ["redis://", "rediss://", "redis+unix://", "unix://"].iter().any(|start| url.starts_with(start))
}

#[cfg(test)]
mod tests;
