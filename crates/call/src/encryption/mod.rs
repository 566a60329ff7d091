//! Encryption: who has which keys. Sender keys and their epochs, key messages to everybody who is there, the room's secret, and chat.
//!
//! ```text
//!              somebody came: the next step, told to them alone
//!            ┌───────────────┐
//!            ▼               │   somebody went            `GATHER`                          `TAKES_EFFECT`
//!   Sealing with a key ──────┴──────────────▶ Renewal due ─────────▶ Next key told to all ───────────────▶ Sealing with it
//! ```
//!
//! | timer | what is due |
//! | --- | --- |
//! | `renew_at` | a new epoch begins: its key is told to everybody who is there |
//! | `pending` | the key that was told is used |
//!
//! A page has a key pair of its own each time it is loaded: what was sealed to the one before opens no more, so that nothing of
//! an earlier load can be played again to the next.

mod exchange;
mod handed_in;
mod key_message_body;
mod recorded;
mod sealed_chat;
mod sharing;
mod trust;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use protocol::{
    KeyMessage, KeyMessages, Participant, ParticipantId, PublicKey, RecordingId, RecordingKeys, RoomCode,
    RoomEncryption, RoomKeyId, RoomSettings,
};
use seal::rand_core::{Rng, SeedableRng};
use seal::{
    ChaCha20Rng, ChatSeal, Context, KeyDigest, KeyPair, Nonce, Purpose, RoomSecret, SafetyPhrase, SenderKey,
    Tag,
};

use crate::encryption::handed_in::HandedIn;
use crate::encryption::key_message_body::{KeyMessageBody, KeyVersion, MAX_PROOFS, Proof};
use crate::encryption::trust::Trust;
use crate::people::People;
use crate::{Notice, Secrecy};

pub use crate::encryption::trust::SecretOrigin;

/// Everything random and remembered that a call begins with.
#[derive(Debug)]
pub struct Identity {
    /// 32 bytes that nobody else knows.
    pub seed: [u8; 32],
    /// The secret that the page has, and how it came by it.
    pub secret: Option<(RoomSecret, SecretOrigin)>,
    /// The address of the page was to carry a secret, and what it carries is none.
    pub has_unreadable_secret: bool,
    /// The private keys that this tab had before it was loaded again, the last one first.
    pub former: Vec<[u8; 32]>,
    /// Keys to which this browser has passed the secret on, and whose owners nobody here has verified.
    pub passed_on: Vec<KeyDigest>,
}

impl Identity {
    /// Somebody who has never been here: for tests.
    pub fn of_seed(seed: u64) -> Self {
        let mut dice = ChaCha20Rng::seed_from_u64(seed);
        Self {
            seed: draw(&mut dice),
            secret: None,
            has_unreadable_secret: false,
            former: Vec::new(),
            passed_on: Vec::new(),
        }
    }
}

/// How long several departures are waited for before a new epoch begins: one message for all of them.
const GATHER: Duration = Duration::from_millis(200);

/// How long after the key messages a new key is used. Shorter, and video overtakes the key messages of somebody on a slow line, and
/// stop; longer, and somebody who is gone could still open what comes in between.
const TAKES_EFFECT: Duration = Duration::from_millis(1000);

/// The encryption as one person takes part in it.
#[derive(Debug)]
pub(crate) struct Encryption {
    room: RoomCode,
    secret: RoomSecret,
    origin: SecretOrigin,
    /// Secrets that this page had before it was given the room's. Chat from then opens with them.
    former_secrets: Vec<RoomSecret>,
    /// Whether the page was told that this is the room's.
    is_kept: bool,
    /// Whether the page began with a secret, or the one it drew was ever the room's, or it was given the room's.
    has_key: bool,
    pair: KeyPair,
    former: Vec<KeyPair>,
    dice: ChaCha20Rng,
    tag: Tag,
    /// Grows when the tag does change, because all of its epochs are used up.
    generation: u32,
    current: SenderKey,
    /// The key of the next epoch, and from when it is used.
    pending: Option<(SenderKey, Duration)>,
    /// When the next epoch is begun.
    renew_at: Option<Duration>,
    secrecy: BTreeMap<ParticipantId, Secrecy>,
    /// The latest key that was told with each public key: older ones are replays, also after their sender was away.
    latest: BTreeMap<PublicKey, KeyVersion>,
    trust: Trust,
    handed_in: HandedIn,
    effects: VecDeque<EncryptionEffect>,
}

