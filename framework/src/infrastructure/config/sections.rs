//! Sections of the user's own. A setting that nobody reads is a mistake, not a wish.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use serde::de::DeserializeOwned;

use super::error::{ConfigError, Problem, did_you_mean};
use super::node::Node;

/// The sections, and which of them were asked for. Clones share that.
#[derive(Debug, Clone, Default)]
pub(super) struct Sections {
    values: BTreeMap<String, Node>,
    /// What to say of each setting if nobody asks for its section.
    unread: Vec<Problem>,
    asked: Arc<Mutex<BTreeSet<String>>>,
}

impl Sections {
    /// Adds a setting, with what to say of it if nobody asks for its section.
    pub(super) fn insert(&mut self, value: Node, unread: Problem) {
        Node::insert(&mut self.values, &unread.key, value);
        self.unread.push(unread);
    }

    /// A section as a type.
    pub(super) fn read<T: DeserializeOwned>(&self, name: &str) -> Result<T, ConfigError> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned());
        let node = self.values.get(name).cloned().unwrap_or_default();
        T::deserialize(node).map_err(|error| error.under(name).into())
    }

    /// The settings in sections that nobody asked for.
    pub(super) fn unread(&self) -> Vec<Problem> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let section = |key: &str| key.split('.').next().unwrap_or_default().to_owned();
        let unread = self.unread.iter().filter(|problem| !asked.contains(&section(&problem.key)));
        unread
            .map(|problem| {
                let near = did_you_mean(&section(&problem.key), asked.iter().map(String::as_str));
                let hint = near.map(|near| format!("did you mean the section {near}?"));
                Problem { hint: hint.unwrap_or_else(|| problem.hint.clone()), ..problem.clone() }
            })
            .collect()
    }
}
