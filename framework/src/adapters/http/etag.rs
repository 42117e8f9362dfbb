//! Entity tags: `"<version>"` for the default representation, `"<version>.<hash>"` for any other.

use std::sync::LazyLock;

use http::header::{self, HeaderMap};
use regex::Regex;
use xxhash_rust::xxh3::xxh3_64;

use super::limits;
use crate::application::use_case::Expected;
use crate::domain::error::Error;
use crate::domain::violation::{Violation, Violations};

/// The tag of a representation. Rows without a version are told apart by their content alone.
pub(super) fn of(version: Option<i64>, is_default: bool, body: &[u8]) -> String {
    match version {
        Some(version) if is_default => format!("\"{version}\""),
        Some(version) => format!("\"{version}.{}\"", hash(body)),
        None => format!("\"{}\"", hash(body)),
    }
}

/// The form of `If-Match` and `If-None-Match`: `*`, or tags.
pub(super) const PATTERN: &str = r#"^(?:\*|(?:W/)?"[!#-~]*"(?:[ \t]*,[ \t]*(?:W/)?"[!#-~]*")*)$"#;

/// Refuses preconditions that are malformed: a condition that is not understood must not pass as met or unmet.
///
/// # Errors
/// A bad request that names the header.
pub(super) fn check(headers: &HeaderMap) -> Result<(), Error> {
    static FORM: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(PATTERN).ok());
    let mut violations = Violations::new();
    for (name, title) in [(header::IF_MATCH, "If-Match"), (header::IF_NONE_MATCH, "If-None-Match")]
    {
        let texts: Vec<_> = headers.get_all(name).iter().map(|value| value.to_str()).collect();
        if texts.is_empty() {
            continue;
        }
        let joined = texts.into_iter().collect::<Result<Vec<_>, _>>().map(|texts| texts.join(","));
        let fits = |text: &String| {
            text.len() <= limits::HEADER
                && FORM.as_ref().is_none_or(|form| form.is_match(text.trim()))
        };
        if !joined.as_ref().is_ok_and(fits) {
            let detail = "expected `*`, or entity tags such as \"3\" separated by commas";
            violations.push(Violation::header(title, "invalid", detail));
        }
    }
    violations.into_result().map_err(Error::BadRequest)
}

/// The tag of a page: weak, for a list has no version that a write could name.
pub(super) fn of_list(body: &[u8]) -> String {
    format!("W/\"{}\"", hash(body))
}

/// What `If-Match` accepts. Only the version part of a tag counts, so that a client can build it from a list item.
pub(super) fn if_match(headers: &HeaderMap) -> Expected {
    let mut values = headers.get_all(header::IF_MATCH).iter().peekable();
    if values.peek().is_none() {
        return Expected::Unstated;
    }
    let texts: Vec<&str> = values.filter_map(|value| value.to_str().ok()).collect();
    expected(&texts.join(","))
}

/// What the text of an `If-Match` accepts; tags that are weak or not ours match nothing.
pub(super) fn expected(text: &str) -> Expected {
    if text.trim() == "*" {
        return Expected::Any;
    }
    Expected::Versions(tags(text).filter(|tag| !tag.weak).filter_map(|tag| tag.version()).collect())
}

/// Whether `If-None-Match` names this tag, weakly compared.
pub(super) fn none_match(headers: &HeaderMap, current: &str) -> bool {
    let current = current.trim_start_matches("W/").trim_matches('"');
    let values = headers.get_all(header::IF_NONE_MATCH).iter();
    values
        .filter_map(|value| value.to_str().ok())
        .any(|text| text.trim() == "*" || tags(text).any(|tag| current == tag.opaque))
}

/// Whether the request says `If-None-Match: *`.
pub(super) fn must_be_new(headers: &HeaderMap) -> bool {
    headers.get(header::IF_NONE_MATCH).is_some_and(|value| value.as_bytes() == b"*")
}

struct Tag<'a> {
    weak: bool,
    opaque: &'a str,
}

impl Tag<'_> {
    fn version(&self) -> Option<i64> {
        let digits = self.opaque.split('.').next()?;
        let canonical = digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse().ok().filter(|_| canonical)
    }
}

/// The tags of a list; reading stops at the first thing that is none.
fn tags(text: &str) -> impl Iterator<Item = Tag<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let (weak, quoted) = match rest.strip_prefix("W/") {
            Some(tail) => (true, tail),
            None => (false, rest),
        };
        let (opaque, tail) = quoted.strip_prefix('"')?.split_once('"')?;
        rest = tail;
        Some(Tag { weak, opaque })
    })
}

/// Not a cryptographic one: every list pays for it, and whoever could choose both bodies gains nothing.
fn hash(body: &[u8]) -> String {
    format!("{:016x}", xxh3_64(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn if_match_compares_the_version_part_of_strong_tags() {
        assert_eq!(expected("*"), Expected::Any);
        assert_eq!(expected("\"3\""), Expected::Versions(vec![3]));
        assert_eq!(expected("\"3.abc\", \"4\""), Expected::Versions(vec![3, 4]));
        assert_eq!(expected("W/\"3\""), Expected::Versions(vec![]));
        assert_eq!(expected("3"), Expected::Versions(vec![]));
        assert_eq!(expected("\"+3\""), Expected::Versions(vec![]));
    }

    #[test]
    fn if_none_match_compares_whole_tags_weakly() {
        let headers = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_NONE_MATCH, text.parse().unwrap());
            headers
        };
        assert!(none_match(&headers("W/\"3\""), "\"3\""));
        assert!(none_match(&headers("\"1\", \"3\""), "\"3\""));
        assert!(!none_match(&headers("\"3\""), "\"3.abc\""));
        assert!(none_match(&headers("\"3\""), "W/\"3\""));
    }

    #[test]
    fn malformed_conditions_are_refused() {
        let check = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_MATCH, text.parse().unwrap());
            super::check(&headers)
        };
        for sound in ["*", "\"3\"", "W/\"3\"", "\"3\", \"4.ab\"", "\"\""] {
            assert!(check(sound).is_ok(), "{sound}");
        }
        for broken in
            ["", "3", "\"3", "\"3\" \"4\"", "*, \"3\"", &format!("\"{}\"", "3".repeat(600))]
        {
            assert!(check(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn representations_have_tags_of_their_own() {
        assert_eq!(of(Some(3), true, b"x"), "\"3\"");
        assert!(of(Some(3), false, b"x").starts_with("\"3."));
        assert_ne!(of(None, true, b"x"), of(None, true, b"y"));
    }
}
