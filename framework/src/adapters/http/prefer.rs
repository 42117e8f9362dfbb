//! The `Prefer` header (RFC 7240).

use http::header::{HeaderMap, HeaderName};

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
}

/// Where a preference is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    /// `count`.
    List,
    /// `return` and `tx`.
    Write,
    /// `tx`.
    Import,
}

impl Preferences {
    /// Reads the header. Preferences that are unknown are ignored, as the standard demands.
    ///
    /// # Errors
    /// With `handling=strict`, when one is unknown or does not apply to the route.
    pub(super) fn of(headers: &HeaderMap, route: Route) -> Result<Self, Error> {
        let mut preferences = Self::default();
        let mut unknown = Violations::new();
        let texts = headers.get_all(PREFER).iter().filter_map(|value| value.to_str().ok());
        for token in texts.flat_map(|text| text.split(',')) {
            // Parameters of a preference are none of ours.
            let token = token.split(';').next().unwrap_or_default().trim();
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
            (Route::Write, "return=minimal") => self.minimal = self.minimal.or(Some(true)),
            (Route::Write, "return=representation") => self.minimal = self.minimal.or(Some(false)),
            (Route::Write | Route::Import, "tx=rollback") => self.rollback = true,
            (Route::Write | Route::Import, "tx=commit") => {}
            (Route::List, "count=exact") => self.count = Some("exact"),
            (Route::List, "count=estimated") => self.count = Some("estimated"),
            (Route::List, "count=none") => self.count = Some("none"),
            _ => return false,
        }
        true
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
            self.strict.then(|| "handling=strict".to_owned()),
        ]
        .into_iter()
        .flatten()
        .collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }
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
    fn unknown_preferences_are_refused_only_when_handling_is_strict() {
        assert!(of("respond-async", Route::Write).unwrap().applied().is_none());
        assert!(of("handling=strict, respond-async", Route::Write).is_err());
    }
}
