//! Loads that are under way: at most one per key, and none that outlives an invalidation.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::domain::value::Row;

/// What a load came to. `None` while it is under way, `Failed` to those who only waited.
#[derive(Debug, Clone)]
pub(super) enum Landing {
    UnderWay,
    Loaded(Option<Arc<Row>>),
    Failed,
}

/// The loads under way, by key.
///
/// The one lock orders three things: the start of a load, the keeping of its result, and invalidations.
#[derive(Debug, Default)]
pub(super) struct Flights {
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    next: u64,
    by_key: HashMap<String, (u64, watch::Receiver<Landing>)>,
}

/// What to do about a key that is not kept.
pub(super) enum Boarding {
    /// Load it, then [`Flight::land`].
    Lead(Flight),
    /// Someone else is loading it.
    Wait(watch::Receiver<Landing>),
}

/// The right to keep the result of a load. Dropped without landing (a panic, an error), it tells those who wait.
pub(super) struct Flight {
    flights: Arc<Flights>,
    key: String,
    number: u64,
    landing: watch::Sender<Landing>,
}

impl Flights {
    /// Joins the load of a key, or starts one.
    pub(super) fn board(self: &Arc<Self>, key: &str) -> Boarding {
        let mut table = self.lock();
        if let Some((_, landing)) = table.by_key.get(key) {
            return Boarding::Wait(landing.clone());
        }
        table.next += 1;
        let number = table.next;
        let (sender, receiver) = watch::channel(Landing::UnderWay);
        table.by_key.insert(key.to_owned(), (number, receiver));
        drop(table);
        Boarding::Lead(Flight {
            flights: Arc::clone(self),
            key: key.to_owned(),
            number,
            landing: sender,
        })
    }

    /// Makes sure that no load that began before now is kept; `forget` removes what is kept already.
    pub(super) fn cancel<'k>(&self, keys: impl Iterator<Item = &'k str>, forget: impl Fn(&str)) {
        let mut table = self.lock();
        for key in keys {
            table.by_key.remove(key);
            forget(key);
        }
    }

    /// The same for every key that fits.
    pub(super) fn cancel_where(&self, fits: impl Fn(&str) -> bool, forget: impl FnOnce()) {
        let mut table = self.lock();
        table.by_key.retain(|key, _| !fits(key));
        forget();
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remove(table: &mut Table, key: &str, number: u64) -> bool {
        let current = table.by_key.get(key).is_some_and(|(found, _)| *found == number);
        if current {
            table.by_key.remove(key);
        }
        current
    }
}

impl Flight {
    /// Ends the load. `keep` runs only if no invalidation came since it began.
    pub(super) fn land(self, row: Option<Arc<Row>>, keep: impl FnOnce()) {
        {
            let mut table = self.flights.lock();
            if Flights::remove(&mut table, &self.key, self.number) {
                keep();
            }
        }
        self.landing.send_replace(Landing::Loaded(row));
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        Flights::remove(&mut self.flights.lock(), &self.key, self.number);
        self.landing.send_if_modified(|landing| {
            let failed = matches!(landing, Landing::UnderWay);
            if failed {
                *landing = Landing::Failed;
            }
            failed
        });
    }
}
