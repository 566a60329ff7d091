//! Key messages between people, which the room passes on and cannot open.

use protocol::{AddressedLetter, Letter, Letters, ParticipantId, RoomKeyGrant, ServerMessage};

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

    /// What a host gives to somebody they let in.
    pub(crate) fn grant(&self, from: ParticipantId, letter: Option<Letter>) -> Option<RoomKeyGrant> {
        let from = self.seats.participant(from)?.key.clone()?;
        Some(RoomKeyGrant { from, letter: letter? })
    }
}
