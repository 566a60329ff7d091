//! The host's link of a new room, shown once: its key travels in a signed cookie from the form to the first page of the room.

use axum::http::{HeaderMap, HeaderValue, header};
use protocol::RoomCode;

use crate::AppState;
use crate::http_client::HttpClient;

/// Long enough to load a page.
const KEPT_SECONDS: u32 = 60;

/// A cookie with the key, for the page of the room alone.
pub(super) fn remember(
    state: &AppState,
    caller: &HttpClient,
    code: RoomCode,
    secret: &str,
) -> Option<HeaderValue> {
    let signature = state.tokens.sign_cookie(&message(code, secret))?;
    set(caller, code, &format!("{secret}.{signature}"), KEPT_SECONDS)
}

/// A cookie that takes the place of the one before.
pub(super) fn forget(caller: &HttpClient, code: RoomCode) -> Option<HeaderValue> {
    set(caller, code, "", 0)
}

/// The key, when the request has one that this server has put there.
pub(super) fn key(
    state: &AppState,
    caller: &HttpClient,
    headers: &HeaderMap,
    code: RoomCode,
) -> Option<String> {
    let name = name_of(caller, code);
    let cookies = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut keys = pairs.filter(|(one, _)| *one == name).filter_map(|(_, value)| value.split_once('.'));
    let found = keys.find(|(key, signature)| state.tokens.has_signed_cookie(&message(code, key), signature));
    found.map(|(key, _)| key.to_owned())
}

fn message(code: RoomCode, secret: &str) -> String {
    format!("host link {code} {secret}")
}

fn set(caller: &HttpClient, code: RoomCode, value: &str, seconds: u32) -> Option<HeaderValue> {
    let secure = if caller.is_secure() { "; Secure" } else { "" };
    let name = name_of(caller, code);
    let cookie =
        format!("{name}={value}; Path=/r/{code}; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
    HeaderValue::from_str(&cookie).ok()
}

/// Over TLS, one that browsers take over TLS alone (RFC 6265bis §4.1.3.1).
fn name_of(caller: &HttpClient, code: RoomCode) -> String {
    let prefix = if caller.is_secure() { "__Secure-" } else { "" };
    format!("{prefix}veranda-host-{code}")
}
