//! The `Prefer` header (RFC 7240).

use http::header::{HeaderMap, HeaderName};

use super::limits;
use crate::domain::error::Error;
use crate::domain::violation::{Violation, Violations};

/// `Prefer`.
const PREFER: HeaderName = HeaderName::from_static("prefer");

/// What the client would like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Preferences {
    /// Answer a write with or without its result.
    pub minimal: Option<bool>,
    /// Check the write completely and keep nothing.
    pub rollback: bool,
    /// How to count a list.
    pub count: Option<&'static str>,
    strict: bool,
    affected: Option<u64>,
}

/// Where a preference is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    /// `count`.
    List,
    /// Nothing.
    Stream,
    /// `return` and `tx`.
    Write,
    /// As `Write`, and `max-affected`.
    Batch,
    /// `tx`.
    Import,
    /// `tx`, and `return=minimal`, which a delete and a purge follow anyway: nothing is left to show.
    Removal,
    /// `tx`: a route of an application's own, whose answer is none of ours.
    Own,
}

impl Route {
    fn writes(self) -> bool {
        !matches!(self, Self::List | Self::Stream)
    }
}

impl Preferences {
    /// Reads the header. Preferences that are unknown are ignored, as the standard demands.
    ///
    /// # Errors
    /// When the header is longer than the limit or not ASCII; and with `handling=strict`, when a preference is unknown
    /// or does not apply to the route.
    pub(super) fn of(headers: &HeaderMap, route: Route) -> Result<Self, Error> {
        let mut preferences = Self::default();
        let mut unknown = Violations::new();
        for token in texts(headers)?.into_iter().flat_map(|text| parts(text, ',')) {
            // Parameters of a preference are none of ours.
            let token = parts(token, ';').next().unwrap_or_default().trim();
            if !token.is_empty() && !preferences.take(&normal(token), route) {
                let detail = format!("the preference {token} is not known here");
                unknown.push(Violation::header("Prefer", "unknown", detail));
            }
        }
        if preferences.strict && !unknown.is_empty() {
            return Err(Error::BadRequest(unknown));
        }
        Ok(preferences)
    }

    fn take(&mut self, token: &str, route: Route) -> bool {
        match (route, token) {
            (_, "handling=strict") => self.strict = true,
            (_, "handling=lenient") => {}
            (Route::Write | Route::Batch | Route::Removal, "return=minimal") => {
                self.minimal = self.minimal.or(Some(true))
            }
            (Route::Write | Route::Batch, "return=representation") => {
                self.minimal = self.minimal.or(Some(false))
            }
            (route, "tx=rollback") if route.writes() => self.rollback = true,
            (route, "tx=commit") if route.writes() => {}
            // Of several the first counts.
            (Route::List, "count=exact") => self.count = self.count.or(Some("exact")),
            (Route::List, "count=estimated") => self.count = self.count.or(Some("estimated")),
            (Route::List, "count=none") => self.count = self.count.or(Some("none")),
            (Route::Batch, token) => {
                let most = token.strip_prefix("max-affected=").and_then(|most| most.parse().ok());
                self.affected = self.affected.or(most);
                return most.is_some();
            }
            _ => return false,
        }
        true
    }

    /// Refuses a write of more rows than the client is prepared for; as in PostgREST only with `handling=strict`.
    ///
    /// # Errors
    /// When there are more.
    pub(super) fn admit(&self, rows: usize) -> Result<(), Error> {
        let most = self.max_affected().unwrap_or(u64::MAX);
        if u64::try_from(rows).is_ok_and(|rows| rows <= most) {
            return Ok(());
        }
        let mut violations = Violations::new();
        let detail = format!("{rows} rows would be affected, and max-affected is {most}");
        violations.push(Violation::header("Prefer", "max_affected", detail));
        Err(Error::BadRequest(violations))
    }

    fn max_affected(&self) -> Option<u64> {
        self.affected.filter(|_| self.strict)
    }

    /// What `Preference-Applied` says.
    pub(super) fn applied(&self) -> Option<String> {
        let returned = self.minimal.map(|minimal| {
            if minimal { "return=minimal" } else { "return=representation" }.to_owned()
        });
        let parts: Vec<String> = [
            returned,
            self.rollback.then(|| "tx=rollback".to_owned()),
            self.count.map(|count| format!("count={count}")),
            self.max_affected().map(|most| format!("max-affected={most}")),
            self.strict.then(|| "handling=strict".to_owned()),
        ]
        .into_iter()
        .flatten()
        .collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

fn texts(headers: &HeaderMap) -> Result<Vec<&str>, Error> {
    let texts: Result<Vec<_>, _> =
        headers.get_all(PREFER).iter().map(|value| value.to_str()).collect();
    let length = |texts: &Vec<&str>| texts.iter().map(|text| text.len()).sum::<usize>();
    texts.ok().filter(|texts| length(texts) <= limits::HEADER).ok_or_else(|| {
        let detail = format!("expected at most {} ASCII characters", limits::HEADER);
        let mut violations = Violations::new();
        violations.push(Violation::header("Prefer", "invalid", detail));
        Error::BadRequest(violations)
    })
}

/// The parts of a list; what is quoted is one whole.
fn parts(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(move |character: char| {
        let here = !quoted && character == separator;
        quoted ^= character == '"' && !escaped;
        escaped = quoted && character == '\\' && !escaped;
        here
    })
}

/// `Return = "minimal"` and `return=minimal` are one.
fn normal(token: &str) -> String {
    token.replace(['"', ' ', '\t'], "").to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, route: Route) -> Result<Preferences, Error> {
        let mut headers = HeaderMap::new();
        headers.insert(PREFER, text.parse().unwrap());
        Preferences::of(&headers, route)
    }

    #[test]
    fn preferences_are_applied_and_named() {
        let found = of("return=minimal, tx=\"rollback\"; x=1", Route::Write).unwrap();
        assert_eq!(found.applied().as_deref(), Some("return=minimal, tx=rollback"));
        assert!(found.rollback);
        assert_eq!(of("count=exact", Route::List).unwrap().count, Some("exact"));
    }

    #[test]
    fn what_is_quoted_is_no_preference_of_its_own() {
        for text in
            [r#"foo="a, tx=rollback""#, r#"foo="a\", tx=rollback""#, r#"foo;x="; tx=rollback""#]
        {
            assert!(!of(text, Route::Write).unwrap().rollback, "{text}");
        }
        assert!(of(r#"foo="a", tx=rollback"#, Route::Write).unwrap().rollback);
    }

    #[test]
    fn of_several_counts_the_first_is_taken() {
        assert_eq!(of("count=exact, count=none", Route::List).unwrap().count, Some("exact"));
    }

    #[test]
    fn more_rows_than_the_client_is_prepared_for_are_refused_when_handling_is_strict() {
        let strict = of("handling=strict, max-affected=2", Route::Batch).unwrap();
        assert!(strict.admit(2).is_ok() && strict.admit(3).is_err());
        assert_eq!(strict.applied().as_deref(), Some("max-affected=2, handling=strict"));
        let lenient = of("max-affected=2", Route::Batch).unwrap();
        assert!(lenient.admit(3).is_ok() && lenient.applied().is_none());
        assert!(of("handling=strict, max-affected=x", Route::Batch).is_err());
        assert!(of("handling=strict, max-affected=2", Route::Write).is_err());
    }

    #[test]
    fn unknown_preferences_are_refused_only_when_handling_is_strict() {
        assert!(of("respond-async", Route::Write).unwrap().applied().is_none());
        assert!(of("handling=strict, respond-async", Route::Write).is_err());
    }
}
