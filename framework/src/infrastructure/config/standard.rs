//! The settings that every process has.

use std::time::Duration;

use secrecy::SecretString;

use super::checks::{is_host, is_origin, is_prefix};
use super::reader::Reader;
use super::{
    DatabaseConfig, Environment, HttpConfig, IdempotencyConfig, ImportConfig, LogConfig, Migrate,
    RedisConfig, ServerConfig,
};
use crate::adapters::cache::RedisOptions;
use crate::adapters::http::limits::IMPORT_ROWS_EVER;
use crate::adapters::http::{ImportLimits, RequestLimits};
use crate::adapters::persistence::{PoolOptions, address};
use crate::application::idempotency::TTL;
use crate::infrastructure::server::ServerOptions;
use crate::infrastructure::telemetry::{self, LogFormat};

/// Fewest characters of a secret that signs something.
pub(super) const SECRET_LENGTH: usize = 32;
/// Most connections of a pool, far beyond what a database takes.
const MOST_CONNECTIONS: u32 = 10_000;
/// Shortest time of a deadline.
const INSTANT: Duration = Duration::from_millis(1);

pub(super) fn server(reader: &mut Reader) -> ServerConfig {
    let (limits, requests) = (ServerOptions::default(), RequestLimits::default());
    let host = reader.text("server.host", "127.0.0.1");
    if !is_host(&host) {
        let hint = "a name or an address without a port, such as 127.0.0.1, 0.0.0.0 or ::";
        reader.problem("server.host", "is not a host", hint);
    }
    ServerConfig {
        host,
        port: reader.number("server.port", 0..=u16::MAX, 3000),
        body_limit: reader.size("server.body_limit", requests.body_bytes),
        header_timeout: reader.time("server.header_timeout", INSTANT, limits.header_timeout),
        body_timeout: reader.time("server.body_timeout", INSTANT, requests.body_pause),
        request_timeout: reader.time("server.request_timeout", INSTANT, requests.answer),
        drain_delay: reader.time("server.drain_delay", Duration::ZERO, limits.drain_delay),
        shutdown_grace: reader.time("server.shutdown_grace", Duration::ZERO, limits.shutdown_grace),
    }
}

pub(super) fn database(reader: &mut Reader, app: &str, environment: Environment) -> DatabaseConfig {
    let expected = "a URL such as sqlite://shop.db?mode=rwc or postgres://user:password@host/shop";
    let migrations = [("auto", Migrate::Auto), ("check", Migrate::Check), ("off", Migrate::Off)];
    let migrate = match environment {
        Environment::Development => Migrate::Auto,
        Environment::Production => Migrate::Check,
    };
    if environment == Environment::Production && !reader.is_set("database.url") {
        let message = "is missing or empty, and production needs one";
        reader.problem("database.url", message, expected);
    }
    let url = reader.secret("database.url", expected, address::shown).unwrap_or_else(|| {
        let url = format!("sqlite://{app}.db?mode=rwc");
        reader.show("database.url", &url);
        url.into()
    });
    let PoolOptions { max_connections, acquire_timeout, .. } = PoolOptions::default();
    DatabaseConfig {
        url,
        pool_size: reader.number("database.pool_size", 1..=MOST_CONNECTIONS, max_connections),
        acquire_timeout: reader.time("database.acquire_timeout", INSTANT, acquire_timeout),
        migrate: reader.choice("database.migrate", &migrations, migrate),
    }
}

pub(super) fn redis(reader: &mut Reader) -> RedisConfig {
    let shown = |url: &str| match redis::Client::open(url) {
        Ok(client) => Ok(format!("(at {})", client.get_connection_info().addr())),
        Err(error) => Err(error.to_string()),
    };
    if !reader.is_set("redis.url") {
        reader.show("redis.url", "none");
    }
    let expected =
        "a URL such as redis://localhost; rediss:// needs the feature `tls` of the framework";
    let url = reader.secret("redis.url", expected, shown);
    let RedisOptions { confirmation, .. } = RedisOptions::default();
    RedisConfig { url, confirmation: reader.time("redis.confirmation", INSTANT, confirmation) }
}

pub(super) fn log(reader: &mut Reader) -> LogConfig {
    let terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
    let format = if terminal { LogFormat::Pretty } else { LogFormat::Json };
    let formats = [("pretty", LogFormat::Pretty), ("json", LogFormat::Json)];
    let filter = reader.text("log.filter", "info");
    if let Err(error) = telemetry::check_filter(&filter) {
        reader.problem("log.filter", &error.to_string(), "");
    }
    LogConfig { format: reader.choice("log.format", &formats, format), filter }
}

pub(super) fn http(reader: &mut Reader, environment: Environment) -> HttpConfig {
    let prefix = reader.text("http.prefix", "/api");
    if !is_prefix(&prefix) {
        let hint = "empty, or a path such as `/api` of letters, digits, `-`, `.`, `_` and `~`";
        reader.problem("http.prefix", "is not a prefix", hint);
    }
    let cors_origins = reader.list("http.cors_origins");
    let all = cors_origins.iter().any(|origin| origin == "*");
    if all && environment == Environment::Production {
        let hint = "name the origins, such as `https://shop.example`";
        reader.problem("http.cors_origins", "`*` lets every page call the API in production", hint);
    }
    if all && cors_origins.len() > 1 {
        let hint = "name the origins without it, or it alone";
        reader.problem("http.cors_origins", "`*` stands for all origins", hint);
    }
    for origin in cors_origins.iter().filter(|origin| *origin != "*" && !is_origin(origin)) {
        let message = format!("`{origin}` is not an origin as browsers send it");
        let hint = "scheme, host in lower case and a port that is not the usual one, such as \
                    `https://shop.example`, without a slash at the end";
        reader.problem("http.cors_origins", &message, hint);
    }
    HttpConfig { prefix, cors_origins }
}

pub(super) fn import(reader: &mut Reader) -> ImportConfig {
    let limits = ImportLimits::default();
    ImportConfig {
        body_limit: reader.size("import.body_limit", limits.body_bytes),
        atomic_body_limit: reader.size("import.atomic_body_limit", limits.atomic_bytes),
        row_limit: reader.number("import.row_limit", 1..=IMPORT_ROWS_EVER, limits.rows),
    }
}

pub(super) fn idempotency(reader: &mut Reader) -> IdempotencyConfig {
    IdempotencyConfig { ttl: reader.time("idempotency.ttl", Duration::from_secs(1), TTL) }
}

pub(super) fn cursor_secret(reader: &mut Reader, environment: Environment) -> SecretString {
    let hint = "at least 32 random characters, such as from `openssl rand -hex 32`";
    if environment == Environment::Production && !reader.is_set("cursor_secret") {
        let message = "is missing or empty, and production needs one";
        reader.problem("cursor_secret", message, hint);
    }
    let check = |secret: &str| match secret.chars().count() {
        SECRET_LENGTH.. => Ok("(set, not shown)".to_owned()),
        length => Err(format!("it has {length} characters")),
    };
    reader.secret("cursor_secret", hint, check).unwrap_or_else(|| {
        reader.show("cursor_secret", "(random)");
        format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple()).into()
    })
}
