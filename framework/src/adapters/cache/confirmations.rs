//! Which other processes have applied which invalidations.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

/// A place in the stream of invalidations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Position(u64, u64);

impl Position {
    /// Reads what Redis calls an id, such as `1700000000000-3`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (time, number) = text.split_once('-')?;
        Some(Self(time.parse().ok()?, number.parse().ok()?))
    }
}

/// How far each other process has come, as it said itself.
#[derive(Debug, Default)]
pub(super) struct Confirmations {
    nodes: Mutex<Nodes>,
    changed: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct Nodes {
    applied: HashMap<String, Position>,
    /// Those that did not confirm in time, and have not been heard of since: nobody waits for them again.
    silent: HashSet<String>,
}

impl Confirmations {
    /// A process has applied everything up to here.
    pub(super) fn note(&self, node: &str, position: Position) {
        let mut nodes = self.lock();
        nodes.silent.remove(node);
        let applied = nodes.applied.entry(node.to_owned()).or_default();
        *applied = position.max(*applied);
        drop(nodes);
        self.changed.send_replace(());
    }

    /// Ready when all of these have applied everything up to here, or after the limit.
    pub(super) async fn wait(&self, nodes: &[String], position: Position, limit: Duration) {
        let mut changed = self.changed.subscribe();
        let all = async {
            while !self.missing(nodes, position).is_empty() {
                if changed.changed().await.is_err() {
                    return;
                }
            }
        };
        if tokio::time::timeout(limit, all).await.is_err() {
            let missing = self.missing(nodes, position);
            tracing::debug!(?missing, "processes did not confirm an invalidation in time");
            let mut known = self.lock();
            known.silent.extend(missing);
            let live: HashSet<&String> = nodes.iter().collect();
            known.applied.retain(|node, _| live.contains(node));
            drop(known);
            // Whoever else waits for them has waited long enough.
            self.changed.send_replace(());
        }
    }

    fn missing(&self, nodes: &[String], position: Position) -> Vec<String> {
        let known = self.lock();
        let behind = |node: &&String| {
            !known.silent.contains(*node)
                && known.applied.get(*node).is_none_or(|applied| *applied < position)
        };
        nodes.iter().filter(behind).cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Nodes> {
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    const SHORT: Duration = Duration::from_millis(50);
    const NEVER: Duration = Duration::from_secs(3_600);

    /// Waits with a limit that is reached.
    async fn is_waited_for(confirmations: &Confirmations, position: u64) {
        let start = Instant::now();
        confirmations.wait(&["a".to_owned()], Position(position, 0), SHORT).await;
        assert!(start.elapsed() >= SHORT);
    }

    /// Waits with a limit that would be noticed.
    async fn is_not_waited_for(confirmations: &Confirmations, position: u64) {
        let nodes = ["a".to_owned()];
        let waiting = confirmations.wait(&nodes, Position(position, 0), NEVER);
        tokio::time::timeout(Duration::from_secs(60), waiting).await.unwrap();
    }

    #[tokio::test]
    async fn nobody_waits_twice_for_a_process_that_fell_silent_until_it_is_heard_of() {
        let confirmations = Confirmations::default();
        is_waited_for(&confirmations, 1).await;
        is_not_waited_for(&confirmations, 2).await;
        confirmations.note("a", Position(2, 0));
        is_not_waited_for(&confirmations, 2).await;
        is_waited_for(&confirmations, 3).await;
    }

    #[tokio::test]
    async fn whoever_waits_already_waits_no_longer_for_a_process_that_falls_silent() {
        let confirmations = Confirmations::default();
        tokio::join!(is_not_waited_for(&confirmations, 2), is_waited_for(&confirmations, 1));
    }

    #[test]
    fn positions_are_ordered_as_numbers() {
        let parse = |text| Position::parse(text).unwrap();
        assert!(parse("10-2") < parse("10-10") && parse("9-99") < parse("10-0"));
        assert_eq!(Position::parse("*"), None);
    }
}
