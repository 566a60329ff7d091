//! The rules of a room, and changes to them.

use serde::{Deserialize, Deserializer, Serialize};

use crate::limits::{DEFAULT_CAPACITY, MAX_CAPACITY, MAX_LASTS_DAYS, MAX_STARTS_WITHIN_DAYS, MESH_LIMIT};
use crate::{Password, RoomKeyId, RoomKeyOrigin, RoomName, Switch, Timestamp};

/// Who may do something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Allowed {
    /// Everybody in the room.
    #[default]
    Everyone,
    /// Hosts and co-hosts.
    Hosts,
}

/// What becomes of a room that everybody has left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum WhenEmpty {
    /// It stays, with its chat, until it was not used for a long time.
    #[default]
    Keep,
    /// It is deleted, with its chat.
    Delete,
}

/// Who can open what is said in a room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RoomEncryption {
    /// The people in it, and not the server. What cannot seal stays outside.
    #[default]
    EndToEnd,
    /// The server, too: media is encrypted between it and each browser alone, and chat is plain text.
    Transport,
}

/// The rules of one room, without its password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct RoomSettings {
    /// Its name, when it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<RoomName>,
    /// How many people it takes, from 1 to [`MAX_CAPACITY`].
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = MAX_CAPACITY)))]
    pub capacity: u16,
    /// How many people talk directly at the most, from 2 to [`MESH_LIMIT`].
    #[cfg_attr(feature = "schema", schemars(range(min = 2, max = MESH_LIMIT)))]
    pub mesh_limit: u16,
    /// Whether guests wait until a host lets them in.
    pub waiting_room: Switch,
    /// Whether nobody new may enter.
    pub locked: Switch,
    /// Whether those who do not have its link find it in the list of this server, with its name and how many are inside.
    pub listed: Switch,
    /// Who may turn their microphone on.
    pub may_unmute: Allowed,
    /// Who may share their screen.
    pub may_share: Allowed,
    /// Who may write to the room.
    pub may_chat: Allowed,
    /// Who can open what is said. Only a host changes it, and each page asks its person before it sends anything that is not sealed.
    pub encryption: RoomEncryption,
    /// When guests may enter; before, only hosts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<Timestamp>,
    /// When the room ends for everybody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<Timestamp>,
    /// What becomes of it when it is empty.
    pub when_empty: WhenEmpty,
    /// Which secret its links carry. Set by the first who enters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room_key: Option<RoomKeyId>,
    /// How whoever set it came by it: one that was drawn gives way to a host's from a link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room_key_origin: Option<RoomKeyOrigin>,
}

impl Default for RoomSettings {
    fn default() -> Self {
        Self {
            name: None,
            capacity: DEFAULT_CAPACITY,
            mesh_limit: MESH_LIMIT,
            waiting_room: Switch::Off,
            locked: Switch::Off,
            listed: Switch::Off,
            may_unmute: Allowed::Everyone,
            may_share: Allowed::Everyone,
            may_chat: Allowed::Everyone,
            encryption: RoomEncryption::EndToEnd,
            starts_at: None,
            ends_at: None,
            when_empty: WhenEmpty::Keep,
            room_key: None,
            room_key_origin: None,
        }
    }
}

/// A change of some rules: what is absent stays, `null` takes away (JSON merge patch, RFC 7396).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RoomSettingsPatch {
    /// The name, or none.
    #[serde(deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub name: Option<Option<RoomName>>,
    /// The password, or none.
    #[serde(deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub password: Option<Option<Password>>,
    /// How many people the room takes, from 1 to [`MAX_CAPACITY`].
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = MAX_CAPACITY)))]
    pub capacity: Option<u16>,
    /// How many people talk directly at the most, from 2 to [`MESH_LIMIT`].
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(min = 2, max = MESH_LIMIT)))]
    pub mesh_limit: Option<u16>,
    /// Whether guests wait until a host lets them in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting_room: Option<Switch>,
    /// Whether nobody new may enter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locked: Option<Switch>,
    /// Whether those who do not have its link find it in the list of this server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listed: Option<Switch>,
    /// Who may turn their microphone on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub may_unmute: Option<Allowed>,
    /// Who may share their screen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub may_share: Option<Allowed>,
    /// Who may write to the room.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub may_chat: Option<Allowed>,
    /// Who can open what is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encryption: Option<RoomEncryption>,
    /// When guests may enter, or none; before, only hosts.
    #[serde(deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<Option<Timestamp>>,
    /// When the room ends for everybody, or none.
    #[serde(deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<Option<Timestamp>>,
    /// What becomes of the room when it is empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when_empty: Option<WhenEmpty>,
    /// Which secret the links carry. The room sets it, nobody from outside.
    #[serde(skip)]
    pub room_key: Option<RoomKeyId>,
    /// How whoever sets it came by it. Goes with `room_key`.
    #[serde(skip)]
    pub room_key_origin: Option<RoomKeyOrigin>,
}

