//! One page of somebody's: the machine, its socket, and what its screen has shown of each ring.

use std::collections::BTreeMap;
use std::time::Duration;

use call::{RingDevice, RingPhase, RingView};
use protocol::{CallId, DeviceId, PublicKey, RingId, RingSide};
use uuid::Uuid;

/// The stranger's number among people.
pub(super) const STRANGER: usize = 90;

/// A page.
pub(super) struct Page {
    pub(super) person: usize,
    pub(super) device: DeviceId,
    pub(super) machine: RingDevice,
    pub(super) socket: Option<u64>,
    /// The person has closed it.
    pub(super) is_closed: bool,
    /// What it has shown, by ring.
    pub(super) shown: BTreeMap<RingId, Shown>,
    /// When its line to the server was not as it should be: from, and until.
    pub(super) broken: Vec<(Duration, Duration)>,
    /// The room that it is in.
    pub(super) room: Option<EnteredRoom>,
}

/// The room of a ring.
#[derive(Clone, Copy, Debug)]
pub(super) struct EnteredRoom {
    pub(super) ring: RingId,
    /// Whether the ring came to the page.
    pub(super) came: bool,
}

/// What a screen has shown of a ring.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    pub(super) side: RingSide,
    pub(super) phase: RingPhase,
    /// Since when it rings there, and until when it did.
    pub(super) rang: Option<(Duration, Duration)>,
    /// When it was seen on the screen last.
    pub(super) last: Duration,
}

impl Page {
    pub(super) fn new(person: usize, number: u128) -> Self {
        let device = DeviceId::new(Uuid::from_u128(number));
        Self {
            person,
            device,
            machine: RingDevice::new(device, key_of(person), u64::try_from(number).unwrap_or_default()),
            socket: None,
            is_closed: false,
            shown: BTreeMap::new(),
            broken: Vec::new(),
            room: None,
        }
    }

    /// Begins anew, with what is kept of a call.
    pub(super) fn reload(&mut self) {
        let random = self.broken.len() as u64;
        self.machine = RingDevice::new(self.device, key_of(self.person), random);
        self.room = None;
    }

    /// Looks at the screen.
    pub(super) fn look(&mut self, now: Duration) -> Vec<RingView> {
        let mut views = self.machine.views();
        views.extend(self.machine.adding());
        for view in &views {
            let rings = is_ringing(view.phase);
            let shown = self.shown.entry(view.ring).or_insert_with(|| Shown {
                side: view.side,
                phase: view.phase,
                rang: None,
                last: now,
            });
            shown.phase = view.phase;
            shown.last = now;
            if rings {
                let since = shown.rang.map_or(now, |(since, _)| since);
                shown.rang = Some((since, now));
            }
        }
        views
    }

    /// Its room, where its screen has no ring that may lead there.
    pub(super) fn stray_room(&self) -> Option<EnteredRoom> {
        let views = self.machine.views();
        // Who calls waits there for the verdict on a ring that has rung out.
        let is_open = |room: &EnteredRoom, view: &RingView| {
            let may_talk = is_ringing(view.phase) || view.phase == RingPhase::Answered || !room.came;
            view.ring == room.ring && may_talk
        };
        self.room.filter(|room| !views.iter().any(|view| is_open(room, view)))
    }

    /// Whether its line was good all the time between two moments.
    pub(super) fn was_connected(&self, from: Duration, until: Duration) -> bool {
        !self.is_closed && self.broken.iter().all(|(begun, ended)| *ended < from || *begun > until)
    }
}

/// Whether a ring sounds or may sound.
pub(super) fn is_ringing(phase: RingPhase) -> bool {
    match phase {
        RingPhase::Calling(_) | RingPhase::Ringing | RingPhase::RingingQuietly => true,
        RingPhase::Answered | RingPhase::Over(_) | RingPhase::Refused(_) => false,
    }
}

/// Somebody's call ID.
pub(super) fn id_of(person: usize) -> CallId {
    CallId::nth(u32::try_from(person).unwrap_or_default())
}

/// Somebody's key.
pub(super) fn key_of(person: usize) -> PublicKey {
    PublicKey::new(format!("{person:A>42}A")).expect("43 characters")
}
