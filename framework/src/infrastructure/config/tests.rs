use std::collections::BTreeMap;

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;

use secrecy::ExposeSecret;
use serde::Deserialize;

use super::standard::SECRET_LENGTH;
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
    assert!(config.redis.url.is_none());
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
    assert!(text.contains("import.row_limit: \"0\" does not fit"), "{text}");
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
        "server.port: \"many\" does not fit (environment variable PORT); expected a whole number",
        "server.prot: is not a setting (file config.toml); did you mean server.port?",
        "databse.url: is not a setting (file config.toml); did you mean database.url?",
        "log.format: \"xml\" does not fit (file config.toml); expected one of pretty, json",
        "database.url: does not fit (its value is not shown): it starts with `mysql:`",
        "http.prefix: is not a prefix (environment variable APP__HTTP__PREFIX)",
        "enviroment: is not a setting (environment variable APP__ENVIROMENT); did you mean environment?",
        "log.filter: `info,=,` is not a log filter",
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
    for part in ["cursor_secret: is missing", "database.url: is missing", "http.cors_origins: `*`"]
    {
        assert!(text.contains(part), "{part} is not in:\n{text}");
    }
    let text = wrong(&variables(&[production, ("APP__CURSOR_SECRET", "short")]));
    assert!(text.contains("cursor_secret: does not fit") && !text.contains("\"short\""), "{text}");
    let url = ("DATABASE_URL", "sqlite:shop.db");
    let config = config(&variables(&[production, url, ("APP__CURSOR_SECRET", SECRET)]));
    assert_eq!(config.database.migrate, Migrate::Check);
}

#[test]
fn empty_is_absent_as_compose_files_write_it() {
    let file = "[server]\nhost = \"::1\"\n[database]\nurl = \"sqlite:file.db\"\n";
    let empty = variables(&[
        ("HOST", ""),
        ("PORT", ""),
        ("DATABASE_URL", " "),
        ("REDIS_URL", ""),
        ("REDIS_URL_FILE", ""),
        ("RUST_LOG", ""),
        ("APP__CURSOR_SECRET", ""),
        ("APP__HTTP__CORS_ORIGINS", ""),
    ]);
    let config = config(&empty.clone().file("config.toml", file));
    assert_eq!((config.server.host.as_str(), config.server.port), ("::1", 3000));
    assert_eq!(config.database.url.expose_secret(), "sqlite:file.db");
    assert_eq!(config.log.filter, "info");
    assert!(config.redis.url.is_none() && config.http.cors_origins.is_empty());
    let bare = Config::from_sources("shop", &variables(&[("APP__HTTP__PREFIX", "")])).unwrap();
    assert_eq!(bare.http.prefix, "", "an empty prefix is one");
    for empty in [("APP__CURSOR_SECRET", ""), ("APP__CURSOR_SECRET_FILE", "/dev/null")] {
        let text = wrong(&variables(&[("APP__ENVIRONMENT", "production"), empty]));
        assert!(text.contains("cursor_secret: is missing or empty"), "{text}");
    }
}

#[test]
fn what_would_fail_at_the_start_is_refused_before() {
    for (name, value) in [
        ("DATABASE_URL", "postgres://me:hunter2@h:notaport/x"),
        ("DATABASE_URL", "sqlite:"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "sqlite://?mode=rwc"),
        ("DATABASE_URL", "sqlite://hunter2.db?mode=x"),
        ("REDIS_URL", "redis://"),
        ("REDIS_URL", "redis://:hunter2@host:notaport"),
        ("HOST", "http://localhost"),
        ("APP__HTTP__PREFIX", "/api/{x"),
        ("APP__HTTP__PREFIX", "/api/:x"),
        ("APP__HTTP__PREFIX", "//"),
        ("APP__HTTP__PREFIX", "/a b"),
        ("APP__HTTP__CORS_ORIGINS", "https://shop.example/"),
        ("APP__HTTP__CORS_ORIGINS", "*, https://shop.example"),
        ("APP__DATABASE__POOL_SIZE", "4294967295"),
        ("APP__DATABASE__POOL_SIZE", "0"),
        ("APP__DATABASE__ACQUIRE_TIMEOUT", "0s"),
        ("APP__SERVER__HEADER_TIMEOUT", "18446744073709551615s"),
        ("APP__SERVER__REQUEST_TIMEOUT", "0s"),
        ("APP__SERVER__SHUTDOWN_GRACE", "8761h"),
        ("APP__IDEMPOTENCY__TTL", "500ms"),
        ("RUST_LOG", "inof"),
    ] {
        let text = wrong(&variables(&[(name, value)]));
        assert!(text.contains(&format!("(environment variable {name})")), "{name}={value}: {text}");
        assert!(text.lines().count() == 2 && !text.contains("hunter2"), "{name}={value}: {text}");
    }
    let tls = Config::from_sources("shop", &variables(&[("REDIS_URL", "rediss://host")]));
    assert_eq!(tls.is_ok(), cfg!(feature = "tls"));
}

