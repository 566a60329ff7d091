//! The other people in a call, as the room tells of them.
//!
//! | timer | what is due |
//! | --- | --- |
//! | `given_up_at`, `GIVEN_UP_FOR` | the link to somebody whom the server does not find again ends |

use std::time::Duration;

use protocol::{Consent, DisplayName, Participant, ParticipantId, Presence, PublicKey, Switch};

use crate::Level;
use crate::speaking::Speaking;

/// How long a link to somebody goes on whom the server does not find again. Hosts decide about people through the server;
/// nobody gets round them for longer.
const GIVEN_UP_FOR: Duration = Duration::from_secs(5 * 60);

/// Everybody else, in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct People(Vec<Person>);

/// Somebody else.
#[derive(Debug)]
pub(crate) struct Person {
    participant: Participant,
    speaking: Speaking,
    /// When the server has given them up, while the link goes on.
    given_up_at: Option<Duration>,
}

/// What has changed about somebody.
#[derive(Debug)]
pub(crate) struct Update {
    pub(crate) participant: Participant,
    pub(crate) key_before: Option<PublicKey>,
    /// The server reaches them again.
    pub(crate) is_back: bool,
    pub(crate) has_raised_hand: bool,
    /// Whether they have begun to share a screen, or have ended it.
    pub(crate) shares: Option<Switch>,
    /// They have begun to record the call on their device.
    pub(crate) begins_to_record: bool,
}

impl People {
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &Person> + ExactSizeIterator {
        self.0.iter()
    }

    pub(crate) fn participants(&self) -> impl Iterator<Item = &Participant> {
        self.0.iter().map(|person| &person.participant)
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = ParticipantId> + '_ {
        self.participants().map(|participant| participant.id)
    }

    pub(crate) fn get(&self, id: ParticipantId) -> Option<&Person> {
        self.0.iter().find(|person| person.participant.id == id)
    }

    pub(crate) fn participant(&self, id: ParticipantId) -> Option<&Participant> {
        self.get(id).map(|person| &person.participant)
    }

    pub(crate) fn contains(&self, id: ParticipantId) -> bool {
        self.get(id).is_some()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn name_of(&self, id: ParticipantId) -> Option<&DisplayName> {
        self.participant(id).map(|participant| &participant.name)
    }

    /// How many come before `me` when everybody does the same thing one after the other.
    pub(crate) fn rank_of(&self, me: ParticipantId) -> u32 {
        self.ids().filter(|id| *id < me).count() as u32
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Somebody is there. Twice the same person would be two keys with one mark.
    pub(crate) fn add(&mut self, participant: Participant) {
        if !self.contains(participant.id) {
            self.0.push(Person { participant, speaking: Speaking::default(), given_up_at: None });
        }
    }

    pub(crate) fn remove(&mut self, id: ParticipantId) -> Option<Participant> {
        let index = self.0.iter().position(|person| person.participant.id == id)?;
        Some(self.0.remove(index).participant)
    }

    /// They are so now. A server that has begun anew knows their key only once they are back.
    pub(crate) fn update(&mut self, participant: Participant) -> Option<Update> {
        let person = self.get_mut(participant.id)?;
        let before = &mut person.participant;
        let key_before = before.key.clone();
        let is_back = before.presence == Presence::Away && participant.presence == Presence::Here;
        let has_raised_hand = before.hand.is_none() && participant.hand.is_some();
        let screen = participant.media.screen;
        let shares = (before.media.screen != screen).then_some(screen);
        let begins_to_record = !before.media.recording.is_on() && participant.media.recording.is_on();
        let key = participant.key.clone().or_else(|| before.key.take());
        *before = Participant { key, ..participant };
        let participant = before.clone();
        Some(Update { participant, key_before, is_back, has_raised_hand, shares, begins_to_record })
    }

    /// The room begins to ask everybody, or to ask nobody, whether they are recorded.
    pub(crate) fn set_recorded(&mut self, recorded: Option<Consent>) {
        for person in &mut self.0 {
            person.participant.recorded = recorded;
        }
    }

    /// The server reaches them no more, and we do.
    pub(crate) fn give_up(&mut self, now: Duration, id: ParticipantId) {
        if let Some(person) = self.get_mut(id) {
            person.given_up_at = Some(now);
            person.participant.presence = Presence::Away;
        }
    }

    /// The server has found them again.
    pub(crate) fn take_back(&mut self, id: ParticipantId) {
        if let Some(person) = self.get_mut(id) {
            person.given_up_at = None;
        }
    }

    /// Those to whom no link may go on any longer.
    pub(crate) fn lost(&self, now: Duration) -> Vec<ParticipantId> {
        let is_over = |person: &&Person| person.given_up_at.is_some_and(|at| at + GIVEN_UP_FOR <= now);
        self.0.iter().filter(is_over).map(|person| person.participant.id).collect()
    }

    /// When the first of them is lost.
    pub(crate) fn poll_timeout(&self) -> Option<Duration> {
        self.0.iter().filter_map(|person| person.given_up_at).min().map(|at| at + GIVEN_UP_FOR)
    }

    pub(crate) fn hear(&mut self, now: Duration, id: ParticipantId, level: Level) {
        if let Some(person) = self.get_mut(id) {
            person.speaking.hear(now, level);
        }
    }

    fn get_mut(&mut self, id: ParticipantId) -> Option<&mut Person> {
        self.0.iter_mut().find(|person| person.participant.id == id)
    }
}

impl Person {
    pub(crate) fn participant(&self) -> &Participant {
        &self.participant
    }

    pub(crate) fn is_given_up(&self) -> bool {
        self.given_up_at.is_some()
    }

    pub(crate) fn is_speaking(&self) -> bool {
        self.speaking.is_speaking() && self.participant.media.microphone.is_on()
    }
}
