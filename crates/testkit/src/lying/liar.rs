//! A server that lies: holds key pairs of its own, changes, drops, delays, repeats and invents messages, and tries to open and to
//! forge whatever it can. What it has learnt is what a test looks at.

use std::collections::BTreeMap;

use protocol::{
    AddressedKeyMessage, ChatEntry, ChatId, ChatTarget, Consent, Envelope, Joined, KeyMessage, LeaveReason,
    MediaVia, Moderation, NodeId, OpeningFrame, OpeningMessage, Participant, ParticipantId, Presence,
    PublicKey, RecordingEnd, RecordingId, RecordingState, RoomCode, RoomEncryption, RoomKeyGrant, RoomKeyId,
    RoomMessage, RoomSettings, ServerMessage, SessionToken, Source, Switch, Timestamp, WaitingPerson,
};
use seal::{
    Author, ChatSeal, Context, Expected, FrameOpener, FrameSealer, KeyPair, Purpose, RoomSecret, SenderKey,
    Tag,
};
use uuid::Uuid;

use crate::Seed;
use crate::client_frame::ClientFrame;

/// How often a message is lied about.
const LIES: f64 = 0.25;

/// What the server has found out that it should not know.
#[derive(Debug, Default)]
pub(crate) struct Loot {
    /// Secrets that people's pages had.
    pub(crate) secrets: Vec<RoomSecret>,
    /// Chat it has read, by its writer.
    pub(crate) chat: Vec<(ParticipantId, String)>,
    /// Keys of media, by their owner.
    pub(crate) keys: Vec<(ParticipantId, SenderKey)>,
}

/// The server's dark side.
pub(crate) struct Liar {
    room: RoomCode,
    pair: KeyPair,
    secret: RoomSecret,
    pub(crate) loot: Loot,
    pub(crate) told: BTreeMap<&'static str, u64>,
    /// The keys that people came with.
    keys: BTreeMap<ParticipantId, PublicKey>,
    key_messages: Vec<(ParticipantId, KeyMessage)>,
    chat: Vec<ChatEntry>,
    said: Vec<ServerMessage>,
    sessions: Vec<SessionToken>,
    /// What the room's secret is called.
    room_key: Option<RoomKeyId>,
    nonces: u64,
    /// What recordings and forgeries are sealed with.
    sealer: FrameSealer,
    /// Whether it says that the room is without end-to-end encryption.
    pub(crate) says_transport: bool,
}

impl Liar {
    pub(crate) fn new(room: RoomCode) -> Self {
        let mut sealer = FrameSealer::default();
        sealer.set_key(&SenderKey::new(Tag::new(66), 0, [66; 16]));
        Self {
            room,
            pair: KeyPair::new([66; 32]),
            secret: RoomSecret::new([66; 16]),
            loot: Loot::default(),
            told: BTreeMap::new(),
            keys: BTreeMap::new(),
            key_messages: Vec::new(),
            chat: Vec::new(),
            said: Vec::new(),
            sessions: Vec::new(),
            room_key: None,
            nonces: 0,
            sealer,
            says_transport: false,
        }
    }

    /// Whether a page's secret is the liar's.
    pub(crate) fn has_made(&self, secret: &RoomSecret) -> bool {
        self.secret == *secret
    }

    pub(crate) fn is_own(&self, key: &PublicKey) -> bool {
        self.pair.public() == key
    }

