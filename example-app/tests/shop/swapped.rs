//! Everything that the shop stands on can be swapped.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use example_app::entities::stock::Stock;
use example_app::ports::{Mailer, PaymentGateway};
use framework::application::cache::{EntityCache, NoCache};
use framework::application::event_bus::EventBus;
use framework::application::session::PendingEvent;
use framework::{App, Clock, FixedClock, Json, Module, Repository, StoreRepository, instance};

use crate::shop::{Database, Outcome, Outside, Shop, place};

/// Counts what is published and delivers nothing.
#[derive(Default)]
struct CountingBus(AtomicUsize);

impl EventBus for CountingBus {
    fn publish(&self, events: Vec<PendingEvent>) {
        self.0.fetch_add(events.len(), Ordering::SeqCst);
    }
}

pub(crate) async fn clock_bus_cache_and_repositories_are_swapped_like_the_ports(
    database: Database,
) -> Outcome {
    let noon = "2026-01-01T12:00:00Z".parse().unwrap();
    let bus = Arc::new(CountingBus::default());
    let outside = Arc::new(Outside::default());
    let swapped = Module::new("swapped")
        .replace(instance::<dyn Clock>(Arc::new(FixedClock::at(noon))))
        .replace(instance::<dyn EventBus>(bus.clone()))
        .replace(instance::<dyn EntityCache>(Arc::new(NoCache)))
        .replace(instance::<dyn Repository<Stock>>(Arc::new(StoreRepository::<Stock>::default())))
        .replace(instance::<dyn Mailer>(outside.clone()))
        .replace(instance::<dyn PaymentGateway>(outside.clone()));
    let app = example_app::assemble(App::from_env("shop-test")?).module(swapped);
    let shop = Shop { app: database.start(app).await, outside };
    let (product, customer) = shop.furnish(5).await;
    let order = shop.order(&product, &customer, 3).await;
    let placed = shop.app.client.post(&place(&order), &Json::Null).await.expect(200).json();
    assert_eq!(placed["placed_at"], "2026-01-01T12:00:00Z", "the clock of the test");
    assert_eq!(shop.on_hand().await, 2);
    shop.app.application.settle().await;
    assert!(
        shop.outside.charged.lock().unwrap().is_empty(),
        "the bus of the test delivers nothing"
    );
    let published = bus.0.load(Ordering::SeqCst);
    assert!(published >= 2, "the order was made and placed: {published}");
    Ok(())
}
