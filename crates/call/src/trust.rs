//! What this page thinks of its secret and of other people's keys. Decided from what the page has seen itself and from letters that
//! open; nothing that a server says takes a mark away, and nothing it says is needed to set one.
//!
//! ```text
//! Link, Remembered, Maker ── nothing replaces the secret; a grant is refused and shown
//! Provisional ── grant ──▶ Granted ── the phrase was compared ──▶ Remembered
//! ```

use std::collections::{BTreeMap, BTreeSet};

use protocol::{ParticipantId, PublicKey, RoomKeyOrigin};
use seal::KeyDigest;

/// How the page came by the room's secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SecretOrigin {
    /// The fragment of the link carried it.
    Link,
    /// This browser remembers it, and it is as good as from a link.
    Remembered,
    /// This is the page of whoever made the room, and the page made it.
    Maker,
    /// It was passed on through the server, and nobody has compared the safety phrase since.
    Granted,
    /// The page came with the bare code and drew one of its own.
    #[default]
    Provisional,
}

impl SecretOrigin {
    /// Whether another secret may take its place.
    pub(crate) fn gives_way(self) -> bool {
        matches!(self, Self::Granted | Self::Provisional)
    }

    /// As the room is told.
    pub(crate) fn for_room(self) -> RoomKeyOrigin {
        if self.gives_way() { RoomKeyOrigin::Drawn } else { RoomKeyOrigin::Link }
    }
}

/// What a person should know of the room's secret before they say anything private.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeyWarnings {
    /// This page got it through the server, and nobody has compared the safety phrase since.
    pub was_granted: bool,
    /// Somebody here passed it on to somebody whom nobody at this browser has verified, and who may be the server.
    pub was_passed_on: bool,
    /// Another secret was offered to this page, which has one from a link, and was not taken.
    pub refused_another: bool,
    /// The room's links carry another secret than this page has.
    pub room_has_another: bool,
}

/// How many admitted keys go into a letter. Beyond them nobody is given the secret through the server.
pub(crate) const MAX_ADMITTED: usize = 24;

/// How many are remembered at all, whatever people in the room write.
const MAX_HEARD_OF: usize = 256;

/// The marks.
#[derive(Debug, Default)]
pub(crate) struct Trust {
    /// Keys to which somebody has sealed the secret who lacked it, as this page or a letter knows.
    admitted: BTreeSet<KeyDigest>,
    /// Keys of people with whom the safety phrase was compared.
    verified: BTreeSet<PublicKey>,
    /// The same, with the keys that they had before.
    accounted: BTreeSet<KeyDigest>,
    /// Keys whose own letters say that they got the secret through the server.
    granted: BTreeSet<PublicKey>,
    /// Keys of people who had one of `admitted` before.
    inherited: BTreeSet<PublicKey>,
    /// The last key with which each person's letters opened, and their keys before.
    known: BTreeMap<ParticipantId, (PublicKey, Vec<KeyDigest>)>,
    /// People whose key was exchanged.
    changed: BTreeSet<ParticipantId>,
    pub(crate) refused_another: bool,
}

impl Trust {
    /// What this browser remembers of the time before the page was loaded.
    pub(crate) fn new(passed_on: Vec<KeyDigest>) -> Self {
        Self { admitted: passed_on.into_iter().collect(), ..Self::default() }
    }

    /// Keys of others to which the secret was passed on, and whose owners were not made sure of.
    pub(crate) fn passed_on(&self, own: &PublicKey) -> impl Iterator<Item = KeyDigest> {
        let own = KeyDigest::of(own);
        self.admitted.difference(&self.accounted).copied().filter(move |digest| *digest != own)
    }

    /// The secret is sealed to somebody who lacks it. False when that cannot be told to the others any more.
    pub(crate) fn admit(&mut self, key: &PublicKey) -> bool {
        let digest = KeyDigest::of(key);
        let has_room = self.admitted.len() < MAX_ADMITTED || self.admitted.contains(&digest);
        if has_room {
            self.admitted.insert(digest);
        }
        has_room
    }

    /// A letter tells of keys to which others have sealed the secret.
    pub(crate) fn hear_of_admitted(&mut self, digests: impl IntoIterator<Item = KeyDigest>) {
        for digest in digests {
            if self.admitted.len() < MAX_HEARD_OF {
                self.admitted.insert(digest);
            }
        }
    }

    pub(crate) fn admitted(&self) -> impl Iterator<Item = &KeyDigest> {
        self.admitted.iter()
    }

    /// Somebody's own letter says how they came by the secret.
    pub(crate) fn hear_of_grant(&mut self, key: &PublicKey, was_granted: bool) {
        if was_granted {
            self.granted.insert(key.clone());
        } else {
            self.granted.remove(key);
        }
    }

    /// A letter of somebody opened with this key; `continued` are keys that they have shown to have had before. True when the
    /// key is another one than before, and nothing shows that it is theirs.
    pub(crate) fn prove(&mut self, id: ParticipantId, key: &PublicKey, continued: &[PublicKey]) -> bool {
        let Some((known, before)) = self.known.get_mut(&id) else {
            self.known.insert(id, (key.clone(), Vec::new()));
            return false;
        };
        if known == key {
            return false;
        }
        let is_theirs = continued.contains(known);
        if is_theirs {
            before.push(KeyDigest::of(known));
            if self.verified.contains(known) {
                self.verified.insert(key.clone());
                self.accounted.insert(KeyDigest::of(key));
            } else if self.admitted.contains(&KeyDigest::of(known)) || self.inherited.contains(known) {
                self.inherited.insert(key.clone());
            }
            self.changed.remove(&id);
            *known = key.clone();
        } else {
            *known = key.clone();
            before.clear();
            self.changed.insert(id);
        }
        !is_theirs
    }

    /// The server says that somebody has another key in the middle of a stay. Pages keep theirs.
    pub(crate) fn exchanged(&mut self, id: ParticipantId) {
        self.changed.insert(id);
    }

    /// The person has compared the phrase with somebody who has this key.
    pub(crate) fn verify(&mut self, id: ParticipantId, key: &PublicKey) {
        self.verified.insert(key.clone());
        self.accounted.insert(KeyDigest::of(key));
        if let Some((known, before)) = self.known.get(&id)
            && known == key
        {
            self.accounted.extend(before.iter().copied());
        }
        self.changed.remove(&id);
    }

    /// Whether somebody who has shown it had this key before.
    pub(crate) fn had_before(&self, id: ParticipantId, key: &PublicKey) -> bool {
        self.known.get(&id).is_some_and(|(_, before)| before.contains(&KeyDigest::of(key)))
    }

    pub(crate) fn has_changed(&self, id: ParticipantId) -> bool {
        self.changed.contains(&id)
    }

    /// Whether somebody should be made sure of.
    pub(crate) fn is_unverified(&self, id: ParticipantId, key: &PublicKey) -> bool {
        let is_doubtful = self.changed.contains(&id)
            || self.granted.contains(key)
            || self.inherited.contains(key)
            || self.admitted.contains(&KeyDigest::of(key));
        is_doubtful && !self.verified.contains(key)
    }
}
