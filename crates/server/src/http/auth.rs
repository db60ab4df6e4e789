//! Who asks: the key of the request, or on this machine alone nobody in particular.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gradus_tracker::Caller;

use super::address::{foreign_page, is_called_loopback, is_forwarded};
use super::answer::Refusal;
use crate::app::App;

const WRONG_KEY: &str = "the API key is not valid for this server; `gradus keys create` makes one";
const NO_KEY: &str = "this server wants an API key; `gradus keys create` makes one";

/// The caller of a request that comes from `address`.
pub fn caller(app: &App, headers: &HeaderMap, address: IpAddr) -> Result<Caller, Refusal> {
    if let Some(why) = foreign_page(headers, app.config.external_url.as_deref()) {
        return Err(Refusal::new(
            StatusCode::FORBIDDEN,
            format!("refused: {why}"),
        ));
    }
    let Some(key) = key_of(headers) else {
        return nobody(app, headers, address);
    };
    if let Some(caller) = app.tracker.accounts.authenticate(&key) {
        return Ok(caller);
    }
    Err(match app.guesses.wrong(address) {
        None => Refusal::new(StatusCode::UNAUTHORIZED, WRONG_KEY),
        Some(secs) => Refusal {
            status: StatusCode::TOO_MANY_REQUESTS,
            message: format!("too many wrong API keys from {address}; wait {secs} seconds"),
            retry_after_secs: Some(secs),
        },
    })
}

/// Without a key only this machine's own programs may ask, and only of a server that listens to
/// nobody else; they act for the first user.
fn nobody(app: &App, headers: &HeaderMap, address: IpAddr) -> Result<Caller, Refusal> {
    let is_own = is_of_this_machine(app, headers, address);
    match app.tracker.accounts.owner().filter(|_| is_own) {
        Some(user) => Ok(Caller {
            user,
            is_read_only: false,
        }),
        None => Err(Refusal::new(StatusCode::UNAUTHORIZED, NO_KEY)),
    }
}

/// Whether a program of this machine asks, of a server that listens to nobody else.
pub fn is_of_this_machine(app: &App, headers: &HeaderMap, address: IpAddr) -> bool {
    app.config.is_loopback()
        && address.is_loopback()
        && is_called_loopback(headers)
        && !is_forwarded(headers)
}

/// The key in `Authorization: Basic base64(api:KEY)` or `Bearer KEY`.
fn key_of(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(AUTHORIZATION)?.to_str().unwrap_or_default();
    let (scheme, rest) = value.split_once(' ').unwrap_or((value, ""));
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.trim().to_owned());
    }
    // Whatever else it is, it is a wrong key and not none.
    let decoded = STANDARD.decode(rest.trim()).unwrap_or_default();
    let decoded = String::from_utf8(decoded).unwrap_or_default();
    let key = decoded.split_once(':').map_or("", |(_, key)| key);
    Some(key.to_owned())
}

/// In front of every route, also of those that want no key; but not of addresses that hold their own
/// permission, which a page can only have from us.
pub async fn no_foreign_pages(
    State(app): State<Arc<App>>,
    request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    let is_visit = is_visit(request.method(), headers);
    let foreign = foreign_page(headers, app.config.external_url.as_deref());
    if let Some(why) = foreign.filter(|_| !is_visit) {
        return Refusal::new(StatusCode::FORBIDDEN, format!("refused: {why}")).into_response();
    }
    let is_browser = headers.contains_key(FETCH_MODE);
    let mut response = next.run(request).await;
    if is_browser {
        // The page asks for a key itself; the browser's own dialogue would come before it.
        response.headers_mut().remove(WWW_AUTHENTICATE);
    }
    response
}

const FETCH_MODE: &str = "sec-fetch-mode";

/// Somebody followed a link: the other site learns nothing of what is shown.
fn is_visit(method: &Method, headers: &HeaderMap) -> bool {
    let is = |name: &str, wanted: &str| headers.get(name).is_some_and(|value| value == wanted);
    method == Method::GET && is(FETCH_MODE, "navigate") && is("sec-fetch-dest", "document")
}

/// A refusal that makes tools ask for a key.
pub fn refused(refusal: Refusal) -> Response {
    let wants_key = refusal.status == StatusCode::UNAUTHORIZED;
    let mut response = refusal.into_response();
    if wants_key {
        let value = axum::http::HeaderValue::from_static("Basic realm=\"gradus\"");
        response.headers_mut().insert(WWW_AUTHENTICATE, value);
    }
    response
}
