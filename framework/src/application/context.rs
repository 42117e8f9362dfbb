//! Who asks, on whose behalf, until when: made once at the door and passed down.

use std::time::Instant;

use uuid::Uuid;

/// What is known about the caller of a use case.
#[derive(Debug, Clone)]
pub struct Context {
    /// Who acts; `None` for an anonymous caller.
    pub actor: Option<String>,
    /// The tenant that the caller acts in.
    pub tenant: Option<String>,
    /// The chain of requests that this one belongs to.
    pub correlation_id: Uuid,
    /// The event or command that caused this call.
    pub causation_id: Option<Uuid>,
    /// When the answer is no longer of use.
    pub deadline: Option<Instant>,
    /// The caller's key for doing this at most once.
    pub idempotency_key: Option<String>,
    /// Do everything but keep nothing: the unit of work ends with a rollback.
    pub dry_run: bool,
}

impl Context {
    /// An anonymous caller with a fresh correlation id.
    pub fn anonymous() -> Self {
        Self {
            actor: None,
            tenant: None,
            correlation_id: Uuid::now_v7(),
            causation_id: None,
            deadline: None,
            idempotency_key: None,
            dry_run: false,
        }
    }

    /// The application itself: seeds, jobs, handlers.
    pub fn system() -> Self {
        Self { actor: Some("system".to_owned()), ..Self::anonymous() }
    }
}
