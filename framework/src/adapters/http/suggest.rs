//! "Did you mean …?"

/// A sentence naming the nearest known name, or nothing when none is near. The refused word itself, known elsewhere, is
/// no help.
pub(super) fn did_you_mean<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let letters: Vec<char> = wrong.chars().take(64).collect();
    let nearest = known
        .into_iter()
        .filter(|name| *name != wrong)
        .map(|name| (distance(&letters, name), name))
        .filter(|(distance, name)| *distance <= name.chars().count().max(letters.len()) / 3)
        .min_by_key(|(distance, _)| *distance);
    nearest.map_or_else(String::new, |(_, name)| format!("; did you mean {name}?"))
}

/// Why a name is none of the known ones: with the nearest of them, or with all where no name was written at all.
pub(super) fn not_among<'a>(
    name: &str,
    refusal: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> String {
    if !name.is_empty() {
        return format!("{name} {refusal}{}", did_you_mean(name, known));
    }
    let known: Vec<&str> = known.into_iter().collect();
    if known.is_empty() {
        return "leave the parameter out: there is nothing to name here".to_owned();
    }
    format!("name some of {}, or leave the parameter out", known.join(", "))
}

/// Levenshtein's distance.
fn distance(wrong: &[char], name: &str) -> usize {
    let mut row: Vec<usize> = (0..=wrong.len()).collect();
    for (line, letter) in name.chars().enumerate() {
        let mut diagonal = line;
        let mut left = line + 1;
        for (column, other) in wrong.iter().enumerate() {
            let above = row.get(column + 1).copied().unwrap_or_default();
            let cost = diagonal + usize::from(*other != letter);
            let best = cost.min(above + 1).min(left + 1);
            diagonal = above;
            if let Some(slot) = row.get_mut(column) {
                *slot = left;
            }
            left = best;
        }
        if let Some(slot) = row.last_mut() {
            *slot = left;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_suggested() {
        assert_eq!(did_you_mean("pricee", ["name", "price"]), "; did you mean price?");
        assert_eq!(did_you_mean("prcie", ["name", "price"]), "");
        assert_eq!(did_you_mean("categroy_id", ["category_id"]), "; did you mean category_id?");
        assert_eq!(did_you_mean("zzz", ["name", "price"]), "");
        assert_eq!(did_you_mean("name", ["name", "names"]), "; did you mean names?");
    }
}
