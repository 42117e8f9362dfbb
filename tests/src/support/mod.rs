//! Servers and programs for tests: from an environment variable, else a private instance of a binary on this machine,
//! else none.

mod fragile;
mod instance;
mod postgres;
mod programs;
mod redis;

pub use fragile::Fragile;
pub use postgres::postgres;
pub use programs::programs;
pub use redis::redis;

/// Says why a test does not run; under `REQUIRE_SERVICES=1` that is a failure.
fn skip<T>(service: &str, reason: &str) -> Option<T> {
    let required = std::env::var("REQUIRE_SERVICES").is_ok_and(|value| value == "1");
    assert!(!required, "{service} is required, but {reason}");
    println!("skipped: {service}: {reason}");
    None
}