    /// Reads what somebody says. False when it goes no further.
    pub(crate) fn hear(&mut self, seed: &mut Seed, from: ParticipantId, frame: &ClientFrame) -> bool {
        match frame {
            ClientFrame::Opening(OpeningFrame { message: OpeningMessage::Join(join), .. }) => {
                self.keys.extend(join.key.clone().map(|key| (from, key)));
                self.room_key = self.room_key.clone().or_else(|| join.room_key.clone());
                return true;
            }
            ClientFrame::Opening(OpeningFrame {
                message: OpeningMessage::Resume(_) | OpeningMessage::Ring(_),
                ..
            }) => {}
            ClientFrame::Room(frame) => self.hear_in_room(from, &frame.message),
        }
        !seed.chance(0.03) || self.tell("what somebody said was dropped").is_none()
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "of the others nothing is to be learnt")]
    fn hear_in_room(&mut self, from: ParticipantId, message: &RoomMessage) {
        match message {
            RoomMessage::SendKeyMessages { key_messages } => {
                for AddressedKeyMessage { to, key_message } in Vec::from(key_messages.clone()) {
                    self.open_key_message(from, &key_message);
                    self.key_messages.push((to, key_message));
                }
            }
            RoomMessage::Moderate {
                moderation: Moderation::Admit { key_message: Some(key_message), .. },
            } => {
                self.open_key_message(from, key_message);
            }
            RoomMessage::Chat { chat, envelope, .. } => self.open_chat(from, *chat, envelope),
            _ => {}
        }
    }

    fn open_key_message(&mut self, from: ParticipantId, key_message: &KeyMessage) {
        let Some(key) = self.keys.get(&from) else { return };
        let context = |secret, purpose| Context { room: &self.room, secret, purpose };
        let secrets = [&self.secret].into_iter().chain(&self.loot.secrets);
        for secret in secrets {
            if let Ok(text) = self.pair.open(key, context(Some(secret), Purpose::SenderKey), key_message) {
                let key = text.len().checked_sub(23).and_then(|at| SenderKey::from_bytes(&text[at..]));
                self.loot.keys.extend(key.map(|key| (from, key)));
                return;
            }
        }
        if let Ok(text) = self.pair.open(key, context(None, Purpose::RoomSecret), key_message) {
            let secret = String::from_utf8(text).ok().and_then(|text| RoomSecret::parse(&text));
            self.loot.secrets.extend(secret.filter(|secret| *secret != self.secret));
        }
    }

    fn open_chat(&mut self, from: ParticipantId, message: ChatId, envelope: &Envelope) {
        let author = Author { message, from };
        let seals: Vec<_> = [&self.secret]
            .into_iter()
            .chain(&self.loot.secrets)
            .map(|secret| ChatSeal::new(self.room, secret.clone()))
            .collect();
        let open = |seal: &ChatSeal| match envelope.version() {
            Envelope::SEALED => seal.open(author, envelope),
            _ => seal.open_to_one(&self.pair, author, envelope).map(|(_, text)| text),
        };
        let text = envelope.text().map(str::to_owned).or_else(|| seals.iter().find_map(open));
        self.loot.chat.extend(text.map(|text| (from, text)));
    }

    /// Whose media it opens.
    pub(crate) fn opens(&self, from: ParticipantId, frame: &[u8]) -> bool {
        let mut opener = FrameOpener::default();
        for (owner, key) in self.loot.keys.iter().filter(|(owner, _)| *owner == from) {
            opener.add_key(*owner, key.clone());
        }
        opener.open(Expected::AnySound, frame, &mut Vec::new()).is_ok()
    }

    /// A frame of media of its own.
    pub(crate) fn forge_frame(&mut self) -> Vec<u8> {
        _ = self.tell("media forged");
        let mut sealed = Vec::new();
        self.sealer.seal(Source::Microphone, b"forged", &mut sealed);
        sealed
    }

    /// What somebody hears instead of a message.
    pub(crate) fn twist(
        &mut self,
        seed: &mut Seed,
        to: ParticipantId,
        message: ServerMessage,
    ) -> Vec<ServerMessage> {
        self.remember(&message);
        let mut said = if seed.chance(LIES) { self.change(seed, to, message) } else { vec![message] };
        if seed.chance(LIES) {
            let invented = self.invent(seed, to);
            said.extend(invented);
        }
        said
    }

    pub(crate) fn tell(&mut self, lie: &'static str) -> Option<()> {
        *self.told.entry(lie).or_default() += 1;
        Some(())
    }

    fn remember(&mut self, message: &ServerMessage) {
        if let ServerMessage::Joined(joined) = message {
            self.sessions.push(joined.session.clone());
        }
        if let ServerMessage::Chat { entry } = message {
            self.chat.push(entry.clone());
        }
        self.said.push(message.clone());
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "all others are dropped or repeated")]
    fn change(&mut self, seed: &mut Seed, to: ParticipantId, message: ServerMessage) -> Vec<ServerMessage> {
        match message {
            ServerMessage::Joined(joined) => {
                vec![ServerMessage::Joined(self.change_joined(seed, to, joined))]
            }
            ServerMessage::ParticipantJoined { mut participant } => {
                _ = self.tell("key of newcomer swapped");
                participant.key = Some(self.pair.public().clone());
                vec![ServerMessage::ParticipantJoined { participant }]
            }
            ServerMessage::ParticipantUpdated { mut participant } => {
                _ = self.tell("key of somebody swapped");
                participant.key = Some(self.pair.public().clone());
                vec![ServerMessage::ParticipantUpdated { participant }]
            }
            ServerMessage::KeyMessage { from, key_message } => {
                self.change_key_message(seed, to, from, key_message)
            }
            ServerMessage::Chat { mut entry } => {
                _ = self.tell("chat said to be another's");
                entry.from = self.somebody(seed).unwrap_or(entry.from);
                vec![ServerMessage::Chat { entry }]
            }
            ServerMessage::ChatHistory { mut entries, more } => {
                _ = self.tell("history changed");
                for entry in &mut entries {
                    entry.id = ChatId(Uuid::from_u128(u128::from(self.next_nonce())));
                }
                entries.extend(self.forged_chat(seed));
                vec![ServerMessage::ChatHistory { entries, more }]
            }
            ServerMessage::Topology { mut topology } => {
                _ = self.tell("topology changed");
                topology.epoch = topology.epoch.wrapping_add(seed.number(0..5) as u32);
                topology.via = MediaVia::Sfu(NodeId::NIL);
                vec![ServerMessage::Topology { topology }]
            }
            message if seed.chance(0.5) => {
                _ = self.tell("message repeated");
                vec![message.clone(), message]
            }
            _ => {
                _ = self.tell("message dropped");
                Vec::new()
            }
        }
    }

    /// What it says of the room's encryption by itself, to whoever is there.
    pub(crate) fn downgrade(&mut self, seed: &mut Seed) -> Option<ServerMessage> {
        if !self.says_transport || !seed.chance(0.05) {
            return None;
        }
        let encryption = if seed.chance(0.6) {
            _ = self.tell("room said to be transport");
            RoomEncryption::Transport
        } else {
            _ = self.tell("room said to be end to end again");
            RoomEncryption::EndToEnd
        };
        let settings = RoomSettings { encryption, ..self.true_settings() };
        Some(ServerMessage::RoomUpdated { settings, password: false })
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "no others have settings")]
    fn true_settings(&self) -> RoomSettings {
        let settings = self.said.iter().rev().find_map(|message| match message {
            ServerMessage::Joined(joined) => Some(&joined.settings),
            ServerMessage::RoomUpdated { settings, .. } => Some(settings),
            _ => None,
        });
        settings.cloned().unwrap_or_default()
    }

    fn change_joined(&mut self, seed: &mut Seed, to: ParticipantId, mut joined: Box<Joined>) -> Box<Joined> {
        if self.says_transport && seed.chance(0.5) {
            _ = self.tell("room said to be transport in joined");
            joined.settings.encryption = RoomEncryption::Transport;
        }
        match seed.number(0..7) {
            0 => {
                _ = self.tell("own grant in joined");
                joined.grant = self.grant(to);
                if let Some(first) = joined.participants.first_mut() {
                    first.key = Some(self.pair.public().clone());
                } else {
                    joined.participants.push(self.invented());
                }
                joined.settings.room_key = self.secret.id(&self.room);
            }
            1 => {
                _ = self.tell("own grant beside true keys");
                joined.grant = self.grant(to);
                joined.participants.push(self.invented());
                joined.settings.room_key = self.secret.id(&self.room);
            }
            2 => {
                _ = self.tell("keys swapped in joined");
                for other in &mut joined.participants {
                    other.key = Some(self.pair.public().clone());
                }
            }
            3 => {
                _ = self.tell("room key of joined changed");
                joined.settings.room_key = self.secret.id(&self.room);
            }
            4 => {
                _ = self.tell("joined said to be continued");
                joined.continued = !joined.continued;
            }
            5 => {
                _ = self.tell("session of another");
                if let Some(session) = self.sessions.first() {
                    joined.session = session.clone();
                }
            }
            _ => {
                _ = self.tell("participants left out");
                joined.participants.clear();
            }
        }
        joined
    }

    fn change_key_message(
        &mut self,
        seed: &mut Seed,
        to: ParticipantId,
        from: ParticipantId,
        key_message: KeyMessage,
    ) -> Vec<ServerMessage> {
        match seed.number(0..4) {
            0 => {
                _ = self.tell("key message dropped");
                Vec::new()
            }
            1 => {
                _ = self.tell("key message said to be another's");
                let from = self.somebody(seed).unwrap_or(from);
                vec![ServerMessage::KeyMessage { from, key_message }]
            }
            2 => {
                _ = self.tell("key message instead of another");
                let own = self.key_message_of_own(to);
                own.map(|key_message| ServerMessage::KeyMessage { from, key_message }).into_iter().collect()
            }
            _ => {
                _ = self.tell("key message twice");
                vec![
                    ServerMessage::KeyMessage { from, key_message: key_message.clone() },
                    ServerMessage::KeyMessage { from, key_message },
                ]
            }
        }
    }

    fn invent(&mut self, seed: &mut Seed, to: ParticipantId) -> Option<ServerMessage> {
        Some(match seed.number(0..16) {
            0 => {
                _ = self.tell("somebody invented");
                ServerMessage::ParticipantJoined { participant: self.invented() }
            }
            1 => {
                _ = self.tell("somebody said to be gone");
                let reason = if seed.chance(0.5) { LeaveReason::Left } else { LeaveReason::Disconnected };
                ServerMessage::ParticipantLeft { id: self.somebody(seed)?, reason }
            }
            2 => {
                _ = self.tell("somebody invented who waits");
                let person = WaitingPerson {
                    id: self.invented().id,
                    name: self.invented().name,
                    key: Some(self.pair.public().clone()),
                    lacks_secret: true,
                };
                ServerMessage::WaitingRoom { people: vec![person] }
            }
            kind @ 3..=5 => self.invented_key_message(kind, seed, to)?,
            6 => {
                _ = self.tell("chat forged");
                ServerMessage::Chat { entry: self.forged_chat(seed)? }
            }
            7 => {
                _ = self.tell("room key changed");
                let room_key = self.secret.id(&self.room);
                let settings = RoomSettings { room_key, ..RoomSettings::default() };
                ServerMessage::RoomUpdated { settings, password: false }
            }
            8 => {
                _ = self.tell("resumed without a word before");
                ServerMessage::Resumed { session: self.sessions.first()?.clone() }
            }
            9 => {
                _ = self.tell("something turned off or asked for");
                let source = Source::Microphone;
                if seed.chance(0.5) {
                    ServerMessage::TurnedOff { source }
                } else {
                    ServerMessage::AskedToTurnOn { source }
                }
            }
            10 => {
                _ = self.tell("keys swapped to and fro");
                let id = self.somebody(seed)?;
                let key =
                    if seed.chance(0.5) { self.keys.get(&id)?.clone() } else { self.pair.public().clone() };
                ServerMessage::ParticipantUpdated {
                    participant: Participant { id, key: Some(key), ..self.invented() },
                }
            }
            11 => {
                _ = self.tell("one key for two people");
                let key = self.keys.get(&self.somebody(seed)?)?.clone();
                ServerMessage::ParticipantJoined {
                    participant: Participant { key: Some(key), ..self.invented() },
                }
            }
            12..=14 => self.about_recordings(seed, to)?,
            _ => {
                _ = self.tell("old message");
                let at = seed.number(0..self.said.len().max(1) as u64) as usize;
                self.said.get(at)?.clone()
            }
        })
    }

    fn about_recordings(&mut self, seed: &mut Seed, to: ParticipantId) -> Option<ServerMessage> {
        Some(match seed.number(0..5) {
            0 => {
                _ = self.tell("recording said to be over");
                ServerMessage::Recording { recording: None, ended: Some(RecordingEnd::Stopped) }
            }
            1 => {
                _ = self.tell("consent claimed");
                let key = self.keys.get(&to).cloned();
                let recorded = Some(Consent::Given);
                ServerMessage::ParticipantUpdated {
                    participant: Participant { id: to, key, recorded, ..self.invented() },
                }
            }
            _ => {
                _ = self.tell("recording claimed");
                let number = u128::from(seed.number(1..4));
                let recording = RecordingState {
                    id: RecordingId(Uuid::from_u128(number)),
                    started_by: self.somebody(seed)?,
                    started: Timestamp(1),
                    key: self.room_key.clone(),
                };
                ServerMessage::Recording { recording: Some(recording), ended: None }
            }
        })
    }

    fn invented_key_message(
        &mut self,
        kind: u64,
        seed: &mut Seed,
        to: ParticipantId,
    ) -> Option<ServerMessage> {
        let (from, key_message) = match kind {
            3 => {
                _ = self.tell("own grant as a key message");
                (self.invented().id, self.grant(to)?.key_message)
            }
            4 => {
                _ = self.tell("own key message");
                (self.somebody(seed)?, self.key_message_of_own(to)?)
            }
            _ => {
                _ = self.tell("old key message");
                let at = seed.number(0..self.key_messages.len().max(1) as u64) as usize;
                let (_, key_message) = self.key_messages.get(at)?.clone();
                (self.somebody(seed)?, key_message)
            }
        };
        Some(ServerMessage::KeyMessage { from, key_message })
    }

    fn grant(&mut self, to: ParticipantId) -> Option<RoomKeyGrant> {
        let context = Context { room: &self.room, secret: None, purpose: Purpose::RoomSecret };
        let nonce = nonce(self.nonces);
        self.nonces += 1;
        let text = self.secret.to_text();
        let key_message = self.pair.seal(self.keys.get(&to)?, context, nonce, text.as_bytes()).ok()?;
        Some(RoomKeyGrant { from: self.pair.public().clone(), key_message })
    }

    /// A key of media, sealed with whatever secret is at hand.
    fn key_message_of_own(&mut self, to: ParticipantId) -> Option<KeyMessage> {
        let key = SenderKey::new(Tag::new(66), 0, [66; 16]);
        let text = [&[0; 7][..], &key.to_bytes()].concat();
        let number = self.next_nonce();
        let secret = self.loot.secrets.first().unwrap_or(&self.secret);
        let context = Context { room: &self.room, secret: Some(secret), purpose: Purpose::SenderKey };
        self.pair.seal(self.keys.get(&to)?, context, nonce(number), &text).ok()
    }

    fn forged_chat(&mut self, seed: &mut Seed) -> Option<ChatEntry> {
        let mut entry = self.chat.last()?.clone();
        entry.id = ChatId(Uuid::from_u128(u128::from(self.next_nonce())));
        entry.from = self.somebody(seed)?;
        entry.to = ChatTarget::Everyone;
        let author = Author { message: entry.id, from: entry.from };
        let secret = self.loot.secrets.first().unwrap_or(&self.secret).clone();
        let number = self.next_nonce();
        if seed.chance(0.7) {
            entry.envelope = ChatSeal::new(self.room, secret).seal(author, nonce(number), "forged")?;
        }
        Some(entry)
    }

    fn invented(&self) -> Participant {
        Participant {
            id: ParticipantId::new(Uuid::from_u128(6_666)),
            name: protocol::DisplayName::parse("Mallory").expect("a plain name"),
            role: protocol::Role::Host,
            media: protocol::MediaState::default(),
            hand: None,
            presence: Presence::Here,
            forbidden: protocol::Forbidden { chat: Switch::Off, ..protocol::Forbidden::default() },
            key: Some(self.pair.public().clone()),
            recorded: None,
        }
    }

    fn somebody(&self, seed: &mut Seed) -> Option<ParticipantId> {
        let at = seed.number(0..self.keys.len().max(1) as u64) as usize;
        self.keys.keys().nth(at).copied()
    }

    fn next_nonce(&mut self) -> u64 {
        self.nonces += 1;
        self.nonces
    }
}

fn nonce(number: u64) -> [u8; 12] {
    let mut nonce = [6; 12];
    nonce[..8].copy_from_slice(&number.to_be_bytes());
    nonce
}
