//! Key messages between people, which the room passes on and cannot open.

use super::Room;
use protocol::{AddressedLetter, Letters, ParticipantId, ServerMessage};

impl Room {
    pub(super) fn pass_letters(&mut self, from: ParticipantId, letters: Letters) {
        for AddressedLetter { to, letter } in Vec::from(letters) {
            // Whoever has left meanwhile needs none.
            if to != from {
                self.tell(to, ServerMessage::Letter { from, letter });
            }
        }
    }
}
