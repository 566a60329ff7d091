//! Key messages between people, which the room passes on and cannot open.

use super::Room;
use protocol::{AddressedKeyMessage, KeyMessages, ParticipantId, ServerMessage};

impl Room {
    pub(super) fn pass_key_messages(&mut self, from: ParticipantId, key_messages: KeyMessages) {
        for AddressedKeyMessage { to, key_message } in Vec::from(key_messages) {
            // Whoever has left meanwhile needs none.
            if to != from {
                self.tell(to, ServerMessage::KeyMessage { from, key_message });
            }
        }
    }
}
