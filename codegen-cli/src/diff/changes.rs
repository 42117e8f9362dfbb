//! What happens to the constraints and indexes of a table that stays; names that change places.

use super::resolve::{Kept, Resolved};
use super::schema::{Rule, Rules};
use crate::sql::Dialect;

/// What happens to constraints, or to indexes.
#[derive(Debug, Default)]
pub struct Changes<'a> {
    /// The same under another name: from, to.
    pub renamed: Vec<(String, String)>,
    /// What goes: as it was.
    pub dropped: Vec<&'a Rule>,
    /// What comes.
    pub added: Vec<&'a Rule>,
}

impl Changes<'_> {
    /// Whether nothing happens.
    pub fn is_empty(&self) -> bool {
        self.renamed.is_empty() && self.dropped.is_empty() && self.added.is_empty()
    }
}

/// Compares a part of the rules of a table; what `anew` says yes to is dropped and added even if it stays the same.
pub fn compare<'a>(
    resolved: &Resolved<'a>,
    kept: &Kept<'a>,
    dialect: Dialect,
    part: fn(&Rules) -> &Vec<Rule>,
    anew: impl Fn(&Rule) -> bool,
) -> Changes<'a> {
    let mut changes = Changes::default();
    let mut new: Vec<&Rule> = part(kept.after.rules(dialect)).iter().collect();
    let old = part(kept.before.rules(dialect)).iter();
    let old: Vec<(&Rule, Rule)> =
        old.map(|rule| (rule, resolved.in_words_of_now(kept, rule))).collect();
    let (stays, moves): (Vec<_>, Vec<_>) =
        old.into_iter().partition(|(_, now)| new.contains(&now) && !anew(now));
    new.retain(|rule| !stays.iter().any(|(_, now)| now == *rule));
    for (was, now) in moves {
        match new.iter().position(|rule| rule.text == now.text && !anew(rule)) {
            Some(at) => changes.renamed.push((was.name.clone(), new.remove(at).name.clone())),
            None => changes.dropped.push(was),
        }
    }
    changes.added = new;
    changes
}

/// Renames in an order in which no name is taken: what is in the way steps aside first.
pub fn steps(renames: &[(String, String)]) -> Vec<(String, String)> {
    let aside = |name: &String| format!("{name}__aside");
    let in_the_way = |name: &String| renames.iter().any(|(_, to)| to == name);
    let first = renames.iter().filter(|(from, _)| in_the_way(from));
    let first = first.map(|(from, _)| (from.clone(), aside(from)));
    let then = renames.iter().map(|(from, to)| {
        let from = if in_the_way(from) { aside(from) } else { from.clone() };
        (from, to.clone())
    });
    first.chain(then).collect()
}

/// The columns that are called otherwise now.
pub fn renamed_columns(kept: &Kept<'_>) -> Vec<(String, String)> {
    let pairs = kept.columns.iter().filter_map(|pair| Some((pair.before?, pair.after)));
    pairs
        .filter(|(before, after)| before.name != after.name)
        .map(|(before, after)| (before.name.clone(), after.name.clone()))
        .collect()
}

/// The tables that are called otherwise now.
pub fn renamed_tables(resolved: &Resolved<'_>) -> Vec<(String, String)> {
    let kept = resolved.kept.iter().filter(|kept| kept.before.name != kept.after.name);
    kept.map(|kept| (kept.before.name.clone(), kept.after.name.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_change_places_step_aside() {
        let pair = |from: &str, to: &str| (from.to_owned(), to.to_owned());
        assert_eq!(steps(&[pair("a", "b")]), [pair("a", "b")]);
        assert_eq!(
            steps(&[pair("a", "b"), pair("b", "a")]),
            [
                pair("a", "a__aside"),
                pair("b", "b__aside"),
                pair("a__aside", "b"),
                pair("b__aside", "a")
            ]
        );
    }
}
