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
    /// SPDX identifier of the licence.
    pub license: String,
    /// Whom to ask.
    pub contact: Contact,
    /// Stable id of the API (`x-api-id`), a UUID.
    pub id: String,
    /// Whom the API is for (`x-audience`), such as `company-internal` or `external-public`.
    pub audience: String,
}

/// Whom to ask about an API.
#[derive(Debug, Clone)]
pub struct Contact {
    /// Name of the people in charge.
    pub name: String,
    /// Their page.
    pub url: String,
    /// Their address.
    pub email: String,
}

impl ApiInfo {
    /// An API mounted under `/api` of the address that serves the document.
    pub fn new(title: impl Into<String>, version: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            version: version.into(),
            description: include_str!("text/api.md").trim().to_owned(),
            server: String::new(),
            prefix: "/api".to_owned(),
            license: "MIT".to_owned(),
            contact: Contact {
                name: "API team".to_owned(),
                url: "https://example.com/contact".to_owned(),
                email: "api@example.com".to_owned(),
            },
            id: "00000000-0000-4000-8000-000000000000".to_owned(),
            audience: "company-internal".to_owned(),
        }
    }

    pub(super) fn to_json(&self) -> Json {
        json!({
            "title": self.title,
            "version": self.version,
            "description": self.description,
            "license": { "name": self.license, "identifier": self.license },
            "contact": { "name": self.contact.name, "url": self.contact.url, "email": self.contact.email },
            "x-api-id": self.id,
            "x-audience": self.audience,
        })
    }

    pub(super) fn servers(&self) -> Json {
        let address = format!("{}{}", self.server.trim_end_matches('/'), self.prefix);
        let url = if address.is_empty() { "/".to_owned() } else { address };
        json!([{ "url": url, "description": "The production environment, or the server that sent this document.", "x-internal": false }])
    }
}
