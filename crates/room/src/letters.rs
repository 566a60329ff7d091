//! End-to-end encryption as far as the room has a hand in it: it passes letters on, knows which secret its links carry, and lets
//! those wait who have another one. It can open nothing.

use protocol::{
    AddressedLetter, Letter, Letters, ParticipantId, Role, RoomKeyGrant, RoomKeyId, RoomKeyOrigin,
    RoomSettingsPatch, ServerMessage,
};

use crate::{Output, Pass, Room, Visitor};

/// Whether somebody who shows nothing but the code has another secret than the room, or none. Keys, invitations and access
/// tokens let in without it, and hosts most of all: nobody else could let them in.
pub(crate) fn lacks_secret(visitor: &Visitor, room_key: Option<&RoomKeyId>) -> bool {
    let is_other = room_key.is_some_and(|secret| visitor.room_key.as_ref() != Some(secret));
    match visitor.pass {
        Pass::Link => is_other,
        Pass::Key(role) => is_other && visitor.key.is_some() && !role.moderates(),
    }
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

    /// The first who enters gives the room its secret. A host who comes with a link gives it another one when it is empty, or when
    /// the one it has was drawn by somebody who came with the bare code.
    pub(crate) fn claim(&mut self, visitor: &Visitor) {
        let Some(secret) = &visitor.room_key else { return };
        let settings = &mut self.rules.settings;
        let origin = origin_of(visitor);
        let is_known = settings.room_key.as_ref() == Some(secret);
        if is_known
            && (settings.room_key_origin != Some(RoomKeyOrigin::Drawn) || origin == RoomKeyOrigin::Drawn)
            || !is_known && !self.may_claim(visitor)
        {
            return;
        }
        let settings = &mut self.rules.settings;
        (settings.room_key, settings.room_key_origin) = (Some(secret.clone()), Some(origin));
        let patch = RoomSettingsPatch {
            room_key: Some(secret.clone()),
            room_key_origin: Some(origin),
            ..RoomSettingsPatch::default()
        };
        self.outputs.push_back(Output::ChangeSettings {
            participant: visitor.participant,
            in_reply_to: None,
            patch: Box::new(patch),
        });
    }

    fn may_claim(&self, visitor: &Visitor) -> bool {
        let settings = &self.rules.settings;
        let was_drawn = settings.room_key_origin == Some(RoomKeyOrigin::Drawn);
        let is_hosts = visitor.pass == Pass::Key(Role::Host) && origin_of(visitor) == RoomKeyOrigin::Link;
        visitor.room_key.is_some()
            && (settings.room_key.is_none() || is_hosts && (was_drawn || self.seats.is_empty()))
    }

    /// What a host gives to somebody they let in.
    pub(crate) fn grant(&self, from: ParticipantId, letter: Option<Letter>) -> Option<RoomKeyGrant> {
        let from = self.seats.participant(from)?.key.clone()?;
        Some(RoomKeyGrant { from, letter: letter? })
    }
}

/// How somebody came by their secret. Programs do not say; one of a host is as good as a link.
fn origin_of(visitor: &Visitor) -> RoomKeyOrigin {
    let untold = match visitor.pass {
        Pass::Key(Role::Host) => RoomKeyOrigin::Link,
        Pass::Key(Role::CoHost | Role::Guest) | Pass::Link => RoomKeyOrigin::Drawn,
    };
    visitor.room_key_origin.unwrap_or(untold)
}
