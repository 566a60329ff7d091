//! People who come, go, speak and share, and a stage that is told of it.

use std::time::Duration;

use protocol::{MediaKey, ParticipantId, Source};
use stage::{Layout, Mode, Rect, Size, Stage, StageInput};
use uuid::Uuid;

/// A stage, and what it was told.
pub(crate) struct World {
    pub(crate) stage: Stage,
    pub(crate) now: Duration,
    pub(crate) people: Vec<ParticipantId>,
    pub(crate) shares: Vec<MediaKey>,
    pub(crate) speaking: Vec<ParticipantId>,
    pub(crate) area: Size,
}

/// Windows: desktop, wide, square, tablet upright, phone upright, phone on its side, narrow, tiny.
pub(crate) const WINDOWS: [Size; 8] = [
    Size { width: 1_256.0, height: 592.0 },
    Size { width: 2_536.0, height: 900.0 },
    Size { width: 900.0, height: 900.0 },
    Size { width: 744.0, height: 880.0 },
    Size { width: 374.0, height: 704.0 },
    Size { width: 768.0, height: 374.0 },
    Size { width: 304.0, height: 440.0 },
    Size { width: 200.0, height: 150.0 },
];

/// Oneself.
pub(crate) fn me() -> ParticipantId {
    person(0)
}

/// Somebody, by number.
pub(crate) fn person(number: usize) -> ParticipantId {
    ParticipantId::new(Uuid::from_u128(number as u128 + 1))
}

/// Somebody's camera.
pub(crate) fn camera(number: usize) -> MediaKey {
    person(number).publication(Source::Camera)
}

/// Somebody's screen.
pub(crate) fn screen(number: usize) -> MediaKey {
    person(number).publication(Source::Screen)
}

impl World {
    /// Oneself and so many others, in a window.
    pub(crate) fn new(others: usize, area: Size) -> Self {
        let mut world = Self {
            stage: Stage::default(),
            now: Duration::from_secs(100),
            people: Vec::new(),
            shares: Vec::new(),
            speaking: Vec::new(),
            area,
        };
        world.tell(StageInput::Me(Some(me())));
        world.tell(StageInput::Window(area));
        for number in 1..=others {
            world.joins(number);
        }
        world
    }

    pub(crate) fn tell(&mut self, input: StageInput) {
        self.stage.handle_input(self.now, input);
    }

    pub(crate) fn joins(&mut self, number: usize) {
        self.people.push(person(number));
        self.tell(StageInput::People(self.people.clone()));
    }

    pub(crate) fn leaves(&mut self, number: usize) {
        if self.speaking.contains(&person(number)) {
            self.speaks_not(number);
        }
        if self.shares.contains(&screen(number)) {
            self.shares_not(number);
        }
        self.people.retain(|id| *id != person(number));
        self.tell(StageInput::People(self.people.clone()));
    }

    pub(crate) fn speaks(&mut self, number: usize) {
        self.speaking.push(person(number));
        self.tell(StageInput::Speaking(self.speaking.clone()));
    }

    pub(crate) fn speaks_not(&mut self, number: usize) {
        self.speaking.retain(|id| *id != person(number));
        self.tell(StageInput::Speaking(self.speaking.clone()));
    }

    pub(crate) fn shares(&mut self, number: usize) {
        self.shares.push(screen(number));
        self.tell(StageInput::Shares(self.shares.clone()));
    }

    pub(crate) fn shares_not(&mut self, number: usize) {
        self.shares.retain(|key| *key != screen(number));
        self.tell(StageInput::Shares(self.shares.clone()));
    }

    pub(crate) fn resizes(&mut self, area: Size) {
        self.area = area;
        self.tell(StageInput::Window(area));
    }

    pub(crate) fn choose(&mut self, mode: Mode) {
        self.tell(StageInput::Choose(mode));
    }

    /// Lets time pass; what is due at once is done first.
    pub(crate) fn passes(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(at) = self.stage.poll_timeout().filter(|at| *at <= end) {
            assert!(at > self.now, "a timer that is over stays");
            self.now = at;
            self.stage.handle_timeout(at);
        }
        self.now = end;
    }

    pub(crate) fn layout(&self) -> &Layout {
        self.stage.layout()
    }

    /// Whose cameras are shown, in order.
    pub(crate) fn shown(&self) -> Vec<MediaKey> {
        self.layout().tiles.iter().map(|tile| tile.key).collect()
    }

    /// What must be true of every layout.
    pub(crate) fn check(&self) {
        let layout = self.layout();
        let stage = Rect { x: 0.0, y: 0.0, width: self.area.width, height: self.area.height };
        let said = || format!("{:?} {:?} {:#?}", self.area, self.people.len(), layout);
        assert!(layout.page < layout.pages, "{}", said());
        for (at, tile) in layout.tiles.iter().enumerate() {
            assert!(stage.contains(tile.rect), "{tile:?} is outside of {}", said());
            assert!(tile.rect.width > 0.0 && tile.rect.height > 0.0, "{tile:?} in {}", said());
            self.check_picture(tile);
            let others = &layout.tiles[at + 1..];
            assert!(others.iter().all(|other| other.key != tile.key), "{tile:?} twice in {}", said());
            let beneath = others.iter().find(|other| {
                other.rect.overlaps(tile.rect) && ![tile.role, other.role].contains(&stage::Role::Floating)
            });
            assert!(beneath.is_none(), "{tile:?} over {beneath:?} in {}", said());
        }
    }

    fn check_picture(&self, tile: &stage::Tile) {
        let (rect, picture) = (tile.rect, tile.picture);
        match tile.key.source {
            Source::Screen => {
                let own = Rect { x: 0.0, y: 0.0, ..rect };
                assert!(own.contains(picture), "a screen is cropped: {tile:?}");
            }
            Source::Camera | Source::Microphone | Source::ScreenAudio => {
                let seen = [rect.width / picture.width, rect.height / picture.height];
                assert!(seen.iter().all(|seen| *seen >= 0.749), "a face is cropped: {tile:?}");
                let fills = picture.width >= rect.width - 0.1 || picture.height >= rect.height - 0.1;
                assert!(fills, "a picture is smaller than it could be: {tile:?}");
            }
        }
    }
}
