//! What is set, and where: for operators.

use std::fmt;

/// A setting with its value. Secrets are taken out before they get here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) key: String,
    pub(super) value: String,
    /// Where it was set; `default` if nowhere.
    pub(super) source: String,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let setting = format!("{} = {}", self.key, self.value);
        write!(f, "{setting:<48} # {}", self.source)
    }
}

/// One setting per line, section by section; those without a section come first.
pub(super) fn sorted(mut lines: Vec<Line>) -> Vec<Line> {
    lines.sort_by_key(|line| (line.key.contains('.'), line.key.clone()));
    lines
}
