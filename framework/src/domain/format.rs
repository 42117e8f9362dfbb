//! The formats of text that are checked, beside those that are only documented.

use std::sync::LazyLock;

use regex::Regex;

/// An address as in RFC 5321, without quoting or address literals, at a domain with a dot.
const EMAIL: &str = r"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:[.][A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?[.])+[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$";
/// An absolute address with a host (RFC 3986).
const URI: &str = r"^[A-Za-z][A-Za-z0-9+.-]*://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:/(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*)?(?:[?](?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?(?:#(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?$";
/// Most characters before the `@`.
const LOCAL_PART: usize = 64;

/// The regular expression that texts of a checked format match.
pub(crate) fn pattern(format: &str) -> Option<&'static str> {
    match format {
        "email" => Some(EMAIL),
        "uri" => Some(URI),
        _ => None,
    }
}

/// Whether a text has the format; formats that are only documented have every text.
pub(crate) fn fits(format: &str, text: &str) -> bool {
    static FORMS: LazyLock<[Option<Regex>; 2]> =
        LazyLock::new(|| [EMAIL, URI].map(|pattern| Regex::new(pattern).ok()));
    let [email, uri] = &*FORMS;
    let matches = |form: &Option<Regex>| form.as_ref().is_none_or(|form| form.is_match(text));
    match format {
        "email" => matches(email) && text.find('@').is_some_and(|at| at <= LOCAL_PART),
        "uri" => matches(uri),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_other_text() {
        for sound in ["ada@example.org", "a.b+c@mail.example.co.uk", "o'neil@x-y.de"] {
            assert!(fits("email", sound), "{sound}");
        }
        for broken in ["000", "a@b", "@x.org", "a..b@x.org", ".a@x.org", "a@-x.org", "a b@x.org"] {
            assert!(!fits("email", broken), "{broken}");
        }
        assert!(!fits("email", &format!("{}@x.org", "a".repeat(65))));
    }

    #[test]
    fn uris_are_absolute() {
        for sound in ["https://example.com", "https://example.com/a/b?c=d&e=%20#f", "ftp://x:21/"] {
            assert!(fits("uri", sound), "{sound}");
        }
        for broken in ["example.com", "/a", "https://", "https://x/ y", "https://x/%2"] {
            assert!(!fits("uri", broken), "{broken}");
        }
    }

    #[test]
    fn formats_that_are_only_documented_have_every_text() {
        assert!(fits("color", "no colour at all"));
    }
}
