//! What the stage is told of the call, and what is subscribed to because of it.

use std::time::Duration;

use protocol::{MediaKey, Source, Subscription};
use stage::{StageInput, Tile};

use super::Call;
use crate::people::Person;
use crate::slots::SlotsInput;

/// Heights are subscribed to in steps: an edge that is dragged says nothing new with each pixel.
const HEIGHT_STEP: f32 = 20.0;

impl Call {
    pub(super) fn stage_input(&mut self, now: Duration, input: StageInput) {
        self.is_stage_seen |= matches!(input, StageInput::Window(_));
        self.stage.handle_input(now, input);
    }

    /// Tells the stage who is there, and subscribes to what it shows.
    pub(super) fn arrange(&mut self, now: Duration) {
        let others = self.shown_people().map(Person::participant);
        let shares = others.filter(|other| other.media.screen.is_on());
        let shares = shares.map(|other| other.id.publication(Source::Screen)).collect();
        let speaking = self.shown_people().filter(|person| person.is_speaking());
        let speaking = speaking.map(|person| person.participant().id).collect();
        let people = self.shown_people().map(|person| person.participant().id).collect();
        let inputs = [
            StageInput::Me(self.me()),
            StageInput::People(people),
            StageInput::Shares(shares),
            StageInput::Speaking(speaking),
        ];
        for input in inputs {
            self.stage.handle_input(now, input);
        }
        if self.stage.poll_timeout().is_some_and(|due| now >= due) {
            self.stage.handle_timeout(now);
        }
        let drawn = (self.stage.revision(), self.pixel_ratio);
        if !self.is_stage_seen || self.drawn == drawn {
            return;
        }
        self.drawn = drawn;
        let tiles = self.subscriptions();
        if tiles != self.subscribed {
            self.subscribed.clone_from(&tiles);
            self.slots(now, SlotsInput::Tiles(tiles));
        }
    }

    /// Who is on the screen: while it rings, nobody.
    pub(super) fn shown_people(&self) -> impl Iterator<Item = &Person> {
        let is_answered = self.unanswered.is_none();
        self.people.iter().filter(move |_| is_answered)
    }

    /// What of others is on the screen, with the height of its picture in pixels of the screen.
    fn subscriptions(&self) -> Vec<Subscription> {
        let me = self.me();
        let others = self.stage.layout().tiles.iter().filter(|tile| Some(tile.key.participant) != me);
        others.map(|tile| self.subscription(tile)).collect()
    }

    fn subscription(&self, tile: &Tile) -> Subscription {
        let pixels = tile.picture.height * self.pixel_ratio;
        let MediaKey { participant, source } = tile.key;
        Subscription {
            participant,
            source,
            height: ((pixels / HEIGHT_STEP).ceil() * HEIGHT_STEP).max(HEIGHT_STEP) as u16,
        }
    }
}
