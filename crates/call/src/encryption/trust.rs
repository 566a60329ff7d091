//! What this page thinks of its secret and of other people's keys. Decided from what the page has seen itself and from key messages that
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

/// To how many a page gives the secret through the server.
const MAX_GIVEN: usize = 24;

/// How many digests a key message takes: of this page's, and of others'.
const MAX_IN_KEY_MESSAGE: usize = 28;

/// Of how many writers it is remembered what they told of, and how much from before the page was loaded.
const MAX_WRITERS: usize = 512;
const MAX_REMEMBERED: usize = 256;

/// The marks.
#[derive(Debug, Default)]
pub(crate) struct Trust {
    /// Keys to which this page has sealed the secret, because they lacked it.
    given: BTreeSet<KeyDigest>,
    /// Such keys as this browser remembers of the time before the page was loaded, whoever had sealed it.
    remembered: BTreeSet<KeyDigest>,
    /// Such keys as the latest key message of each writer tells of. One who invents some takes the place of nobody else's.
    told: BTreeMap<PublicKey, Vec<KeyDigest>>,
    /// Keys of people with whom the safety phrase was compared.
    verified: BTreeSet<PublicKey>,
    /// The same, with the keys that they had before.
    accounted: BTreeSet<KeyDigest>,
    /// Keys whose own key messages say that they got the secret through the server.
    granted: BTreeSet<PublicKey>,
    /// Keys of people who had one of `admitted` before.
    inherited: BTreeSet<PublicKey>,
    /// The last key with which each person's key messages opened, and their keys before.
    known: BTreeMap<ParticipantId, (PublicKey, Vec<KeyDigest>)>,
    /// People whose key was exchanged.
    changed: BTreeSet<ParticipantId>,
    refused_another: bool,
}

impl Trust {
    /// What this browser remembers of the time before the page was loaded.
    pub(crate) fn new(passed_on: Vec<KeyDigest>) -> Self {
        Self { remembered: passed_on.into_iter().take(MAX_REMEMBERED).collect(), ..Self::default() }
    }

    /// Another secret was offered and refused. False when that is known already.
    pub(crate) fn refuse_another(&mut self) -> bool {
        !std::mem::replace(&mut self.refused_another, true)
    }

    /// Whether one ever was.
    pub(crate) fn has_refused_another(&self) -> bool {
        self.refused_another
    }

    /// Keys of others to which the secret was passed on, and whose owners were not made sure of.
    pub(crate) fn passed_on(&self, own: &PublicKey) -> impl Iterator<Item = KeyDigest> {
        let own = KeyDigest::of(own);
        self.holders().into_iter().filter(move |digest| *digest != own && !self.accounted.contains(digest))
    }

    /// The secret is sealed to somebody who lacks it. False when that cannot be told to the others any more.
    pub(crate) fn add_holder(&mut self, key: &PublicKey) -> bool {
        let digest = KeyDigest::of(key);
        let has_room = self.given.len() < MAX_GIVEN || self.given.contains(&digest);
        if has_room {
            self.given.insert(digest);
        }
        has_room
    }

    /// A key message tells of keys to which others have sealed the secret.
    pub(crate) fn hear_of_holders(&mut self, writer: &PublicKey, mut digests: Vec<KeyDigest>) {
        digests.truncate(MAX_IN_KEY_MESSAGE);
        if self.told.len() < MAX_WRITERS || self.told.contains_key(writer) {
            self.told.insert(writer.clone(), digests);
        }
    }

    /// Keys to which somebody has sealed the secret who lacked it, as this page knows.
    fn holders(&self) -> BTreeSet<KeyDigest> {
        let told = self.told.values().flatten();
        self.given.iter().chain(&self.remembered).chain(told).copied().collect()
    }

    /// Those of which key messages tell: this page's own first, and then the least ones.
    pub(crate) fn holders_to_tell(&self) -> Vec<KeyDigest> {
        let others = self.holders().into_iter().filter(|digest| !self.given.contains(digest));
        self.given.iter().copied().chain(others).take(MAX_IN_KEY_MESSAGE).collect()
    }

