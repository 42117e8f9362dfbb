//! The kinds of failure a use case can have. The wire form is decided in one place, `adapters/http/problem.rs`.

use std::sync::Arc;

use super::violation::Violations;

/// Why an operation did not happen.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A business rule refuses the operation (400).
    #[error("{0}")]
    Domain(String),
    /// The input breaks the declared rules (422).
    #[error("the input is not valid")]
    Validation(Violations),
    /// The request cannot be understood: unknown parameters, malformed cursors (400).
    #[error("the request is not understood")]
    BadRequest(Violations),
    /// A cursor that this server did not make, or made for another list (400).
    #[error("the cursor does not belong to this list")]
    BadCursor,
    /// No such row, or none that the caller may see (404).
    #[error("{entity} {id} does not exist")]
    NotFound {
        /// Type name of the entity.
        entity: &'static str,
        /// The id asked for.
        id: String,
    },
    /// The row is there, but it is not among the deleted ones, which this operation is for (404).
    #[error("{entity} {id} is not deleted")]
    NotDeleted {
        /// Type name of the entity.
        entity: &'static str,
        /// The id asked for.
        id: String,
    },
    /// The change contradicts what is stored (409).
    #[error("{0}")]
    Conflict(Conflict),
    /// The row is not at the version the caller named (412).
    #[error("{}", stale(*current))]
    Precondition {
        /// The stored version, if the entity has one.
        current: Option<i64>,
    },
    /// The caller wanted to make the row and nothing else, but it is there (412).
    #[error("a row with this id exists already")]
    Exists {
        /// The stored version, if it is known and the entity has one.
        current: Option<i64>,
    },
    /// The caller wanted to write the row only if it is not at this version (412).
    #[error("If-None-Match names the row as it is")]
    Unchanged {
        /// The stored version, if the entity has one.
        current: Option<i64>,
    },
    /// The entity demands `If-Match` (428).
    #[error("this write needs an If-Match header")]
    PreconditionRequired,
    /// The entity demands `Idempotency-Key` (400).
    #[error("this write needs an Idempotency-Key header")]
    KeyRequired,
    /// A request with the same idempotency key is still under way (409).
    #[error("a request with this idempotency key is still under way")]
    InFlight,
    /// The idempotency key came with another request before (422).
    #[error("this idempotency key was used for another request")]
    KeyReused,
    /// One operation of a batch failed, with the status of its own error.
    #[error("operation {index}: {error}")]
    Operation {
        /// Position in the batch.
        index: usize,
        /// What went wrong.
        #[source]
        error: Box<Error>,
    },
    /// Nobody is signed in (401).
    #[error("authentication is required")]
    Unauthorized,
    /// The caller may not do this (403).
    #[error("{0}")]
    Forbidden(String),
    /// Too many requests (429).
    #[error("too many requests; retry in {retry_after_seconds} s")]
    RateLimited {
        /// Seconds until a retry can succeed.
        retry_after_seconds: u64,
    },
    /// A dependency, such as the database, failed (500). The source is logged, never sent.
    #[error("{doing}")]
    Infrastructure {
        /// What was being done.
        doing: &'static str,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// An earlier statement of the transaction failed and its error was passed over (500): nothing of it is kept.
    #[error(
        "a statement of this transaction failed: run work that may fail inside Session::savepoint"
    )]
    TransactionFailed,
    /// The program is wired wrongly (500).
    #[error("configuration: {0}")]
    Configuration(String),
    /// Another service failed (502).
    #[error("{service} failed")]
    ExternalService {
        /// Name of the service.
        service: &'static str,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Try again later (503).
    #[error("{0}")]
    Unavailable(String),
    /// The database ended a statement that took too long, most often one that waited for other work on the same rows:
    /// nothing of it was done (503).
    #[error("the database took too long, and undid what it was doing; try again")]
    TimedOut,
    /// The database undid the work because it met other work in a deadlock or the like; the same may succeed now (503).
    #[error("the database is busy: this met another change of the same rows")]
    RolledBack,
}

