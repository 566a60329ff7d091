//! What a shard must know again when it has to begin anew: what everybody may send, and whose link is over with it. Kept outside of
//! what can break.

use std::collections::BTreeMap;

use protocol::{LinkId, MediaState, Subscriptions};
use room::MediaOrder;
use sfu::Who;

/// Everybody in the rooms of a shard.
#[derive(Debug, Default)]
pub(super) struct Roster(BTreeMap<Who, Known>);

#[derive(Debug, Default)]
struct Known {
    media: Option<MediaState>,
    link: Option<LinkId>,
    /// What the participant wants to see; pages say so once, and before they open the link.
    slots: Option<(LinkId, Subscriptions)>,
    /// Whether what they send is recorded.
    is_recorded: bool,
}

impl Roster {
    /// An order is about to be followed.
    pub(super) fn note(&mut self, who: Who, order: &MediaOrder) {
        match order {
            MediaOrder::Left => _ = self.0.remove(&who),
            MediaOrder::State(media) => self.0.entry(who).or_default().media = Some(*media),
            MediaOrder::Signal { link, .. } => {
                let known = self.0.entry(who).or_default();
                known.link = known.link.max(Some(*link));
            }
            MediaOrder::Slots { link, slots } => {
                self.0.entry(who).or_default().slots = Some((*link, slots.clone()));
            }
        }
    }

    /// Whether what somebody sends is recorded from now on.
    pub(super) fn note_recorded(&mut self, who: Who, is_recorded: bool) {
        if is_recorded {
            self.0.entry(who).or_default().is_recorded = true;
        } else if let Some(known) = self.0.get_mut(&who) {
            known.is_recorded = false;
        }
    }

    /// Those whose media is recorded.
    pub(super) fn recorded(&self) -> impl Iterator<Item = Who> + '_ {
        self.0.iter().filter(|(_, known)| known.is_recorded).map(|(who, _)| *who)
    }

    /// A link is over.
    pub(super) fn closed(&mut self, who: Who, link: LinkId) {
        if let Some(known) = self.0.get_mut(&who) {
            known.link = known.link.filter(|latest| *latest > link);
            if known.link.is_none() && known.media.is_none() && known.slots.is_none() && !known.is_recorded {
                self.0.remove(&who);
            }
        }
    }

    pub(super) fn media(&self) -> impl Iterator<Item = (Who, MediaState)> + '_ {
        self.0.iter().filter_map(|(who, known)| Some((*who, known.media?)))
    }

    /// What everybody wants to see, by the link it is for: one that is still to be opened is opened with it.
    pub(super) fn slots(&self) -> impl Iterator<Item = (Who, LinkId, Subscriptions)> + '_ {
        self.0.iter().filter_map(|(who, known)| {
            let (link, slots) = known.slots.as_ref()?;
            Some((*who, *link, slots.clone()))
        })
    }

    /// The links that there were; from now on there are none.
    pub(super) fn take_links(&mut self) -> Vec<(Who, LinkId)> {
        self.0.iter_mut().filter_map(|(who, known)| Some((*who, known.link.take()?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use protocol::{ParticipantId, RoomCode, Signal, SignalNumber, Switch};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn whoever_is_there_is_known_and_whoever_left_is_not() {
        let who = |number| Who {
            room: RoomCode::from_random(1),
            participant: ParticipantId::new(Uuid::from_u128(number)),
        };
        let media = MediaState { microphone: Switch::On, ..MediaState::default() };
        let signal = |link| MediaOrder::Signal {
            link: LinkId(link),
            number: SignalNumber(0),
            signal: Signal::EndOfCandidates,
        };
        let mut roster = Roster::default();
        for number in 1..=3 {
            roster.note(who(number), &MediaOrder::State(media));
            roster.note(who(number), &signal(0));
        }
        roster.note(who(2), &signal(4));
        let slots = Subscriptions::default();
        roster.note(who(1), &MediaOrder::Slots { link: LinkId(1), slots: slots.clone() });
        roster.closed(who(2), LinkId(0));
        roster.note(who(3), &MediaOrder::Left);
        assert_eq!(roster.media().count(), 2);
        assert_eq!(roster.slots().collect::<Vec<_>>(), [(who(1), LinkId(1), slots)]);
        assert_eq!(roster.take_links(), [(who(1), LinkId(0)), (who(2), LinkId(4))]);
        assert_eq!(roster.take_links(), []);
    }
}
