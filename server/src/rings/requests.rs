//! What a device or a program asks that storage has to answer before the rings' task can go on: whose key an ID has, and whether somebody may be rung.
//!
//! Nothing here may tell whether there is such an ID, or what the person called wants: for every ID the same is read and written, in the same
//! order, and what is asked is counted before anything is known.

use protocol::{
    CallId, Credential, ErrorCode, PlaceRing, PublicKey, RingId, RoomCode, RoomSettingsPatch, Switch,
    WhenEmpty,
};
use ring::{CallRecord, CallState, Placement, Program, Waking};
use storage::CallIdentity;

use super::identities::unavailable;
use super::records::from_storage;
use crate::api_keys::ApiKey;
use crate::call_rules::admission_of;
use crate::credentials::{self, Authority, Order};
use crate::rooms::{CreationError, NewRoom};
use crate::{AppState, ids};

/// How many a room of a direct call takes: the two, those who are rung into it or have its link, and each once more where a page comes back
/// before the server has noticed that it was gone. Raising it makes a larger meeting of what begins as a call.
const CAPACITY: u16 = ring::MOST_IN_CALL as u16;

/// Who asks.
pub(crate) struct Asker<'a> {
    pub(crate) state: &'a AppState,
    pub(crate) call_id: CallId,
    pub(crate) key: &'a PublicKey,
    /// What it has shown and wants that is no device.
    pub(crate) program: Option<AskingProgram<'a>>,
}

/// A program that rings.
#[derive(Clone, Copy)]
pub(crate) struct AskingProgram<'a> {
    pub(crate) api_key: &'a ApiKey,
    /// A room that it has made. Without, one is made for the ring.
    pub(crate) room: Option<RoomCode>,
}

