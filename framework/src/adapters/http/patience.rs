//! How long a request may take and how much it may send.
//!
//! Three deadlines, each for another culprit: a pause within the body and a body that is not complete in time are the
//! client's (408); an answer that does not begin in time is ours (503). Once an answer has begun, it may stream for as
//! long as it likes.

use std::error::Error as StdError;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use http::header;
use hyper::body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep};

use super::limits;
use super::problem::{Problem, REQUEST_TIMEOUT, UNAVAILABLE};

/// What one request may cost; in its extensions too.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct RequestLimits {
    /// Most bytes of a body.
    pub body_bytes: usize,
    /// Longest pause within a body.
    pub body_pause: Duration,
    /// Longest time from the head of the request to the head of the answer.
    pub answer: Duration,
    /// What an import may cost, whose body is not kept in memory.
    pub import: ImportLimits,
}

/// What one import may cost.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct ImportLimits {
    /// Most bytes of its body.
    pub body_bytes: usize,
    /// Most bytes of its body where it is all or nothing: its rows wait in memory until all of them are known to be
    /// right.
    pub atomic_bytes: usize,
    /// Most rows.
    pub rows: usize,
}

impl Default for ImportLimits {
    fn default() -> Self {
        Self {
            body_bytes: limits::IMPORT_BYTES,
            atomic_bytes: limits::ATOMIC_IMPORT_BYTES,
            rows: limits::IMPORT_ROWS,
        }
    }
}

impl Default for RequestLimits {
    fn default() -> Self {
        Self {
            body_bytes: limits::BODY_BYTES,
            body_pause: Duration::from_secs(10),
            answer: Duration::from_secs(30),
            import: ImportLimits::default(),
        }
    }
}

/// The deadline of one request, in its extensions: for handlers that read a long stream.
#[derive(Debug, Clone, Default)]
pub struct Deadline(Arc<State>);

#[derive(Debug, Default)]
struct State {
    arrived: AtomicBool,
    lifted: AtomicBool,
}

impl Deadline {
    /// Lets the request take as long as it needs. Pauses within its body stay bounded.
    pub fn lift(&self) {
        self.0.lifted.store(true, Ordering::Relaxed);
    }
}

/// Puts the limits on a request.
pub(super) fn limit(request: Request, limits: RequestLimits) -> (Request, Deadline) {
    let deadline = Deadline::default();
    let mut request = if request.body().is_end_stream() {
        deadline.0.arrived.store(true, Ordering::Relaxed);
        request
    } else {
        let (state, pause) = (Arc::clone(&deadline.0), limits.body_pause);
        request.map(|inner| Body::new(Arriving { inner, pause, patience: None, state }))
    };
    request.extensions_mut().insert(limits);
    request.extensions_mut().insert(deadline.clone());
    (request, deadline)
}

/// The answer, or the problem that there is none in time.
pub(super) async fn in_time(
    limit: Duration,
    deadline: &Deadline,
    answer: impl Future<Output = Response>,
) -> Response {
    let mut answer = std::pin::pin!(answer);
    if let Ok(response) = tokio::time::timeout(limit, &mut answer).await {
        return response;
    }
    if deadline.0.lifted.load(Ordering::Relaxed) {
        return answer.await;
    }
    if deadline.0.arrived.load(Ordering::Relaxed) {
        tracing::warn!("no answer in time");
        let detail = "the request took too long; a write may have happened all the same";
        let problem = Problem::new(UNAVAILABLE, detail).with_header(header::RETRY_AFTER, "1");
        return problem.into_response();
    }
    too_slow().into_response()
}

/// What a reader of a body answers when it fails.
pub(super) fn is_too_slow(error: &(dyn StdError + 'static)) -> bool {
    error.is::<Paused>() || error.source().is_some_and(is_too_slow)
}

/// The client did not send its body in time.
pub(super) fn too_slow() -> Problem {
    Problem::new(REQUEST_TIMEOUT, "the body did not arrive in time")
        .with_header(header::CONNECTION, "close")
}

#[derive(Debug, thiserror::Error)]
#[error("the body paused for too long")]
struct Paused;

/// A body on its way.
struct Arriving {
    inner: Body,
    pause: Duration,
    /// Made at the first wait: most bodies arrive with their head.
    patience: Option<Pin<Box<Sleep>>>,
    state: Arc<State>,
}

impl HttpBody for Arriving {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut this.inner).poll_frame(context) {
            if frame.is_none() || this.inner.is_end_stream() {
                this.state.arrived.store(true, Ordering::Relaxed);
            }
            this.patience = None;
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let pause = this.pause;
        let patience = this.patience.get_or_insert_with(|| Box::pin(tokio::time::sleep(pause)));
        ready!(patience.as_mut().poll(context));
        // Whoever polls on must not be told that time stands still.
        patience.as_mut().reset(Instant::now());
        Poll::Ready(Some(Err(Paused.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
