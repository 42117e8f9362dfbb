//! Takes settings one by one, notes what is wrong, and refuses what nobody took.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;
use std::time::Duration;

use secrecy::SecretString;

use super::error::{ConfigError, Problem, did_you_mean};
use super::node::Node;
use super::sections::Sections;
use super::sources::{Setting, Sources};

/// Reads settings; each method takes a key and gives the default when the setting is absent or wrong.
pub(super) struct Reader {
    settings: BTreeMap<String, Setting>,
    known: BTreeSet<&'static str>,
    problems: Vec<Problem>,
}

impl Reader {
    pub(super) fn new(sources: &Sources) -> Self {
        let (settings, problems) = sources.settings();
        Self { settings, known: BTreeSet::new(), problems }
    }

    pub(super) fn is_set(&self, key: &str) -> bool {
        self.settings.contains_key(key)
    }

    pub(super) fn text(&mut self, key: &'static str, default: &str) -> String {
        self.scalar(key, "a text").unwrap_or_else(|| default.to_owned())
    }

    pub(super) fn parse<T: FromStr>(&mut self, key: &'static str, expected: &str, default: T) -> T {
        self.convert(key, expected, |text| text.parse().ok()).unwrap_or(default)
    }

    pub(super) fn duration(&mut self, key: &'static str, default: Duration) -> Duration {
        self.convert(key, "a time such as 500ms, 10s or 5m", duration).unwrap_or(default)
    }

    pub(super) fn size(&mut self, key: &'static str, default: usize) -> usize {
        self.convert(key, "a size such as 65536, 512KiB or 1MiB", size).unwrap_or(default)
    }

    pub(super) fn choice<T: Copy>(
        &mut self,
        key: &'static str,
        choices: &[(&'static str, T)],
        default: T,
    ) -> T {
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        let expected = format!("one of {}", names.join(", "));
        let find = |text: &str| choices.iter().find(|(name, _)| *name == text).map(|(_, c)| *c);
        self.convert(key, &expected, find).unwrap_or(default)
    }

    /// A list from the file, or a text with commas.
    pub(super) fn list(&mut self, key: &'static str) -> Vec<String> {
        self.known.insert(key);
        let items = match self.settings.get(key).map(|setting| &setting.value) {
            Some(Node::Toml(toml::Value::Array(items))) => {
                items.iter().map(|item| item.as_str().map(str::to_owned)).collect()
            }
            Some(Node::Text(text)) => Some(
                text.split(',')
                    .map(|item| item.trim().to_owned())
                    .filter(|i| !i.is_empty())
                    .collect(),
            ),
            Some(_) => None,
            None => Some(Vec::new()),
        };
        items.unwrap_or_else(|| {
            self.problem(key, "is not a list of texts", "write [\"one\", \"two\"]");
            Vec::new()
        })
    }

    /// A text that must not be told, also not when it is wrong. Empty counts as absent.
    pub(super) fn checked_secret(
        &mut self,
        key: &'static str,
        expected: &str,
        check: impl Fn(&str) -> bool,
    ) -> Option<SecretString> {
        let text = self.scalar(key, expected).filter(|text| !text.is_empty())?;
        if check(&text) {
            return Some(text.into());
        }
        self.problem(key, "does not fit (its value is not shown)", &format!("expected {expected}"));
        None
    }

    /// Notes that a setting is wrong.
    pub(super) fn problem(&mut self, key: &str, message: &str, hint: &str) {
        let source = self.settings.get(key).map(|setting| setting.source.clone());
        self.problems.push(Problem {
            key: key.to_owned(),
            source: source.unwrap_or_default(),
            message: message.to_owned(),
            hint: hint.to_owned(),
        });
    }

    /// The sections that are not ours, unless something is wrong.
    pub(super) fn finish(mut self) -> Result<Sections, ConfigError> {
        let mut sections = Sections::default();
        for (key, setting) in std::mem::take(&mut self.settings) {
            if self.known.contains(key.as_str()) {
                continue;
            }
            match self.refusal(&key) {
                Some(hint) => self.problems.push(Problem {
                    key,
                    source: setting.source,
                    message: "is not a setting".to_owned(),
                    hint,
                }),
                None => {
                    let message = "is not read by any part of the application".to_owned();
                    let (hint, source) = (self.elsewhere(&key), setting.source);
                    sections.insert(setting.value, Problem { key, source, message, hint });
                }
            }
        }
        if self.problems.is_empty() { Ok(sections) } else { Err(ConfigError(self.problems)) }
    }

    /// What may have been meant by a setting in a section that nobody knows.
    fn elsewhere(&self, key: &str) -> String {
        let name = key.rsplit('.').next().unwrap_or_default();
        let same = self.known.iter().find(|known| known.rsplit('.').next() == Some(name));
        if let Some(known) = same {
            return format!("did you mean {known}?");
        }
        let mut sections: Vec<&str> =
            self.known.iter().filter_map(|known| Some(known.split_once('.')?.0)).collect();
        sections.dedup();
        let sections = sections.join(", ");
        format!("there are the sections {sections}, and those that Module::settings declares")
    }

    /// Why a key that nobody took is no setting of the user's own, and what may have been meant.
    fn refusal(&self, key: &str) -> Option<String> {
        let ours = |key: &str| key.split('.').next().map(str::to_owned);
        let section = ours(key)?;
        let suggestion = did_you_mean(key, self.known.iter().copied());
        let is_ours =
            self.known.iter().any(|known| ours(known).as_deref() == Some(section.as_str()));
        let misspelt =
            did_you_mean(&section, self.known.iter().filter_map(|k| k.split('.').next()));
        if !is_ours && misspelt.is_none() && key.contains('.') {
            return None;
        }
        Some(match (suggestion, misspelt) {
            (Some(known), _) => format!("did you mean {known}?"),
            (None, Some(known)) if !is_ours => format!("did you mean the section {known}?"),
            _ => {
                let near =
                    self.known.iter().filter(|known| ours(known).as_deref() == Some(&*section));
                let near: Vec<&str> = near.copied().collect();
                if near.is_empty() {
                    "a setting of your own needs a section, such as [payment]".to_owned()
                } else {
                    format!("there are {}", near.join(", "))
                }
            }
        })
    }

    fn convert<T>(
        &mut self,
        key: &'static str,
        expected: &str,
        convert: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.scalar(key, expected)?;
        let converted = convert(text.trim());
        if converted.is_none() {
            self.problem(key, &format!("{text:?} does not fit"), &format!("expected {expected}"));
        }
        converted
    }

    fn scalar(&mut self, key: &'static str, expected: &str) -> Option<String> {
        self.known.insert(key);
        let text = self.settings.get(key)?.value.text();
        if text.is_none() {
            self.problem(key, "does not fit", &format!("expected {expected}"));
        }
        text
    }
}

fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = split_unit(text);
    let number: u64 = number.parse().ok()?;
    match unit {
        "ms" => Some(Duration::from_millis(number)),
        "" | "s" => Some(Duration::from_secs(number)),
        "m" => number.checked_mul(60).map(Duration::from_secs),
        "h" => number.checked_mul(3600).map(Duration::from_secs),
        _ => None,
    }
}

fn size(text: &str) -> Option<usize> {
    let (number, unit) = split_unit(text);
    let factor = match unit {
        "" | "B" => 1,
        "KiB" => 1024,
        "MiB" => 1024 * 1024,
        _ => return None,
    };
    number.parse::<usize>().ok()?.checked_mul(factor)
}

fn split_unit(text: &str) -> (&str, &str) {
    let end = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    (number, unit.trim())
}
