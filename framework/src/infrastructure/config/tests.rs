use secrecy::ExposeSecret;
use serde::Deserialize;

use super::*;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn variables(variables: &[(&str, &str)]) -> Sources {
    Sources::variables(variables.iter().copied())
}

fn config(sources: &Sources) -> Config {
    Config::from_sources("shop", sources).unwrap()
}

fn wrong(sources: &Sources) -> String {
    Config::from_sources("shop", sources).unwrap_err().to_string()
}

#[test]
fn nothing_needs_to_be_set_in_development() {
    let config = config(&variables(&[]));
    assert_eq!(config.environment, Environment::Development);
    assert_eq!((config.server.host.as_str(), config.server.port), ("127.0.0.1", 3000));
    assert_eq!(config.database.url.expose_secret(), "sqlite://shop.db?mode=rwc");
    assert_eq!(config.database.migrate, Migrate::Auto);
    assert!(config.redis.is_none());
    assert!(config.cursor_secret.expose_secret().len() >= SECRET_LENGTH);
}

#[test]
fn later_sources_win() {
    let file =
        "[server]\nport = 1\nhost = \"file\"\nbody_limit = \"2MiB\"\nrequest_timeout = \"250ms\"\n";
    let port =
        |vars: &[(&str, &str)]| config(&variables(vars).file("config.toml", file)).server.port;
    assert_eq!(port(&[]), 1);
    assert_eq!(port(&[("PORT", "2")]), 2);
    assert_eq!(port(&[("PORT", "2"), ("APP__SERVER__PORT", "3")]), 3);
    let server = config(&variables(&[("PORT", "2")]).file("config.toml", file)).server;
    assert_eq!(server.host, "file");
    assert_eq!(server.body_limit, 2 * 1024 * 1024);
    assert_eq!(server.request_timeout, Duration::from_millis(250));
}

#[test]
fn imports_are_limited_as_configured() {
    let import = |vars: &[(&str, &str)]| config(&variables(vars)).request_limits().import;
    let usual = import(&[]);
    assert_eq!((usual.body_bytes, usual.atomic_bytes), (256 << 20, 16 << 20));
    assert_eq!(usual.rows, 1_000_000);
    let small = import(&[
        ("APP__IMPORT__BODY_LIMIT", "2MiB"),
        ("APP__IMPORT__ATOMIC_BODY_LIMIT", "64KiB"),
        ("APP__IMPORT__ROW_LIMIT", "10"),
    ]);
    assert_eq!((small.body_bytes, small.atomic_bytes, small.rows), (2 << 20, 64 << 10, 10));
    let text = wrong(&variables(&[("APP__IMPORT__ROW_LIMIT", "0")]));
    assert!(text.contains("import.row_limit: is no useful limit"), "{text}");
    let text = wrong(&variables(&[("APP__IMPORT__ROWS", "1")]));
    assert!(text.contains("import.rows: is not a setting"), "{text}");
}

#[test]
fn a_secret_can_be_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let url = path("url", "postgres://me:pass@db/shop\n");
    let secret = path("secret", SECRET);
    let config = config(&variables(&[
        ("DATABASE_URL", "sqlite:other.db"),
        ("DATABASE_URL_FILE", &url),
        ("APP__CURSOR_SECRET_FILE", &secret),
    ]));
    assert_eq!(config.database.url.expose_secret(), "postgres://me:pass@db/shop");
    assert_eq!(config.cursor_secret.expose_secret(), SECRET);
    let text = wrong(&variables(&[("DATABASE_URL_FILE", "/no/such/file")]));
    assert!(text.contains("database.url: cannot be read"), "{text}");
}

