//! One person's browser in virtual time: the call, and what it has opened.

use std::collections::BTreeMap;
use std::time::Duration;

use call::LinkKey;
use call::{Call, Identity, SecretOrigin, ShownVia};
use protocol::{LinkId, MediaKey, ParticipantId, PeerRef, RoomCode, Source};
use seal::{Expected, FrameOpener, FrameSealer, RoomSecret};
use uuid::Uuid;

use crate::server::SocketNumber;
use crate::{PeerConnection, Seed};

#[derive(Debug)]
pub(crate) struct Browser {
    pub(crate) id: ParticipantId,
    pub(crate) call: Call,
    /// The one that is open, or being opened.
    pub(crate) socket: Option<SocketNumber>,
    pub(crate) links: BTreeMap<PeerRef, BrowserLink>,
    /// Over what each publication is shown.
    pub(crate) shown: BTreeMap<MediaKey, ShownVia>,
    /// Keyframes that came in each slot of the links to nodes.
    pub(crate) keyframes: BTreeMap<LinkKey, Vec<u32>>,
    /// What is on the screen, as the call was told last.
    pub(crate) has_told_stage: bool,
    /// What the worker of the page seals with, and what it opens.
    pub(crate) sealer: FrameSealer,
    pub(crate) opener: FrameOpener,
    /// How often somebody left, as far as this browser was told.
    pub(crate) partings: u64,
    /// What is not a signal keeps its order, as on a real socket: not before these times.
    pub(crate) up_clear_at: Duration,
    pub(crate) down_clear_at: Duration,
}

#[derive(Debug)]
pub(crate) struct BrowserLink {
    /// Which of the links to the same peer it is.
    pub(crate) id: LinkId,
    pub(crate) connection: PeerConnection,
    pub(crate) connected: bool,
    /// The fragments of a path that was cut: it does not come back without a restart.
    pub(crate) cut: Option<(u32, u32)>,
}

impl Browser {
    pub(crate) fn new(seed: &mut Seed, code: RoomCode, index: usize) -> Self {
        let random = u128::from(seed.number(0..u64::MAX)) << 64 | index as u128;
        // All have come with the same link.
        let secret = Some((RoomSecret::new([1; 16]), SecretOrigin::Link));
        let identity = Identity { secret, ..Identity::of_seed(seed.number(1..u64::MAX)) };
        Self {
            sealer: FrameSealer::default(),
            opener: FrameOpener::default(),
            id: ParticipantId::new(Uuid::from_u128(random)),
            call: Call::new(code, None, seed.number(1..u64::MAX), identity),
            socket: None,
            partings: 0,
            shown: BTreeMap::new(),
            keyframes: BTreeMap::new(),
            has_told_stage: false,
            links: BTreeMap::new(),
            up_clear_at: Duration::ZERO,
            down_clear_at: Duration::ZERO,
        }
    }
}

impl Browser {
    /// A frame as it is sent now.
    pub(crate) fn seal(&mut self) -> (ParticipantId, Vec<u8>) {
        let mut sealed = Vec::new();
        self.sealer.seal(Source::Microphone, b"a frame", &mut sealed);
        (self.id, sealed)
    }

    /// Whether the browser has this link, and media goes over it.
    pub(crate) fn is_up(&self, peer: PeerRef) -> bool {
        self.links.get(&peer).is_some_and(|link| link.connected)
    }

    /// Whether a source is sent.
    pub(crate) fn sends(&self, source: Source) -> bool {
        self.call.snapshot().publications.of(source).is_on()
    }

    pub(crate) fn opens(&mut self, from: ParticipantId, frame: &[u8]) -> bool {
        let expected = Expected::Only { key: from.publication(Source::Microphone) };
        self.opener.open(expected, frame, &mut Vec::new()).is_ok()
    }
}

impl BrowserLink {
    pub(crate) fn new(id: LinkId, sections: u32) -> Self {
        Self { id, connection: PeerConnection::new(sections), connected: false, cut: None }
    }
}
