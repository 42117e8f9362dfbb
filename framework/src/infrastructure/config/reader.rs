//! Takes settings one by one, notes what is wrong, and refuses what nobody took.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use secrecy::SecretString;

use super::error::{ConfigError, Problem, did_you_mean};
use super::lines::{Line, sorted};
use super::node::Node;
use super::sections::Sections;
use super::sources::{Setting, Sources};
use super::units::{read_size, read_time, show_size, show_time};

/// The one setting of ours that means something when it is empty. For all others empty is absent: that is how
/// compose files write variables that are not set.
const MAY_BE_EMPTY: &str = "http.prefix";
/// Longest time of any setting: a year.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Reads settings; each method takes a key and gives the default when the setting is absent or wrong.
pub(super) struct Reader {
    settings: BTreeMap<String, Setting>,
    known: BTreeSet<&'static str>,
    lines: Vec<Line>,
    problems: Vec<Problem>,
}

impl Reader {
    pub(super) fn new(sources: &Sources) -> Self {
        let (settings, problems) = sources.settings();
        Self { settings, known: BTreeSet::new(), lines: Vec::new(), problems }
    }

    pub(super) fn is_set(&self, key: &str) -> bool {
        self.setting(key).is_some()
    }

    pub(super) fn text(&mut self, key: &'static str, default: &str) -> String {
        let text = self.scalar(key, "a text").unwrap_or_else(|| default.to_owned());
        self.show(key, if text.is_empty() { "(empty)" } else { &text });
        text
    }

    /// A whole number within a range.
    pub(super) fn number<T>(&mut self, key: &'static str, range: RangeInclusive<T>, default: T) -> T
    where
        T: FromStr + PartialOrd + Display,
    {
        let expected = format!("a whole number from {} to {}", range.start(), range.end());
        let read = |text: &str| text.parse().ok().filter(|number| range.contains(number));
        let number = self.convert(key, &expected, read).unwrap_or(default);
        self.show(key, &number);
        number
    }

    /// A time from `least` to a year.
    pub(super) fn time(
        &mut self,
        key: &'static str,
        least: Duration,
        default: Duration,
    ) -> Duration {
        let (from, to) = (show_time(least), show_time(LONGEST));
        let expected = format!("a time such as 500ms, 10s or 5m, from {from} to {to}");
        let read = |text: &str| read_time(text).filter(|time| (least..=LONGEST).contains(time));
        let time = self.convert(key, &expected, read).unwrap_or(default);
        self.show(key, show_time(time));
        time
    }

    pub(super) fn size(&mut self, key: &'static str, default: usize) -> usize {
        let expected = "a size such as 65536, 512KiB or 1MiB";
        let size = self.convert(key, expected, read_size).unwrap_or(default);
        self.show(key, show_size(size));
        size
    }

    pub(super) fn choice<T: Copy + PartialEq>(
        &mut self,
        key: &'static str,
        choices: &[(&'static str, T)],
        default: T,
    ) -> T {
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        let expected = format!("one of {}", names.join(", "));
        let find = |text: &str| choices.iter().find(|(name, _)| *name == text).map(|(_, c)| *c);
        let chosen = self.convert(key, &expected, find).unwrap_or(default);
        let name = choices.iter().find(|(_, choice)| *choice == chosen).map(|(name, _)| *name);
        self.show(key, name.unwrap_or_default());
        chosen
    }

    /// A list from the file, or a text with commas.
    pub(super) fn list(&mut self, key: &'static str) -> Vec<String> {
        self.known.insert(key);
        let items = match self.setting(key).map(|setting| &setting.value) {
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
        let items = items.unwrap_or_else(|| {
            self.problem(key, "is not a list of texts", "write [\"one\", \"two\"]");
            Vec::new()
        });
        self.show(key, if items.is_empty() { "none".to_owned() } else { items.join(", ") });
        items
    }

    /// A text that must not be told, also not when it is wrong. `check` says what may be shown of it, or why it is
    /// wrong, without the text.
    pub(super) fn secret(
        &mut self,
        key: &'static str,
        expected: &str,
        check: impl Fn(&str) -> Result<String, String>,
    ) -> Option<SecretString> {
        let text = self.scalar(key, expected)?;
        match check(&text) {
            Ok(shown) => {
                self.show(key, shown);
                Some(text.into())
            }
            Err(reason) => {
                let reason = format!("does not fit (its value is not shown): {reason}");
                self.problem(key, &reason, &format!("expected {expected}"));
                None
            }
        }
    }

    /// Notes what a setting is, for whoever asks for all of them.
    pub(super) fn show(&mut self, key: &'static str, value: impl Display) {
        let source = self.setting(key).map_or("default", |setting| &setting.source).to_owned();
        self.lines.push(Line { key: key.to_owned(), value: value.to_string(), source });
    }

    /// Notes that a setting is wrong.
    pub(super) fn problem(&mut self, key: &str, message: &str, hint: &str) {
        let setting = self.setting(key).or_else(|| self.settings.get(key));
        let source = setting.map(|setting| setting.source.clone());
        self.problems.push(Problem {
            key: key.to_owned(),
            source: source.unwrap_or_default(),
            message: message.to_owned(),
            hint: hint.to_owned(),
        });
    }

    /// The sections that are not ours and a line for each setting, unless something is wrong.
    pub(super) fn finish(mut self) -> Result<(Sections, Vec<Line>), ConfigError> {
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
        if self.problems.is_empty() {
            self.lines.extend(sections.lines());
            return Ok((sections, sorted(self.lines)));
        }
        self.problems.extend(sections.not_judged());
        Err(ConfigError(self.problems))
    }

    /// The strongest source of a setting that says something.
    fn setting(&self, key: &str) -> Option<&Setting> {
        let mut setting = self.settings.get(key)?;
        while key != MAY_BE_EMPTY && setting.value.is_empty() {
            setting = setting.below.as_deref()?;
        }
        Some(setting)
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
        let text = self.setting(key)?.value.text();
        if text.is_none() {
            self.problem(key, "does not fit", &format!("expected {expected}"));
        }
        text
    }
}
