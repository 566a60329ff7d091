//! One link to a peer: its negotiation, and whether it carries media. A link that breaks is repaired by restarts of ICE
//! (RFC 8445 §9), which keep its tracks; when those fail too it is given up, with a reason.
//!
//! ```text
//!               it comes up            it stops               for `RECOVERS_WITHIN`        for `REPAIR_WITHIN`
//!   Connecting ─────────────▶ Connected ────────▶ Interrupted ─────────────────▶ Repairing ─────────────────▶ Failed
//!       │                       ▲   ▲                  │                          ▲  │  │  ▲
//!       │                       │   └─── by itself ────┘                          │  │  └──┘ every `REPAIR_EVERY`
//!       │                       └────────────── the restart of ICE works ─────────┼──┘
//!       └──────────────────────────── for `CONNECT_WITHIN` ───────────────────────┘
//! ```
//!
//! | timer | what is due |
//! | --- | --- |
//! | `Connecting`, `CONNECT_WITHIN` | it has not come up: ICE is restarted |
//! | `Interrupted`, `RECOVERS_WITHIN` | it has not come back by itself: ICE is restarted |
//! | `Repairing`, `REPAIR_EVERY` | ICE is restarted once more |
//! | `Repairing`, `REPAIR_WITHIN` | it is given up |
//!
//! None of them is due while the server does not reach the peer.

use std::collections::VecDeque;
use std::time::Duration;

use crate::LinkKey;
use protocol::{IceServer, LinkId, ParticipantId, Presence, Signal, SignalNumber, Source, Switch};

use crate::links::negotiation::{Effect, Negotiation, Politeness};
use crate::{ConnectionState, LinkCommand, LinkEvent, LinkFailure, LinkStatus, Role};

/// How long a new link may take. Longer than an ICE agent needs for the slowest of its checks over a relay.
const CONNECT_WITHIN: Duration = Duration::from_secs(20);

/// How long a link that reports `disconnected` may come back by itself before it is repaired. Browsers report it after some
/// seconds without an answer, so what is left to wait for is little.
const RECOVERS_WITHIN: Duration = Duration::from_millis(1_500);

/// How often a repair is begun anew: the first may have found no network, or the other end none.
const REPAIR_EVERY: Duration = Duration::from_secs(5);

/// How long a repair may take.
const REPAIR_WITHIN: Duration = Duration::from_secs(15);

/// Signals that are kept to be said again. More than a negotiation has; the peer could not take more out of order.
const MAX_UNCONFIRMED: usize = 128;

/// One end of a link.
#[derive(Debug)]
pub(crate) struct Link {
    key: LinkKey,
    negotiation: Negotiation,
    /// Signals that the peer has not acknowledged. A server that ends in between may have lost them.
    unconfirmed: VecDeque<(SignalNumber, Signal)>,
    /// Whether the server reaches the peer: without their signals nothing can be repaired.
    presence: Presence,
    health: Health,
}

/// Whether a link carries media.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Health {
    Connecting {
        since: Duration,
    },
    Connected,
    Interrupted {
        since: Duration,
    },
    /// `was_connected` tells a person "reconnecting" from "connecting".
    Repairing {
        since: Duration,
        again: Duration,
        was_connected: bool,
    },
    Failed(LinkFailure),
}

impl Link {
    /// One end of `me`, whose id decides who gives way.
    pub(crate) fn new(now: Duration, key: LinkKey, me: ParticipantId) -> Self {
        let politeness = if key.peer.makes_polite(me) { Politeness::Polite } else { Politeness::Impolite };
        let negotiation = Negotiation::new(politeness);
        let health = Health::Connecting { since: now };
        let (unconfirmed, presence) = (VecDeque::new(), Presence::Here);
        Self { key, negotiation, unconfirmed, presence, health }
    }

    pub(crate) fn key(&self) -> LinkKey {
        self.key
    }

    /// Which of the links to the same peer it is.
    pub(crate) fn id(&self) -> LinkId {
        self.key.id
    }