#[test]
fn a_variable_of_ours_that_is_no_text_is_told() {
    let bytes = |bytes: &[u8]| OsString::from_vec(bytes.to_vec());
    let broken = [
        (bytes(b"PORT"), bytes(b"\xff")),
        (bytes(b"APP__PAYMENT__KEY"), bytes(b"\xff")),
        (bytes(b"DATABASE_URL_FILE"), bytes(b"\xff")),
        (bytes(b"APP_CONFIG"), bytes(b"\xff")),
        (bytes(b"LS_COLORS"), bytes(b"\xff")),
    ];
    let text = wrong(&Sources::environment(broken.into_iter()));
    for name in ["PORT", "APP__PAYMENT__KEY", "DATABASE_URL_FILE", "APP_CONFIG"] {
        assert!(text.contains(&format!("is not UTF-8 (environment variable {name})")), "{text}");
    }
    assert!(!text.contains("LS_COLORS"), "{text}");
}

#[test]
fn sections_that_cannot_be_judged_yet_are_named_beside_what_is_wrong() {
    let text = wrong(&variables(&[("PORT", "many"), ("APP__NOPE__X", "1"), ("APP__NOPE__Y", "2")]));
    assert!(text.contains("not yet judged: the sections nope;"), "{text}");
}

#[test]
fn every_setting_is_explained_with_its_source_and_without_secrets() {
    let config = config(
        &variables(&[
            ("DATABASE_URL", "postgres://me:hunter2@db:6543/shop"),
            ("REDIS_URL", "redis://:hunter2@redis"),
            ("APP__CURSOR_SECRET", SECRET),
            ("APP__PAYMENT__KEY", "hunter2"),
            ("APP__SERVER__BODY_TIMEOUT", "90000ms"),
        ])
        .file("config.toml", "[import]\nbody_limit = 65536\n"),
    );
    let text = config.explain();
    for (setting, source) in [
        ("environment = development", "default"),
        ("cursor_secret = (set, not shown)", "environment variable APP__CURSOR_SECRET"),
        ("database.url = postgres://db:6543/shop", "environment variable DATABASE_URL"),
        ("http.cors_origins = none", "default"),
        ("import.body_limit = 64KiB", "file config.toml"),
        ("payment.key = (set, not shown)", "environment variable APP__PAYMENT__KEY"),
        ("redis.url = (at redis:6379)", "environment variable REDIS_URL"),
        ("server.body_timeout = 90s", "environment variable APP__SERVER__BODY_TIMEOUT"),
        ("idempotency.ttl = 24h", "default"),
    ] {
        let line = format!("{setting:<48} # {source}");
        assert!(text.lines().any(|it| it == line), "{line} is not in:\n{text}");
    }
    assert!(!text.contains("hunter2") && !text.contains(SECRET), "{text}");
}

/// `docs/settings.md` lists every setting of every process, its variable and its default.
#[test]
fn the_page_of_settings_is_complete_and_right() {
    let page = include_str!("../../../../docs/settings.md");
    let rows = page.lines().filter(|line| line.starts_with("| `")).map(|line| {
        let cells: Vec<&str> = line.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
        (cells[1].to_owned(), (cells[2].to_owned(), cells[3].to_owned()))
    });
    let stated: BTreeMap<String, (String, String)> = rows.collect();
    let config = Config::from_sources("app", &variables(&[("APP__LOG__FORMAT", "json")])).unwrap();
    let known: BTreeMap<String, (String, String)> = config
        .lines
        .into_iter()
        .map(|Line { key, value, .. }| {
            let any = format!("APP__{}", key.to_uppercase().replace('.', "__"));
            (key.clone(), (sources::usual_name(&key).map_or(any, str::to_owned), value))
        })
        .collect();
    assert_eq!(stated, known);
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
fn a_section_that_nobody_reads_is_told_with_what_may_have_been_meant() {
    let config = config(&variables(&[
        ("APP__NOPE__X", "hunter2"),
        ("APP__DB__POOL_SIZE", "50"),
        ("APP__LOGGING__LEVEL", "debug"),
        ("APP__PAYMENTS__KEY", "hunter2"),
        ("APP__MAIL__HOST", "mail"),
    ]));
    let _: Result<Payment, _> = config.clone().section("payment");
    let _: BTreeMap<String, String> = config.section("mail").unwrap();
    let text = ConfigError(config.unread()).to_string();
    for part in [
        "nope.x: is not read by any part of the application (environment variable APP__NOPE__X); there are the sections",
        "db.pool_size: is not read by any part of the application (environment variable APP__DB__POOL_SIZE); did you mean database.pool_size?",
        "logging.level: is not read",
        "payments.key: is not read by any part of the application (environment variable APP__PAYMENTS__KEY); did you mean the section payment?",
    ] {
        assert!(text.contains(part), "{part} is not in:\n{text}");
    }
    assert!(!text.contains("hunter2") && !text.contains("mail"), "{text}");
}

#[test]
fn a_section_that_does_not_fit_names_the_setting() {
    let config = config(&variables(&[("APP__PAYMENT__RETRIES", "many")]));
    let text = config.section::<Payment>("payment").unwrap_err().to_string();
    assert!(text.contains("payment.retries: expected a whole number"), "{text}");
    assert!(text.contains("APP__PAYMENT__RETRIES"), "{text}");
}