/// A change that contradicts what is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conflict {
    /// Another row has the same value in these fields (409).
    Duplicate {
        /// Wire names of the fields of the unique key.
        fields: Vec<&'static str>,
    },
    /// The row referred to by this field does not exist (409).
    MissingReference {
        /// Wire name of the field.
        field: &'static str,
    },
    /// The aggregate has no such child (409).
    MissingChild {
        /// JSON pointer to the child's id in the body.
        place: String,
    },
    /// What is set once came with another value than the stored one (409).
    SetOnce(Violations),
    /// Other rows refer to this one (409).
    StillReferenced,
    /// A CHECK constraint of the database refused the row (422 elsewhere; reaching it means a rule was bypassed).
    Check {
        /// Name of the constraint.
        constraint: String,
    },
    /// A state that does not allow the operation, in the words of the business rule.
    State(String),
    /// A part of the body that a state does not allow, in the words of the business rule (409).
    Refused {
        /// JSON pointer to it in the body.
        place: String,
        /// The rule.
        reason: String,
    },
}

impl std::fmt::Display for Conflict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Duplicate { fields } => {
                write!(f, "another row has the same {}", fields.join(" and "))
            }
            Self::MissingReference { field } => {
                write!(f, "{field} refers to a row that does not exist")
            }
            Self::MissingChild { .. } => {
                write!(f, "no such child; leave its id out to make a new one")
            }
            Self::SetOnce(_) => write!(f, "what is set once cannot be changed"),
            Self::StillReferenced => write!(f, "other rows still refer to this one"),
            Self::Check { constraint } => write!(f, "the constraint {constraint} refuses this row"),
            Self::State(reason) | Self::Refused { reason, .. } => write!(f, "{reason}"),
        }
    }
}

impl Error {
    /// Wraps a failure of something we stand on.
    pub fn infrastructure(
        doing: &'static str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Infrastructure { doing, source: source.into() }
    }

    /// The same failure, for one of several whose work was one: those who may try again are told so.
    #[must_use]
    pub fn shared(error: &Arc<Self>, doing: &'static str) -> Self {
        match error.as_ref() {
            Self::Unavailable(reason) => Self::Unavailable(reason.clone()),
            Self::RolledBack => Self::RolledBack,
            Self::TimedOut => Self::TimedOut,
            _ => Self::infrastructure(doing, Shared(Arc::clone(error))),
        }
    }

    /// Whether the caller knew a row at another version than the stored one.
    pub(crate) fn is_stale(&self) -> bool {
        match self {
            Self::Precondition { .. } => true,
            Self::Operation { error, .. } => error.is_stale(),
            _ => false,
        }
    }

    /// Whether the work may have been done all the same: its outcome was not told.
    pub(crate) fn leaves_doubt(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Infrastructure { .. })
    }

    /// A state conflict in the words of a business rule.
    pub fn conflict(reason: impl Into<String>) -> Self {
        Self::Conflict(Conflict::State(reason.into()))
    }

    /// A state conflict at one part of the body, such as `/lines/0/product_id`.
    pub fn conflict_at(place: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Conflict(Conflict::Refused { place: place.into(), reason: reason.into() })
    }

    /// One violation at one member of the body.
    pub fn invalid(member: &str, code: &'static str, detail: impl Into<String>) -> Self {
        let mut violations = Violations::new();
        violations.add(member, code, detail);
        Self::Validation(violations)
    }
}

#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct Shared(Arc<Error>);

fn stale(current: Option<i64>) -> String {
    match current {
        None => "the row has no version, so that no tag names it".to_owned(),
        Some(current) => format!("the row is at version {current}"),
    }
}

impl From<Violations> for Error {
    fn from(violations: Violations) -> Self {
        Self::Validation(violations)
    }
}

/// What went wrong and why, cause by cause: for logs.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let said = cause.to_string();
        // Some errors are their cause's, or say it themselves.
        if !text.ends_with(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_says_nothing_twice() {
        let failed = Error::infrastructure("ending a transaction", "the disk is full");
        let told = Error::shared(&Arc::new(failed), "ending a transaction");
        assert_eq!(chain(&told), "ending a transaction: the disk is full");
        let told = Error::Operation { index: 2, error: Box::new(Error::conflict("it is sold")) };
        assert_eq!(chain(&told), "operation 2: it is sold");
    }
}
