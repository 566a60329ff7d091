//! Changes of a room's rules: checked, kept, and then told to the room.

use std::net::IpAddr;

use protocol::{
    ErrorCode, MessageId, ParticipantId, RoomCode, RoomEncryption, RoomSettingsPatch, SettingsError,
};
use storage::{RoomRecord, StorageError};

use super::{RoomEvent, Rooms};
use crate::audit::{self, Deed};
use crate::passwords::PasswordError;

/// Which version of the rules a change is meant for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Precondition {
    /// Whichever there is.
    None,
    /// This one.
    Version(u64),
}

/// Why rules were not changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChangeError {
    #[error("room not found")]
    Unknown,
    #[error("the room was changed in the meantime")]
    Changed,
    #[error("{0}")]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error(transparent)]
    Storage(StorageError),
}

/// How often a change without precondition is tried against others who change at the same time.
const TRIES: u32 = 8;

/// A change of the rules that somebody in the room wants.
pub(super) struct SettingsChange {
    pub(super) participant: ParticipantId,
    pub(super) in_reply_to: Option<MessageId>,
    pub(super) patch: Box<RoomSettingsPatch>,
    /// What the audit log calls it, if it belongs there.
    pub(super) action: Option<&'static str>,
}

impl Rooms {
    /// Changes rules, as somebody in the room wants. Returns what the room is to be told when they stay as they are.
    pub(super) async fn change_by_participant(
        &self,
        code: RoomCode,
        change: SettingsChange,
    ) -> Option<RoomEvent> {
        let SettingsChange { participant, in_reply_to, patch, action } = change;
        if let Err(error) = self.change(code, None, &patch, Precondition::None).await {
            return Some(RoomEvent::SettingsRefused { participant, in_reply_to, code: error.code() });
        }
        if let Some(action) = action {
            let actor = participant.to_string();
            let deed = Deed { room: Some(code), ..Deed::of(&actor, action) };
            audit::note(&*self.storage, self.clock.wall(), deed).await;
        }
        None
    }

    /// Changes rules, as somebody at an address wants, or inside the room.
    pub(crate) async fn change(
        &self,
        code: RoomCode,
        from: Option<IpAddr>,
        patch: &RoomSettingsPatch,
        precondition: Precondition,
    ) -> Result<RoomRecord, ChangeError> {
        let hash = match &patch.password {
            None => None,
            Some(None) => Some(None),
            Some(Some(password)) => Some(Some(self.passwords.hash(from, password).await?)),
        };
        let (fence, _stay) = self.fence(code).await?;
        let mut tries = 0;
        let (was_listed, changed) = loop {
            let record = self.storage.room(code).await?.ok_or(ChangeError::Unknown)?;
            if matches!(precondition, Precondition::Version(version) if version != record.version) {
                return Err(ChangeError::Changed);
            }
            let settings = patch.apply(&record.settings)?;
            patch.check_times(&settings, self.clock.wall())?;
            if record.made_for.is_some() && settings.encryption == RoomEncryption::Transport {
                return Err(SettingsError::DirectCall.into());
            }
            let hash = hash.as_ref().map(Option::as_ref);
            let updated = self.storage.update_room(code, fence, record.version, &settings, hash).await;
            match self.guard(code, fence, updated).await {
                Ok(changed) => break (record.settings.listed, changed.ok_or(ChangeError::Unknown)?),
                Err(StorageError::Changed) if precondition == Precondition::None && tries < TRIES => {
                    tries += 1;
                }
                Err(error) => return Err(error.into()),
            }
        };
        if let Some(handle) = self.running(code).await {
            handle.set_record(changed.clone());
            let record = Box::new(changed.clone());
            handle.queue.tell(RoomEvent::SettingsChanged { record }).await;
        }
        if was_listed.is_on() || changed.settings.listed.is_on() {
            self.list_cache.note_change();
        }
        Ok(changed)
    }
}

impl From<StorageError> for ChangeError {
    fn from(error: StorageError) -> Self {
        if matches!(error, StorageError::Changed) { Self::Changed } else { Self::Storage(error) }
    }
}

impl ChangeError {
    /// What a participant is told.
    pub(crate) fn code(&self) -> ErrorCode {
        match self {
            Self::Unknown => ErrorCode::RoomUnknown,
            Self::Settings(_) => ErrorCode::SettingsInvalid,
            Self::Changed | Self::Password(_) | Self::Storage(_) => ErrorCode::StorageUnavailable,
        }
    }
}