/// What it may know of the rest of the call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EncryptionView<'a> {
    /// The person at this browser, once inside.
    me: Option<ParticipantId>,
    people: &'a People,
    /// The secret that the room's links carry.
    room_key: Option<&'a RoomKeyId>,
    /// What this page takes the room for, whatever it is said to be.
    rule: RoomEncryption,
}

impl<'a> EncryptionView<'a> {
    pub(crate) fn new(
        you: Option<&Participant>,
        people: &'a People,
        settings: Option<&'a RoomSettings>,
        rule: RoomEncryption,
    ) -> Self {
        let room_key = settings.and_then(|settings| settings.room_key.as_ref());
        Self { me: you.map(|you| you.id), people, room_key, rule }
    }
}

/// What is to be done.
#[derive(Clone, Debug)]
pub(crate) enum EncryptionEffect {
    SetOwnKey(SenderKey),
    SetKeyOf {
        participant: ParticipantId,
        key: SenderKey,
    },
    ForgetKeysOf(ParticipantId),
    SendKeyMessages(KeyMessages),
    KeepRecordingKeys {
        recording: RecordingId,
        keys: RecordingKeys,
    },
    KeepSecret {
        secret: RoomSecret,
        origin: SecretOrigin,
    },
    RememberPassedOn(Vec<KeyDigest>),
    Notify(Notice),
    /// What was written under the secret before is to be said again, and what was read to be read again.
    SecretChanged,
}

impl Encryption {
    pub(crate) fn new(room: RoomCode, identity: Identity) -> Self {
        let Identity { seed, secret, has_unreadable_secret, former, passed_on } = identity;
        let has_key = secret.is_some() || has_unreadable_secret;
        let mut dice = ChaCha20Rng::from_seed(seed);
        let pair = KeyPair::new(draw(&mut dice));
        let drawn = RoomSecret::new(draw(&mut dice));
        let (secret, origin) = secret.unwrap_or((drawn, SecretOrigin::Provisional));
        let tag = Tag::new(dice.next_u32());
        let current = SenderKey::new(tag, 0, draw(&mut dice));
        Self {
            room,
            secret,
            origin,
            former_secrets: Vec::new(),
            is_kept: false,
            has_key,
            pair,
            former: former.into_iter().map(KeyPair::new).collect(),
            dice,
            tag,
            generation: 0,
            current,
            pending: None,
            renew_at: None,
            secrecy: BTreeMap::new(),
            latest: BTreeMap::new(),
            trust: Trust::new(passed_on),
            handed_in: HandedIn::default(),
            effects: VecDeque::new(),
        }
    }

    pub(crate) fn public_key(&self) -> PublicKey {
        self.pair.public().clone()
    }

    /// Which secret this is.
    pub(crate) fn room_key(&self) -> Option<RoomKeyId> {
        self.secret.id(&self.room)
    }

    pub(crate) fn secrecy_of(&self, participant: &Participant) -> Secrecy {
        match participant.key {
            None => Secrecy::NotEncrypting,
            Some(_) => self.secrecy.get(&participant.id).copied().unwrap_or_default(),
        }
    }

    /// Whether somebody should be made sure of. Whoever got the secret through the server has made sure of nobody.
    pub(crate) fn is_unverified(&self, participant: &Participant) -> bool {
        let Some(key) = &participant.key else { return false };
        let was_granted = self.origin == SecretOrigin::Granted
            && self.secrecy.get(&participant.id) == Some(&Secrecy::Sealed);
        was_granted || self.trust.is_unverified(participant.id, key)
    }

    pub(crate) fn poll_effect(&mut self) -> Option<EncryptionEffect> {
        self.effects.pop_front()
    }

    /// The private key of this tab, to be the same person after the page was loaded again.
    pub(crate) fn private_key(&self) -> [u8; 32] {
        self.pair.private()
    }

    /// The secret as the link carries it.
    pub(crate) fn secret(&self) -> &RoomSecret {
        &self.secret
    }

    /// Whether the page has a key that it did not draw for itself alone.
    pub(crate) fn has_key(&self) -> bool {
        self.has_key
    }

