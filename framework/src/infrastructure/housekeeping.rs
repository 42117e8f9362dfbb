//! Work that nobody asks for: what is kept no longer is deleted.

use std::sync::Arc;
use std::time::Duration;

use crate::application::context::Context;
use crate::application::idempotency;
use crate::application::unit_of_work::UnitOfWork;
use crate::domain::error::{Error, chain};

/// Time between two rounds.
const INTERVAL: Duration = Duration::from_secs(300);
/// Rows of one statement: few, so that no writer waits for long.
const SLICE: u32 = 500;
/// Time between two slices, for the writers who wait.
const PAUSE: Duration = Duration::from_millis(50);

/// Cleans up until it is aborted.
pub(super) async fn run(unit_of_work: Arc<UnitOfWork>) {
    let mut rounds = tokio::time::interval(INTERVAL);
    rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        rounds.tick().await;
        match forget_answers(&unit_of_work, SLICE).await {
            Ok(0) => {}
            Ok(answers) => tracing::debug!(answers, "forgot expired answers"),
            // The next round tries again.
            Err(error) => {
                tracing::warn!(error = chain(&error), "expired answers could not be deleted");
            }
        }
    }
}

/// Deletes every expired answer, in slices; returns how many.
async fn forget_answers(unit_of_work: &UnitOfWork, slice: u32) -> Result<usize, Error> {
    let mut forgotten = 0;
    loop {
        let mut session = unit_of_work.session(Arc::new(Context::system()));
        let gone = idempotency::forget_expired(&mut session, slice).await?;
        forgotten += gone;
        if gone < slice as usize {
            return Ok(forgotten);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

#[cfg(test)]
mod tests {
    use chrono::Utc;

    use super::*;
    use crate::adapters::memory::MemoryStore;
    use crate::adapters::messaging::MemoryBus;
    use crate::application::clock::FixedClock;
    use crate::application::idempotency::{Claim, Done, Reply};

    #[tokio::test]
    async fn every_expired_answer_is_forgotten_and_no_other() {
        let start = Utc::now();
        let clock = Arc::new(FixedClock::at(start));
        let store = Arc::new(MemoryStore::new());
        let work = UnitOfWork::new(store, clock.clone(), Arc::new(MemoryBus::new()));
        let work = work.keeping_answers(Duration::from_secs(60));
        let ask = async |key: u8| {
            let claim = Claim { id: [key; 32], fingerprint: [0; 32] };
            let context = Arc::new(Context::anonymous());
            work.once(context, claim, |_| Box::pin(async { Ok(Reply::empty(204)) })).await.unwrap()
        };
        for key in 0..5 {
            ask(key).await;
        }
        clock.set(start + Duration::from_secs(59));
        ask(5).await;
        assert_eq!(forget_answers(&work, 2).await.unwrap(), 0);
        clock.set(start + Duration::from_secs(60));
        assert_eq!(forget_answers(&work, 2).await.unwrap(), 5);
        assert!(matches!(ask(5).await, Done::Before(_)), "it is kept for a while yet");
    }
}
