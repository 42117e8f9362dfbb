//! Content codings: gzip for whoever likes it, where it is worth it.
//!
//! What a client cannot decode is never a reason to refuse: the answer then goes out as it is (RFC 9110, 12.5.3), for
//! the work behind it is done already.

use std::convert::Infallible;
use std::future::ready;

use axum::body::{Body, HttpBody as _};
use axum::response::Response;
use http::header::{self, HeaderMap, HeaderValue};
use http::{Method, StatusCode};
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate as _};

use super::{etag, media};

/// Smaller answers only grow.
const LEAST: u64 = 32;

/// Whether the caller likes gzip at least as well as no coding.
pub(super) fn likes_gzip(headers: &HeaderMap) -> bool {
    let Some(ranges) = media::ranges(headers, header::ACCEPT_ENCODING) else { return false };
    let weight = |names: &[&str]| {
        let found = ranges.iter().find(|(name, _)| names.contains(&name.as_str()));
        found.map(|(_, weight)| *weight)
    };
    let any = weight(&["*"]);
    let gzip = weight(&["gzip", "x-gzip"]).or(any).unwrap_or(0.0);
    // Where it is not named, no coding is what the others are preferred to.
    gzip > 0.0 && gzip >= weight(&["identity"]).or(any).unwrap_or(0.0)
}

/// Decides on the coding of an answer: its tag becomes that of the compressed form, and whatever could be compressed
/// says on what that depends.
pub(super) fn choose(response: &mut Response, method: &Method, gzip: bool) -> bool {
    if !is_worth_it(response, method) {
        return false;
    }
    let headers = response.headers_mut();
    vary(headers);
    if !gzip {
        return false;
    }
    let tag = headers.get(header::ETAG).and_then(|tag| tag.to_str().ok()).map(etag::compressed);
    if let Some(tag) = tag.and_then(|tag| HeaderValue::try_from(tag).ok()) {
        headers.insert(header::ETAG, tag);
    }
    true
}

/// Compresses an answer for which gzip was chosen. That to HEAD has the headers of that to GET.
pub(super) async fn compress(mut response: Response, method: &Method) -> Response {
    if method == Method::HEAD {
        let headers = response.headers_mut();
        headers.remove(header::CONTENT_LENGTH);
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        return response;
    }
    // The layer's service is the answer itself, so that nothing is left to decide behind the work.
    let answer = service_fn(|request: http::Request<Response>| {
        ready(Ok::<_, Infallible>(request.into_body()))
    });
    let always = |_: StatusCode, _: http::Version, _: &HeaderMap, _: &http::Extensions| true;
    let gzip = CompressionLayer::new().gzip(true).compress_when(always).layer(answer);
    let mut request = http::Request::new(response);
    request.headers_mut().insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    match gzip.oneshot(request).await {
        Ok(response) => response.map(Body::new),
        Err(never) => match never {},
    }
}

fn is_worth_it(response: &Response, method: &Method) -> bool {
    let status = response.status();
    let headers = response.headers();
    if !status.is_success()
        || matches!(status, StatusCode::NO_CONTENT | StatusCode::PARTIAL_CONTENT)
    {
        return false;
    }
    if headers.contains_key(header::CONTENT_ENCODING) {
        return false;
    }
    let stated = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    let length = stated.and_then(|length| length.parse().ok());
    // The body of an answer to HEAD is gone already.
    let length = if method == Method::HEAD {
        length
    } else {
        length.or(response.body().size_hint().exact())
    };
    // A compressor holds back what it was given: streams go out as they are.
    let kinds = NotForContentType::const_new("application/x-ndjson")
        .and(NotForContentType::const_new("text/csv"))
        .and(NotForContentType::SSE)
        .and(NotForContentType::IMAGES);
    length.is_none_or(|length| length >= LEAST) && kinds.should_compress(response)
}

fn vary(headers: &mut HeaderMap) {
    let name = header::ACCEPT_ENCODING;
    let known = headers.get_all(header::VARY).iter().any(|value| {
        value.to_str().is_ok_and(|text| {
            text.split(',')
                .any(|part| part.trim() == "*" || part.trim().eq_ignore_ascii_case(name.as_str()))
        })
    });
    if !known {
        headers.append(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_liked_where_it_is_named_or_any_coding_is() {
        for (text, likes) in [
            ("gzip", true),
            ("GZIP, br", true),
            ("br, x-gzip;q=0.5", true),
            ("*", true),
            ("gzip;q=0.5, identity;q=0.4", true),
            ("identity;q=0, *", true),
            ("gzip;q=0.4, identity", false),
            ("gzip;q=0.4, *", false),
            ("gzip;q=0, *", false),
            ("*;q=0", false),
            ("identity;q=0", false),
            ("br", false),
            ("", false),
            ("gzip;q=nonsense", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, text.parse().unwrap());
            assert_eq!(likes_gzip(&headers), likes, "{text}");
        }
        assert!(!likes_gzip(&HeaderMap::new()));
    }
}
