//! What is wrong with an input, all of it at once, each part named.

/// One broken rule at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Where: a JSON pointer into the body, or a query parameter.
    pub place: Place,
    /// Machine-readable reason, such as `too_long`. Stable.
    pub code: &'static str,
    /// What is wrong and what would be right, for people.
    pub detail: String,
}

/// The part of a request that a violation is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A JSON pointer (RFC 6901) into the body, without the leading `#`; empty for the whole body.
    Body(String),
    /// A JSON pointer into one line of a body of many.
    Line {
        /// The line, from 1.
        line: u64,
        /// The pointer, as in [`Self::Body`].
        pointer: String,
    },
    /// A query parameter.
    Parameter(String),
    /// A header.
    Header(String),
}

impl Violation {
    /// A violation at a member of the body.
    pub fn member(name: &str, code: &'static str, detail: impl Into<String>) -> Self {
        Self { place: Place::Body(format!("/{}", escape(name))), code, detail: detail.into() }
    }

    /// A violation at a query parameter.
    pub fn parameter(
        name: impl Into<String>,
        code: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self { place: Place::Parameter(name.into()), code, detail: detail.into() }
    }

    /// A violation at a header.
    pub fn header(name: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self { place: Place::Header(name.into()), code, detail: detail.into() }
    }

    /// The same violation, its pointer moved below `prefix` (such as `/operations/3/value`).
    #[must_use]
    pub fn below(mut self, prefix: &str) -> Self {
        if let Place::Body(pointer) | Place::Line { pointer, .. } = &mut self.place {
            pointer.insert_str(0, prefix);
        }
        self
    }

    /// The same violation of a body that is one line of many.
    #[must_use]
    pub fn at_line(mut self, line: u64) -> Self {
        if let Place::Body(pointer) = self.place {
            self.place = Place::Line { line, pointer };
        }
        self
    }
}

/// Every violation of one input. Empty means valid.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Violations(pub Vec<Violation>);

impl Violations {
    /// No violation yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one.
    pub fn push(&mut self, violation: Violation) {
        self.0.push(violation);
    }

    /// Adds one at a member of the body: what business rules use.
    pub fn add(&mut self, member: &str, code: &'static str, detail: impl Into<String>) {
        self.push(Violation::member(member, code, detail));
    }

    /// Adds all of another input part, its pointers moved below `prefix`.
    pub fn extend_below(&mut self, prefix: &str, other: Violations) {
        self.0.extend(other.0.into_iter().map(|violation| violation.below(prefix)));
    }

    /// Adds that a member which is set once has another value than the stored one.
    pub(crate) fn add_set_once(&mut self, member: &str) {
        self.add(
            member,
            "set_once",
            format!("{member} cannot be changed; repeat its stored value"),
        );
    }

    /// The same violations of a body that is one line of many.
    #[must_use]
    pub fn at_line(self, line: u64) -> Self {
        Self(self.0.into_iter().map(|violation| violation.at_line(line)).collect())
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `Ok` when nothing is wrong.
    ///
    /// # Errors
    /// The violations themselves, when there is at least one.
    pub fn into_result(self) -> Result<(), Violations> {
        if self.is_empty() { Ok(()) } else { Err(self) }
    }
}

/// Escapes a member name for a JSON pointer.
pub fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
