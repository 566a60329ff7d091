//! Whom this browser has talked with: what they called themselves, and which key they had. Never sent anywhere.

use std::collections::BTreeMap;

use protocol::{CallId, PublicKey};
use seal::KeyDigest;
use serde::{Deserialize, Serialize};

use crate::remember;

/// Where they are kept.
const KEY: &str = "veranda.call-peers";

/// So many; of more the one with the lowest ID goes. Raising it fills more of the browser's storage.
const MOST: usize = 500;

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Peer {
    name: String,
    key: String,
}

/// What somebody called themselves the last time.
pub(crate) fn name_of(peer: CallId) -> Option<String> {
    all().remove(&peer).map(|known| known.name)
}

/// The key that somebody had the last time.
pub(crate) fn key_of(peer: CallId) -> Option<KeyDigest> {
    all().remove(&peer).and_then(|known| KeyDigest::parse(&known.key))
}

/// Whether somebody has another key than the last time.
pub(crate) fn has_other_key(peer: CallId, key: &PublicKey) -> bool {
    key_of(peer).is_some_and(|known| known != KeyDigest::of(key))
}

/// Whether somebody was talked with before, and has the key that they had.
pub(crate) fn is_known(peer: CallId, key: &PublicKey) -> bool {
    key_of(peer).is_some_and(|known| known == KeyDigest::of(key))
}

/// Remembers somebody, in place of what was known of them.
pub(crate) fn remember(peer: CallId, name: &str, key: &PublicKey) {
    let mut known = all();
    let now = Peer { name: name.to_owned(), key: KeyDigest::of(key).to_text() };
    if known.get(&peer) == Some(&now) {
        return;
    }
    known.insert(peer, now);
    keep(known);
}

/// All of them, as they are kept.
pub(crate) fn text() -> String {
    remember::read(KEY).unwrap_or_default()
}

/// Takes those of another browser in addition; whom this one knows, it knows better.
pub(crate) fn take(text: &str) {
    let others: BTreeMap<CallId, Peer> = serde_json::from_str(text).unwrap_or_default();
    let mut known = all();
    for (id, peer) in others.into_iter().take(MOST) {
        known.entry(id).or_insert(peer);
    }
    keep(known);
}

fn keep(mut known: BTreeMap<CallId, Peer>) {
    while known.len() > MOST {
        known.pop_first();
    }
    if let Ok(text) = serde_json::to_string(&known) {
        remember::write(KEY, &text);
    }
}

fn all() -> BTreeMap<CallId, Peer> {
    remember::read(KEY).and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}
