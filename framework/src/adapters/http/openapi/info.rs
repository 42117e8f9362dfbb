//! What the document says about the API as a whole.

use serde_json::{Value as Json, json};

/// The facts about an API that its entities do not know.
#[derive(Debug, Clone)]
pub struct ApiInfo {
    /// Title.
    pub title: String,
    /// Version of the API, such as `1.0.0`.
    pub version: String,
    /// What the API is for, in Markdown.
    pub description: String,
    /// Public address without a path, such as `https://shop.example`; empty for "where this document came from".
    pub server: String,
    /// Path below which the API is mounted, such as `/api`.
    pub prefix: String,
    /// SPDX identifier of the licence; empty for none.
    pub license: String,
    /// Whom to ask.
    pub contact: Contact,
    /// Stable id of the API (`x-api-id`), a UUID; empty for none.
    pub id: String,
    /// Whom the API is for (`x-audience`), such as `company-internal` or `external-public`; empty for unsaid.
    pub audience: String,
}

/// Whom to ask about an API. What is empty is not said.
#[derive(Debug, Clone, Default)]
pub struct Contact {
    /// Name of the people in charge.
    pub name: String,
    /// Their page.
    pub url: String,
    /// Their address.
    pub email: String,
}

impl ApiInfo {
    /// An API mounted under `/api` of the address that serves the document, about which nothing else is known.
    pub fn new(title: impl Into<String>, version: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            version: version.into(),
            description: include_str!("text/api.md").trim().to_owned(),
            server: String::new(),
            prefix: "/api".to_owned(),
            license: String::new(),
            contact: Contact::default(),
            id: String::new(),
            audience: String::new(),
        }
    }

    pub(super) fn to_json(&self) -> Json {
        let Contact { name, url, email } = &self.contact;
        stated([
            ("title", json!(self.title)),
            ("version", json!(self.version)),
            ("description", json!(self.description)),
            (
                "license",
                stated([("name", json!(self.license)), ("identifier", json!(self.license))]),
            ),
            (
                "contact",
                stated([("name", json!(name)), ("url", json!(url)), ("email", json!(email))]),
            ),
            ("x-api-id", json!(self.id)),
            ("x-audience", json!(self.audience)),
        ])
    }

    pub(super) fn servers(&self) -> Json {
        let address = format!("{}{}", self.server.trim_end_matches('/'), self.prefix);
        let url = if address.is_empty() { "/".to_owned() } else { address };
        json!([{ "url": url, "description": "The server that sent this document: local, staging or production.", "x-internal": false }])
    }
}

/// An object of those members that say something.
fn stated<const N: usize>(members: [(&str, Json); N]) -> Json {
    let said = |value: &Json| *value != json!("") && *value != json!({});
    members
        .into_iter()
        .filter(|(_, value)| said(value))
        .map(|(name, value)| (name.to_owned(), value))
        .collect::<serde_json::Map<_, _>>()
        .into()
}
