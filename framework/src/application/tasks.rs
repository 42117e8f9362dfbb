//! Work on tasks of its own, and what is left of work that panics.

use std::any::Any;

use tracing::Instrument as _;

use crate::domain::error::Error;

/// Runs the future on a task of its own, so that dropping the caller does not drop it. What it logs stays in the
/// caller's span.
pub(crate) async fn on_own_task<T: Send + 'static>(
    doing: &'static str,
    future: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Error> {
    match tokio::spawn(future.in_current_span()).await {
        Ok(result) => result,
        Err(panic) => Err(Error::infrastructure(doing, panic)),
    }
}

/// What a panic said.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use super::*;

    /// What was logged, in memory.
    #[derive(Clone, Default)]
    pub(crate) struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Lines {
        pub(crate) fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// The lines that this work logs, on whatever task of this thread.
    pub(crate) async fn logged(work: impl Future<Output = ()>) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber =
            tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
        let guard = tracing::subscriber::set_default(subscriber);
        work.await;
        drop(guard);
        lines.text()
    }

    #[tokio::test]
    async fn what_a_task_logs_is_told_with_the_request_that_it_works_for() {
        let lines = logged(async {
            let task = on_own_task("working", async {
                tracing::info!("at it");
                Ok(())
            });
            task.instrument(tracing::info_span!("request", request_id = "r-1")).await.unwrap();
        });
        assert!(lines.await.contains("request{request_id=\"r-1\"}"));
    }

    #[tokio::test]
    async fn a_panic_is_an_error_that_says_what_it_said() {
        let task = on_own_task("working", async { panic!("on purpose {}", 1) });
        let error: Result<(), Error> = task.await;
        assert!(crate::domain::error::chain(&error.unwrap_err()).contains("on purpose 1"));
    }
}
