//! Invalidations that Redis did not confirm yet.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// More pending keys than this, and all rows are dropped instead.
const MOST: usize = 10_000;

/// Invalidations that Redis did not confirm yet, each with the number of the call that made it last.
#[derive(Debug, Default)]
pub(super) struct Pending(Mutex<Marks>);

#[derive(Debug, Default)]
struct Marks {
    last: u64,
    by_key: HashMap<String, u64>,
    everything: Option<u64>,
}

/// What is to be repeated.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unsettled {
    Keys(Vec<(String, u64)>),
    Everything(u64),
}

impl Pending {
    /// Marks keys; returns the number to settle them with.
    pub(super) fn mark(&self, keys: &[String]) -> u64 {
        let mut marks = self.lock();
        marks.last += 1;
        let number = marks.last;
        if marks.by_key.len() >= MOST {
            marks.by_key.clear();
            marks.everything = Some(number);
        }
        marks.by_key.extend(keys.iter().map(|key| (key.clone(), number)));
        number
    }

    /// Marks every key.
    pub(super) fn mark_everything(&self) {
        let mut marks = self.lock();
        marks.last += 1;
        marks.everything = Some(marks.last);
    }

    /// Redis confirmed this key; a later mark of it stays.
    pub(super) fn settle(&self, key: &str, number: u64) {
        let mut marks = self.lock();
        if marks.by_key.get(key) == Some(&number) {
            marks.by_key.remove(key);
        }
    }

    /// Redis dropped every row; later marks stay.
    pub(super) fn settle_everything(&self, number: u64) {
        let mut marks = self.lock();
        marks.by_key.retain(|_, marked| *marked > number);
        if marks.everything == Some(number) {
            marks.everything = None;
        }
    }

    /// Whether Redis may hold an old row for this key.
    pub(super) fn contains(&self, key: &str) -> bool {
        let marks = self.lock();
        marks.everything.is_some() || marks.by_key.contains_key(key)
    }

    /// Whether Redis has confirmed everything.
    pub(super) fn is_empty(&self) -> bool {
        let marks = self.lock();
        marks.everything.is_none() && marks.by_key.is_empty()
    }

    /// What is left to be repeated.
    pub(super) fn unsettled(&self) -> Unsettled {
        let marks = self.lock();
        match marks.everything {
            Some(number) => Unsettled::Everything(number),
            None => Unsettled::Keys(
                marks.by_key.iter().map(|(key, number)| (key.clone(), *number)).collect(),
            ),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Marks> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(keys: &[&str]) -> Vec<String> {
        keys.iter().map(|key| (*key).to_owned()).collect()
    }

    #[test]
    fn a_confirmation_does_not_settle_a_later_mark() {
        let pending = Pending::default();
        let first = pending.mark(&keys(&["a"]));
        let second = pending.mark(&keys(&["a"]));
        pending.settle("a", first);
        assert!(pending.contains("a"));
        pending.settle("a", second);
        assert!(!pending.contains("a"));
    }

    #[test]
    fn too_many_marks_become_everything() {
        let pending = Pending::default();
        for index in 0..=MOST {
            pending.mark(&[index.to_string()]);
        }
        assert!(pending.contains("never marked"));
        let Unsettled::Everything(number) = pending.unsettled() else { panic!("not everything") };
        pending.settle_everything(number);
        assert_eq!(pending.unsettled(), Unsettled::Keys(Vec::new()));
    }
}
