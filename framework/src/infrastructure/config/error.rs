//! What is wrong with the settings.

use std::fmt;

/// Everything that is wrong with the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError(pub Vec<Problem>);

/// One wrong setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The setting, such as `server.port`; empty for a source that cannot be read at all.
    pub key: String,
    /// Where it was set, such as `environment variable PORT`.
    pub source: String,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub hint: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        write!(f, "{}", self.message)?;
        if !self.source.is_empty() {
            write!(f, " ({})", self.source)?;
        }
        if self.hint.is_empty() { Ok(()) } else { write!(f, "; {}", self.hint) }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the configuration is wrong:")?;
        self.0.iter().try_for_each(|problem| write!(f, "\n  - {problem}"))
    }
}

impl std::error::Error for ConfigError {}

impl From<Problem> for ConfigError {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

/// The nearest of some names, if it is near enough to be a slip of the pen.
pub(super) fn did_you_mean<'n>(
    word: &str,
    names: impl Iterator<Item = &'n str>,
) -> Option<&'n str> {
    let limit = if word.chars().count() < 5 { 1 } else { 2 };
    names
        .map(|name| (distance(word, name), name))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, name)| name)
}

/// How many letters must change.
fn distance(one: &str, two: &str) -> usize {
    let two: Vec<char> = two.chars().collect();
    let first: Vec<usize> = (0..=two.len()).collect();
    let last = one.chars().enumerate().fold(first, |above, (row, letter)| {
        let mut line = vec![row + 1];
        for ((other, pair), left) in two.iter().zip(above.windows(2)).zip(0..) {
            let [diagonal, up] = pair else { continue };
            let before: usize = line.get(left).copied().unwrap_or_default();
            line.push((diagonal + usize::from(letter != *other)).min(up + 1).min(before + 1));
        }
        line
    });
    last.last().copied().unwrap_or_default()
}