#[test]
fn everything_wrong_is_told_at_once_with_key_source_and_remedy() {
    let file = "[server]\nprot = 1\n[databse]\nurl = \"x\"\n[log]\nformat = \"xml\"\n";
    let text = wrong(
        &variables(&[
            ("PORT", "many"),
            ("DATABASE_URL", "mysql://me:hunter2@db"),
            ("APP__HTTP__PREFIX", "api/"),
            ("APP__ENVIROMENT", "production"),
            ("RUST_LOG", "info,=,"),
        ])
        .file("config.toml", file),
    );
    for part in [
        "server.port: \"many\" does not fit (environment variable PORT); expected a port",
        "server.prot: is not a setting (file config.toml); did you mean server.port?",
        "databse.url: is not a setting (file config.toml); did you mean database.url?",
        "log.format: \"xml\" does not fit (file config.toml); expected one of pretty, json",
        "database.url: does not fit",
        "http.prefix: is not a prefix (environment variable APP__HTTP__PREFIX)",
        "enviroment: is not a setting (environment variable APP__ENVIROMENT); did you mean environment?",
        "log.filter: is not a filter (environment variable RUST_LOG)",
    ] {
        assert!(text.contains(part), "{part} is not in:\n{text}");
    }
    assert!(!text.contains("hunter2"), "{text}");
}

#[test]
fn a_file_that_is_no_toml_is_told_without_its_text() {
    let text = wrong(&variables(&[]).file("config.toml", "a = 1\npassword = hunter2\n"));
    assert!(text.contains("file config.toml") && text.contains("line 2"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
}

#[test]
fn production_assumes_nothing_insecure() {
    let production = ("APP__ENVIRONMENT", "production");
    let text = wrong(&variables(&[production, ("APP__HTTP__CORS_ORIGINS", "*")]));
    assert!(text.contains("cursor_secret: is missing"), "{text}");
    assert!(text.contains("http.cors_origins: `*`"), "{text}");
    let text = wrong(&variables(&[production, ("APP__CURSOR_SECRET", "short")]));
    assert!(text.contains("cursor_secret: does not fit") && !text.contains("\"short\""), "{text}");
    let config = config(&variables(&[production, ("APP__CURSOR_SECRET", SECRET)]));
    assert_eq!(config.database.migrate, Migrate::Check);
}

#[test]
fn secrets_are_not_printed() {
    let config = config(&variables(&[
        ("DATABASE_URL", "postgres://me:hunter2@db/shop"),
        ("REDIS_URL", "redis://:hunter2@redis"),
        ("APP__CURSOR_SECRET", SECRET),
        ("APP__PAYMENT__KEY", "hunter2"),
    ]));
    let text = format!("{config:?}");
    assert!(!text.contains("hunter2") && !text.contains(SECRET), "{text}");
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Payment {
    key: String,
    retries: u8,
    live: bool,
    mode: Mode,
    currencies: Vec<String>,
    #[serde(default)]
    note: Option<String>,
    limits: BTreeMap<String, u32>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Mode {
    Fast,
}

#[test]
fn a_section_of_your_own_comes_from_file_and_environment() {
    let file =
        "[payment]\nkey = \"file\"\nretries = 3\nmode = \"fast\"\n[payment.limits]\nday = 5\n";
    let sources = variables(&[
        ("APP__PAYMENT__KEY", "123"),
        ("APP__PAYMENT__LIVE", "true"),
        ("APP__PAYMENT__CURRENCIES", "EUR, USD"),
        ("APP__PAYMENT__LIMITS__YEAR", "7"),
    ]);
    let payment: Payment = config(&sources.file("config.toml", file)).section("payment").unwrap();
    assert_eq!(
        payment,
        Payment {
            key: "123".to_owned(),
            retries: 3,
            live: true,
            mode: Mode::Fast,
            currencies: vec!["EUR".to_owned(), "USD".to_owned()],
            note: None,
            limits: BTreeMap::from([("day".to_owned(), 5), ("year".to_owned(), 7)]),
        }
    );
}

#[test]
fn a_section_that_does_not_fit_names_the_setting() {
    let config = config(&variables(&[("APP__PAYMENT__RETRIES", "many")]));
    let text = config.section::<Payment>("payment").unwrap_err().to_string();
    assert!(text.contains("payment.retries: expected a whole number"), "{text}");
    assert!(text.contains("APP__PAYMENT__RETRIES"), "{text}");
}
