//! Redis for tests.

use std::process::Command;
use std::sync::OnceLock;

use super::instance::{Instance, free_port};
use super::skip;

/// The URL of a server, shared by the tests of this process (use keys of your own), or `None` with the reason printed.
pub fn redis() -> Option<String> {
    static SERVER: OnceLock<Result<String, String>> = OnceLock::new();
    static INSTANCE: OnceLock<Instance> = OnceLock::new();

    let server = SERVER.get_or_init(|| match std::env::var("TEST_REDIS_URL") {
        Ok(url) => Ok(url),
        Err(_) => start().map(|instance| {
            format!("redis://127.0.0.1:{}/", INSTANCE.get_or_init(|| instance).port)
        }),
    });
    match server {
        Ok(url) => Some(url.clone()),
        Err(reason) => skip("Redis", reason),
    }
}

pub(super) fn start() -> Result<Instance, String> {
    let port = free_port()?;
    let script = format!(
        r#"command -v redis-server >/dev/null || exit 1
        start() {{
            redis-server --port {port} --bind 127.0.0.1 --save '' --appendonly no >/dev/null & server=$!
            for _ in $(seq 100); do (exec 3<>/dev/tcp/127.0.0.1/{port}) 2>/dev/null && break; sleep 0.05; done
        }}
        stop() {{ kill -9 $server; wait $server 2>/dev/null; true; }}
        start; echo ready
        while read -r order; do $order; echo ready; done
        stop"#
    );
    Instance::start(port, Command::new("bash").args(["-c", &script]))
        .map_err(|reason| format!("neither TEST_REDIS_URL nor redis-server is here ({reason})"))
}
