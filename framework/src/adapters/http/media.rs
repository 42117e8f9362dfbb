//! Media types: which representation a request gets.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};

use super::problem::{NOT_ACCEPTABLE, Problem, UNSUPPORTED_MEDIA_TYPE};

/// A representation that a route can answer or read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Media {
    /// One JSON document.
    Json,
    /// JSON values, one per line.
    Ndjson,
    /// Comma-separated values with a header line.
    Csv,
}

/// What every route answers.
pub(super) const DOCUMENT: &[Media] = &[Media::Json];
/// What lists answer.
pub(super) const LIST: &[Media] = &[Media::Json, Media::Ndjson, Media::Csv];
/// What batches answer.
pub(super) const REPORT: &[Media] = &[Media::Json, Media::Ndjson];

impl Media {
    /// Its name, without parameters.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Ndjson => "application/x-ndjson",
            Self::Csv => "text/csv",
        }
    }

    /// What `Content-Type` says.
    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            other => other.name(),
        }
    }

    /// What a body says that it is.
    pub(super) fn of_body(headers: &HeaderMap) -> Option<Self> {
        let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
        let name = value.split(';').next()?.trim();
        [Self::Json, Self::Ndjson, Self::Csv]
            .into_iter()
            .find(|media| media.name().eq_ignore_ascii_case(name))
    }
}

/// The offered representation that `Accept` likes best; among equals the first offered.
///
/// # Errors
/// 406, naming what is offered, when `Accept` leaves room for none of them.
pub(super) fn negotiate(headers: &HeaderMap, offered: &[Media]) -> Result<Media, Problem> {
    let ranges = ranges(headers, header::ACCEPT);
    let mut best: Option<(Media, f32)> = None;
    for media in offered {
        let weight = ranges.as_ref().map_or(1.0, |ranges| weight(ranges, *media));
        if weight > best.map_or(0.0, |(_, weight)| weight) {
            best = Some((*media, weight));
        }
    }
    best.map(|(media, _)| media).ok_or_else(|| {
        Problem::new(NOT_ACCEPTABLE, format!("this route answers {}", names(offered)))
    })
}

/// The refusal of a body that is none of these.
pub(super) fn unsupported(read: &[Media]) -> Problem {
    let names = names(read);
    Problem::new(UNSUPPORTED_MEDIA_TYPE, format!("send the body as {names}"))
        .with_header(header::ACCEPT, &names)
}

/// Refuses bodies that are coded: they are read as they come.
///
/// # Errors
/// 415, naming what is read.
pub(super) fn check_coding(headers: &HeaderMap) -> Result<(), Problem> {
    let identity = |value: &HeaderValue| {
        let codings = value.to_str().ok().map(|text| text.split(',').map(str::trim));
        codings.is_some_and(|mut codings| {
            codings.all(|coding| coding.is_empty() || coding.eq_ignore_ascii_case("identity"))
        })
    };
    if headers.get_all(header::CONTENT_ENCODING).iter().all(identity) {
        return Ok(());
    }
    Err(Problem::new(UNSUPPORTED_MEDIA_TYPE, "send the body as it is, without a Content-Encoding")
        .with_header(header::ACCEPT_ENCODING, "identity"))
}

fn names(list: &[Media]) -> String {
    let names: Vec<_> = list.iter().map(|media| media.name()).collect();
    names.join(", ")
}

/// What a header such as `Accept` names, with its weights; `None` where it is absent.
pub(super) fn ranges(headers: &HeaderMap, name: HeaderName) -> Option<Vec<(String, f32)>> {
    let mut values = headers.get_all(name).iter().peekable();
    values.peek()?;
    let texts = values.filter_map(|value| value.to_str().ok());
    Some(texts.flat_map(|text| text.split(',')).map(range).collect())
}

fn range(text: &str) -> (String, f32) {
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default().to_ascii_lowercase();
    let weight = parts
        .find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")))
        .map_or(1.0, |weight| weight.parse().unwrap_or(0.0));
    (name, weight)
}

/// The weight of the most specific range that covers the media type; 0 where none does.
fn weight(ranges: &[(String, f32)], media: Media) -> f32 {
    let name = media.name();
    let family = name.split('/').next().unwrap_or_default();
    let rank = |range: &str| match range {
        "*/*" => Some(1),
        _ if range == name => Some(3),
        _ => (range.strip_suffix("/*") == Some(family)).then_some(2),
    };
    let mut best = (0, 0.0);
    for (range, weight) in ranges {
        if let Some(rank) = rank(range)
            && rank > best.0
        {
            best = (rank, *weight);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(accept: &str) -> Option<Media> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, accept.parse().unwrap());
        negotiate(&headers, LIST).ok()
    }

    #[test]
    fn the_best_liked_representation_is_chosen_and_the_first_among_equals() {
        assert_eq!(negotiate(&HeaderMap::new(), LIST).unwrap(), Media::Json);
        for (accept, media) in [
            ("*/*", Some(Media::Json)),
            ("text/html, */*;q=0.1", Some(Media::Json)),
            ("application/x-ndjson", Some(Media::Ndjson)),
            ("application/x-ndjson, application/json", Some(Media::Json)),
            ("application/x-ndjson, application/json;q=0.9", Some(Media::Ndjson)),
            ("application/*;q=0.5, TEXT/CSV", Some(Media::Csv)),
            ("text/*", Some(Media::Csv)),
            ("application/json;q=0, */*", Some(Media::Ndjson)),
            ("application/json;q=0", None),
            ("text/html", None),
            ("", None),
        ] {
            assert_eq!(chosen(accept), media, "{accept}");
        }
    }
}
