//! HTTP: every generated route, problems, and extractors for routes of your own.

mod batch;
mod batches;
pub mod body;
mod bulk;
mod call;
pub mod cursor;
mod etag;
pub mod extract;
mod filter;
mod idempotency;
pub mod layers;
pub mod limits;
mod list;
mod media;
mod once;
pub mod openapi;
pub mod patience;
mod prefer;
pub mod problem;
mod query;
mod reads;
mod render;
pub mod route;
pub mod router;
mod search;
mod submission;
mod suggest;
mod wire;
mod writes;

pub use extract::{ApiError, Checked, IfMatch, RequestContext};
pub use layers::{RequestId, finish};
pub use once::Once;
pub use patience::{Deadline, RequestLimits};
pub use problem::{PROBLEMS, Problem, ProblemType};
pub use route::Route;
pub use router::{EntityParts, entity_router};