/// Why rules cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// Nobody, or more than [`MAX_CAPACITY`].
    #[error("capacity must be 1 to {MAX_CAPACITY}")]
    Capacity,
    /// Fewer than 2, or more than [`MESH_LIMIT`].
    #[error("2 to {MESH_LIMIT} people can talk directly")]
    MeshLimit,
    /// It ends before it starts.
    #[error("the end must come after the start")]
    EndsBeforeStart,
    /// It would be over at once.
    #[error("the end is in the past")]
    EndsInThePast,
    /// It starts later than [`MAX_STARTS_WITHIN_DAYS`].
    #[error("a room starts within {MAX_STARTS_WITHIN_DAYS} days")]
    StartsTooLate,
    /// It was made for a ring.
    #[error("a direct call is always end-to-end encrypted")]
    DirectCall,
    /// It lasts longer than [`MAX_LASTS_DAYS`].
    #[error("a room ends within {MAX_LASTS_DAYS} days of its start, or has no end")]
    EndsTooLate,
}

impl RoomSettingsPatch {
    /// The rules after the change. The password is no part of them.
    ///
    /// # Errors
    ///
    /// When the result cannot be.
    pub fn apply(&self, settings: &RoomSettings) -> Result<RoomSettings, SettingsError> {
        let was = settings.clone();
        let changed = RoomSettings {
            name: self.name.clone().unwrap_or(was.name),
            capacity: self.capacity.unwrap_or(was.capacity),
            mesh_limit: self.mesh_limit.unwrap_or(was.mesh_limit),
            waiting_room: self.waiting_room.unwrap_or(was.waiting_room),
            locked: self.locked.unwrap_or(was.locked),
            listed: self.listed.unwrap_or(was.listed),
            may_unmute: self.may_unmute.unwrap_or(was.may_unmute),
            may_share: self.may_share.unwrap_or(was.may_share),
            may_chat: self.may_chat.unwrap_or(was.may_chat),
            encryption: self.encryption.unwrap_or(was.encryption),
            starts_at: self.starts_at.unwrap_or(was.starts_at),
            ends_at: self.ends_at.unwrap_or(was.ends_at),
            when_empty: self.when_empty.unwrap_or(was.when_empty),
            room_key: self.room_key.clone().or(was.room_key),
            room_key_origin: self.room_key_origin.or(was.room_key_origin),
        };
        changed.check()?;
        Ok(changed)
    }

    /// Whether times that are set now are near enough. Those that stay as they were are not asked about.
    ///
    /// # Errors
    ///
    /// When they are not.
    pub fn check_times(&self, changed: &RoomSettings, now: Timestamp) -> Result<(), SettingsError> {
        let days = |days: u64| std::time::Duration::from_secs(days * 24 * 60 * 60);
        if let Some(Some(start)) = self.starts_at
            && start > now.after(days(MAX_STARTS_WITHIN_DAYS))
        {
            return Err(SettingsError::StartsTooLate);
        }
        let begins = changed.starts_at.map_or(now, |start| start.max(now));
        match self.ends_at {
            Some(Some(end)) if end > begins.after(days(MAX_LASTS_DAYS)) => Err(SettingsError::EndsTooLate),
            _ => Ok(()),
        }
    }

    /// Whether nothing but the lock is to be changed, which a co-host may do as well.
    pub fn is_only_the_lock(&self) -> bool {
        *self == Self { locked: self.locked, ..Self::default() }
    }
}

impl RoomSettings {
    fn check(&self) -> Result<(), SettingsError> {
        if !(1..=MAX_CAPACITY).contains(&self.capacity) {
            return Err(SettingsError::Capacity);
        }
        if !(2..=MESH_LIMIT).contains(&self.mesh_limit) {
            return Err(SettingsError::MeshLimit);
        }
        match (self.starts_at, self.ends_at) {
            (Some(start), Some(end)) if end <= start => Err(SettingsError::EndsBeforeStart),
            _ => Ok(()),
        }
    }
}

