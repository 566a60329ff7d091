//! The other people: who comes, who goes, who is as they were.

use std::time::Duration;

use protocol::{Joined, LeaveReason, Participant, ParticipantId, PeerRef, ServerMessage};

use super::Call;
use crate::media_paths::PathsInput;
use crate::slots::SlotsInput;
use crate::{Began, Notice, Output, Phase};

impl Call {
    /// Everybody who is there, told anew.
    pub(super) fn meet(&mut self, now: Duration, joined: &Joined) {
        // A server that was started anew knows less of it than this end.
        if !joined.continued || self.began.is_none() {
            let running = Duration::from_secs(joined.running.into());
            self.began = Some(Began { learned_at: now, running });
        }
        if joined.continued {
            return self.meet_again(now, joined);
        }
        self.end_links();
        // Nobody is who they were: an id may be another's now.
        self.outputs.extend(self.people.ids().map(Output::ForgetKeysOf));
        self.people.clear();
        for participant in joined.participants.clone() {
            if !self.is_me(participant.id) {
                self.tell_of_recording(&participant);
                self.people.add(participant);
            }
        }
        self.encrypt(|encryption, view| encryption.begin(joined.grant.as_ref(), view));
        self.paths(now, PathsInput::Found(joined.topology));
    }

    /// Links to those who are still there go on.
    fn meet_again(&mut self, now: Duration, joined: &Joined) {
        // A server that gives somebody the id of another does not make them two.
        let others: Vec<_> = joined.participants.iter().filter(|one| !self.is_me(one.id)).cloned().collect();
        let is_there = |id: &ParticipantId| others.iter().any(|one| one.id == *id);
        for id in self.people.ids().filter(|id| !is_there(id)).collect::<Vec<_>>() {
            self.part_from(now, id);
        }
        let known: Vec<_> = self.people.participants().filter_map(|other| other.key.clone()).collect();
        for participant in others {
            if self.people.contains(participant.id) {
                self.hear_after_absence(now, participant);
            } else {
                self.tell_of_recording(&participant);
                self.people.add(participant);
            }
        }
        // Whoever has another key than before opens nothing of what was said until now.
        let keys = self.people.participants().filter_map(|other| other.key.clone());
        let is_any_new = keys.into_iter().any(|key| !known.contains(&key));
        self.encrypt(|encryption, view| {
            if is_any_new {
                encryption.step_forward();
            }
            encryption.go_on(view);
        });
        self.note_paths(now, PathsInput::FoundAgain(joined.topology));
        self.slots(now, SlotsInput::PeopleChanged);
    }

    fn hear_after_absence(&mut self, now: Duration, participant: Participant) {
        let id = participant.id;
        self.links.peer_is(now, PeerRef::Participant(id), participant.presence);
        let Some(update) = self.people.update(participant) else { return };
        self.people.take_back(id);
        if update.begins_to_record {
            self.tell_of_recording(&update.participant);
        }
        if update.key_before.is_some() && update.participant.key != update.key_before {
            self.encrypt(|encryption, _| {
                encryption.key_exchanged(&update.participant);
                encryption.exclude(now, id);
            });
        }
    }

    /// What the room tells of somebody else.
    pub(super) fn person_message(&mut self, now: Duration, message: ServerMessage) {
        if let ServerMessage::ParticipantJoined { participant } = message {
            self.participant_joined(now, participant);
        } else if let ServerMessage::ParticipantLeft { id, reason } = message {
            self.participant_left(now, id, reason);
        } else if let ServerMessage::ParticipantUpdated { participant } = message {
            self.participant_updated(now, participant);
        }
    }

    fn participant_joined(&mut self, now: Duration, participant: Participant) {
        if self.phase != Phase::Joined || self.is_me(participant.id) {
            return;
        }
        let id = participant.id;
        match self.people.get(id).map(crate::people::Person::is_given_up) {
            Some(false) => return,
            // Their page has begun anew, and so do the links to it.
            Some(true) => {
                self.forget(now, id);
                self.encrypt(|encryption, _| encryption.exclude(now, id));
            }
            None => {
                let notice = Notice::ParticipantJoined(participant.name.clone());
                self.outputs.push_back(Output::Notify(notice));
            }
        }
        self.tell_of_recording(&participant);
        self.people.add(participant);
        self.encrypt(|encryption, view| encryption.introduce(id, view));
        self.note_paths(now, PathsInput::Came(id));
        self.slots(now, SlotsInput::PeopleChanged);
    }

    fn participant_left(&mut self, now: Duration, id: ParticipantId, reason: LeaveReason) {
        let link = self.links.to_person(id);
        if reason == LeaveReason::Disconnected && link.is_some_and(|link| self.links.is_connected(link)) {
            // It is the server that does not reach them; we do.
            return self.people.give_up(now, id);
        }
        self.part_from(now, id);
    }

    /// Ends links to people whom the server has not found again.
    pub(super) fn part_from_lost(&mut self, now: Duration) {
        for id in self.people.lost(now) {
            self.part_from(now, id);
        }
    }

    fn participant_updated(&mut self, now: Duration, participant: Participant) {
        if self.is_me(participant.id) {
            self.you = Some(participant);
            return;
        }
        let (id, presence) = (participant.id, participant.presence);
        let Some(update) = self.people.update(participant) else { return };
        self.links.peer_is(now, PeerRef::Participant(id), presence);
        if update.is_back {
            self.links.say_again(PeerRef::Participant(id));
            self.carry_out_links();
        }
        let has_other_key = update.participant.key != update.key_before;
        self.encrypt(|encryption, view| {
            if has_other_key && update.key_before.is_some() {
                encryption.key_exchanged(&update.participant);
            }
            if has_other_key {
                encryption.exclude(now, id);
                encryption.introduce(id, view);
            } else if update.is_back {
                encryption.send_keys_again(id, view);
            }
        });
        self.slots(now, SlotsInput::PeopleChanged);
        if update.begins_to_record {
            self.tell_of_recording(&update.participant);
        }
        let name = update.participant.name;
        if let Some(to) = update.shares {
            let name = name.clone();
            let notice = if to.is_on() { Notice::Shares(name) } else { Notice::SharesNoMore(name) };
            self.outputs.push_back(Output::Notify(notice));
        }
        if update.has_raised_hand {
            self.outputs.push_back(Output::Notify(Notice::HandRaised(name)));
        }
    }

    /// Nobody is recorded on the device of another without being told.
    fn tell_of_recording(&mut self, participant: &Participant) {
        if participant.media.recording.is_on() {
            let name = participant.name.clone();
            self.outputs.push_back(Output::Notify(Notice::RecordsOnDevice(name)));
        }
    }

    pub(super) fn part_from(&mut self, now: Duration, id: ParticipantId) {
        if let Some(participant) = self.forget(now, id) {
            self.outputs.push_back(Output::Notify(Notice::ParticipantLeft(participant.name)));
            self.encrypt(|encryption, _| encryption.exclude(now, id));
            self.slots(now, SlotsInput::PeopleChanged);
        }
    }

    fn forget(&mut self, now: Duration, id: ParticipantId) -> Option<Participant> {
        let participant = self.people.remove(id)?;
        self.links.forget(PeerRef::Participant(id));
        self.carry_out_links();
        self.note_paths(now, PathsInput::Went(id));
        Some(participant)
    }
}
