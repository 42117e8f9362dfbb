//! What can be wrong with the wiring.

use std::fmt;
use std::sync::Arc;

/// Why a factory did not make its service.
pub type FactoryError = Box<dyn std::error::Error + Send + Sync>;

/// A fault of the wiring, or a service that could not be made.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "`service` and `chain` are what the message prints")]
pub enum ContainerError {
    /// Asked for, but never registered.
    #[error("nothing is registered for {service}")]
    NotRegistered { service: &'static str },
    /// Registered twice.
    #[error("{service} is registered twice; use `replace` to override it on purpose")]
    Duplicate { service: &'static str },
    /// An override of nothing.
    #[error("{service} is to be replaced but was never registered; use `register`")]
    ReplacesNothing { service: &'static str },
    /// A declared need that is not registered.
    #[error("{} is not registered but needed: {}", last(.chain), arrows(.chain))]
    Missing { chain: Vec<&'static str> },
    /// Services that need each other.
    #[error("services need each other in a circle: {}", arrows(.chain))]
    Cycle { chain: Vec<&'static str> },
    /// A singleton that would keep a transient forever.
    #[error("a singleton would keep a transient for good: {}", arrows(.chain))]
    Captive { chain: Vec<&'static str> },
    /// A factory that resolves what it did not declare.
    #[error(
        "the factory of {service} resolves {needed} without declaring it: add `.needs::<{needed}>()`"
    )]
    Undeclared { service: &'static str, needed: &'static str },
    /// A factory that failed.
    #[error("making {service} failed")]
    Failed {
        service: &'static str,
        #[source]
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
}

/// Every fault that was found in the wiring.
#[derive(Debug, Clone)]
pub struct WiringError(pub Vec<ContainerError>);

impl fmt::Display for WiringError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the container is wired wrongly:")?;
        self.0.iter().try_for_each(|fault| write!(f, "\n  - {fault}"))
    }
}

impl std::error::Error for WiringError {}

fn arrows(chain: &[&'static str]) -> String {
    chain.join(" -> ")
}

fn last(chain: &[&'static str]) -> &'static str {
    chain.last().copied().unwrap_or_default()
}
