//! The room that the device is in: of its call, or of a ring on its screen that may become one. Never two.

use protocol::{Credential, IncomingRing, Manner, RingId, RoomCode};

use super::RingDevice;
use super::output::RingOutput;

impl RingDevice {
    /// A ring that came has its room entered while it rings, if this device is free for it.
    pub(super) fn connect_beforehand(&mut self, ring: RingId) {
        // Those who talk there would see who comes.
        let is_apt = |ring: &&IncomingRing| ring.manner == Manner::Aloud && !ring.into_call;
        let incoming = self.incoming.shown(ring).filter(is_apt).cloned();
        if let Some(incoming) = incoming.filter(|_| self.line.is_free() && self.room.is_none()) {
            self.enter_room_of(incoming);
        }
    }

    /// The room of a ring that came.
    pub(super) fn enter_room_of(&mut self, incoming: IncomingRing) {
        self.enter_room(incoming.ring, incoming.room, None, Some(Box::new(incoming)));
    }

    pub(super) fn enter_room(
        &mut self,
        ring: RingId,
        room: RoomCode,
        credential: Option<Credential>,
        invitation: Option<Box<IncomingRing>>,
    ) {
        if let Some(before) = self.room.replace(ring).filter(|before| *before != ring) {
            self.outputs.push_back(RingOutput::LeaveRoom { ring: before });
        }
        self.outputs.push_back(RingOutput::EnterRoom { ring, room, credential, invitation });
    }

    /// Nobody stays where no call is and none can come about.
    pub(super) fn leave_unwanted_room(&mut self) {
        let is_wanted = |ring: &RingId| self.line.wants_room(*ring) || self.incoming.is_shown(*ring);
        if let Some(ring) = self.room.take_if(|ring| !is_wanted(ring)) {
            self.outputs.push_back(RingOutput::LeaveRoom { ring });
        }
    }
}