    /// Makes the peer connection. The initiator offers at once instead of waiting for the browser to ask for it, which it
    /// would do only after the page is drawn.
    pub(crate) fn open(
        &mut self,
        role: Role,
        ice_servers: Vec<IceServer>,
        captured: &[Source],
        slots: Option<usize>,
    ) -> Vec<Effect> {
        let publish =
            captured.iter().map(|source| LinkCommand::Publish { source: *source, switch: Switch::On });
        let opened = std::iter::once(LinkCommand::Open { role, ice_servers });
        let slots = slots.map(|video| LinkCommand::SetSlots { video });
        let commands = opened.chain(slots).chain(publish);
        let mut effects: Vec<_> = commands.map(Effect::Do).collect();
        if role == Role::Initiator {
            self.negotiation.negotiation_needed();
        }
        effects.append(&mut self.effects());
        effects
    }

    pub(crate) fn status(&self) -> LinkStatus {
        match self.health {
            Health::Connecting { .. } | Health::Repairing { was_connected: false, .. } => {
                LinkStatus::Connecting
            }
            Health::Connected => LinkStatus::Connected,
            Health::Interrupted { .. } | Health::Repairing { was_connected: true, .. } => {
                LinkStatus::Reconnecting
            }
            Health::Failed(failure) => LinkStatus::Failed(failure),
        }
    }

    /// Takes a signal; `ack` is the first of ours that the peer has not had.
    pub(crate) fn handle_signal(
        &mut self,
        number: SignalNumber,
        ack: Option<SignalNumber>,
        signal: Signal,
    ) -> Vec<Effect> {
        if self.is_failed() {
            return Vec::new();
        }
        if let Some(ack) = ack {
            self.unconfirmed.retain(|(number, _)| *number >= ack);
        }
        if self.negotiation.handle_signal(number, signal).is_err() {
            return self.fail(LinkFailure::Disorder);
        }
        self.effects()
    }

    pub(crate) fn handle_event(&mut self, now: Duration, event: LinkEvent) -> Vec<Effect> {
        if self.is_failed() {
            return Vec::new();
        }
        match event {
            LinkEvent::NegotiationNeeded => self.negotiation.negotiation_needed(),
            LinkEvent::LocalDescription { sdp, sections } => {
                self.negotiation.local_description(sdp, sections);
            }
            LinkEvent::RemoteDescriptionApplied => self.negotiation.remote_description_applied(),
            LinkEvent::NegotiationFailed => return self.fail(LinkFailure::Negotiation),
            // A node learns the ways here from the checks that come over them (RFC 8445 §7.3.1.3).
            LinkEvent::Candidate(_) | LinkEvent::EndOfCandidates if self.key.peer.is_node() => {}
            LinkEvent::Candidate(candidate) => self.negotiation.local_candidate(Some(candidate)),
            LinkEvent::EndOfCandidates => self.negotiation.local_candidate(None),
            LinkEvent::ConnectionState(state) => return self.connection_state(now, state),
            LinkEvent::Keyframes(_) | LinkEvent::SlotKeyframes(_) | LinkEvent::Short(_) => {}
        }
        self.effects()
    }

    pub(crate) fn poll_timeout(&self) -> Option<Duration> {
        if self.presence == Presence::Away {
            return None;
        }
        match self.health {
            Health::Connecting { since } => Some(since + CONNECT_WITHIN),
            Health::Interrupted { since } => Some(since + RECOVERS_WITHIN),
            Health::Repairing { since, again, .. } => Some(again.min(since + REPAIR_WITHIN)),
            Health::Connected | Health::Failed(_) => None,
        }
    }

    pub(crate) fn handle_timeout(&mut self, now: Duration) -> Vec<Effect> {
        if self.poll_timeout().is_none_or(|due| now < due) {
            return Vec::new();
        }
        match &mut self.health {
            Health::Repairing { since, again, .. } if now < *since + REPAIR_WITHIN => {
                *again = now + REPAIR_EVERY;
                vec![Effect::Do(LinkCommand::RestartIce)]
            }
            Health::Connecting { .. }
            | Health::Connected
            | Health::Interrupted { .. }
            | Health::Repairing { .. }
            | Health::Failed(_) => self.broken(now),
        }
    }

