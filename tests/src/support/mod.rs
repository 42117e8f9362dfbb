//! Servers and programs for tests: from an environment variable, else a private instance of a binary on this machine,
//! else none.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::sync::{Mutex, PoisonError};

mod fragile;
mod instance;
mod postgres;
mod programs;
mod redis;

pub use fragile::Fragile;
pub use postgres::postgres;
pub use programs::programs;
pub use redis::redis;

/// Says why tests do not run, once for each service; under `REQUIRE_SERVICES=1` that is a failure.
fn skip<T>(service: &str, reason: &str) -> Option<T> {
    static TOLD: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

    let required = std::env::var("REQUIRE_SERVICES").is_ok_and(|value| value == "1");
    assert!(!required, "{service} is required, but {reason}");
    let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
    if told.insert(service.to_owned()) {
        // Not `eprintln!`: the harness keeps what that writes to itself when a test passes.
        let _ = writeln!(std::io::stderr(), "skipped: {service}: {reason}");
    }
    None
}
