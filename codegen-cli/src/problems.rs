//! Everything that is wrong with a command, reported at once, each with its fix.

use std::fmt;

/// One mistake and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub what: String,
    /// What to do instead.
    pub fix: String,
}

/// All mistakes of one command. Empty means that it can be carried out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// One mistake alone.
    pub fn one(what: impl Into<String>, fix: impl Into<String>) -> Self {
        let mut problems = Self::default();
        problems.add(what, fix);
        problems
    }

    /// Adds a mistake.
    pub fn add(&mut self, what: impl Into<String>, fix: impl Into<String>) {
        self.0.push(Problem { what: what.into(), fix: fix.into() });
    }

    /// Adds the mistakes of a part, if it has any, and yields its result otherwise.
    pub fn take<T>(&mut self, result: Result<T, Self>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(problems) => {
                self.0.extend(problems.0);
                None
            }
        }
    }

    /// `Ok` when nothing is wrong.
    ///
    /// # Errors
    /// The mistakes themselves, when there is at least one.
    pub fn into_result<T>(self, value: T) -> Result<T, Self> {
        if self.0.is_empty() { Ok(value) } else { Err(self) }
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Problem { what, fix } in &self.0 {
            writeln!(f, "error: {what}")?;
            for line in fix.lines() {
                writeln!(f, "  fix: {line}")?;
            }
        }
        write!(f, "nothing was written")
    }
}

impl std::error::Error for Problems {}

/// The candidate nearest to a misspelt word, if one is near enough to be meant.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = word.len() / 3 + 1;
    candidates
        .into_iter()
        .map(|candidate| (distance(&word.to_lowercase(), &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Number of single-character edits between two words (Levenshtein).
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.chars().count()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut diagonal = i;
        let mut previous = i + 1;
        for (slot, b) in row.iter_mut().skip(1).zip(right.chars()) {
            let substitution = diagonal + usize::from(a != b);
            diagonal = *slot;
            previous = substitution.min(*slot + 1).min(previous + 1);
            *slot = previous;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_finds_typing_mistakes_and_nothing_far_away() {
        assert_eq!(nearest("strng", ["string", "bool"]), Some("string"));
        assert_eq!(nearest("unqiue", ["unique", "index"]), Some("unique"));
        assert_eq!(nearest("geometry", ["string", "bool"]), None);
    }

    #[test]
    fn distance_counts_edits() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("same", "same"), 0);
    }
}
