//! Servers of one test alone, which it may stop in the middle of everything.

use super::instance::Instance;
use super::{postgres, redis, skip};

/// A server that the test stops and starts; gone with it.
#[derive(Debug)]
pub struct Fragile {
    /// Where it is, before and after a stop.
    pub url: String,
    instance: Instance,
}

impl Fragile {
    /// An empty PostgreSQL, or `None` with the reason printed.
    pub fn postgres() -> Option<Self> {
        match postgres::start() {
            Ok(instance) => {
                let url = format!("postgres://postgres@127.0.0.1:{}/postgres", instance.port);
                Some(Self { url, instance })
            }
            Err(reason) => skip("PostgreSQL", &reason),
        }
    }

    /// The same with TLS, and the path of its certificate, which is good for `localhost`.
    pub fn postgres_with_tls() -> Option<(Self, String)> {
        match postgres::start_with_tls() {
            Ok(instance) => {
                let port = instance.port;
                let url = format!("postgres://postgres@localhost:{port}/postgres");
                Some((Self { url, instance }, format!("/tmp/test-postgres-{port}.crt")))
            }
            Err(reason) => skip("PostgreSQL", &reason),
        }
    }

    /// An empty Redis, or `None` with the reason printed.
    pub fn redis() -> Option<Self> {
        match redis::start() {
            Ok(instance) => {
                Some(Self { url: format!("redis://127.0.0.1:{}/", instance.port), instance })
            }
            Err(reason) => skip("Redis", &reason),
        }
    }

    /// Stops it without a farewell.
    ///
    /// # Errors
    /// When its script is gone.
    pub fn stop(&mut self) -> Result<(), String> {
        self.instance.tell("stop")
    }

    /// Starts it again on the same port; PostgreSQL with what it had committed, Redis empty.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(&mut self) -> Result<(), String> {
        self.instance.tell("start")
    }
}