impl Asker<'_> {
    /// Everything that the rings' task has to know of a ring that is placed.
    pub(crate) async fn placement(&self, place: PlaceRing) -> Result<Placement, ErrorCode> {
        if place.callee == self.call_id {
            return Err(ErrorCode::PeerIsSelf);
        }
        let storage = &self.state.storage;
        let row = storage.call(place.ring).await.map_err(unavailable)?.map(from_storage);
        let api_key = self.program.map(|program| &program.api_key.id);
        // Before anything is made for it: who was called knows the id of the ring, too.
        let is_this = |row: &CallRecord| {
            row.caller == self.call_id && row.callee == place.callee && row.placed_by.as_ref() == api_key
        };
        if row.as_ref().is_some_and(|row| !is_this(row)) {
            return Err(ErrorCode::RingUnknown);
        }
        let (callee_key, identity) = key_and_identity(self.state, place.callee).await?;
        let contact = storage.contact(&callee_key, self.key).await.map_err(unavailable)?;
        let standing = contact.map(|contact| contact.standing);
        let admission = admission_of(identity.as_ref(), standing, self.state.clock.wall());
        let waking = self.waking(&callee_key).await?;
        let (room, credential) = match place.into {
            Some(into) => self.room_of_call(into).await?,
            None => self.room(place.ring, row.as_ref()).await?,
        };
        let program = self.program.map(|program| Program {
            call_id: self.call_id,
            identity: self.key.clone(),
            api_key: program.api_key.id.clone(),
        });
        Ok(Placement { place, callee_key, admission, waking, room, credential, row, program })
    }

    /// Whether a push can bring a device of theirs.
    async fn waking(&self, callee: &PublicKey) -> Result<Waking, ErrorCode> {
        let is_pushed_to = self.state.storage.is_pushed_to(callee).await.map_err(unavailable)?;
        Ok(if is_pushed_to && self.state.push.is_some() { Waking::Possible } else { Waking::Impossible })
    }

    /// The room of the call into which somebody is rung, which is the caller's own or nobody's. Whether they are in it the rings' task knows. Whoever
    /// is has been let in, so the key opens nothing.
    async fn room_of_call(&self, into: RingId) -> Result<(RoomCode, Credential), ErrorCode> {
        let row = self.state.storage.call(into).await.map_err(unavailable)?.map(from_storage);
        let is_theirs = |row: &CallRecord| row.caller == self.call_id || row.callee == self.call_id;
        let room = row.filter(is_theirs).and_then(|row| row.room).ok_or(ErrorCode::NotAllowed)?;
        Ok((room, Credential::new(ids::secret("k")).map_err(|_| ErrorCode::Internal)?))
    }

    /// Where the call will be, and the caller's key of it: the room that was made for the ring before, or a new one. No room that a device has
    /// named is ever in a row.
    async fn room(
        &self,
        ring: RingId,
        row: Option<&CallRecord>,
    ) -> Result<(RoomCode, Credential), ErrorCode> {
        let named = self.program.and_then(|program| program.room);
        let made = match row.map(|row| (row.state, row.room)) {
            // Nobody goes to the room of a ring that is over, and none is made for it.
            Some((CallState::Over { .. }, room)) => {
                Some((room.unwrap_or(RoomCode::from_random(0)), ids::secret("k")))
            }
            Some((CallState::Ringing | CallState::Answered { .. }, Some(room))) => {
                self.made_before(ring, room).await?
            }
            Some((CallState::Ringing | CallState::Answered { .. }, None)) => None,
            // Whose it is has its key.
            None => named.map(|room| (room, ids::secret("k"))),
        };
        let (room, secret) = match made {
            Some(made) => made,
            None => self.make_room(ring).await?,
        };
        Ok((room, Credential::new(secret).map_err(|_| ErrorCode::Internal)?))
    }

    async fn made_before(
        &self,
        ring: RingId,
        room: RoomCode,
    ) -> Result<Option<(RoomCode, String)>, ErrorCode> {
        let Some(record) = self.state.storage.room(room).await.map_err(unavailable)? else {
            return Ok(None);
        };
        // A room that was there before the ring is that of another call, or of a program, and so is its key.
        if record.made_for != Some(ring) {
            return Ok(Some((room, ids::secret("k"))));
        }
        let authority = match self.program {
            Some(AskingProgram { api_key, .. }) => Authority::ApiKey(api_key.id.clone(), api_key.expires_at),
            None => Authority::Maker,
        };
        let minted = credentials::mint(self.state, room, &authority, Order::HOST_KEY).await;
        match minted {
            Ok((_, secret)) => Ok(Some((room, secret))),
            Err(error) => {
                tracing::error!(%error, "the caller's key of a room could not be made");
                Err(ErrorCode::StorageUnavailable)
            }
        }
    }

    /// A small room that nobody finds and that is gone with the call. Its key is on no keyring, so it is none of the rooms of the browser.
    async fn make_room(&self, ring: RingId) -> Result<(RoomCode, String), ErrorCode> {
        let patch = RoomSettingsPatch {
            capacity: Some(CAPACITY),
            waiting_room: Some(Switch::Off),
            locked: Some(Switch::Off),
            listed: Some(Switch::Off),
            when_empty: Some(WhenEmpty::Delete),
            ..RoomSettingsPatch::default()
        };
        let created_by = self.program.map(|program| program.api_key.id.clone());
        let new = NewRoom { patch, created_by, made_for: Some(ring), ..NewRoom::default() };
        match self.state.rooms.create(new).await {
            Ok(creation) => Ok((creation.record.code, creation.host_secret)),
            Err(CreationError::Storage(error)) => Err(unavailable(error)),
            Err(
                error @ (CreationError::TooMany | CreationError::Settings(_) | CreationError::Password(_)),
            ) => {
                tracing::error!(%error, "the room of a call could not be made");
                Err(ErrorCode::StorageUnavailable)
            }
        }
    }
}

/// The key with which invitations to an ID are sealed. Of one that is nobody's it opens nothing.
pub(crate) async fn look_up(state: &AppState, callee: CallId) -> Result<PublicKey, ErrorCode> {
    Ok(key_and_identity(state, callee).await?.0)
}

/// The key of an ID, and who it is, if it is somebody.
async fn key_and_identity(
    state: &AppState,
    callee: CallId,
) -> Result<(PublicKey, Option<CallIdentity>), ErrorCode> {
    // Made for everybody, so that an ID that is nobody's takes no longer.
    let decoy = ring::decoy_key(state.tokens.decoy_secret(), callee);
    let identity = state.storage.identity_of(callee).await.map_err(unavailable)?;
    Ok((identity.as_ref().map_or(decoy, |identity| identity.key.clone()), identity))
}
