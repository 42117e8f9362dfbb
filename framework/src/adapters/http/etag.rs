//! Entity tags: `"<version>"` for the default representation, `"<version>.<hash>"` for any other, and `-gzip` behind
//! either where the answer is compressed.

use http::header::{self, HeaderMap, HeaderName};
use xxhash_rust::xxh3::xxh3_64;

use super::limits;
use crate::application::use_case::Expected;
use crate::domain::error::Error;
use crate::domain::violation::{Violation, Violations};

/// The form of `If-Match` and `If-None-Match`: `*`, or tags. Empty elements of the list mean nothing (RFC 9110, 5.6.1).
pub(super) const PATTERN: &str = r#"^(?:\*|(?:,[ \t]*)*(?:W/)?"[!#-~\x80-\xff]*"(?:[ \t]*,(?:[ \t]*(?:W/)?"[!#-~\x80-\xff]*")?)*)$"#;
/// What a malformed condition is told.
pub(super) const FORM: &str = "expected `*`, or entity tags such as \"3\" separated by commas";
/// What tells the tag of a compressed representation from that of the same one without compression.
const GZIP: &str = "-gzip";

/// The tag of a representation. Rows without a version are told apart by their content alone.
pub(super) fn of(version: Option<i64>, is_default: bool, body: &[u8]) -> String {
    match version {
        Some(version) if is_default => format!("\"{version}\""),
        Some(version) => format!("\"{version}.{}\"", hash(body)),
        None => format!("\"{}\"", hash(body)),
    }
}

/// The tag of a page: weak, for a list has no version that a write could name.
pub(super) fn of_list(body: &[u8]) -> String {
    format!("W/\"{}\"", hash(body))
}

/// The tag of the same representation once it is compressed. A weak one speaks for every coding already.
pub(super) fn compressed(tag: &str) -> String {
    match tag.strip_suffix('"') {
        Some(open) if tag.starts_with('"') => format!("{open}{GZIP}\""),
        _ => tag.to_owned(),
    }
}

/// What `If-Match` or `If-None-Match` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Condition {
    /// `*`: whatever there is.
    Any,
    /// One of these.
    Tags(Vec<Tag>),
}

/// One entity tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tag {
    weak: bool,
    opaque: String,
}

impl Condition {
    /// The condition in a header; `None` where there is none.
    ///
    /// # Errors
    /// When it is malformed: a condition that is not understood must not pass as met or unmet.
    pub(super) fn of(headers: &HeaderMap, name: HeaderName) -> Result<Option<Self>, Error> {
        let values: Vec<&[u8]> = headers.get_all(&name).iter().map(|it| it.as_bytes()).collect();
        if values.is_empty() {
            return Ok(None);
        }
        // Bytes beyond ASCII are opaque: each stands for itself.
        let text: String = values.join(&b',').into_iter().map(char::from).collect();
        Self::parse(&text).map(Some).ok_or_else(|| {
            let title = if name == header::IF_MATCH { "If-Match" } else { "If-None-Match" };
            let mut violations = Violations::new();
            violations.push(Violation::header(title, "invalid", FORM));
            Error::BadRequest(violations)
        })
    }

