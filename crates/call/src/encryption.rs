//! Who has which keys: sender keys and their epochs, letters to everybody who is there, the room's secret, and chat.

use std::collections::BTreeMap;
use std::time::Duration;

use protocol::limits::MAX_LETTERS;
use protocol::{
    AddressedLetter, ChatEntry, ChatId, ChatTarget, ClientMessage, Envelope, Letter, Letters, Moderation,
    Participant, ParticipantId, PublicKey, RoomCode, RoomKeyGrant, RoomKeyId, Timestamp,
};
use seal::rand_core::{Rng, SeedableRng};
use seal::{
    Author, ChaCha20Rng, ChatSeal, Context, KeyPair, Nonce, Purpose, RoomSecret, SafetyPhrase, SenderKey, Tag,
};

use crate::{Call, ChatText, Output, Secrecy};

/// Everything random and remembered that a call begins with.
#[derive(Debug)]
pub struct Identity {
    /// 32 bytes that nobody else knows.
    pub seed: [u8; 32],
    /// The secret that the link carries, or that this browser remembers.
    pub secret: Option<RoomSecret>,
    /// The private key that this tab had before it was loaded again.
    pub key: Option<[u8; 32]>,
    /// When the page began.
    pub born: Timestamp,
}

impl Identity {
    /// Somebody who has never been here, at the beginning of time: for tests.
    pub fn of_seed(seed: u64) -> Self {
        let mut dice = ChaCha20Rng::seed_from_u64(seed);
        Self { seed: draw(&mut dice), secret: None, key: None, born: Timestamp(0) }
    }
}

/// How long several departures are waited for before a new epoch begins: one message for all of them.
const GATHER: Duration = Duration::from_millis(200);

/// How long after the letters a new key is used. Shorter, and pictures overtake the letters of somebody on a slow line, and
/// stop; longer, and somebody who is gone could still open what comes in between.
const TAKES_EFFECT: Duration = Duration::from_millis(1000);

/// The encryption as one person takes part in it.
#[derive(Debug)]
pub(crate) struct Encryption {
    room: RoomCode,
    secret: RoomSecret,
    /// Whether the page was told that this is the room's.
    is_kept: bool,
    pair: KeyPair,
    dice: ChaCha20Rng,
    born: Timestamp,
    tag: Tag,
    current: SenderKey,
    /// The key of the next epoch, and from when it is used.
    pending: Option<(SenderKey, Duration)>,
    /// When the next epoch is begun.
    renew_at: Option<Duration>,
    secrecy: BTreeMap<ParticipantId, Secrecy>,
    /// The latest key that was told with each public key: older ones are replays, also after their sender was away.
    latest: BTreeMap<PublicKey, Place>,
}

/// When a page began, and the epoch and step of a key of it.
type Place = (u64, u16, u8);

