//! Texts in which `…` stands for anything: within its line, or alone on a line for any number of lines.

const ANYTHING: &str = "…";

/// The line of the expected text, counted from 0, to which the found text does not fit.
pub(crate) fn difference(expected: &str, found: &str) -> Option<usize> {
    let rows = |text: &str| text.trim().lines().map(str::to_owned).collect::<Vec<_>>();
    fit(&rows(expected), &rows(found)).err()
}

fn fit(expected: &[String], found: &[String]) -> Result<(), usize> {
    match (expected.split_first(), found.split_first()) {
        (None, None) => Ok(()),
        (Some((row, rest)), _) if row == ANYTHING => {
            // Of the failures, the one that came furthest says most.
            let mut furthest = 0;
            for skipped in 0..=found.len() {
                match fit(rest, &found[skipped..]) {
                    Ok(()) => return Ok(()),
                    Err(index) => furthest = furthest.max(index + 1),
                }
            }
            Err(furthest)
        }
        (Some((row, rest)), Some((line, lines))) if fits(row, line) => {
            fit(rest, lines).map_err(|index| index + 1)
        }
        _ => Err(0),
    }
}

fn fits(pattern: &str, line: &str) -> bool {
    let Some((head, tail)) = pattern.split_once(ANYTHING) else { return pattern == line };
    let Some(mut rest) = line.strip_prefix(head) else { return false };
    let mut parts: Vec<&str> = tail.split(ANYTHING).collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        let Some((_, after)) = rest.split_once(part) else { return false };
        rest = after;
    }
    rest.ends_with(last)
}

#[test]
fn an_ellipsis_fits_anything_in_its_line() {
    assert_eq!(difference("a…c…e", "abcde"), None);
    assert_eq!(difference("a…c", "ac"), None);
    assert_eq!(difference("a…c", "abd"), Some(0));
    assert_eq!(difference("ab…bc", "abc"), Some(0), "no character is used twice");
}

#[test]
fn an_ellipsis_on_its_own_line_fits_any_lines() {
    assert_eq!(difference("a\n…\nd", "a\nb\nc\nd"), None);
    assert_eq!(difference("a\n…\nd", "a\nd"), None);
    assert_eq!(difference("a\n…\nd", "a\nb\nc"), Some(2));
}

#[test]
fn the_line_that_does_not_fit_is_named() {
    assert_eq!(difference("a\nb\nc", "a\nx\nc"), Some(1));
    assert_eq!(difference("a", "a\nb"), Some(1));
    assert_eq!(difference("a\nb", "a"), Some(1));
}
