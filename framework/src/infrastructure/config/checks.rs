//! Whether texts are what they have to be, before something that is started with them fails.

use std::net::{IpAddr, Ipv6Addr};

use http::Uri;

/// A name or an address to listen on, without a port.
pub(super) fn is_host(text: &str) -> bool {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let is_label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    match bare {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => text.parse::<IpAddr>().is_ok() || text.split('.').all(is_label),
    }
}

/// Empty, or a path of segments that need no escape. Braces and colons would mean something else to the router.
pub(super) fn is_prefix(text: &str) -> bool {
    let is_segment = |segment: &str| {
        let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        !matches!(segment, "" | "." | "..") && segment.bytes().all(unreserved)
    };
    text.is_empty() || text.strip_prefix('/').is_some_and(|rest| rest.split('/').all(is_segment))
}

/// An origin exactly as browsers send it, for it is compared byte by byte.
pub(super) fn is_origin(text: &str) -> bool {
    let Ok(uri) = text.parse::<Uri>() else { return false };
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else { return false };
    let authority = authority.as_str();
    let usual_port = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => "",
    };
    format!("{scheme}://{authority}") == text
        && text.bytes().all(|byte| !byte.is_ascii_uppercase())
        && !authority.contains(['@', '*'])
        && !authority.ends_with(':')
        && (usual_port.is_empty() || !authority.ends_with(usual_port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(judge: fn(&str) -> bool, right: &[&str], wrong: &[&str]) {
        for text in right {
            assert!(judge(text), "{text:?} is right");
        }
        for text in wrong {
            assert!(!judge(text), "{text:?} is wrong");
        }
    }

    #[test]
    fn a_host_is_a_name_or_an_address() {
        let right = ["localhost", "127.0.0.1", "0.0.0.0", "::", "::1", "[::1]", "db-1.internal"];
        let wrong = ["", " ", "a b", "127.0.0.1:80", "[::1", "[a]", "http://a", "a..b", ":80"];
        check(is_host, &right, &wrong);
    }

    #[test]
    fn a_prefix_is_a_path_of_plain_segments() {
        let right = ["", "/api", "/a/b.c/v1", "/~x_-"];
        let wrong = ["api", "/", "//", "/api/", "/api//v1", "/a b", "/a?b", "/a#b", "/a%20"];
        check(is_prefix, &right, &wrong);
        check(is_prefix, &[], &["/api/{x", "/api/:x", "/api/*x", "/{id}", "/.", "/a/..", "/ä"]);
    }

    #[test]
    fn an_origin_is_what_browsers_send() {
        let right = ["https://shop.example", "http://localhost:5173", "http://[::1]:8080"];
        let wrong =
            ["*", "null", "", "shop.example", "https://", "https://shop.example/", "https://a/b"];
        check(is_origin, &right, &wrong);
        let wrong =
            ["https://Shop.example", "https://a:443", "http://a:80", "https://me@a", "https://a?b"];
        check(is_origin, &["https://a:80", "capacitor://localhost"], &wrong);
        check(is_origin, &[], &["https://*.example", "https://a:", "https://a b", "https://ä"]);
    }
}
