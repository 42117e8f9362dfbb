//! Where settings come from.

use std::collections::BTreeMap;
use std::io;

use super::error::{ConfigError, Problem};
use super::node::Node;

/// The start of variables that name any setting.
const PREFIX: &str = "APP__";
/// Variables that everyone expects, and the settings they mean.
const USUAL: [(&str, &str); 5] = [
    ("HOST", "server.host"),
    ("PORT", "server.port"),
    ("DATABASE_URL", "database.url"),
    ("REDIS_URL", "redis.url"),
    ("RUST_LOG", "log.filter"),
];

/// What settings are read from.
#[derive(Clone)]
pub struct Sources {
    file: Option<(String, String)>,
    variables: BTreeMap<String, String>,
    read: fn(&str) -> io::Result<String>,
}

/// A value and where it was set.
#[derive(Debug, Clone)]
pub(super) struct Setting {
    pub(super) value: Node,
    pub(super) source: String,
}

impl Sources {
    /// The given environment and no file.
    pub fn variables<K: Into<String>, V: Into<String>>(
        variables: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into()));
        let read = |path: &str| std::fs::read_to_string(path);
        Self { file: None, variables: variables.collect(), read }
    }

    /// The same with the text of a file.
    #[must_use]
    pub fn file(self, name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { file: Some((name.into(), text.into())), ..self }
    }

    /// The environment of this process and its file.
    pub(super) fn of_process() -> Result<Self, ConfigError> {
        // Variables that are no text cannot be settings.
        let variables = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        let sources = Self::variables(variables);
        let named = sources.variables.get("APP_CONFIG").cloned();
        let path = named.clone().unwrap_or_else(|| "config.toml".to_owned());
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(sources.file(path, text)),
            Err(error) if named.is_none() && error.kind() == io::ErrorKind::NotFound => Ok(sources),
            Err(error) => Err(unreadable("", &path, &error).into()),
        }
    }

    /// All settings by key, and what could not be read.
    pub(super) fn settings(&self) -> (BTreeMap<String, Setting>, Vec<Problem>) {
        let (mut settings, mut problems) = (BTreeMap::new(), Vec::new());
        if let Some((name, text)) = &self.file {
            match text.parse::<toml::Table>() {
                Ok(table) => flatten(&mut settings, "", table, &format!("file {name}")),
                Err(error) => problems.push(Problem {
                    key: String::new(),
                    source: format!("file {name}"),
                    // The whole text of the error quotes the line, which may hold a secret.
                    message: format!("is not TOML: {}", error.message()),
                    hint: place(text, error.span()),
                }),
            }
        }
        for layer in [usual, any] {
            for (name, value) in &self.variables {
                if let Some(key) = layer(name) {
                    let source = format!("environment variable {name}");
                    settings.insert(key, Setting { value: Node::Text(value.clone()), source });
                }
            }
        }
        for layer in [usual, any] {
            for (name, path) in &self.variables {
                let Some(key) = name.strip_suffix("_FILE").and_then(layer) else { continue };
                settings.remove(&format!("{key}_file"));
                let source = format!("file {path} named by {name}");
                match (self.read)(path) {
                    Ok(text) => {
                        let text = text.strip_suffix('\n').unwrap_or(&text);
                        let text = text.strip_suffix('\r').unwrap_or(text).to_owned();
                        settings.insert(key, Setting { value: Node::Text(text), source });
                    }
                    Err(error) => problems.push(unreadable(&key, path, &error)),
                }
            }
        }
        (settings, problems)
    }
}

fn usual(name: &str) -> Option<String> {
    USUAL.iter().find(|(usual, _)| *usual == name).map(|(_, key)| (*key).to_owned())
}

fn any(name: &str) -> Option<String> {
    Some(name.strip_prefix(PREFIX)?.to_lowercase().replace("__", "."))
}

fn flatten(
    settings: &mut BTreeMap<String, Setting>,
    prefix: &str,
    table: toml::Table,
    source: &str,
) {
    for (name, value) in table {
        let key = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
        match value {
            toml::Value::Table(inner) => flatten(settings, &key, inner, source),
            value => {
                let setting = Setting { value: Node::Toml(value), source: source.to_owned() };
                settings.insert(key, setting);
            }
        }
    }
}

fn place(text: &str, span: Option<std::ops::Range<usize>>) -> String {
    let before = span.and_then(|span| text.get(..span.start)).unwrap_or_default();
    format!("see line {}", before.matches('\n').count() + 1)
}

fn unreadable(key: &str, path: &str, error: &io::Error) -> Problem {
    Problem {
        key: key.to_owned(),
        source: format!("file {path}"),
        message: format!("cannot be read: {error}"),
        hint: String::new(),
    }
}
