//! Whether this browser has a call identity: what pages are told that are no devices of one, and what the server is told.

use crate::{cookie, remember};

/// Where its key is kept.
pub(crate) const KEY: &str = "veranda.call-identity";

/// The cookie by which pages without script get one that shows rings. It says that there is an identity, and not which.
const COOKIE: &str = "rings";

/// For a year after the last page that was a device of it, in seconds.
const REMEMBERED: u64 = 365 * 24 * 60 * 60;

/// Whether there is one. Asking makes none.
pub(crate) fn is_kept() -> bool {
    remember::read(KEY).is_some()
}

/// Lets the server know that there is one.
pub(crate) fn tell_server() {
    cookie::set(COOKIE, "1", REMEMBERED);
}

/// The identity is gone, as when a person has deleted what this site keeps: the server knows it with the next page.
pub(crate) fn untell_server() {
    cookie::set(COOKIE, "", 0);
}
