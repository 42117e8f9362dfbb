//! Sections of the user's own. A setting that nobody reads is a mistake, not a wish.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use serde::de::DeserializeOwned;

use super::error::{ConfigError, Problem, did_you_mean};
use super::lines::Line;
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

    /// A line for each setting. Nobody but its reader knows which of them are secrets.
    pub(super) fn lines(&self) -> impl Iterator<Item = Line> {
        self.unread.iter().map(|Problem { key, source, .. }| {
            let value = "(set, not shown)".to_owned();
            Line { key: key.clone(), value, source: source.clone() }
        })
    }

    /// Says that these settings are not judged where others are wrong: only the modules know who reads them.
    pub(super) fn not_judged(&self) -> Option<Problem> {
        let mut names: Vec<String> = self.unread.iter().map(|it| section(&it.key)).collect();
        names.sort();
        names.dedup();
        (!names.is_empty()).then(|| Problem {
            key: String::new(),
            source: String::new(),
            message: format!("not yet judged: the sections {}", names.join(", ")),
            hint: "whether a module reads them is seen when the rest is right".to_owned(),
        })
    }

    /// The settings in sections that nobody asked for.
    pub(super) fn unread(&self) -> Vec<Problem> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
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

fn section(key: &str) -> String {
    key.split('.').next().unwrap_or_default().to_owned()
}