impl Encryption {
    pub(crate) fn new(room: RoomCode, identity: Identity) -> Self {
        let Identity { seed, secret, key, born } = identity;
        let mut dice = ChaCha20Rng::from_seed(seed);
        let pair = KeyPair::new(key.unwrap_or_else(|| draw(&mut dice)));
        let secret = secret.unwrap_or_else(|| RoomSecret::new(draw(&mut dice)));
        let tag = Tag::new(dice.next_u32());
        let current = SenderKey::new(tag, 0, draw(&mut dice));
        Self {
            room,
            secret,
            is_kept: false,
            pair,
            dice,
            born,
            tag,
            current,
            pending: None,
            renew_at: None,
            secrecy: BTreeMap::new(),
            latest: BTreeMap::new(),
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

    pub(crate) fn due(&self) -> Option<Duration> {
        self.renew_at.into_iter().chain(self.pending.as_ref().map(|(_, at)| *at)).min()
    }

    fn forget(&mut self, id: ParticipantId, now: Duration) {
        self.secrecy.remove(&id);
        self.renew_at.get_or_insert(now + GATHER);
    }

    /// A key that nobody has who was not told it.
    fn next_epoch(&mut self) -> SenderKey {
        let last = self.pending.as_ref().map_or(self.current.epoch(), |(key, _)| key.epoch());
        SenderKey::new(self.tag, last.wrapping_add(1), draw(&mut self.dice))
    }

    /// The keys that somebody needs who is there now.
    fn keys(&self) -> Vec<SenderKey> {
        let pending = self.pending.as_ref().map(|(key, _)| key.clone());
        [self.current.clone()].into_iter().chain(pending).collect()
    }

    fn letter(&mut self, to: &PublicKey, key: &SenderKey) -> Option<Letter> {
        let text = [&self.born.0.to_be_bytes()[..], &key.to_bytes()].concat();
        let nonce: Nonce = draw(&mut self.dice);
        self.pair.seal(to, self.context(Purpose::SenderKey), nonce, &text).ok()
    }

    /// Reads a letter: a key that is new, or nothing.
    fn read(&mut self, from: &Participant, letter: &Letter) -> Option<SenderKey> {
        let sender = from.key.as_ref()?;
        let opened = self.pair.open(sender, self.context(Purpose::SenderKey), letter);
        let secrecy = self.secrecy.entry(from.id).or_default();
        let Ok(text) = opened else {
            if *secrecy == Secrecy::Waiting {
                *secrecy = Secrecy::OtherSecret;
            }
            return None;
        };
        let (born, key) = text.split_first_chunk::<8>()?;
        let (born, key) = (u64::from_be_bytes(*born), SenderKey::from_bytes(key)?);
        let place = (born, key.epoch(), key.step());
        let latest = self.latest.entry(sender.clone()).or_default();
        if place < *latest {
            return None; // Somebody sends an old letter again.
        }
        (*latest, *secrecy) = (place, Secrecy::Sealed);
        Some(key)
    }

    fn take_secret(&mut self, grant: &RoomKeyGrant) -> Option<()> {
        let RoomKeyGrant { from, letter } = grant;
        let text = self.pair.open(from, self.of_grants(), letter).ok()?;
        self.secret = RoomSecret::parse(&String::from_utf8(text).ok()?)?;
        self.is_kept = false;
        Some(())
    }

    fn give_secret(&mut self, to: &PublicKey) -> Option<Letter> {
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
}

impl Call {
    /// The private key of this tab, to be the same person after the page was loaded again.
    pub fn private_key(&self) -> [u8; 32] {
        self.encryption.pair.private()
    }

    /// What is the same for everybody in the call when nobody sits in between.
    pub fn safety_phrase(&self) -> SafetyPhrase {
        let others = self.others.iter().filter_map(|other| other.participant.key.clone());
        let keys = others.chain([self.encryption.public_key()]).collect();
        SafetyPhrase { room: self.code, secret: self.encryption.secret.clone(), keys }
    }

    /// The secret as the link carries it.
    pub fn secret(&self) -> &RoomSecret {
        &self.encryption.secret
    }

    /// Inside, with nothing that was before: the secret is settled, and everybody gets the key of a new epoch.
    pub(crate) fn begin_encryption(&mut self, grant: Option<&RoomKeyGrant>) {
        if let Some(grant) = grant {
            _ = self.encryption.take_secret(grant);
        }
        self.keep_secret();
        let encryption = &mut self.encryption;
        encryption.secrecy.clear();
        (encryption.current, encryption.pending, encryption.renew_at) = (encryption.next_epoch(), None, None);
        self.use_key();
        self.send_keys_to_all();
    }

    /// Inside again, without having been outside: letters may have got lost with the server.
    pub(crate) fn go_on_with_encryption(&mut self) {
        self.send_keys_to_all();
    }

    /// Somebody came: they get the next step, with which they cannot open what was said before.
    pub(crate) fn introduce(&mut self, id: ParticipantId) {
        let Some(to) = self.key_of(id) else { return };
        if let Some(next) = self.encryption.current.next() {
            self.encryption.current = next;
            self.use_key();
        }
        let keys = self.encryption.keys();
        self.send(&keys, &[(id, to)]);
    }

    /// Somebody is back: a server that began anew meanwhile has lost what was on its way to them.
    pub(crate) fn send_keys_again(&mut self, id: ParticipantId) {
        if let Some(to) = self.key_of(id) {
            let keys = self.encryption.keys();
            self.send(&keys, &[(id, to)]);
        }
    }

    /// Somebody is gone: soon, they open nothing any more.
    pub(crate) fn exclude(&mut self, now: Duration, id: ParticipantId) {
        self.encryption.forget(id, now);
        self.outputs.push_back(Output::ForgetKeysOf(id));
    }

    /// Begins a new epoch when it is due, and uses its key once the others have had time to hear of it.
    pub(crate) fn encryption_due(&mut self, now: Duration) {
        if self.encryption.renew_at.take_if(|at| *at <= now).is_some() {
            let key = self.encryption.next_epoch();
            let at =
                self.encryption.pending.take().map_or(now + TAKES_EFFECT, |(_, at)| at.max(now + GATHER));
            self.encryption.pending = Some((key.clone(), at));
            self.send_to_all(&[key]);
        }
        if let Some((key, _)) = self.encryption.pending.take_if(|(_, at)| *at <= now) {
            self.encryption.current = key;
            self.use_key();
        }
    }

    pub(crate) fn hear_letter(&mut self, from: ParticipantId, letter: &Letter) {
        let Some(place) = self.others.iter().position(|other| other.participant.id == from) else { return };
        let sender = &self.others[place].participant;
        if let Some(key) = self.encryption.read(sender, letter) {
            self.outputs.push_back(Output::SetKeyOf { participant: from, key });
        }
    }

    /// Adds what a decision needs: whoever lets somebody in who lacks the secret gives it to them.
    pub(crate) fn moderate(&mut self, moderation: Moderation) {
        let lacking: Vec<_> = self.waiting.iter().filter(|one| one.lacks_secret).cloned().collect();
        if moderation == Moderation::AdmitAll {
            for id in lacking.iter().map(|one| one.id) {
                self.moderate(Moderation::Admit { id, letter: None });
            }
        }
        let moderation = if let Moderation::Admit { id, .. } = moderation {
            let key = lacking.into_iter().find(|one| one.id == id).and_then(|one| one.key);
            Moderation::Admit { id, letter: key.and_then(|key| self.encryption.give_secret(&key)) }
        } else {
            moderation
        };
        self.say(ClientMessage::Moderate { moderation });
    }

    /// Seals a message. `None` when it is too long, or for somebody who cannot open it.
    pub(crate) fn seal_chat(&mut self, message: ChatId, to: ChatTarget, text: &str) -> Option<Envelope> {
        let author = Author { message, from: self.you.as_ref()?.id };
        let nonce: Nonce = draw(&mut self.encryption.dice);
        match to {
            ChatTarget::Everyone => self.encryption.chat().seal(author, nonce, text),
            ChatTarget::Participant(to) => {
                let to = self.key_of(to)?;
                self.encryption.chat().seal_to_one(&self.encryption.pair, &to, author, nonce, text)
            }
        }
    }

    /// Opens a message.
    pub(crate) fn read_chat(&self, entry: &ChatEntry) -> ChatText {
        let author = Author { message: entry.id, from: entry.from };
        let opened = match entry.envelope.version() {
            Envelope::TEXT => return ChatText::Open(entry.envelope.body().to_owned()),
            Envelope::SEALED => self.encryption.chat().open(author, &entry.envelope),
            Envelope::SEALED_TO_ONE => {
                let pair = &self.encryption.pair;
                let opened = self.encryption.chat().open_to_one(pair, author, &entry.envelope);
                // Whoever is here is known by their key; of those who are gone nobody can say more than the secret does.
                let is_theirs = |writer: &PublicKey| self.key_of(entry.from).is_none_or(|key| key == *writer);
                opened.filter(|(writer, _)| is_theirs(writer)).map(|(_, text)| text)
            }
            _ => None,
        };
        opened.map_or(ChatText::Closed, ChatText::Sealed)
    }

    fn key_of(&self, id: ParticipantId) -> Option<PublicKey> {
        if self.is_me(id) {
            return Some(self.encryption.public_key());
        }
        self.others.iter().find(|other| other.participant.id == id)?.participant.key.clone()
    }

    /// Tells the page the secret, once it is the room's.
    fn keep_secret(&mut self) {
        let room_key = self.settings.as_ref().and_then(|settings| settings.room_key.clone());
        if !self.encryption.is_kept && room_key == self.encryption.room_key() {
            self.encryption.is_kept = true;
            self.outputs.push_back(Output::KeepSecret(self.encryption.secret.clone()));
        }
    }

    fn use_key(&mut self) {
        self.outputs.push_back(Output::SetOwnKey(self.encryption.current.clone()));
    }

    fn send_keys_to_all(&mut self) {
        let keys = self.encryption.keys();
        self.send_to_all(&keys);
    }

    fn send_to_all(&mut self, keys: &[SenderKey]) {
        let key = |participant: &Participant| Some((participant.id, participant.key.clone()?));
        let all: Vec<_> = self.others.iter().filter_map(|other| key(&other.participant)).collect();
        self.send(keys, &all);
    }

    fn send(&mut self, keys: &[SenderKey], to: &[(ParticipantId, PublicKey)]) {
        let mut letters = Vec::new();
        for (to, public) in to {
            for key in keys {
                let letter = self.encryption.letter(public, key);
                letters.extend(letter.map(|letter| AddressedLetter { to: *to, letter }));
            }
        }
        for letters in letters.chunks(MAX_LETTERS) {
            if let Ok(letters) = Letters::try_from(letters.to_vec()) {
                self.say(ClientMessage::SendLetters { letters });
            }
        }
    }
}

fn draw<const N: usize>(dice: &mut ChaCha20Rng) -> [u8; N] {
    let mut drawn = [0; N];
    dice.fill_bytes(&mut drawn);
    drawn
}
