//! Slots: which publication is in which slot of which link to a node. Video slots follow the tiles of the page; what the audio
//! slots carry, the node decides.

mod link_slots;
mod plan;

use std::collections::{BTreeMap, VecDeque};

use crate::LinkKey;
use protocol::{MediaKey, Source, Subscription, Subscriptions};

use crate::people::People;
use crate::slots::link_slots::LinkSlots;

/// How many people are subscribed to when the page has not said whom it shows.
const TILES_UNASKED: usize = 9;

/// The height that is subscribed to then, in pixels.
const HEIGHT_UNASKED: u16 = 360;

/// The video slots of the links to nodes, and what each of them shows.
#[derive(Debug)]
pub(crate) struct Slots {
    /// What is on the screen, when the page has said so.
    tiles: Option<Vec<Subscription>>,
    /// Whether anybody looks at the page.
    is_watched: bool,
    links: BTreeMap<LinkKey, LinkSlots>,
    effects: VecDeque<SlotsEffect>,
}

/// What may happen to it.
#[derive(Debug)]
pub(crate) enum SlotsInput {
    /// The page shows these, in these sizes.
    Tiles(Vec<Subscription>),
    /// Somebody looks at the page, or nobody does.
    Watched(bool),
    /// There is a link no more.
    Closed(LinkKey),
    /// Somebody came or went, or sends something else.
    PeopleChanged,
    /// What was said to nodes may not have come.
    TellAgain,
    /// What the audio slots of a link carry.
    Audio(LinkKey, Vec<Option<MediaKey>>),
    /// What a node leaves out for now.
    Paused(LinkKey, Vec<MediaKey>),
    /// Keyframes that were decoded in each video slot.
    Keyframes(LinkKey, Vec<u32>),
}

/// What is to be done.
#[derive(Debug)]
pub(crate) enum SlotsEffect {
    /// Have so many video sections in a link.
    SetSlots { link: LinkKey, video: usize },
    /// Tell the node.
    Subscribe { link: LinkKey, subscriptions: Subscriptions },
    /// Open nothing else in the video slots of a link.
    Expect { link: LinkKey, publications: Vec<Option<MediaKey>> },
}

impl Default for Slots {
    fn default() -> Self {
        Self { tiles: None, is_watched: true, links: BTreeMap::new(), effects: VecDeque::new() }
    }
}

impl Slots {
    pub(crate) fn handle_input(&mut self, input: SlotsInput, people: &People) {
        match input {
            SlotsInput::Tiles(tiles) => {
                self.tiles = Some(tiles);
                self.assign(people);
            }
            SlotsInput::Watched(is_watched) => {
                self.is_watched = is_watched;
                self.tell();
            }
            SlotsInput::Closed(link) => _ = self.links.remove(&link),
            SlotsInput::PeopleChanged => self.assign(people),
            SlotsInput::TellAgain => {
                self.links.values_mut().for_each(LinkSlots::forget_told);
                self.tell();
            }
            SlotsInput::Audio(link, slots) => self.with(link, |of_link| of_link.set_audio(slots)),
            SlotsInput::Paused(link, paused) => self.with(link, |of_link| of_link.set_paused(paused)),
            SlotsInput::Keyframes(link, count) => self.with(link, |of_link| of_link.set_keyframes(count)),
        }
    }

    /// There is another link. Returns how many video sections it begins with.
    pub(crate) fn open(&mut self, link: LinkKey, people: &People) -> usize {
        let tiles = self.tiles(people);
        let of_link = self.links.entry(link).or_default();
        let sections = of_link.assign(&tiles).unwrap_or_default();
        self.tell();
        sections
    }

    pub(crate) fn poll_effect(&mut self) -> Option<SlotsEffect> {
        self.effects.pop_front()
    }

    /// Whether anybody looks at the page.
    pub(crate) fn is_watched(&self) -> bool {
        self.is_watched
    }

    /// The video slot of a link that shows a publication.
    pub(crate) fn slot_of(&self, link: LinkKey, key: MediaKey) -> Option<usize> {
        self.links.get(&link)?.slot_of(key)
    }

    /// Whether a publication's pictures have come over a link, where it has a slot.
    pub(crate) fn flows(&self, link: LinkKey, key: MediaKey) -> Option<bool> {
        let of_link = self.links.get(&link)?;
        of_link.slot_of(key).map(|slot| of_link.flows(slot))
    }

    /// What the audio slots of a link carry.
    pub(crate) fn audio(&self, link: LinkKey) -> &[Option<MediaKey>] {
        self.links.get(&link).map_or(&[], LinkSlots::audio)
    }

    /// Whether a node leaves a publication out for now.
    pub(crate) fn is_paused(&self, link: LinkKey, key: MediaKey) -> bool {
        self.links.get(&link).is_some_and(|of_link| of_link.is_paused(key))
    }

    fn with(&mut self, link: LinkKey, work: impl FnOnce(&mut LinkSlots)) {
        if let Some(of_link) = self.links.get_mut(&link) {
            work(of_link);
        }
    }

    fn assign(&mut self, people: &People) {
        let tiles = self.tiles(people);
        for (link, of_link) in &mut self.links {
            if let Some(video) = of_link.assign(&tiles) {
                self.effects.push_back(SlotsEffect::SetSlots { link: *link, video });
            }
        }
        self.tell();
    }

    fn tell(&mut self) {
        for (&link, of_link) in &mut self.links {
            if let Some(subscriptions) = of_link.news(self.is_watched) {
                self.effects.push_back(SlotsEffect::Subscribe { link, subscriptions });
                self.effects.push_back(SlotsEffect::Expect { link, publications: of_link.shown() });
            }
        }
    }

    fn tiles(&self, people: &People) -> Vec<Subscription> {
        match &self.tiles {
            Some(tiles) => tiles.iter().filter(|tile| people.contains(tile.participant)).copied().collect(),
            None => {
                let camera = |participant| Subscription {
                    participant,
                    source: Source::Camera,
                    height: HEIGHT_UNASKED,
                };
                people.ids().take(TILES_UNASKED).map(camera).collect()
            }
        }
    }
}
