//! The machine: what it is told of people and choices, and the layout that follows.

use std::collections::BTreeMap;
use std::time::Duration;

use protocol::{MediaKey, ParticipantId, Source};

use crate::arrangement::{Canvas, Own};
use crate::choices::{Corner, Mode};
use crate::layout::Layout;
use crate::order::Orders;
use crate::pins::{MAX_PINS, Pins};
use crate::rect::Size;
use crate::spotlight::Spotlight;

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum StageInput {
    /// Who is oneself; `None` as long as one is nobody.
    Me(Option<ParticipantId>),
    /// All others who are in, in any order; who is new comes last.
    People(Vec<ParticipantId>),
    /// All screens that others share.
    Shares(Vec<MediaKey>),
    /// The others who speak at the moment.
    Speaking(Vec<ParticipantId>),
    /// The width of a picture by its height.
    Shape {
        /// The publication concerned.
        key: MediaKey,
        /// More than 0; anything else is left out.
        ratio: f32,
    },
    /// Shows somebody or something large. With [`MAX_PINS`] pinned it changes nothing.
    Pin(MediaKey),
    /// Takes that back.
    Unpin(MediaKey),
    /// How people are to be arranged.
    Choose(Mode),
    /// Whether one sees oneself.
    ShowSelf(bool),
    /// Where oneself floats over one other.
    MoveSelf(Corner),
    /// The stage's size, in CSS pixels.
    Window(Size),
    /// Which page is shown, from 0; the last one if there are fewer.
    Turn(usize),
}

/// What is shown where, and why.
#[derive(Debug)]
pub struct Stage {
    me: Option<ParticipantId>,
    people: Vec<ParticipantId>,
    shares: Vec<MediaKey>,
    shapes: BTreeMap<MediaKey, f32>,
    pins: Pins,
    spotlight: Spotlight,
    mode: Mode,
    /// A grid was asked for while something is shared: screens are tiles like others, until nothing is shared any more.
    shares_are_tiles: bool,
    shows_self: bool,
    corner: Corner,
    area: Size,
    /// Who stands where as long as nothing is shared.
    calm: Orders,
    /// The same while something is; what a share does to it is gone with the share.
    shared: Option<Orders>,
    layout: Layout,
    revision: u32,
    due: Option<Duration>,
}

impl Default for Stage {
    fn default() -> Self {
        Self {
            me: None,
            people: Vec::new(),
            shares: Vec::new(),
            shapes: BTreeMap::new(),
            pins: Pins::default(),
            spotlight: Spotlight::default(),
            mode: Mode::default(),
            shares_are_tiles: false,
            shows_self: true,
            corner: Corner::default(),
            area: Size::default(),
            calm: Orders::default(),
            shared: None,
            layout: Layout { pages: 1, ..Layout::default() },
            revision: 0,
            due: None,
        }
    }
}

impl Stage {
    /// Takes in what happened; the layout follows at once.
    pub fn handle_input(&mut self, now: Duration, input: StageInput) {
        if self.knows(&input) {
            return;
        }
        let shows_more =
            matches!(input, StageInput::Speaking(_) | StageInput::Shares(_) | StageInput::Choose(_));
        match input {
            StageInput::Me(me) => self.me = me,
            StageInput::People(people) => self.set_people(people),
            StageInput::Shares(shares) => self.set_shares(shares),
            StageInput::Speaking(speakers) => self.spotlight.speaking(now, &speakers),
            StageInput::Shape { key, ratio } => self.set_shape(key, ratio),
            StageInput::Pin(key) if self.is_there(key) => self.pins.pin(key),
            StageInput::Pin(_) => {}
            StageInput::Unpin(key) => self.pins.unpin(key),
            StageInput::Choose(mode) => self.choose(mode),
            StageInput::ShowSelf(shows) => self.shows_self = shows,
            StageInput::MoveSelf(corner) => self.corner = corner,
            StageInput::Window(area) => self.area = area.bounded(),
            StageInput::Turn(page) => self.turn(page),
        }
        self.arrange(now);
        if shows_more {
            self.promote(now);
        }
    }

    /// Does what is due; the table of timers is in `spotlight`.
    pub fn handle_timeout(&mut self, now: Duration) {
        self.arrange(now);
        self.promote(now);
    }

    /// When [`Self::handle_timeout`] has something to do.
    pub fn poll_timeout(&self) -> Option<Duration> {
        self.due
    }

    /// What is shown.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// A number that is another one whenever the layout may be.
    pub fn revision(&self) -> u32 {
        self.revision
    }

    /// What is pinned, in the order of pinning.
    pub fn pins(&self) -> &[MediaKey] {
        self.pins.as_slice()
    }

    /// How people are to be arranged.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Whether one sees oneself.
    pub fn shows_self(&self) -> bool {
        self.shows_self
    }

    /// Where oneself floats over one other.
    pub fn corner(&self) -> Corner {
        self.corner
    }

    /// Whether an input says nothing new.
    fn knows(&self, input: &StageInput) -> bool {
        match input {
            StageInput::Me(me) => self.me == *me,
            StageInput::People(people) => self.people == *people,
            StageInput::Shares(shares) => self.shares == *shares,
            StageInput::Speaking(speakers) => self.spotlight.is_speaking(speakers),
            StageInput::Window(area) => self.area == *area,
            StageInput::Shape { key, ratio } => self.shapes.get(key) == Some(ratio),
            StageInput::Pin(_)
            | StageInput::Unpin(_)
            | StageInput::Choose(_)
            | StageInput::ShowSelf(_)
            | StageInput::MoveSelf(_)
            | StageInput::Turn(_) => false,
        }
    }

