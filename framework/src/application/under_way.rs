//! Counts what is under way, so that whoever ends the process can wait for it.

use std::sync::Arc;

use tokio::sync::watch;

/// How much is under way.
#[derive(Debug, Clone, Default)]
pub(crate) struct UnderWay(Arc<watch::Sender<usize>>);

/// Something under way, until this is dropped.
#[derive(Debug)]
pub(crate) struct Mark(Arc<watch::Sender<usize>>);

impl UnderWay {
    /// Something begins.
    pub(crate) fn enter(&self) -> Mark {
        self.0.send_modify(|count| *count += 1);
        Mark(Arc::clone(&self.0))
    }

    /// Ready when nothing is under way.
    pub(crate) async fn none(&self) {
        // The sender lives in this value, so waiting cannot fail.
        let _ = self.0.subscribe().wait_for(|count| *count == 0).await;
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}
