//! A page that is loaded anew in the middle of a call goes on with it.

use std::time::Duration;

use call::{OngoingCall, RingCommand, RingInput};
use seal::{CallInvitation, RoomSecret};

use super::ongoing::{CallNote, KeptCall, Resumable};
use super::place::RingPlace;
use super::{Opened, Ringing};
use crate::clock;

impl Ringing {
    /// Goes on with the call of the page before, as the same device, once the server has said that there is one.
    pub(super) fn resume(&mut self, resumable: Resumable) {
        let Resumable { note, kept } = resumable;
        let CallNote { ring, peer, key, side, room, secret, sealed_by, name, answered_at, .. } = note;
        let Some(secret) = RoomSecret::parse(&secret) else { return };
        self.opened.insert(ring, Opened { by: sealed_by, invitation: CallInvitation { secret, name } });
        self.kept_call = Some(kept);
        self.resumed = Some(ring);
        let talked = Duration::from_millis((js_sys::Date::now() as u64).saturating_sub(answered_at));
        let call = OngoingCall { ring, peer, key, side, room, talked };
        self.input(RingInput::Command(RingCommand::Resume(Box::new(call))));
    }

    /// Has the tab keep the call that there is, and no other.
    pub(super) fn keep_call(&mut self) {
        let call = self.device.ongoing(clock::now()).filter(|_| self.place == RingPlace::Own);
        let is_kept = |call: &OngoingCall| self.kept_call.as_ref().is_some_and(|kept| kept.is_of(call.ring));
        if !call.as_ref().is_some_and(is_kept) {
            // What the one before was is forgotten first.
            self.kept_call = None;
            self.kept_call = call.and_then(|call| KeptCall::keep(&self.note_of(call)?));
        }
    }

    fn note_of(&self, call: OngoingCall) -> Option<CallNote> {
        let Opened { by, invitation } = self.opened.get(&call.ring)?;
        let OngoingCall { ring, peer, key, side, room, talked } = call;
        Some(CallNote {
            device: self.id,
            identity: self.keys.public().clone(),
            ring,
            peer,
            key,
            side,
            room,
            secret: invitation.secret.to_text(),
            sealed_by: by.clone(),
            name: invitation.name.clone(),
            answered_at: (js_sys::Date::now() as u64).saturating_sub(talked.as_millis() as u64),
        })
    }
}
