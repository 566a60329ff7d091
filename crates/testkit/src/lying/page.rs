//! One person's page in a world of lies: the call, the worker's keys, and what the browser remembers.

use std::collections::BTreeSet;
use std::time::Duration;

use call::{Call, Identity, Input, Notice, Output, SecretOrigin};
use protocol::{ParticipantId, PublicKey, RoomCode, SessionToken, Source};
use seal::{Expected, FrameOpener, FrameSealer, KeyDigest, KeyPair, RoomSecret};
use uuid::Uuid;

use crate::client_frame::ClientFrame;
use crate::server::SocketNumber;

pub(crate) struct Page {
    pub(crate) id: ParticipantId,
    pub(crate) call: Call,
    pub(crate) socket: Option<SocketNumber>,
    /// When it was loaded.
    pub(crate) born: Duration,
    /// How often the page said that something about keys is strange.
    pub(crate) said_so: u64,
    /// Frames that it has played.
    pub(crate) opened: BTreeSet<Vec<u8>>,
    /// Whether its person has pressed *Continue without end-to-end encryption* since the page last showed that there is some.
    pub(crate) has_continued: bool,
    sealer: FrameSealer,
    opener: FrameOpener,
    link: Option<RoomSecret>,
    remembered: Option<(RoomSecret, SecretOrigin)>,
    session: Option<SessionToken>,
    passed_on: Vec<KeyDigest>,
}

impl Page {
    pub(crate) fn new(
        room: RoomCode,
        index: u128,
        seed: u64,
        secret: Option<(RoomSecret, SecretOrigin)>,
    ) -> Self {
        let link = secret.as_ref().map(|(secret, _)| secret.clone());
        let identity = Identity { secret, ..Identity::of_seed(seed) };
        Self {
            id: ParticipantId::new(Uuid::from_u128(index + 1)),
            call: Call::new(room, None, seed, identity),
            socket: None,
            born: Duration::ZERO,
            said_so: 0,
            opened: BTreeSet::new(),
            has_continued: false,
            sealer: FrameSealer::default(),
            opener: FrameOpener::default(),
            link,
            remembered: None,
            session: None,
            passed_on: Vec::new(),
        }
    }

    pub(crate) fn public_key(&self) -> PublicKey {
        KeyPair::new(self.call.private_key()).public().clone()
    }

    /// Whether the page knows somebody by this key.
    pub(crate) fn knows_as(&self, id: ParticipantId, key: Option<&PublicKey>) -> bool {
        let people = self.call.snapshot().participants;
        people.iter().any(|one| one.participant.id == id && one.participant.key.as_ref() == key)
    }

    pub(crate) fn came_with_link(&self) -> bool {
        self.link.is_some()
    }

    pub(crate) fn reload(&mut self, room: RoomCode, seed: u64, now: Duration) {
        let by_link = self.link.clone().map(|link| (link, SecretOrigin::Link));
        let identity = Identity {
            secret: by_link.or_else(|| self.remembered.clone()),
            former: vec![self.call.private_key()],
            passed_on: self.passed_on.clone(),
            ..Identity::of_seed(seed)
        };
        self.call = Call::new(room, self.session.clone(), seed, identity);
        (self.sealer, self.opener) = (FrameSealer::default(), FrameOpener::default());
        (self.born, self.socket) = (now, None);
        self.opened.clear();
        self.has_continued = false;
    }

    /// Carries out what the call wants; what it says, and whether it wants a socket.
    pub(crate) fn collect(&mut self) -> (Vec<ClientFrame>, bool) {
        let mut frames = Vec::new();
        while let Some(output) = self.call.poll_output() {
            match output {
                Output::OpenSocket => return (frames, true),
                Output::CloseSocket => self.socket = None,
                Output::Open(frame) => frames.push(ClientFrame::Opening(frame)),
                Output::Send(frame) => frames.push(ClientFrame::Room(frame)),
                Output::Protect(protection) => {
                    self.sealer.protect(protection);
                    self.opener.protect(protection);
                }
                Output::SetOwnKey(key) => self.sealer.set_key(&key),
                Output::SetKeyOf { participant, key } => self.opener.add_key(participant, key),
                Output::ForgetKeysOf(participant) => self.opener.forget(participant),
                Output::KeepSecret { secret, origin } => self.remembered = Some((secret, origin)),
                Output::RememberPassedOn(digests) => self.passed_on = digests,
                Output::RememberSession(session) => self.session = session,
                Output::StartCapture(source) => {
                    self.call.handle_input(Duration::ZERO, Input::Captured(source));
                }
                Output::Notify(notice) => {
                    let is_of_keys =
                        matches!(notice, Notice::KeyRefused | Notice::KeyGranted | Notice::KeyChanged(_));
                    self.said_so += u64::from(is_of_keys);
                }
                Output::StopCapture(_)
                | Output::RememberSwitch { .. }
                | Output::Link { .. }
                | Output::Show { .. }
                | Output::PlaySlots { .. }
                | Output::ExpectInSlots { .. } => {}
            }
        }
        (frames, false)
    }

    pub(crate) fn seal(&mut self) -> Option<Vec<u8>> {
        let mut sealed = Vec::new();
        self.sealer.seal(Source::Microphone, FRAME, &mut sealed).then_some(sealed)
    }

    pub(crate) fn opens(&mut self, from: ParticipantId, frame: &[u8]) -> bool {
        let mut opened = Vec::new();
        let is_open = self.opener.open(only(from), frame, &mut opened).is_ok();
        // What was played as it is was not opened.
        if is_open && opened != frame {
            self.opened.insert(frame.to_vec());
        }
        is_open
    }

    /// Whether the page shows that somebody may not be who they say, or that its secret may be known.
    pub(crate) fn is_warned(&self, of: ParticipantId) -> bool {
        let snapshot = self.call.snapshot();
        let warnings = snapshot.key_warnings;
        let is_marked = |one: &call::RemoteParticipant| one.participant.id == of && one.unverified;
        warnings.was_granted || warnings.was_passed_on || snapshot.participants.iter().any(is_marked)
    }
}

/// What a microphone gives, before it is sealed.
pub(crate) const FRAME: &[u8] = b"a frame";

fn only(from: ParticipantId) -> Expected {
    Expected::Only { key: from.publication(Source::Microphone) }
}
