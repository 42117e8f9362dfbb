//! Where settings come from.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;

use super::error::{ConfigError, Problem};
use super::node::Node;

/// The start of variables that name any setting.
const PREFIX: &str = "APP__";
/// The variable that names the file.
const FILE: &str = "APP_CONFIG";
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
    /// What could not even become a variable.
    problems: Vec<Problem>,
}

/// A value and where it was set.
#[derive(Debug, Clone)]
pub(super) struct Setting {
    pub(super) value: Node,
    pub(super) source: String,
    /// What it hides, where it is empty itself.
    pub(super) below: Option<Box<Setting>>,
}

impl Sources {
    /// The given environment and no file.
    pub fn variables<K: Into<String>, V: Into<String>>(
        variables: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into()));
        let read = |path: &str| std::fs::read_to_string(path);
        Self { file: None, variables: variables.collect(), read, problems: Vec::new() }
    }

    /// The same with the text of a file.
    #[must_use]
    pub fn file(self, name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { file: Some((name.into(), text.into())), ..self }
    }

    /// The environment of this process and its file.
    pub(super) fn of_process() -> Result<Self, ConfigError> {
        let sources = Self::environment(std::env::vars_os());
        let named = sources.variables.get(FILE).filter(|path| !path.is_empty()).cloned();
        let path = named.clone().unwrap_or_else(|| "config.toml".to_owned());
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(sources.file(path, text)),
            Err(error) if named.is_none() && error.kind() == io::ErrorKind::NotFound => Ok(sources),
            Err(error) => Err(unreadable("", &path, &error).into()),
        }
    }

    /// Variables as an operating system has them, which need not be text.
    pub(super) fn environment(variables: impl Iterator<Item = (OsString, OsString)>) -> Self {
        let mut sources = Self::variables::<String, String>([]);
        for (name, value) in variables {
            match (name.into_string(), value.into_string()) {
                (Ok(name), Ok(value)) => {
                    sources.variables.insert(name, value);
                }
                (Ok(name), Err(_)) => sources.note_no_text(&name),
                (Err(name), _) => sources.note_no_text(&name.to_string_lossy()),
            }
        }
        sources
    }

    /// Refuses a variable that is no text if it would be a setting.
    fn note_no_text(&mut self, name: &str) {
        let plain = name.strip_suffix("_FILE").unwrap_or(name);
        let Some(key) = usual(plain).or_else(|| any(plain)).or((name == FILE).then(String::new))
        else {
            return;
        };
        self.problems.push(Problem {
            key,
            source: format!("environment variable {name}"),
            message: "is not UTF-8".to_owned(),
            hint: String::new(),
        });
    }

    /// All settings by key, and what could not be read.
    pub(super) fn settings(&self) -> (BTreeMap<String, Setting>, Vec<Problem>) {
        let (mut settings, mut problems) = (BTreeMap::new(), self.problems.clone());
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
                    put(&mut settings, key, Node::Text(value.clone()), source);
                }
            }
        }
        for layer in [usual, any] {
            for (name, path) in &self.variables {
                let Some(key) = name.strip_suffix("_FILE").and_then(layer) else { continue };
                settings.remove(&format!("{key}_file"));
                if path.is_empty() {
                    continue;
                }
                let source = format!("file {path} named by {name}");
                match (self.read)(path) {
                    Ok(text) => {
                        let text = text.strip_suffix('\n').unwrap_or(&text);
                        let text = text.strip_suffix('\r').unwrap_or(text).to_owned();
                        put(&mut settings, key, Node::Text(text), source);
                    }
                    Err(error) => problems.push(unreadable(&key, path, &error)),
                }
            }
        }
        (settings, problems)
    }
}

/// The usual variable for a setting.
#[cfg(test)]
pub(super) fn usual_name(key: &str) -> Option<&'static str> {
    USUAL.iter().find(|(_, usual)| *usual == key).map(|(name, _)| *name)
}

fn usual(name: &str) -> Option<String> {
    USUAL.iter().find(|(usual, _)| *usual == name).map(|(_, key)| (*key).to_owned())
}

fn any(name: &str) -> Option<String> {
    Some(name.strip_prefix(PREFIX)?.to_lowercase().replace("__", "."))
}

fn put(settings: &mut BTreeMap<String, Setting>, key: String, value: Node, source: String) {
    let below = settings.remove(&key).filter(|_| value.is_empty()).map(Box::new);
    settings.insert(key, Setting { value, source, below });
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
            value => put(settings, key, Node::Toml(value), source.to_owned()),
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
