//! The address under which the client reaches us, for the addresses that we hand out; and whether a
//! page of somebody else's stands behind a request.

use axum::http::HeaderMap;
use axum::http::header::{HOST, ORIGIN};

/// `http://host:port`, without a slash at the end.
pub fn base_url(headers: &HeaderMap, configured: Option<&str>) -> String {
    if let Some(url) = configured {
        return url.trim_end_matches('/').to_owned();
    }
    let first = |name: &str| {
        let value = headers.get(name)?.to_str().ok()?;
        let value = value.split(',').next()?.trim();
        (!value.is_empty()).then(|| value.to_owned())
    };
    let scheme = first("x-forwarded-proto").filter(|scheme| scheme == "https");
    let host = first("x-forwarded-host").or_else(|| first(HOST.as_str()));
    let prefix = first("x-forwarded-prefix").unwrap_or_default();
    format!(
        "{}://{}{}",
        scheme.as_deref().unwrap_or("http"),
        host.as_deref().unwrap_or("127.0.0.1"),
        prefix.trim_end_matches('/')
    )
}

/// Why a request looks as if a page of another site had sent it; browsers say where they are.
pub fn foreign_page(headers: &HeaderMap, configured: Option<&str>) -> Option<String> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if text("sec-fetch-site") == Some("cross-site") {
        return Some("another site's page sent this request".to_owned());
    }
    let origin = text(ORIGIN.as_str())?;
    let own = base_url(headers, configured);
    let host = |url: &str| {
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        rest.split('/')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase()
    };
    (host(origin) != host(&own)).then(|| format!("a page of {origin} sent this request"))
}

/// Whether a proxy hands on what somebody else asked.
pub fn is_forwarded(headers: &HeaderMap) -> bool {
    const SIGNS: [&str; 6] = [
        "forwarded",
        "via",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-proto",
        "x-real-ip",
    ];
    SIGNS.iter().any(|name| headers.contains_key(*name))
}

/// Whether the client called us by a name that only this machine has. A page of another site can
/// point its own name at 127.0.0.1, but not this one.
pub fn is_called_loopback(headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|value| value.to_str().ok());
    let host = host.unwrap_or_default();
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let address = name.parse::<std::net::IpAddr>();
    name.eq_ignore_ascii_case("localhost")
        || name.to_ascii_lowercase().ends_with(".localhost")
        || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = pairs.iter().map(|(name, value)| {
            (
                axum::http::HeaderName::from_static(name),
                axum::http::HeaderValue::from_static(value),
            )
        });
        pairs.collect()
    }

    #[test]
    fn addresses_are_those_that_the_client_used() {
        let direct = headers(&[("host", "box:8080")]);
        assert_eq!(base_url(&direct, None), "http://box:8080");
        let behind = headers(&[
            ("host", "127.0.0.1:8080"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "example.org, inner"),
            ("x-forwarded-prefix", "/gradus/"),
        ]);
        assert_eq!(base_url(&behind, None), "https://example.org/gradus");
        assert_eq!(base_url(&behind, Some("http://x/")), "http://x");
    }

    #[test]
    fn pages_of_others_are_told() {
        let own = headers(&[
            ("host", "127.0.0.1:8080"),
            ("origin", "http://127.0.0.1:8080"),
        ]);
        assert_eq!(foreign_page(&own, None), None);
        let other = headers(&[
            ("host", "127.0.0.1:8080"),
            ("origin", "https://example.com"),
        ]);
        assert!(foreign_page(&other, None).is_some());
        let sandboxed = headers(&[("host", "127.0.0.1:8080"), ("origin", "null")]);
        assert!(foreign_page(&sandboxed, None).is_some());
        let no_page = headers(&[("host", "127.0.0.1:8080")]);
        assert_eq!(foreign_page(&no_page, None), None);
        let cross = headers(&[("host", "127.0.0.1:8080"), ("sec-fetch-site", "cross-site")]);
        assert!(foreign_page(&cross, None).is_some());
    }

    #[test]
    fn names_of_this_machine() {
        for name in [
            "127.0.0.1:8080",
            "localhost",
            "[::1]:80",
            "LOCALHOST:1",
            "a.localhost",
        ] {
            assert!(is_called_loopback(&headers(&[("host", name)])), "{name}");
        }
        for name in [
            "evil.example",
            "127.0.0.1.evil.example",
            "",
            "10.0.0.1:8080",
        ] {
            let name: &'static str = name;
            assert!(!is_called_loopback(&headers(&[("host", name)])), "{name}");
        }
    }
}
