//! What the rules of a room say to whom.

use protocol::{
    Allowed, ErrorCode, Participant, Role, RoomKeyId, RoomKeyOrigin, RoomSettings, RoomStanding, Source,
    Timestamp,
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

fn covers(allowed: Allowed, role: Role) -> bool {
    match allowed {
        Allowed::Everyone => true,
        Allowed::Hosts => role.moderates(),
    }
}