    /// Those that the safety phrase is made of: all that key messages can tell of. When somebody has invented more than that, the least
    /// ones, as many as every key message has beside its writer's own, so that they are the same for everybody once key messages have gone around.
    pub(crate) fn holders_in_phrase(&self) -> Vec<KeyDigest> {
        let all = self.holders();
        let count = if all.len() > MAX_IN_KEY_MESSAGE { MAX_IN_KEY_MESSAGE - MAX_GIVEN } else { all.len() };
        all.into_iter().take(count).collect()
    }

    fn is_holder(&self, digest: &KeyDigest) -> bool {
        self.given.contains(digest)
            || self.remembered.contains(digest)
            || self.told.values().any(|told| told.contains(digest))
    }

    /// Somebody's own key message says how they came by the secret.
    pub(crate) fn hear_of_grant(&mut self, key: &PublicKey, was_granted: bool) {
        if was_granted {
            self.granted.insert(key.clone());
        } else {
            self.granted.remove(key);
        }
    }

    /// A key message of somebody opened with this key; `continued` are keys that they have shown to have had before. True when the
    /// key is another one than before, and nothing shows that it is theirs.
    pub(crate) fn prove(&mut self, id: ParticipantId, key: &PublicKey, continued: &[PublicKey]) -> bool {
        let Some((known, _)) = self.known.get(&id) else {
            self.known.insert(id, (key.clone(), Vec::new()));
            return false;
        };
        if known == key {
            return false;
        }
        let known = known.clone();
        let is_theirs = continued.contains(&known);
        if is_theirs {
            if self.verified.contains(&known) {
                self.verified.insert(key.clone());
                self.accounted.insert(KeyDigest::of(key));
            } else if self.is_holder(&KeyDigest::of(&known)) || self.inherited.contains(&known) {
                self.inherited.insert(key.clone());
            }
            self.changed.remove(&id);
        } else {
            self.changed.insert(id);
        }
        if let Some((latest, before)) = self.known.get_mut(&id) {
            *latest = key.clone();
            if is_theirs {
                before.push(KeyDigest::of(&known));
            } else {
                before.clear();
            }
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
            || self.is_holder(&KeyDigest::of(key));
        is_doubtful && !self.verified.contains(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: usize) -> PublicKey {
        PublicKey::new(format!("{number:A<43}")).unwrap()
    }

    #[test]
    fn whoever_invents_keys_neither_keeps_others_from_being_let_in_nor_their_phrases_apart() {
        let mut pages = [(); 3].map(|()| Trust::default());
        for (index, page) in pages.iter_mut().enumerate() {
            let invented = (0..40).map(|number| KeyDigest::of(&key(100 * (index + 1) + number)));
            page.hear_of_holders(&key(99), invented.collect());
            assert!(page.add_holder(&key(index)), "{index}");
        }
        for _ in 0..2 {
            let key_messages = pages.each_ref().map(Trust::holders_to_tell);
            for page in &mut pages {
                for (index, key_message) in key_messages.iter().enumerate() {
                    page.hear_of_holders(&key(90 + index), key_message.clone());
                }
            }
        }
        let phrases = pages.each_ref().map(Trust::holders_in_phrase);
        assert!(phrases.iter().all(|phrase| *phrase == phrases[0]));
        for (index, page) in pages.iter().enumerate() {
            let let_in = KeyDigest::of(&key(index));
            assert!(page.holders_to_tell().contains(&let_in), "whom a page has let in it tells of");
            assert!(pages.iter().all(|page| page.is_holder(&let_in)));
        }
    }

    #[test]
    fn a_page_tells_when_it_can_give_the_secret_to_nobody_more() {
        let mut trust = Trust::default();
        let given = (0..MAX_GIVEN).filter(|number| trust.add_holder(&key(*number))).count();
        assert_eq!((given, trust.add_holder(&key(500)), trust.add_holder(&key(3))), (MAX_GIVEN, false, true));
    }
}
