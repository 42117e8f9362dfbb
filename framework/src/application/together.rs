//! Work that arrives while the same work is under way, done together when that returns.
//!
//! With nothing under way an item goes straight out: there is no timer and no added wait.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::oneshot;

use crate::domain::error::Error;

/// Does many items at once: an outcome for each, in their order.
type Work<I, O> = Box<dyn Fn(Vec<I>) -> BoxFuture<'static, Vec<O>> + Send + Sync>;

/// A queue of items before work that takes many as easily as one.
pub(super) struct Together<I, O> {
    inner: Arc<Inner<I, O>>,
}

struct Inner<I, O> {
    most: usize,
    work: Work<I, O>,
    queue: Mutex<Queue<I, O>>,
}

struct Queue<I, O> {
    running: bool,
    waiting: Vec<(I, oneshot::Sender<O>)>,
}

impl<I: Send + 'static, O: Send + 'static> Together<I, O> {
    /// Does at most so many items at a time.
    pub(super) fn new(
        most: usize,
        work: impl Fn(Vec<I>) -> BoxFuture<'static, Vec<O>> + Send + Sync + 'static,
    ) -> Self {
        let queue = Mutex::new(Queue { running: false, waiting: Vec::new() });
        Self { inner: Arc::new(Inner { most, work: Box::new(work), queue }) }
    }

    /// The outcome of one item.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the work panicked.
    pub(super) async fn submit(&self, item: I) -> Result<O, Error> {
        let (answer, outcome) = oneshot::channel();
        if self.inner.enqueue(item, answer) {
            let inner = Arc::clone(&self.inner);
            // On a task of its own: the others must not depend on whether this caller stays.
            tokio::spawn(async move {
                while let Some(batch) = inner.next() {
                    inner.answer(batch).await;
                }
            });
        }
        let lost = |_| Error::Unavailable("the work was interrupted; try again".to_owned());
        outcome.await.map_err(lost)
    }
}

impl<I, O> Inner<I, O> {
    /// Whether the caller has to start the work.
    fn enqueue(&self, item: I, answer: oneshot::Sender<O>) -> bool {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.waiting.push((item, answer));
        !std::mem::replace(&mut queue.running, true)
    }

    /// What waits now; nothing ends the run.
    fn next(&self) -> Option<Vec<(I, oneshot::Sender<O>)>> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if queue.waiting.is_empty() {
            queue.running = false;
            return None;
        }
        let count = queue.waiting.len().min(self.most);
        Some(queue.waiting.drain(..count).collect())
    }

    async fn answer(&self, batch: Vec<(I, oneshot::Sender<O>)>) {
        let (items, answers): (Vec<I>, Vec<_>) = batch.into_iter().unzip();
        // A panic is told to this batch only, whose senders are dropped; the run goes on, or all later ones would wait.
        let done = AssertUnwindSafe(async { (self.work)(items).await }).catch_unwind().await;
        for (answer, outcome) in answers.into_iter().zip(done.unwrap_or_default()) {
            // A caller that left does not want its answer any more.
            let _ = answer.send(outcome);
        }
    }
}
