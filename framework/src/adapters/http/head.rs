//! The head of a request, before anything else is looked at: its size, and for whom it is.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Request};
use http::header::{self, HeaderValue};
use http::uri::Authority;
use http::{HeaderMap, Version};

use super::limits;
use super::problem::{BAD_REQUEST, HEADERS_TOO_LARGE, Problem, URI_TOO_LONG};
use crate::domain::violation::Violation;

/// Refuses heads that are too large, or that do not say which host they are for.
///
/// # Errors
/// A problem that says what is wrong.
pub(super) fn check(request: &Request) -> Result<(), Problem> {
    let address = request.uri().path_and_query().map_or(0, |address| address.as_str().len());
    if address > limits::URI_BYTES {
        let detail = format!("the address may have at most {} bytes", limits::URI_BYTES);
        return Err(Problem::new(URI_TOO_LONG, detail));
    }
    let headers = request.headers();
    let size: usize = headers.iter().map(|(name, it)| name.as_str().len() + it.len()).sum();
    if headers.len() > limits::HEADERS || size > limits::HEADER_BYTES {
        let (most, bytes) = (limits::HEADERS, limits::HEADER_BYTES);
        let detail = format!("there may be at most {most} header fields of {bytes} bytes in all");
        return Err(Problem::new(HEADERS_TOO_LARGE, detail));
    }
    // Without a connection there is no host: the request was made in this process.
    let is_remote = request.extensions().get::<ConnectInfo<SocketAddr>>().is_some();
    if is_remote && !names_host(headers, request.version()) {
        let detail = "expected one host, with or without a port";
        let violation = Violation::header("Host", "invalid", detail);
        return Err(Problem::new(BAD_REQUEST, detail).with_violations(vec![violation]));
    }
    Ok(())
}

/// Whether there is one sound `Host`, as HTTP/1.1 demands (RFC 9112, 3.2). Other versions may leave it out.
fn names_host(headers: &HeaderMap, version: Version) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) => version != Version::HTTP_11,
        (Some(host), None) => is_host(host),
        (Some(_), Some(_)) => false,
    }
}

fn is_host(value: &HeaderValue) -> bool {
    // An address without a host has an empty one.
    if value.is_empty() {
        return true;
    }
    let Some(authority) = Authority::try_from(value.as_bytes()).ok() else { return false };
    let text = authority.as_str();
    let port = text.strip_prefix(authority.host());
    port.is_some_and(|port| {
        port.is_empty()
            || port
                .strip_prefix(':')
                .is_some_and(|port| port.is_empty() || port.parse::<u16>().is_ok())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_or_an_address_with_or_without_a_port() {
        for (text, sound) in [
            ("example.org", true),
            ("example.org:8080", true),
            ("127.0.0.1:80", true),
            ("[::1]:80", true),
            ("xn--bcher-kva.example", true),
            ("example.org:", true),
            ("", true),
            ("example.org:port", false),
            ("example.org:99999", false),
            ("user@example.org", false),
            ("example.org/path", false),
            ("exa mple.org", false),
            ("http://example.org", false),
            ("[::1", false),
        ] {
            let value = HeaderValue::from_str(text).unwrap();
            assert_eq!(is_host(&value), sound, "{text}");
        }
    }

    #[test]
    fn http_1_1_names_exactly_one_host() {
        let mut headers = HeaderMap::new();
        assert!(!names_host(&headers, Version::HTTP_11));
        assert!(names_host(&headers, Version::HTTP_10) && names_host(&headers, Version::HTTP_2));
        headers.append(header::HOST, HeaderValue::from_static("a"));
        assert!(names_host(&headers, Version::HTTP_11));
        headers.append(header::HOST, HeaderValue::from_static("a"));
        assert!(!names_host(&headers, Version::HTTP_11) && !names_host(&headers, Version::HTTP_10));
    }
}
