//! Delivery inside the process: after the commit, one standing worker per handler, in order.
//!
//! A publisher never waits and nothing is dropped, so the queues have no bound: a handler that is slower than its
//! events for long grows its queue. Every time a queue has doubled beyond 1,024 events, a warning says so.

use std::any::{TypeId, type_name};
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use futures_util::FutureExt;
use tokio::sync::mpsc;
use tracing::Instrument as _;

use crate::application::event_bus::{EventBus, EventHandler};
use crate::application::session::{AnyEvent, PendingEvent};
use crate::application::tasks::panic_text;
use crate::application::under_way::{Mark, UnderWay};
use crate::domain::error::{Error, chain};
use crate::domain::event::Envelope;

/// A queue this long is worth a warning.
const LONG_QUEUE: usize = 1_024;

/// Delivers events to the handlers of this process.
#[derive(Default)]
pub struct MemoryBus {
    queues: RwLock<HashMap<TypeId, Vec<Queue>>>,
    under_way: UnderWay,
}

/// An event, counted until it was handled.
type Delivery = (AnyEvent, Mark);

struct Queue {
    handler: &'static str,
    sender: mpsc::UnboundedSender<Delivery>,
    waiting: Arc<AtomicUsize>,
}

impl MemoryBus {
    /// A bus without handlers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Delivers every event with the payload `T` to this handler from now on. Needs a Tokio runtime: the handler's
    /// worker runs there until the bus is dropped and its queue is empty.
    pub fn subscribe<T, H>(&self, handler: H)
    where
        T: Send + Sync + 'static,
        H: EventHandler<T>,
    {
        let name = handler.name();
        let (sender, receiver) = mpsc::unbounded_channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let worker = Worker {
            handler: Box::new(Typed { handler, payload: std::marker::PhantomData }),
            receiver,
            waiting: Arc::clone(&waiting),
        };
        tokio::spawn(worker.run());
        let mut queues = self.queues.write().unwrap_or_else(PoisonError::into_inner);
        queues.entry(TypeId::of::<T>()).or_default().push(Queue { handler: name, sender, waiting });
    }

    /// Waits until everything published so far was handled, and what the handlers published meanwhile.
    pub async fn drain(&self) {
        self.under_way.none().await;
    }
}

impl EventBus for MemoryBus {
    fn publish(&self, events: Vec<PendingEvent>) {
        let queues = self.queues.read().unwrap_or_else(PoisonError::into_inner);
        for event in events {
            let payload = event.envelope.payload.as_ref().type_id();
            for queue in queues.get(&payload).into_iter().flatten() {
                let waiting = queue.waiting.fetch_add(1, Ordering::Relaxed) + 1;
                if waiting > LONG_QUEUE && waiting.is_power_of_two() {
                    tracing::warn!(
                        handler = queue.handler,
                        waiting,
                        "a handler falls behind its events"
                    );
                }
                if queue.sender.send((event.envelope.clone(), self.under_way.enter())).is_err() {
                    tracing::error!(
                        handler = queue.handler,
                        event = event.name,
                        "nobody handles this event: the worker is gone"
                    );
                }
            }
        }
    }
}

#[async_trait]
trait AnyHandler: Send + Sync {
    fn name(&self) -> &'static str;
    async fn handle(&self, event: AnyEvent) -> Result<(), Error>;
}

struct Typed<T, H> {
    handler: H,
    payload: std::marker::PhantomData<fn(T)>,
}

#[async_trait]
impl<T: Send + Sync + 'static, H: EventHandler<T>> AnyHandler for Typed<T, H> {
    fn name(&self) -> &'static str {
        self.handler.name()
    }

    async fn handle(&self, event: AnyEvent) -> Result<(), Error> {
        let Some(payload) = event.payload.downcast_ref::<T>() else {
            return Err(Error::Configuration(format!("the payload is no {}", type_name::<T>())));
        };
        let envelope = Envelope {
            id: event.id,
            occurred_at: event.occurred_at,
            correlation_id: event.correlation_id,
            causation_id: event.causation_id,
            actor: event.actor.clone(),
            payload,
        };
        self.handler.handle(&envelope).await
    }
}

struct Worker {
    handler: Box<dyn AnyHandler>,
    receiver: mpsc::UnboundedReceiver<Delivery>,
    waiting: Arc<AtomicUsize>,
}

impl Worker {
    async fn run(mut self) {
        while let Some((event, _mark)) = self.receiver.recv().await {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            let handler = self.handler.name();
            let span = tracing::info_span!(
                "handle", handler, event = %event.id, correlation_id = %event.correlation_id
            );
            self.handle(event).instrument(span).await;
        }
    }

