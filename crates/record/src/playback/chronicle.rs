//! The event logs of all parts as one: who was there at a position and what they had on, who spoke when, what was written and said.

use std::collections::BTreeMap;
use std::time::Duration;

use protocol::{ChatId, DisplayName, Envelope, HandNumber, ParticipantId, Role, Source, Switch};

use super::{Spans, Timeline};
use crate::{LoggedEvent, RecordedEvent};

/// All that happened, in the order of time.
#[derive(Debug, Default)]
pub struct Chronicle {
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    at: Duration,
    /// `None` where a part begins: it says anew who is there.
    event: Option<RecordedEvent>,
}

/// The room at a position.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoomThen {
    /// Whoever is there, in the order in which they came.
    pub people: Vec<PersonThen>,
    /// Who speaks.
    pub speaker: Option<ParticipantId>,
    /// Of the chronicle's entries, so many have happened.
    happened: usize,
    until: Duration,
}

/// Somebody who is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonThen {
    /// Who.
    pub id: ParticipantId,
    /// Under which name.
    pub name: DisplayName,
    /// As what.
    pub role: Role,
    /// What they turned on or off, the last time.
    pub switches: Vec<(Source, Switch)>,
    /// Their raised hand.
    pub hand: Option<HandNumber>,
}

/// A room has no more people; an enemy's log may say so.
const MOST_PEOPLE: usize = 1_000;

/// So many people have a lane. More would not be seen at once.
const MOST_LANES: usize = 40;

impl Chronicle {
    /// Of the events of each part, in any order.
    #[must_use]
    pub fn new(timeline: &Timeline, parts: Vec<Vec<LoggedEvent>>) -> Self {
        let mut entries = Vec::new();
        for ((part, mut events), begins) in parts.into_iter().enumerate().zip(timeline.beginnings()) {
            events.sort_by_key(|event| event.at_ms);
            entries.push(Entry { at: begins, event: None });
            entries.extend(
                events.into_iter().map(|logged| Entry {
                    at: timeline.position(part, logged.at()),
                    event: Some(logged.event),
                }),
            );
        }
        Self { entries }
    }

    /// Brings the room to a position, from where it was.
    pub fn go_to(&self, room: &mut RoomThen, position: Duration) {
        if position < room.until {
            *room = RoomThen::default();
        }
        room.until = position;
        while let Some(entry) = self.entries.get(room.happened).filter(|entry| entry.at <= position) {
            room.happened += 1;
            match &entry.event {
                Some(event) => room.happen(event),
                None => (room.people, room.speaker) = (Vec::new(), None),
            }
        }
    }

    /// When each person spoke, those who spoke first in front.
    #[must_use]
    pub fn speaking(&self, duration: Duration) -> Vec<(ParticipantId, Spans)> {
        let mut lanes: Vec<(ParticipantId, Spans)> = Vec::new();
        let mut speaks: Option<(ParticipantId, Duration)> = None;
        for entry in &self.entries {
            let next = match &entry.event {
                Some(RecordedEvent::Speaker { participant }) => *participant,
                Some(RecordedEvent::Left { participant, .. })
                    if speaks.is_some_and(|(who, _)| who == *participant) =>
                {
                    None
                }
                None => None,
                Some(_) => continue,
            };
            if let Some((who, since)) = speaks.take() {
                lane(&mut lanes, who, duration, since, entry.at);
            }
            speaks = next.map(|who| (who, entry.at));
        }
        if let Some((who, since)) = speaks {
            lane(&mut lanes, who, duration, since, duration);
        }
        lanes
    }

