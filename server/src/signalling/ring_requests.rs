//! What a device asks that storage has to answer before the rings' task can go on: whose key an ID has, and whether somebody may be rung.
//!
//! Nothing here may tell whether there is such an ID, or what the person called wants: for every ID the same is read and written, in the same
//! order, and what is asked is counted before anything is known.

use protocol::{
    CallId, Credential, ErrorCode, PlaceRing, PublicKey, RoomCode, RoomSettingsPatch, Switch, WhenEmpty,
};
use ring::{Admission, CallRecord, CallState, Placement, Relation, Waking};
use storage::{CallIdentity, Standing};

use super::ring_identity::unavailable;
use crate::call_rules::{minute_of_day, rules_of};
use crate::credentials::{self, Authority, Order};
use crate::rooms::{CreationError, NewRoom};
use crate::{AppState, ids, rings};

/// How many a room of a direct call takes: the two, each once more where a page comes back before the server has noticed that it was gone.
const CAPACITY: u16 = 4;

/// Who asks.
pub(super) struct Asker<'a> {
    pub(super) state: &'a AppState,
    pub(super) call_id: CallId,
    pub(super) key: &'a PublicKey,
}

impl Asker<'_> {
    /// The key with which invitations to an ID are sealed. Of one that is nobody's it opens nothing.
    pub(super) async fn look_up(&self, callee: CallId) -> Result<PublicKey, ErrorCode> {
        Ok(self.callee(callee).await?.0)
    }

    /// Everything that the rings' task has to know of a ring that is placed.
    pub(super) async fn placement(&self, place: PlaceRing) -> Result<Placement, ErrorCode> {
        if place.callee == self.call_id {
            return Err(ErrorCode::PeerIsSelf);
        }
        let storage = &self.state.storage;
        let row = storage.call(place.ring).await.map_err(unavailable)?.map(rings::from_storage);
        // Before anything is made for it: who was called knows the id of the ring, too.
        if row.as_ref().is_some_and(|row| row.caller != self.call_id || row.callee != place.callee) {
            return Err(ErrorCode::RingUnknown);
        }
        let (callee_key, identity) = self.callee(place.callee).await?;
        let contact = storage.contact(&callee_key, self.key).await.map_err(unavailable)?;
        let admission = self.admission(identity.as_ref(), contact.map(|contact| contact.standing));
        let waking = self.waking(&callee_key).await?;
        let (room, credential) = self.room(row.as_ref()).await?;
        Ok(Placement { place, callee_key, admission, waking, room, credential, row })
    }

    /// Whether a push can bring a device of theirs.
    async fn waking(&self, callee: &PublicKey) -> Result<Waking, ErrorCode> {
        let is_pushed_to = self.state.storage.is_pushed_to(callee).await.map_err(unavailable)?;
        Ok(if is_pushed_to && self.state.push.is_some() { Waking::Possible } else { Waking::Impossible })
    }

    /// The other one's key, and who it is, if it is somebody.
    async fn callee(&self, callee: CallId) -> Result<(PublicKey, Option<CallIdentity>), ErrorCode> {
        // Made for everybody, so that an ID that is nobody's takes no longer.
        let decoy = ring::decoy_key(self.state.tokens.decoy_secret(), callee);
        let identity = self.state.storage.identity_of(callee).await.map_err(unavailable)?;
        Ok((identity.as_ref().map_or(decoy, |identity| identity.key.clone()), identity))
    }

    fn admission(&self, identity: Option<&CallIdentity>, standing: Option<Standing>) -> Admission {
        let now = self.state.clock.wall();
        let rules = identity.map(|identity| rules_of(&identity.rules, now));
        let relation = match standing {
            Some(Standing::Known) => Relation::Known,
            Some(Standing::Blocked) => Relation::Blocked,
            Some(Standing::Asked) | None => Relation::Stranger,
        };
        Admission::decide(rules.as_ref(), relation, minute_of_day(now))
    }

    /// Where the call will be, and the caller's key of it: the room that was made for the ring before, or a new one. No room that a device has
    /// named is ever in a row.
    async fn room(&self, row: Option<&CallRecord>) -> Result<(RoomCode, Credential), ErrorCode> {
        let made = match row.map(|row| (row.state, row.room)) {
            // Nobody goes to the room of a ring that is over, and none is made for it.
            Some((CallState::Over { .. }, room)) => {
                Some((room.unwrap_or(RoomCode::from_random(0)), ids::secret("k")))
            }
            Some((CallState::Ringing | CallState::Answered { .. }, Some(room))) => {
                self.made_before(room).await?
            }
            Some((CallState::Ringing | CallState::Answered { .. }, None)) | None => None,
        };
        let (room, secret) = match made {
            Some(made) => made,
            None => self.make_room().await?,
        };
        Ok((room, Credential::new(secret).map_err(|_| ErrorCode::Internal)?))
    }

    async fn made_before(&self, room: RoomCode) -> Result<Option<(RoomCode, String)>, ErrorCode> {
        if self.state.storage.room(room).await.map_err(unavailable)?.is_none() {
            return Ok(None);
        }
        let minted = credentials::mint(self.state, room, &Authority::Maker, Order::HOST_KEY).await;
        match minted {
            Ok((_, secret)) => Ok(Some((room, secret))),
            Err(error) => {
                tracing::error!(%error, "the caller's key of a room could not be made");
                Err(ErrorCode::StorageUnavailable)
            }
        }
    }

    /// A small room that nobody finds and that is gone with the call. Its key is on no keyring, so it is none of the rooms of the browser.
    async fn make_room(&self) -> Result<(RoomCode, String), ErrorCode> {
        let patch = RoomSettingsPatch {
            capacity: Some(CAPACITY),
            waiting_room: Some(Switch::Off),
            locked: Some(Switch::Off),
            listed: Some(Switch::Off),
            when_empty: Some(WhenEmpty::Delete),
            ..RoomSettingsPatch::default()
        };
        match self.state.rooms.create(NewRoom { patch, ..NewRoom::default() }).await {
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
