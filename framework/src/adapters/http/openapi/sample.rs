//! A text that matches a pattern of the portable subset (literals, classes, groups, `|`, `?*+{m,n}`, anchors).

use std::iter::Peekable;
use std::str::Chars;

/// A matching text of this length range, or `None` if none is found quickly.
pub(super) fn of(pattern: &str, least: usize, most: usize) -> Option<String> {
    let regex = regex::Regex::new(pattern).ok()?;
    (0..=least.clamp(4, 64))
        .map(|extra| expand(pattern, extra))
        .find(|text| (least..=most).contains(&text.chars().count()) && regex.is_match(text))
}

/// Expands the first branch everywhere, each open repetition `extra` times more than it must.
fn expand(pattern: &str, extra: usize) -> String {
    sequence(&mut pattern.chars().peekable(), extra)
}

fn sequence(input: &mut Peekable<Chars<'_>>, extra: usize) -> String {
    let mut text = String::new();
    let mut skipping = false;
    while let Some(symbol) = input.next() {
        let unit = match symbol {
            '^' | '$' => continue,
            ')' => break,
            '|' => {
                skipping = true;
                continue;
            }
            '(' => {
                if input.peek() == Some(&'?') {
                    input.next();
                    input.next();
                }
                sequence(input, extra)
            }
            '[' => class(input).to_string(),
            '.' => "a".to_owned(),
            '\\' => input.next().map(String::from).unwrap_or_default(),
            literal => literal.to_string(),
        };
        let times = repetition(input, extra);
        if !skipping {
            text.push_str(&unit.repeat(times));
        }
    }
    text
}

/// The first character of a class; for a negated one a letter, which the caller verifies.
fn class(input: &mut Peekable<Chars<'_>>) -> char {
    let mut first = None;
    let mut negated = false;
    let mut at_start = true;
    while let Some(symbol) = input.next() {
        match symbol {
            '^' if at_start => negated = true,
            ']' if !at_start => break,
            '\\' => first = first.or(input.next()),
            symbol => first = first.or(Some(symbol)),
        }
        at_start = false;
    }
    if negated { 'a' } else { first.unwrap_or('a') }
}

fn repetition(input: &mut Peekable<Chars<'_>>, extra: usize) -> usize {
    match input.peek() {
        Some('?') => {
            input.next();
            extra.min(1)
        }
        Some('*') => {
            input.next();
            extra
        }
        Some('+') => {
            input.next();
            1 + extra
        }
        Some('{') => {
            let bounds: String =
                input.by_ref().skip(1).take_while(|symbol| *symbol != '}').collect();
            let (low, high) = bounds.split_once(',').unwrap_or((&bounds, &bounds));
            let low: usize = low.trim().parse().unwrap_or(0);
            let high: usize = high.trim().parse().unwrap_or(usize::MAX);
            (low + extra).min(high)
        }
        _ => 1,
    }
}