    /// When anything was shared.
    #[must_use]
    pub fn shares(&self, duration: Duration) -> Spans {
        let mut spans = Spans::new(duration);
        let mut shared: BTreeMap<ParticipantId, Duration> = BTreeMap::new();
        let mut all = Vec::new();
        for entry in &self.entries {
            match &entry.event {
                Some(RecordedEvent::Media { participant, source: Source::Screen, switch: Switch::On }) => {
                    shared.entry(*participant).or_insert(entry.at);
                }
                Some(
                    RecordedEvent::Media { participant, source: Source::Screen, switch: Switch::Off }
                    | RecordedEvent::Left { participant, .. },
                ) => all.extend(shared.remove(participant).map(|since| (since, entry.at))),
                None => all.extend(std::mem::take(&mut shared).into_values().map(|since| (since, entry.at))),
                Some(_) => {}
            }
        }
        all.extend(shared.into_values().map(|since| (since, duration)));
        all.sort_unstable();
        for (from, until) in all {
            spans.push(from, until);
        }
        spans
    }

    /// What was written, in the order of time.
    pub fn chat(&self) -> impl Iterator<Item = (Duration, ParticipantId, ChatId, &Envelope)> {
        self.entries.iter().filter_map(|entry| match &entry.event {
            Some(RecordedEvent::Chat { participant, id, envelope }) => {
                Some((entry.at, *participant, *id, envelope))
            }
            Some(_) | None => None,
        })
    }

    /// What was said, from when until when, in the order of time.
    pub fn captions(&self) -> impl Iterator<Item = (Duration, Duration, ParticipantId, &Envelope)> {
        self.entries.iter().filter_map(|entry| match &entry.event {
            Some(RecordedEvent::Caption { participant, lasted_ms, envelope }) => {
                let from = entry.at.saturating_sub(Duration::from_millis(*lasted_ms));
                Some((from, entry.at, *participant, envelope))
            }
            Some(_) | None => None,
        })
    }
}

impl PersonThen {
    /// Whether they turned a source on or off. `None` when nothing was said of it.
    #[must_use]
    pub fn switch(&self, source: Source) -> Option<Switch> {
        self.switches.iter().find(|(one, _)| *one == source).map(|(_, switch)| *switch)
    }
}

fn lane(
    lanes: &mut Vec<(ParticipantId, Spans)>,
    who: ParticipantId,
    duration: Duration,
    from: Duration,
    until: Duration,
) {
    let index = lanes.iter().position(|(one, _)| *one == who);
    if let Some((_, spans)) = index.and_then(|index| lanes.get_mut(index)) {
        spans.push(from, until);
    } else if lanes.len() < MOST_LANES {
        let mut spans = Spans::new(duration);
        spans.push(from, until);
        lanes.push((who, spans));
    }
}

impl RoomThen {
    fn happen(&mut self, event: &RecordedEvent) {
        match event {
            RecordedEvent::Joined { participant, name, role } => {
                if self.person(*participant).is_none() && self.people.len() < MOST_PEOPLE {
                    self.people.push(PersonThen {
                        id: *participant,
                        name: name.clone(),
                        role: *role,
                        switches: Vec::new(),
                        hand: None,
                    });
                }
            }
            RecordedEvent::Left { participant, .. } => {
                self.people.retain(|person| person.id != *participant);
                self.speaker = self.speaker.filter(|speaker| speaker != participant);
            }
            RecordedEvent::Renamed { participant, name } => {
                if let Some(person) = self.person(*participant) {
                    person.name = name.clone();
                }
            }
            RecordedEvent::Media { participant, source, switch } => {
                if let Some(person) = self.person(*participant) {
                    person.switches.retain(|(one, _)| one != source);
                    person.switches.push((*source, *switch));
                }
            }
            RecordedEvent::Hand { participant, hand } => {
                if let Some(person) = self.person(*participant) {
                    person.hand = *hand;
                }
            }
            RecordedEvent::Speaker { participant } => self.speaker = *participant,
            RecordedEvent::Reacted { .. }
            | RecordedEvent::Chat { .. }
            | RecordedEvent::Caption { .. }
            | RecordedEvent::Consent { .. } => {}
        }
    }

    fn person(&mut self, id: ParticipantId) -> Option<&mut PersonThen> {
        self.people.iter_mut().find(|person| person.id == id)
    }
}