    /// Reads `*` or a list of tags.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut rest = trimmed(text);
        if text.chars().count() > limits::HEADER {
            return None;
        }
        if rest == "*" {
            return Some(Self::Any);
        }
        let mut tags = Vec::new();
        loop {
            rest = rest.trim_start_matches([' ', '\t', ',']);
            if rest.is_empty() {
                return (!tags.is_empty()).then_some(Self::Tags(tags));
            }
            let (tag, tail) = Tag::read(rest)?;
            tags.push(tag);
            rest = tail.trim_start_matches([' ', '\t']);
            if !(rest.is_empty() || rest.starts_with(',')) {
                return None;
            }
        }
    }

    /// What a write with this `If-Match` accepts. Only the version part of a tag counts, so that a client can build it
    /// from a list item; tags that are weak or not ours match nothing.
    pub(super) fn expected(&self) -> Expected {
        match self {
            Self::Any => Expected::Any,
            Self::Tags(tags) => {
                let strong = tags.iter().filter(|tag| !tag.weak);
                Expected::Versions(strong.filter_map(Tag::version).collect())
            }
        }
    }

    /// Whether it names this representation, strongly compared: the same one, or one of the same version.
    pub(super) fn matches(&self, current: &str) -> bool {
        self.compare(current, |tag, current| !tag.weak && !current.weak)
    }

    /// Whether it names this representation or one of the same version, weakly compared.
    pub(super) fn names(&self, current: &str) -> bool {
        self.compare(current, |_, _| true)
    }

    fn compare(&self, current: &str, comparable: fn(&Tag, &Tag) -> bool) -> bool {
        let Self::Tags(tags) = self else { return true };
        let Some((current, _)) = Tag::read(current) else { return false };
        tags.iter().filter(|tag| comparable(tag, &current)).any(|tag| {
            let version = tag.version();
            tag.plain() == current.plain() || version.is_some() && version == current.version()
        })
    }

    /// The tag by which the caller knows this representation, weakly compared: one that differs in nothing but
    /// compression is as good.
    pub(super) fn known(&self, current: &str) -> Option<String> {
        let (found, _) = Tag::read(current)?;
        let Self::Tags(tags) = self else { return Some(current.to_owned()) };
        if tags.iter().any(|tag| tag.opaque == found.opaque) {
            return Some(current.to_owned());
        }
        let other = tags.iter().find(|tag| tag.plain() == found.plain())?;
        Some(format!("\"{}\"", other.opaque))
    }
}

impl Tag {
    /// The tag at the start of a text, and what follows it.
    fn read(text: &str) -> Option<(Self, &str)> {
        let (weak, quoted) = match text.strip_prefix("W/") {
            Some(tail) => (true, tail),
            None => (false, text),
        };
        let (opaque, tail) = quoted.strip_prefix('"')?.split_once('"')?;
        let fits = |character: char| matches!(character, '!'..='~' | '\u{80}'..);
        opaque.chars().all(fits).then(|| (Self { weak, opaque: opaque.to_owned() }, tail))
    }

    /// Without what says that it is compressed.
    fn plain(&self) -> &str {
        self.opaque.strip_suffix(GZIP).unwrap_or(&self.opaque)
    }

    fn version(&self) -> Option<i64> {
        let digits = self.plain().split('.').next()?;
        // Only as the server writes it: what `+1` or `01` named would not be the same tag to a read.
        digits.parse().ok().filter(|version: &i64| version.to_string() == digits)
    }
}

/// Refuses preconditions that are malformed.
///
/// # Errors
/// A bad request that names the headers.
pub(super) fn check(headers: &HeaderMap) -> Result<(), Error> {
    let mut violations = Violations::new();
    for name in [header::IF_MATCH, header::IF_NONE_MATCH] {
        if let Err(Error::BadRequest(found)) = Condition::of(headers, name) {
            violations.0.extend(found.0);
        }
    }
    violations.into_result().map_err(Error::BadRequest)
}

/// Refuses versions in `If-Match` where the address is no row's: whoever sends them believes that they guard the write.
///
/// # Errors
/// A bad request that names the header.
pub(super) fn without_row(headers: &HeaderMap) -> Result<(), Error> {
    if !matches!(if_match(headers), Expected::Versions(_)) {
        return Ok(());
    }
    let mut violations = Violations::new();
    let detail =
        "this address has no version; in a batch, name versions by if_match in its operations";
    violations.push(Violation::header("If-Match", "unexpected", detail));
    Err(Error::BadRequest(violations))
}

/// What `If-Match` accepts; nothing where it is malformed.
pub(super) fn if_match(headers: &HeaderMap) -> Expected {
    match Condition::of(headers, header::IF_MATCH) {
        Ok(None) => Expected::Unstated,
        Ok(Some(condition)) => condition.expected(),
        Err(_) => Expected::Versions(Vec::new()),
    }
}

/// What `If-None-Match` names; nothing where it is malformed.
pub(super) fn if_none_match(headers: &HeaderMap) -> Option<Condition> {
    Condition::of(headers, header::IF_NONE_MATCH).ok().flatten()
}

fn trimmed(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

/// Not a cryptographic one: every list pays for it, and whoever could choose both bodies gains nothing.
fn hash(body: &[u8]) -> String {
    format!("{:016x}", xxh3_64(body))
}

#[cfg(test)]
#[path = "etag_tests.rs"]
mod tests;
