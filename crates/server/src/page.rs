//! The web app: whatever no other route answers and a browser asks for.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{
    ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY,
    CONTENT_TYPE, ETAG, IF_NONE_MATCH, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use gradus_ui::Asset;

use crate::app::App;
use crate::http::address::base_url;
use crate::http::answer::Refusal;

/// Scripts come from here alone, and nothing is fetched from elsewhere. Charts set sizes as style
/// attributes; images of runs are shown from blobs.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self'; connect-src 'self'; \
    worker-src 'self'; manifest-src 'self'; base-uri 'self'; form-action 'none'; \
    frame-ancestors 'none'";

/// First parts of addresses that programs ask, which get no page where nothing answers.
const PROGRAMS: [&str; 6] = ["api", "artifactsV2", "files", "graphql", "sdk", "storage"];

pub async fn show(
    State(app): State<Arc<App>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let path = uri.path().trim_start_matches('/');
    let unknown = || {
        let message = format!("nothing answers {method} {}", uri.path());
        Refusal::new(StatusCode::NOT_FOUND, message).into_response()
    };
    if method != Method::GET && method != Method::HEAD {
        return unknown();
    }
    let has = |name, wanted: &str| {
        let text = headers.get(name).and_then(|value| value.to_str().ok());
        text.is_some_and(|text| text.contains(wanted))
    };
    if let Some(asset) = gradus_ui::asset(path, has(ACCEPT_ENCODING, "gzip")) {
        return sent(asset, &headers);
    }
    let first = path.split('/').next().unwrap_or_default();
    if PROGRAMS.contains(&first) || first == "assets" || !has(ACCEPT, "text/html") {
        return unknown();
    }
    let base = base_path(&base_url(&headers, app.config.external_url.as_deref()));
    let html = gradus_ui::page(&base).unwrap_or_else(|| gradus_ui::NOTICE.to_owned());
    let mut response = ([(CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response();
    let head = response.headers_mut();
    head.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    guard(head);
    response
}

fn sent(asset: Asset, headers: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", asset.hash);
    let known = headers.get(IF_NONE_MATCH);
    let is_known = known.is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let mut response = match is_known {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => ([(CONTENT_TYPE, asset.content_type)], asset.content).into_response(),
    };
    let head = response.headers_mut();
    let keeping = match asset.is_immutable {
        true => "public, max-age=31536000, immutable",
        false => "no-cache",
    };
    head.insert(CACHE_CONTROL, HeaderValue::from_static(keeping));
    head.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        head.insert(ETAG, tag);
    }
    if asset.is_gzip && !is_known {
        head.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    guard(head);
    response
}

fn guard(head: &mut HeaderMap) {
    head.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    head.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    head.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
}

/// The path of an address, with a slash at its end.
fn base_path(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = rest.split_once('/').map_or("", |(_, path)| path);
    match path.trim_matches('/') {
        "" => "/".to_owned(),
        path => format!("/{path}/"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_lies_below_the_path_that_the_client_used() {
        assert_eq!(base_path("http://127.0.0.1:8080"), "/");
        assert_eq!(base_path("https://example.org/gradus"), "/gradus/");
        assert_eq!(base_path("https://example.org/a/b/"), "/a/b/");
    }
}