    /// The peer is away, or is back. The link waits as long for them as the room does.
    pub(crate) fn peer_is(&mut self, now: Duration, presence: Presence) {
        let before = std::mem::replace(&mut self.presence, presence);
        if before == Presence::Away && presence == Presence::Here {
            self.grant_time(now);
        }
    }

    /// This end is in another network. What still works goes on until the new way is found.
    pub(crate) fn network_changed(&mut self, now: Duration) -> Vec<Effect> {
        match &mut self.health {
            Health::Connected => vec![Effect::Do(LinkCommand::RestartIce)],
            Health::Interrupted { .. } => self.broken(now),
            Health::Repairing { again, .. } => {
                *again = now + REPAIR_EVERY;
                vec![Effect::Do(LinkCommand::RestartIce)]
            }
            // Its first offer is on the way, or will be.
            Health::Connecting { .. } | Health::Failed(_) => Vec::new(),
        }
    }

    fn connection_state(&mut self, now: Duration, state: ConnectionState) -> Vec<Effect> {
        match (state, self.health) {
            (ConnectionState::Connected, _) => self.health = Health::Connected,
            (ConnectionState::Disconnected, Health::Connected) => {
                self.health = Health::Interrupted { since: now }
            }
            (ConnectionState::Failed, _) => return self.broken(now),
            (ConnectionState::Disconnected | ConnectionState::Connecting | ConnectionState::Closed, _) => {}
        }
        Vec::new()
    }

    /// The link carries nothing and will not by itself: it is repaired, and given up when that took too long.
    fn broken(&mut self, now: Duration) -> Vec<Effect> {
        let was_connected = match self.health {
            Health::Connecting { .. } => false,
            Health::Connected | Health::Interrupted { .. } => true,
            // A browser reports `failed` once more for the attempt that was given up.
            Health::Repairing { since, .. }
                if now < since + REPAIR_WITHIN || self.presence == Presence::Away =>
            {
                return Vec::new();
            }
            Health::Repairing { .. } => return self.fail(LinkFailure::NoPath),
            Health::Failed(_) => return Vec::new(),
        };
        self.health = Health::Repairing { since: now, again: now + REPAIR_EVERY, was_connected };
        vec![Effect::Do(LinkCommand::RestartIce)]
    }

    fn fail(&mut self, failure: LinkFailure) -> Vec<Effect> {
        self.health = Health::Failed(failure);
        vec![Effect::Do(LinkCommand::Close)]
    }

    /// Whether it could not be made, or not be repaired; it may still be tried.
    pub(crate) fn has_trouble(&self) -> bool {
        matches!(self.health, Health::Repairing { was_connected: false, .. } | Health::Failed(_))
    }

    fn is_failed(&self) -> bool {
        matches!(self.health, Health::Failed(_))
    }

    /// Begins to count anew how long the link takes: signals could not travel, which is not its fault.
    pub(crate) fn grant_time(&mut self, now: Duration) {
        match &mut self.health {
            Health::Connecting { since } => *since = now,
            // What was tried without signals has led nowhere.
            Health::Repairing { since, again, .. } => {
                *since = now;
                *again = now;
            }
            // Whether it comes back by itself has nothing to do with signals.
            Health::Connected | Health::Interrupted { .. } | Health::Failed(_) => {}
        }
    }

    /// What the peer may have missed. It drops what it has had.
    pub(crate) fn unconfirmed(&self) -> Vec<(SignalNumber, Signal)> {
        self.unconfirmed.iter().cloned().collect()
    }

    /// The first of the peer's signals that has not come.
    pub(crate) fn expected(&self) -> SignalNumber {
        self.negotiation.expected()
    }

    fn effects(&mut self) -> Vec<Effect> {
        let effects: Vec<_> = std::iter::from_fn(|| self.negotiation.poll_effect()).collect();
        for effect in &effects {
            if let Effect::Signal(number, signal) = effect {
                self.unconfirmed.push_back((*number, signal.clone()));
            }
        }
        while self.unconfirmed.len() > MAX_UNCONFIRMED {
            self.unconfirmed.pop_front();
        }
        effects
    }
}
