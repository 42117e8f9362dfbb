//! Work that arrives while the same work is under way, done together when that returns.
//!
//! With nothing under way an item goes straight out: there is no timer and no added wait. Work that is out for longer
//! than its patience, such as a statement that waits for a lock, does not hold up the rest: the next goes out beside it.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::oneshot;

use crate::domain::error::Error;

/// Most runs at a time: fewer than a pool has connections, so that others get one too.
const MOST_RUNS: usize = 8;
/// Most items that wait.
const MOST_WAITING: usize = 10_000;

/// Does many items at once: an outcome for each, in their order.
type Work<I, O> = Box<dyn Fn(Vec<I>) -> BoxFuture<'static, Vec<O>> + Send + Sync>;

/// A queue of items before work that takes many as easily as one.
pub(super) struct Together<I, O> {
    inner: Arc<Inner<I, O>>,
}

struct Inner<I, O> {
    most: usize,
    patience: Duration,
    work: Work<I, O>,
    queue: Mutex<Queue<I, O>>,
}

struct Queue<I, O> {
    runs: usize,
    /// Whether one of the runs will take what waits; the others have stepped aside.
    taking: bool,
    waiting: VecDeque<(I, oneshot::Sender<O>)>,
}

impl<I: Send + 'static, O: Send + 'static> Together<I, O> {
    /// Does at most so many items at a time.
    pub(super) fn new(
        most: usize,
        patience: Duration,
        work: impl Fn(Vec<I>) -> BoxFuture<'static, Vec<O>> + Send + Sync + 'static,
    ) -> Self {
        let queue = Mutex::new(Queue { runs: 0, taking: false, waiting: VecDeque::new() });
        Self { inner: Arc::new(Inner { most, patience, work: Box::new(work), queue }) }
    }

    /// The outcome of one item.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the work panicked, or too much waits already.
    pub(super) async fn submit(&self, item: I) -> Result<O, Error> {
        let (answer, outcome) = oneshot::channel();
        if self.inner.enqueue(item, answer)? {
            self.inner.start();
        }
        let lost = |_| Error::Unavailable("the work was interrupted; try again".to_owned());
        outcome.await.map_err(lost)
    }
}

impl<I: Send + 'static, O: Send + 'static> Inner<I, O> {
    /// On a task of its own: the others must not depend on whether the caller stays.
    fn start(self: &Arc<Self>) {
        tokio::spawn(Arc::clone(self).run());
    }

    async fn run(self: Arc<Self>) {
        while let Some(batch) = self.next() {
            let mut answered = pin!(self.answer(batch));
            if tokio::time::timeout(self.patience, answered.as_mut()).await.is_err() {
                if self.lock().step_aside() {
                    self.start();
                }
                answered.await;
                if !self.lock().step_back() {
                    return;
                }
            }
        }
    }

    /// Whether the caller has to start a run.
    fn enqueue(&self, item: I, answer: oneshot::Sender<O>) -> Result<bool, Error> {
        let mut queue = self.lock();
        if queue.waiting.len() >= MOST_WAITING {
            return Err(Error::Unavailable("too many requests wait already; try again".to_owned()));
        }
        queue.waiting.push_back((item, answer));
        Ok(queue.begin())
    }

    /// What waits now; nothing ends the run.
    fn next(&self) -> Option<Vec<(I, oneshot::Sender<O>)>> {
        let mut queue = self.lock();
        if queue.waiting.is_empty() {
            queue.taking = false;
            queue.runs -= 1;
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

    fn lock(&self) -> MutexGuard<'_, Queue<I, O>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<I, O> Queue<I, O> {
    /// Whether a run begins, because none would take what waits.
    fn begin(&mut self) -> bool {
        if self.taking || self.runs >= MOST_RUNS {
            return false;
        }
        self.taking = true;
        self.runs += 1;
        true
    }

    /// A run is held up; whether another begins.
    fn step_aside(&mut self) -> bool {
        self.taking = false;
        !self.waiting.is_empty() && self.begin()
    }

    /// A run that was held up is done; whether it goes on.
    fn step_back(&mut self) -> bool {
        if self.taking {
            self.runs -= 1;
            return false;
        }
        self.taking = true;
        true
    }
}
