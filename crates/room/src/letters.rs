//! Key messages between people, which the room passes on and cannot open.

use protocol::{AddressedLetter, Letters, ParticipantId, ServerMessage};

use crate::Room;

impl Room {
    pub(crate) fn pass_letters(&mut self, from: ParticipantId, letters: Letters) {
        for AddressedLetter { to, letter } in Vec::from(letters) {
            // Whoever has left meanwhile needs none.
            if to != from {
                self.tell(to, ServerMessage::Letter { from, letter });
            }
        }
    }
}