/// Tells `null` from an absent field.
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(input: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(input).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_absent_stays_and_null_takes_away() {
        let named = RoomSettings { name: Some(RoomName::parse("Tea").unwrap()), ..RoomSettings::default() };
        let patch: RoomSettingsPatch = serde_json::from_str(r#"{"locked":"on"}"#).unwrap();
        let locked = patch.apply(&named).unwrap();
        assert_eq!((locked.name.is_some(), locked.locked), (true, Switch::On));
        assert!(patch.is_only_the_lock());

        let patch: RoomSettingsPatch = serde_json::from_str(r#"{"name":null}"#).unwrap();
        assert_eq!(patch.apply(&named).unwrap().name, None);
        assert!(!patch.is_only_the_lock());
    }

    #[test]
    fn a_room_is_listed_only_when_its_host_says_so_and_until_they_say_otherwise() {
        let before = r#"{"capacity":4,"mesh_limit":4,"locked":"off"}"#;
        let kept: RoomSettings = serde_json::from_str(before).unwrap();
        assert_eq!(kept.listed, Switch::Off, "kept before there was a list");
        let patched = |settings: &RoomSettings, text: &str| {
            let patch: RoomSettingsPatch = serde_json::from_str(text).unwrap();
            assert!(!patch.is_only_the_lock(), "a co-host may not");
            patch.apply(settings).unwrap()
        };
        let listed = patched(&kept, r#"{"listed":"on"}"#);
        assert_eq!(listed.listed, Switch::On);
        assert_eq!(patched(&listed, r#"{"name":"Tea"}"#).listed, Switch::On);
        assert_eq!(patched(&listed, r#"{"listed":"off"}"#).listed, Switch::Off);
    }

    #[test]
    fn times_that_are_too_far_away_are_refused_and_those_of_before_stay() {
        const DAY: u64 = 24 * 60 * 60 * 1000;
        let now = Timestamp(1_800_000_000_000);
        let checked = |start: Option<u64>, end: Option<u64>| {
            let patch = RoomSettingsPatch {
                starts_at: start.map(|at| Some(Timestamp(at))),
                ends_at: end.map(|at| Some(Timestamp(at))),
                ..RoomSettingsPatch::default()
            };
            let settings = patch.apply(&RoomSettings::default()).unwrap();
            patch.check_times(&settings, now)
        };
        let in_days = |days: u64| Some(now.0 + days * DAY);
        assert_eq!(checked(in_days(730), in_days(1095)), Ok(()));
        assert_eq!(checked(Some(5), in_days(365)), Ok(()), "a start that is past");
        assert_eq!(checked(None, Some(5)), Ok(()), "ended at once");
        for far in [now.0 + 731 * DAY, i64::MAX as u64, u64::MAX] {
            assert_eq!(checked(Some(far), None), Err(SettingsError::StartsTooLate));
            assert_eq!(checked(None, Some(far)), Err(SettingsError::EndsTooLate));
        }
        assert_eq!(checked(Some(5), in_days(366)), Err(SettingsError::EndsTooLate));
        let old = RoomSettings { starts_at: Some(Timestamp(u64::MAX)), ..RoomSettings::default() };
        let patch = RoomSettingsPatch { locked: Some(Switch::On), ..RoomSettingsPatch::default() };
        assert_eq!(patch.check_times(&patch.apply(&old).unwrap(), now), Ok(()));
    }

    #[test]
    fn rules_that_cannot_be_are_refused() {
        let refused = |text: &str| {
            let patch: RoomSettingsPatch = serde_json::from_str(text).unwrap();
            patch.apply(&RoomSettings::default()).unwrap_err()
        };
        assert_eq!(refused(r#"{"capacity":0}"#), SettingsError::Capacity);
        assert_eq!(refused(r#"{"mesh_limit":1}"#), SettingsError::MeshLimit);
        assert_eq!(refused(r#"{"starts_at":5,"ends_at":5}"#), SettingsError::EndsBeforeStart);
        assert!(serde_json::from_str::<RoomSettingsPatch>(r#"{"lokced":"on"}"#).is_err());
    }
}