    /// The secret stands in the address of the page from now on.
    pub(crate) fn is_in_link(&mut self) {
        self.has_key = true;
    }

    /// How the page came by the secret.
    pub(crate) fn origin(&self) -> SecretOrigin {
        self.origin
    }

    /// Whether somebody's key was exchanged, and nothing shows that it is theirs.
    pub(crate) fn has_key_changed(&self, id: ParticipantId) -> bool {
        self.trust.has_changed(id)
    }

    /// What is the same for everybody in the call when nobody sits in between.
    pub(crate) fn safety_phrase(&self, people: &People) -> SafetyPhrase {
        let others = people.participants().filter_map(|participant| participant.key.clone());
        let keys = others.chain([self.public_key()]).collect();
        let admitted = self.trust.holders_in_phrase();
        SafetyPhrase { room: self.room, secret: self.secret.clone(), keys, admitted }
    }

    /// When a timer is due; the table of them is at the top.
    pub(crate) fn poll_timeout(&self) -> Option<Duration> {
        let pending = self.pending.as_ref().map(|(_, at)| *at);
        // One that has little time left is used first.
        let renewal = self.renew_at.map(|at| match pending {
            Some(due) if at + GATHER > due => at.max(due),
            Some(_) | None => at,
        });
        renewal.into_iter().chain(pending).min()
    }

    fn forget(&mut self, id: ParticipantId, now: Duration) {
        self.secrecy.remove(&id);
        self.renew_soon(now);
    }

    fn renew_soon(&mut self, now: Duration) {
        self.renew_at.get_or_insert(now + GATHER);
    }

    /// A key that nobody has who was not told it.
    fn next_epoch(&mut self) -> SenderKey {
        let last = self.pending.as_ref().map_or(self.current.epoch(), |(key, _)| key.epoch());
        let epoch = last.checked_add(1).unwrap_or_else(|| {
            // No name of a key is used twice.
            let before = self.tag;
            while self.tag == before {
                self.tag = Tag::new(self.dice.next_u32());
            }
            self.generation += 1;
            0
        });
        SenderKey::new(self.tag, epoch, draw(&mut self.dice))
    }

    /// The keys that somebody needs who is there now.
    fn keys(&self) -> Vec<SenderKey> {
        let pending = self.pending.as_ref().map(|(key, _)| key.clone());
        [self.current.clone()].into_iter().chain(pending).collect()
    }

    fn key_message(&mut self, to: &PublicKey, key: &SenderKey) -> Option<KeyMessage> {
        let mut proofs = Vec::new();
        for former in self.former.iter().take(MAX_PROOFS) {
            let nonce: Nonce = draw(&mut self.dice);
            proofs.extend(Proof::new(former, self.pair.public(), to, (&self.room, &self.secret), nonce));
        }
        let text = KeyMessageBody {
            generation: if key.tag() == self.tag { self.generation } else { self.generation - 1 },
            was_granted: self.origin == SecretOrigin::Granted,
            proofs,
            admitted: self.trust.holders_to_tell(),
            key: key.clone(),
        };
        let nonce: Nonce = draw(&mut self.dice);
        self.pair.seal(to, self.context(Purpose::SenderKey), nonce, &text.to_bytes()).ok()
    }

    /// Reads a key message: a key that is new, or nothing.
    fn read(&mut self, from: &Participant, key_message: &KeyMessage) -> Read {
        let Some(sender) = from.key.as_ref() else { return Read::Nothing };
        let Ok(text) = self.pair.open(sender, self.context(Purpose::SenderKey), key_message) else {
            return Read::Closed;
        };
        let Some(key_message) = KeyMessageBody::from_bytes(&text) else { return Read::Nothing };
        let version = (key_message.generation, key_message.key.epoch(), key_message.key.step());
        let latest = self.latest.entry(sender.clone()).or_default();
        if version < *latest {
            return Read::Nothing; // Somebody sends an old key message again.
        }
        *latest = version;
        self.secrecy.insert(from.id, Secrecy::Sealed);
        let check = |proof: &Proof| proof.check(&self.pair, sender, (&self.room, &self.secret));
        let continued: Vec<_> = key_message.proofs.iter().filter_map(check).collect();
        self.trust.hear_of_grant(sender, key_message.was_granted);
        self.trust.hear_of_holders(sender, key_message.admitted);
        let is_exchanged = self.trust.prove(from.id, sender, &continued);
        Read::Key { key: key_message.key, is_exchanged }
    }