    async fn handle(&self, event: AnyEvent) {
        // The call itself may panic too, not only the future it returns.
        let handled = AssertUnwindSafe(async { self.handler.handle(event).await });
        match handled.catch_unwind().await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::error!(error = chain(&error), "a handler failed");
            }
            Err(panic) => {
                tracing::error!(panic = panic_text(panic.as_ref()), "a handler panicked");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::any::Any;
    use std::sync::Mutex;
    use std::time::Duration;

    use chrono::Utc;
    use uuid::Uuid;

    use super::*;
    use crate::application::tasks::tests::logged;

    #[derive(Debug)]
    struct Counted(u32);
    #[derive(Debug)]
    struct Other;

    #[derive(Clone, Default)]
    struct Record(Arc<Mutex<Vec<u32>>>);

    impl Record {
        fn seen(&self) -> Vec<u32> {
            self.0.lock().unwrap().clone()
        }
    }

    #[async_trait]
    impl EventHandler<Counted> for Record {
        async fn handle(&self, event: &Envelope<&Counted>) -> Result<(), Error> {
            // Later events would overtake earlier ones if they were handled side by side.
            tokio::time::sleep(Duration::from_micros(u64::from(50 - event.payload.0))).await;
            self.0.lock().unwrap().push(event.payload.0);
            Ok(())
        }
    }

    struct Clumsy;

    #[async_trait]
    impl EventHandler<Counted> for Clumsy {
        async fn handle(&self, event: &Envelope<&Counted>) -> Result<(), Error> {
            assert!(event.payload.0.is_multiple_of(2), "on purpose");
            Err(Error::Domain("on purpose".to_owned()))
        }
    }

    struct Stuck;

    #[async_trait]
    impl EventHandler<Counted> for Stuck {
        async fn handle(&self, _: &Envelope<&Counted>) -> Result<(), Error> {
            std::future::pending().await
        }
    }

    fn event<T: Send + Sync + 'static>(payload: T) -> PendingEvent {
        let payload: Arc<dyn Any + Send + Sync> = Arc::new(payload);
        let envelope = Envelope {
            id: Uuid::now_v7(),
            occurred_at: Utc::now(),
            correlation_id: Uuid::now_v7(),
            causation_id: None,
            actor: None,
            payload,
        };
        PendingEvent { name: "test".to_owned(), envelope }
    }

    #[tokio::test]
    async fn each_handler_gets_the_events_of_its_type_in_order() {
        let (bus, record) = (MemoryBus::new(), Record::default());
        bus.subscribe(record.clone());
        bus.publish((0..50).map(|n| event(Counted(n))).collect());
        bus.publish(vec![event(Other)]);
        bus.drain().await;
        assert_eq!(record.seen(), (0..50).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn errors_and_panics_neither_unsubscribe_nor_touch_other_handlers() {
        let (bus, record) = (MemoryBus::new(), Record::default());
        bus.subscribe(Clumsy);
        bus.subscribe(record.clone());
        for number in 0..4 {
            bus.publish(vec![event(Counted(number))]);
            bus.drain().await;
        }
        assert_eq!(record.seen(), [0, 1, 2, 3]);
    }

    #[tokio::test]
    async fn what_a_handler_logs_names_it_and_the_request_and_every_cause() {
        struct Failing;

        #[async_trait]
        impl EventHandler<Counted> for Failing {
            fn name(&self) -> &'static str {
                "failing"
            }

            async fn handle(&self, _: &Envelope<&Counted>) -> Result<(), Error> {
                tracing::info!("at it");
                Err(Error::infrastructure("writing a letter", "no paper"))
            }
        }

        let published = event(Counted(1));
        let id = published.envelope.correlation_id;
        let lines = logged(async {
            let bus = MemoryBus::new();
            bus.subscribe(Failing);
            bus.publish(vec![published]);
            bus.drain().await;
        });
        let lines = lines.await;
        for line in lines.lines() {
            assert!(line.contains("handler=\"failing\""), "{line}");
            assert!(line.contains(&format!("correlation_id={id}")), "{line}");
        }
        assert!(lines.contains("at it") && lines.contains("writing a letter: no paper"), "{lines}");
    }

    #[tokio::test]
    async fn a_stuck_handler_blocks_neither_the_publisher_nor_the_others() {
        let (bus, record) = (MemoryBus::new(), Record::default());
        bus.subscribe(Stuck);
        bus.subscribe(record.clone());
        bus.publish((0..50).map(|n| event(Counted(n))).collect());
        let all = async {
            while record.seen().len() < 50 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), all).await.unwrap();
    }

    #[tokio::test]
    async fn draining_an_idle_bus_returns_at_once() {
        MemoryBus::new().drain().await;
    }
}