    fn set_people(&mut self, people: Vec<ParticipantId>) {
        self.people = people;
        self.forget_who_is_gone();
    }

    fn set_shares(&mut self, shares: Vec<MediaKey>) {
        self.shares_are_tiles &= !shares.is_empty();
        self.shared = (!shares.is_empty()).then(|| self.shared.take().unwrap_or_else(|| self.calm.clone()));
        self.shares = shares;
        self.forget_who_is_gone();
    }

    fn set_shape(&mut self, key: MediaKey, ratio: f32) {
        if ratio.is_finite() && ratio > 0.0 {
            self.shapes.insert(key, ratio);
        }
    }

    fn choose(&mut self, mode: Mode) {
        self.mode = mode;
        self.shares_are_tiles = mode == Mode::Grid && !self.shares.is_empty();
    }

    fn turn(&mut self, page: usize) {
        let fit = self.fit();
        self.shared.as_mut().unwrap_or(&mut self.calm).shown_mut().turn(page, fit);
    }

    /// How many tiles, oneself aside, are seen at once of what has pages.
    fn fit(&self) -> usize {
        self.canvas().fit(self.shared.as_ref().unwrap_or(&self.calm), self.own())
    }

    fn is_there(&self, key: MediaKey) -> bool {
        if key.source.is_shared() {
            self.shares.contains(&key)
        } else {
            self.people.contains(&key.participant)
        }
    }

    fn forget_who_is_gone(&mut self) {
        let mut pins = std::mem::take(&mut self.pins);
        pins.retain(|key| self.is_there(key));
        self.pins = pins;
        let mut shapes = std::mem::take(&mut self.shapes);
        shapes.retain(|key, _| Some(key.participant) == self.me || self.is_there(*key));
        self.shapes = shapes;
        self.spotlight.retain(|id| self.people.contains(&id));
    }

    fn own(&self) -> Own {
        self.me.filter(|_| self.shows_self || self.people.is_empty())
    }

    /// What is to be large: screens, those that are pinned first, else who is pinned, else who speaks.
    fn large(&self, shares: &[MediaKey]) -> Vec<MediaKey> {
        let pins = self.pins.as_slice().iter().copied();
        let cameras: Vec<_> = pins.clone().filter(|key| key.source == Source::Camera).collect();
        let speaks = self.mode == Mode::Speaker && self.people.len() > 1;
        let pinned: Vec<_> = pins.filter(|key| shares.contains(key)).collect();
        if !pinned.is_empty() || !shares.is_empty() && !self.shares_are_tiles {
            let others = shares.iter().copied().filter(|key| !pinned.contains(key));
            let others = others.filter(|_| !self.shares_are_tiles);
            pinned.iter().copied().chain(others).take(MAX_PINS).collect()
        } else if !cameras.is_empty() {
            cameras
        } else {
            let spotlight = self.spotlight.current().filter(|_| speaks);
            spotlight.map(|id| id.publication(Source::Camera)).into_iter().collect()
        }
    }

    /// Who is pinned while a screen is large.
    fn beside(&self, large: &[MediaKey]) -> Vec<MediaKey> {
        let shows_screens = large.iter().any(|key| key.source.is_shared());
        let pins = self.pins.as_slice().iter().filter(|key| shows_screens && !large.contains(key));
        pins.copied().collect()
    }

    fn arrange(&mut self, now: Duration) {
        self.spotlight.settle(now, &self.people);
        self.due = self.spotlight.poll_timeout(now);
        self.revision = self.revision.wrapping_add(1);
        let cameras: Vec<_> = self.people.iter().map(|id| id.publication(Source::Camera)).collect();
        let large = self.large(&[]);
        self.calm.sync(&large, &[], &cameras, &cameras);
        if let Some(mut shared) = self.shared.take() {
            let large = self.large(&self.shares);
            let beside = self.beside(&large);
            let all: Vec<_> = self.shares.iter().chain(&cameras).copied().collect();
            let alike = if self.shares_are_tiles { &all } else { &cameras };
            shared.sync(&large, &beside, alike, &all);
            self.shared = Some(shared);
        }
        let fit = self.fit();
        self.shared.as_mut().unwrap_or(&mut self.calm).shown_mut().settle(fit);
        self.layout = self.lay_out();
    }

    /// Shows somebody who speaks, or what is shared, on the first page, in place of who is needed least there: one at a time.
    fn promote(&mut self, now: Duration) {
        let fit = self.fit();
        let orders = self.shared.as_mut().unwrap_or(&mut self.calm);
        let worth = |key: MediaKey| (key.source.is_shared(), self.spotlight.worth(key.participant));
        let speakers = self.spotlight.speakers(now).map(|id| id.publication(Source::Camera));
        let hidden =
            self.shares.iter().copied().chain(speakers).find(|key| orders.shown_mut().is_behind(*key, fit));
        if let Some(key) = hidden {
            orders.shown_mut().promote(key, fit, worth);
            self.layout = self.lay_out();
        }
    }

    fn lay_out(&self) -> Layout {
        let canvas = self.canvas();
        let orders = self.shared.as_ref().unwrap_or(&self.calm);
        match (orders.main.all(), orders.grid.all()) {
            ([], [other]) => canvas.pair(*other, self.own(), self.corner),
            ([], _) => canvas.grid(orders, self.own()),
            (_, _) => canvas.stage(orders, self.own()),
        }
    }

    fn canvas(&self) -> Canvas<'_> {
        Canvas { area: self.area, shapes: &self.shapes }
    }
}
