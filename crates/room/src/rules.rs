//! What the rules of a room say to whom.

use protocol::{
    Allowed, ErrorCode, Participant, Role, RoomEncryption, RoomEntry, RoomKeyId, RoomKeyOrigin, RoomSettings,
    RoomStanding, Source, Timestamp,
};

use crate::VerifiedCredential;

/// The rules, and whether there is a password.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    settings: RoomSettings,
    has_password: bool,
}

impl Rules {
    pub(crate) fn new(settings: RoomSettings, has_password: bool) -> Self {
        Self { settings, has_password }
    }

    pub(crate) fn settings(&self) -> &RoomSettings {
        &self.settings
    }

    pub(crate) fn has_password(&self) -> bool {
        self.has_password
    }

    /// Gives the room another secret, or says where the one it has comes from. Returns whether it is another one.
    pub(crate) fn set_secret(&mut self, secret: RoomKeyId, origin: RoomKeyOrigin) -> bool {
        let is_other = self.settings.room_key.as_ref() != Some(&secret);
        (self.settings.room_key, self.settings.room_key_origin) = (Some(secret), Some(origin));
        is_other
    }

    /// How the room stands for somebody with this role, capacity aside.
    pub(crate) fn standing(&self, now: Timestamp, role: Role) -> RoomStanding {
        if self.has_ended(now) {
            RoomStanding::Ended
        } else if role.moderates() {
            RoomStanding::Open
        } else if self.settings.starts_at.is_some_and(|start| now < start) {
            RoomStanding::NotStarted
        } else if self.settings.locked.is_on() {
            RoomStanding::Locked
        } else {
            RoomStanding::Open
        }
    }

    pub(crate) fn has_ended(&self, now: Timestamp) -> bool {
        self.settings.ends_at.is_some_and(|end| now >= end)
    }

    /// Whether somebody has to say the password.
    pub(crate) fn asks_for_password(&self, verified: VerifiedCredential) -> bool {
        self.has_password && verified == VerifiedCredential::Link
    }

    /// Whether somebody has to wait until a host lets them in.
    pub(crate) fn lets_wait(&self, verified: VerifiedCredential) -> bool {
        self.settings.waiting_room.is_on() && verified == VerifiedCredential::Link
    }

    /// Whether somebody may send from a source.
    pub(crate) fn may_send(&self, who: &Participant, source: Source) -> bool {
        let allowed = match source {
            Source::Microphone => self.settings.may_unmute,
            Source::Camera => Allowed::Everyone,
            Source::Screen | Source::ScreenAudio => self.settings.may_share,
        };
        covers(allowed, who.role) && !who.forbidden.source(source).is_on()
    }

    /// Whether the room's people have a secret and seal with it.
    pub(crate) fn seals(&self) -> bool {
        self.settings.encryption == RoomEncryption::EndToEnd && self.settings.room_key.is_some()
    }

    pub(crate) fn may_chat(&self, who: &Participant) -> bool {
        covers(self.settings.may_chat, who.role) && !who.forbidden.chat.is_on()
    }
}

/// The refusal that tells somebody how a room stands.
pub fn refusal(standing: RoomStanding) -> Option<ErrorCode> {
    match standing {
        RoomStanding::Open => None,
        RoomStanding::Full => Some(ErrorCode::RoomFull),
        RoomStanding::Unknown => Some(ErrorCode::RoomUnknown),
        RoomStanding::Locked => Some(ErrorCode::RoomLocked),
        RoomStanding::NotStarted => Some(ErrorCode::RoomNotStarted),
        RoomStanding::Ended => Some(ErrorCode::RoomEnded),
    }
}

/// How a room with these rules stands in the list of rooms, with so many people inside; `None` while it has no place there: it is not listed, or
/// not going on.
pub fn entry_of_listed(
    settings: &RoomSettings,
    has_password: bool,
    present: u16,
    now: Timestamp,
) -> Option<RoomEntry> {
    if !settings.listed.is_on() {
        return None;
    }
    let is_full = present >= settings.capacity;
    match Rules::new(settings.clone(), has_password).standing(now, Role::Guest) {
        RoomStanding::Unknown | RoomStanding::NotStarted | RoomStanding::Ended => None,
        RoomStanding::Locked => Some(RoomEntry::Locked),
        RoomStanding::Open | RoomStanding::Full if is_full => Some(RoomEntry::Full),
        RoomStanding::Open | RoomStanding::Full if has_password => Some(RoomEntry::Password),
        RoomStanding::Open | RoomStanding::Full if settings.waiting_room.is_on() => {
            Some(RoomEntry::WaitingRoom)
        }
        RoomStanding::Open | RoomStanding::Full => Some(RoomEntry::Open),
    }
}

fn covers(allowed: Allowed, role: Role) -> bool {
    match allowed {
        Allowed::Everyone => true,
        Allowed::Hosts => role.moderates(),
    }
}

#[cfg(test)]
mod tests {
    use protocol::Switch;

    use super::*;

    const NOW: Timestamp = Timestamp(1_000);

    fn listed() -> RoomSettings {
        RoomSettings { listed: Switch::On, capacity: 3, ..RoomSettings::default() }
    }

    #[test]
    fn a_room_is_open_in_the_list_only_when_nothing_stands_before_it() {
        let of = |settings: &RoomSettings, has_password| entry_of_listed(settings, has_password, 2, NOW);
        assert_eq!(of(&listed(), false), Some(RoomEntry::Open));
        assert_eq!(of(&listed(), true), Some(RoomEntry::Password));
        let waits = RoomSettings { waiting_room: Switch::On, ..listed() };
        assert_eq!(of(&waits, false), Some(RoomEntry::WaitingRoom));
        assert_eq!(of(&waits, true), Some(RoomEntry::Password));
        let locked = RoomSettings { locked: Switch::On, ..waits };
        assert_eq!(of(&locked, true), Some(RoomEntry::Locked));
        assert_eq!(entry_of_listed(&listed(), true, 3, NOW), Some(RoomEntry::Full));
        assert_eq!(entry_of_listed(&locked, true, 3, NOW), Some(RoomEntry::Locked));
    }

    #[test]
    fn a_room_that_is_not_listed_or_not_going_on_has_no_place_in_the_list() {
        let of = |settings: &RoomSettings| entry_of_listed(settings, false, 0, NOW);
        assert_eq!(of(&RoomSettings::default()), None);
        let starting = |at| RoomSettings { starts_at: Some(Timestamp(at)), ..listed() };
        assert_eq!((of(&starting(1_000)), of(&starting(1_001))), (Some(RoomEntry::Open), None));
        let ending = |at| RoomSettings { ends_at: Some(Timestamp(at)), ..listed() };
        assert_eq!((of(&ending(1_001)), of(&ending(1_000))), (Some(RoomEntry::Open), None));
    }
}
