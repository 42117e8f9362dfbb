//! PostgreSQL for tests.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use sea_orm::{ConnectionTrait as _, Database};

use super::instance::{Instance, free_port};
use super::skip;

/// The URL of a fresh, empty database, or `None` with the reason printed.
pub async fn postgres() -> Option<String> {
    static SERVER: OnceLock<Result<String, String>> = OnceLock::new();
    static INSTANCE: OnceLock<Instance> = OnceLock::new();
    static NUMBER: AtomicU32 = AtomicU32::new(0);

    let server = SERVER.get_or_init(|| match std::env::var("TEST_POSTGRES_URL") {
        Ok(url) => Ok(url),
        Err(_) => start().map(|instance| {
            let port = INSTANCE.get_or_init(|| instance).port;
            format!("postgres://postgres@127.0.0.1:{port}/postgres")
        }),
    });
    let server = match server {
        Ok(server) => server,
        Err(reason) => return skip("PostgreSQL", reason),
    };
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = format!("test_{}_{number}", std::process::id());
    let created = async {
        let admin = Database::connect(server).await?;
        admin.execute_unprepared(&format!("DROP DATABASE IF EXISTS {name}")).await?;
        admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await?;
        admin.close().await
    };
    match created.await {
        Ok(()) => server.rsplit_once('/').map(|(base, _)| format!("{base}/{name}")),
        Err(error) => skip("PostgreSQL", &error.to_string()),
    }
}

/// A server of its own, with a certificate for `localhost` that it signed itself.
pub(super) fn start_with_tls() -> Result<Instance, String> {
    start_with(
        "openssl req -new -x509 -days 2 -nodes -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -subj /CN=localhost \
         -addext subjectAltName=DNS:localhost \
         -addext basicConstraints=critical,CA:FALSE -out $dir/data/server.crt -keyout $dir/data/server.key 2>/dev/null
         chmod 600 $dir/data/server.key; echo ssl=on >>$dir/data/postgresql.conf
         cp $dir/data/server.crt /tmp/test-postgres-$port.crt; chmod 644 /tmp/test-postgres-$port.crt",
    )
}

pub(super) fn start() -> Result<Instance, String> {
    start_with("true")
}

fn start_with(prepare: &str) -> Result<Instance, String> {
    let bin = binaries().ok_or("neither TEST_POSTGRES_URL nor PostgreSQL's binaries are here")?;
    let port = free_port()?;
    let script = format!(
        r#"set -e; cd /tmp; dir=$(mktemp -d /tmp/test-postgres.XXXXXX)
        {bin}/initdb -D $dir/data -U postgres -A trust -E UTF8 --locale=C.UTF-8 >$dir/log 2>&1
        port={port}
        {prepare}
        start() {{ {bin}/pg_ctl -D $dir/data -w -l $dir/log -o "-p {port} -h 127.0.0.1 -k $dir -c fsync=off -c max_connections=200" start >/dev/null; }}
        stop() {{ {bin}/pg_ctl -D $dir/data -m immediate stop >/dev/null; }}
        start; echo ready
        while read -r order; do $order; echo ready; done
        stop || true; rm -rf $dir /tmp/test-postgres-$port.crt"#,
        bin = bin.display()
    );
    // PostgreSQL refuses to run as root.
    let mut command = if is_root() {
        let mut command = Command::new("su");
        command.args(["postgres", "-s", "/bin/bash", "-c", &script]);
        command
    } else {
        let mut command = Command::new("bash");
        command.args(["-c", &script]);
        command
    };
    Instance::start(port, &mut command)
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// The folder of the newest server on this machine.
fn binaries() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut found: Vec<PathBuf> = versions
        .filter_map(Result::ok)
        .map(|entry| entry.path().join("bin"))
        .filter(|bin| bin.join("initdb").exists())
        .collect();
    found.sort();
    found.pop()
}
