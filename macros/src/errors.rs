//! Collects every mistake of a declaration, so that one compilation reports them all.

use proc_macro2::TokenStream;
use quote::ToTokens;

/// The mistakes found so far.
#[derive(Default)]
pub(crate) struct Errors(Option<syn::Error>);

impl Errors {
    /// Adds a mistake at the user's tokens.
    pub(crate) fn at(&mut self, tokens: impl ToTokens, message: impl std::fmt::Display) {
        self.push(syn::Error::new_spanned(tokens, message));
    }

    /// Adds a mistake that a parser found.
    pub(crate) fn push(&mut self, error: syn::Error) {
        match &mut self.0 {
            Some(errors) => errors.combine(error),
            None => self.0 = Some(error),
        }
    }

    /// The value, or nothing once its mistake is noted.
    pub(crate) fn ok<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    /// The `compile_error!` calls, if there is any mistake.
    pub(crate) fn into_tokens(self) -> Option<TokenStream> {
        self.0.map(|error| error.into_compile_error())
    }
}

/// A sentence that names the nearest known word, or all of them.
pub(crate) fn suggest(found: &str, known: &[&str]) -> String {
    match nearest(found, known) {
        Some(word) => format!("did you mean `{word}`?"),
        None => format!("known are `{}`", known.join("`, `")),
    }
}

/// The known word that was probably meant.
pub(crate) fn nearest<'a>(found: &str, known: &[&'a str]) -> Option<&'a str> {
    let nearest = known.iter().map(|word| (distance(found, word), *word)).min();
    nearest.filter(|(distance, word)| *distance <= 1 + word.len() / 4).map(|(_, word)| word)
}

/// Levenshtein's distance between two words.
fn distance(left: &str, right: &str) -> usize {
    let mut previous: Vec<usize> = (0..=right.chars().count()).collect();
    for (row, a) in left.chars().enumerate() {
        let mut current = vec![row + 1];
        for (column, (b, pair)) in right.chars().zip(previous.windows(2)).enumerate() {
            let [diagonal, above] = pair else { continue };
            let beside = current.get(column).copied().unwrap_or_default();
            current.push((diagonal + usize::from(a != b)).min(above + 1).min(beside + 1));
        }
        previous = current;
    }
    previous.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod unit_tests {
    use super::*;

    #[test]
    fn a_misspelt_word_suggests_the_nearest() {
        assert_eq!(suggest("uniqe", &["unique", "filter"]), "did you mean `unique`?");
    }

    #[test]
    fn a_far_word_lists_all() {
        assert_eq!(suggest("zzz", &["unique", "filter"]), "known are `unique`, `filter`");
    }

    #[test]
    fn distance_counts_edits() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
    }
}