    /// The secret in a key message that needs none to be opened.
    fn granted(&self, from: &PublicKey, key_message: &KeyMessage) -> Option<RoomSecret> {
        let text = self.pair.open(from, self.of_grants(), key_message).ok()?;
        RoomSecret::parse(&String::from_utf8(text).ok()?)
    }

    /// Takes a secret that came through the server.
    fn take_secret(&mut self, secret: RoomSecret) {
        self.former_secrets.push(std::mem::replace(&mut self.secret, secret));
        (self.origin, self.is_kept, self.has_key) = (SecretOrigin::Granted, false, true);
        let own = self.public_key();
        self.trust.add_holder(&own);
    }

    /// Seals the secret for somebody who lacks it. Every later key message tells of that.
    fn give_secret(&mut self, now: Duration, to: &PublicKey) -> Option<KeyMessage> {
        if !self.trust.add_holder(to) {
            return None;
        }
        self.renew_soon(now);
        let text = self.secret.to_text();
        let nonce: Nonce = draw(&mut self.dice);
        self.pair.seal(to, self.of_grants(), nonce, text.as_bytes()).ok()
    }

    fn context(&self, purpose: Purpose) -> Context<'_> {
        Context { room: &self.room, secret: Some(&self.secret), purpose }
    }

    /// Whoever is given the secret has none yet.
    fn of_grants(&self) -> Context<'_> {
        Context { room: &self.room, secret: None, purpose: Purpose::RoomSecret }
    }

    fn chat(&self) -> ChatSeal {
        ChatSeal::new(self.room, self.secret.clone())
    }

    /// What opens chat: the secret, and those that the page had before.
    fn chats(&self) -> impl Iterator<Item = ChatSeal> {
        [&self.secret]
            .into_iter()
            .chain(&self.former_secrets)
            .map(|one| ChatSeal::new(self.room, one.clone()))
    }

    fn pairs(&self) -> impl Iterator<Item = &KeyPair> {
        [&self.pair].into_iter().chain(&self.former)
    }
}

/// What a key message was.
enum Read {
    /// One that opened.
    Key {
        /// What is new in it.
        key: SenderKey,
        /// The writer had another public key before, and nothing shows that this one is theirs.
        is_exchanged: bool,
    },
    /// One from nobody with the same secret.
    Closed,
    /// Nothing new.
    Nothing,
}

fn draw<const N: usize>(dice: &mut ChaCha20Rng) -> [u8; N] {
    let mut drawn = [0; N];
    dice.fill_bytes(&mut drawn);
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epochs_that_are_used_up_begin_anew_under_another_tag_and_a_higher_generation() {
        let mut encryption = Encryption::new(RoomCode::from_random(1), Identity::of_seed(1));
        let before = encryption.tag;
        encryption.current = SenderKey::new(before, u16::MAX, [1; 16]);
        let next = encryption.next_epoch();
        assert_eq!((next.epoch(), next.step(), encryption.generation), (0, 0, 1));
        assert_ne!(
            (next.tag(), next.tag()),
            (before, encryption.current.tag()),
            "no name of a key comes twice"
        );
        encryption.pending = Some((next.clone(), Duration::ZERO));
        assert_eq!(encryption.next_epoch().epoch(), 1);

        let mut reader = Encryption::new(RoomCode::from_random(1), Identity::of_seed(2));
        reader.secret = encryption.secret.clone();
        let (to, last) = (reader.public_key(), encryption.current.clone());
        let writer = Participant {
            id: ParticipantId::new(uuid::Uuid::from_u128(1)),
            name: protocol::DisplayName::parse("Ada").unwrap(),
            role: protocol::Role::Guest,
            media: protocol::MediaState::default(),
            hand: None,
            presence: protocol::Presence::Here,
            forbidden: protocol::Forbidden::default(),
            key: Some(encryption.public_key()),
            recorded: None,
        };
        for key in [last, next] {
            let key_message = encryption.key_message(&to, &key).unwrap();
            assert!(matches!(reader.read(&writer, &key_message), Read::Key { .. }), "{key:?} is heard");
        }
    }
}
