//! End-to-end encryption as far as the room has a hand in it: it passes letters on, knows which secret its links carry, and lets
//! those wait who have another one. It can open nothing.

use protocol::{
    AddressedLetter, Letter, Letters, ParticipantId, Role, RoomKeyGrant, RoomKeyId, RoomSettingsPatch,
    ServerMessage,
};

use crate::{Output, Pass, Room, Visitor};

/// Whether somebody who takes part in the encryption has another secret than the room.
pub(crate) fn lacks_secret(visitor: &Visitor, room_key: Option<&RoomKeyId>) -> bool {
    visitor.key.is_some() && room_key.is_some_and(|secret| visitor.room_key.as_ref() != Some(secret))
}

impl Room {
    pub(crate) fn pass_letters(&mut self, from: ParticipantId, letters: Letters) {
        for AddressedLetter { to, letter } in Vec::from(letters) {
            // Whoever has left meanwhile needs none.
            if to != from {
                self.tell(to, ServerMessage::Letter { from, letter });
            }
        }
    }

    /// Whether somebody has to be given the room's secret before they can see or hear anybody.
    pub(crate) fn lacks_secret(&self, visitor: &Visitor) -> bool {
        lacks_secret(visitor, self.rules.settings.room_key.as_ref()) && !self.may_claim(visitor)
    }

    /// The first who enters gives the room its secret; a host who finds the room empty may give it another one.
    pub(crate) fn claim(&mut self, visitor: &Visitor) {
        let Some(secret) = &visitor.room_key else { return };
        let settings = &mut self.rules.settings;
        if settings.room_key.as_ref() == Some(secret) || !self.may_claim(visitor) {
            return;
        }
        self.rules.settings.room_key = Some(secret.clone());
        let patch = RoomSettingsPatch { room_key: Some(secret.clone()), ..RoomSettingsPatch::default() };
        self.outputs.push_back(Output::ChangeSettings {
            participant: visitor.participant,
            in_reply_to: None,
            patch: Box::new(patch),
        });
    }

    fn may_claim(&self, visitor: &Visitor) -> bool {
        let has_none = self.rules.settings.room_key.is_none();
        let is_host = visitor.pass == Pass::Key(Role::Host);
        visitor.room_key.is_some() && (has_none || is_host && self.seats.is_empty())
    }

    /// What a host gives to somebody they let in.
    pub(crate) fn grant(&self, from: ParticipantId, letter: Option<Letter>) -> Option<RoomKeyGrant> {
        let from = self.seats.get(from)?.participant.key.clone()?;
        Some(RoomKeyGrant { from, letter: letter? })
    }
}
