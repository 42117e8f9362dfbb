//! Settings: defaults, then a file, then the environment, then files named by the environment.
//!
//! | Source | Example |
//! |---|---|
//! | file, `config.toml` or the path in `APP_CONFIG` | `[server]` `port = 8080` |
//! | usual variables | `HOST`, `PORT`, `DATABASE_URL`, `REDIS_URL`, `RUST_LOG` |
//! | any setting | `APP__SERVER__PORT=8080` |
//! | a secret in a file | `DATABASE_URL_FILE=/run/secrets/url`, `APP__CURSOR_SECRET_FILE=…` |
//!
//! Later sources win; empty is absent. Every wrong or unknown setting is reported, all at once, without the values of
//! secrets. `docs/settings.md` lists all of them.

mod checks;
mod error;
mod lines;
mod node;
mod reader;
mod sections;
mod sources;
mod standard;
mod units;

use std::time::Duration;

use secrecy::SecretString;
use serde::de::DeserializeOwned;

pub use error::{ConfigError, Problem};
pub use sources::Sources;

use super::server::ServerOptions;
use super::telemetry::LogFormat;
use crate::adapters::http::{ImportLimits, RequestLimits};
use lines::Line;
use reader::Reader;
use sections::Sections;

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
    /// The second level of the cache.
    pub redis: RedisConfig,
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
    sections: Sections,
    lines: Vec<Line>,
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

/// `[redis]`
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RedisConfig {
    /// Where Redis is, if there is one.
    pub url: Option<SecretString>,
    /// Longest wait of a write for Redis, and then for the other processes, to forget the row as it was.
    pub confirmation: Duration,
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
    /// Origins whose pages may call the API, such as `https://shop.example`; `*` for all, in development.
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
            server: standard::server(&mut reader),
            database: standard::database(&mut reader, app, environment),
            redis: standard::redis(&mut reader),
            log: standard::log(&mut reader),
            http: standard::http(&mut reader, environment),
            import: standard::import(&mut reader),
            idempotency: standard::idempotency(&mut reader),
            cursor_secret: standard::cursor_secret(&mut reader, environment),
            sections: Sections::default(),
            lines: Vec::new(),
        };
        let (sections, lines) = reader.finish()?;
        Ok(Self { sections, lines, ..config })
    }

    /// Every setting with its value and its source, a line each; of secrets no more than where they lead.
    pub fn explain(&self) -> String {
        self.lines.iter().map(|line| format!("{line}\n")).collect()
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
    /// A section must be asked for before the application starts, for the start refuses every setting that nobody
    /// reads. [`Module::settings`](crate::Module::settings) does it at the right moment.
    ///
    /// # Errors
    /// When the section does not fit the type; a missing section is an empty one.
    pub fn section<T: DeserializeOwned>(&self, name: &str) -> Result<T, ConfigError> {
        self.sections.read(name)
    }

    /// The settings that nobody reads.
    pub(crate) fn unread(&self) -> Vec<Problem> {
        self.sections.unread()
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

#[cfg(test)]
mod tests;
