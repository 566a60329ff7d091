//! The host's link of a new room, shown once: its key travels in a cookie from the form to the first page of the room.

use axum::http::{HeaderMap, HeaderValue, header};
use protocol::RoomCode;

use crate::entrance::Caller;

/// Long enough to load a page.
const KEPT_SECONDS: u32 = 60;

/// A cookie with the key, for the page of the room alone.
pub(super) fn remember(caller: &Caller, code: RoomCode, secret: &str) -> Option<HeaderValue> {
    set(caller, code, secret, KEPT_SECONDS)
}

/// A cookie that takes the place of the one before.
pub(super) fn forget(caller: &Caller, code: RoomCode) -> Option<HeaderValue> {
    set(caller, code, "", 0)
}

/// The key, when the request has one.
pub(super) fn key(headers: &HeaderMap, code: RoomCode) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let (_, key) = pairs.find(|(name, _)| *name == name_of(code))?;
    let is_key = key.len() == 34
        && key.starts_with("k_")
        && key.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_');
    is_key.then(|| key.to_owned())
}

fn set(caller: &Caller, code: RoomCode, value: &str, seconds: u32) -> Option<HeaderValue> {
    let secure = if caller.is_secure() { "; Secure" } else { "" };
    let name = name_of(code);
    let cookie =
        format!("{name}={value}; Path=/r/{code}; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
    HeaderValue::from_str(&cookie).ok()
}

fn name_of(code: RoomCode) -> String {
    format!("veranda-host-{code}")
}
