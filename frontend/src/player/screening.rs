//! A recording that is shown: carries out what the playback wants, tells the stage who is there, and the page what is so.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use app::state::{PlayerCommand, PlayerView};
use leptos::prelude::{GetUntracked, Set, Update};
use protocol::{Consent, MediaKey, ParticipantId, Source, Switch};
use record::playback::{
    Playback, PlaybackInput, PlaybackOutput, PlaybackState, Request, RoomThen, Speed, TrackFault, TrackFrame,
};
use stage::{Size, Stage, StageInput};
use view::{PersonPlayed, Playing, TrackTrouble};
use wasm_bindgen_futures::spawn_local;
use web_sys::AudioContext;

use super::fetching;
use super::loading::{Loaded, is_picture, millis};
use super::player_event::{PlayerEvent, PlayerEvents};
use super::track_export::{self, ExportOrder};
use super::track_output::TrackOutput;
use crate::stage_size::StageSize;
use crate::{clock, web};

/// The position is told this often, in milliseconds of the recording.
const TOLD_EVERY: u32 = 100;

/// Of lines that are said at once, so many are looked at.
const MOST_SPOKEN: usize = 50;

pub(super) struct Screening {
    loaded: Loaded,
    view: PlayerView,
    events: PlayerEvents,
    playback: Playback,
    keys: Vec<(MediaKey, usize)>,
    /// Under which name everybody was there, and what they answered.
    known: BTreeMap<ParticipantId, (String, Consent)>,
    room: RoomThen,
    stage: Stage,
    outputs: BTreeMap<usize, TrackOutput>,
    shown: BTreeSet<MediaKey>,
    context: Option<AudioContext>,
    /// How sound was played the last time: what was scheduled otherwise is taken back.
    sounded: Option<Speed>,
    troubles: BTreeSet<(ParticipantId, TrackTrouble)>,
    /// Tracks of which nothing can be shown at the moment.
    dark: BTreeSet<usize>,
    size: Option<StageSize>,
}

impl Screening {
    pub(super) fn new(loaded: Loaded, view: PlayerView, events: PlayerEvents) -> Self {
        let playback = Playback::new(&loaded.manifest, &loaded.timeline);
        let keys = playback.tracks().collect();
        let people = loaded.manifest.people.iter();
        let known = people.map(|person| (person.id, (person.name.as_str().to_owned(), person.consent)));
        let known = known.collect();
        let mut screening = Self {
            loaded,
            view,
            events,
            playback,
            keys,
            known,
            room: RoomThen::default(),
            stage: Stage::default(),
            outputs: BTreeMap::new(),
            shown: BTreeSet::new(),
            context: None,
            sounded: None,
            troubles: BTreeSet::new(),
            dark: BTreeSet::new(),
            size: None,
        };
        screening.tick();
        screening
    }

    pub(super) fn command(&mut self, command: PlayerCommand) {
        match command {
            PlayerCommand::Load => {}
            PlayerCommand::ShowStage { element } => self.size = StageSize::watch(&element, self.on_resize()),
            PlayerCommand::PlayOrPause => self.play_or_pause(),
            PlayerCommand::Seek(to) => self.seek(u64::from(to)),
            PlayerCommand::Skip(by) => {
                let position = u64::from(millis(self.playback.position(clock::now())));
                self.seek(position.saturating_add_signed(i64::from(by)));
            }
            PlayerCommand::SetSpeed(percent) => {
                self.view.speed.set(percent);
                self.input(PlaybackInput::SetSpeed(Speed::of_percent(percent)));
            }
            PlayerCommand::Arrange(mode) => self.arrange(StageInput::Choose(mode)),
            PlayerCommand::Pin(key) if self.stage.pins().contains(&key) => {
                self.arrange(StageInput::Unpin(key));
            }
            PlayerCommand::Pin(key) => self.arrange(StageInput::Pin(key)),
            PlayerCommand::Turn(page) => self.arrange(StageInput::Turn(page)),
            PlayerCommand::Export(number) => self.export(number),
        }
        self.tick();
    }

    pub(super) fn fetched(&mut self, request: Request, bytes: Option<Vec<u8>>) {
        self.input(match bytes {
            Some(bytes) => PlaybackInput::Fetched { request, bytes },
            None => PlaybackInput::FetchFailed { request },
        });
    }

    pub(super) fn resized(&mut self, size: Size) {
        self.arrange(StageInput::Window(size));
    }

    /// Does what is due.
    pub(super) fn tick(&mut self) {
        let now = clock::now();
        self.playback.handle_timeout(now);
        self.carry_out();
        let position = self.playback.position(now);
        self.loaded.chronicle.go_to(&mut self.room, position);
        self.show_room(now, position);
        self.draw(position);
        self.sound(position);
        self.tell(position);
    }

    fn on_resize(&self) -> impl Fn(Size) + 'static {
        let events = self.events.clone();
        move |size| _ = events.unbounded_send(PlayerEvent::StageResized(size))
    }

    fn input(&mut self, input: PlaybackInput) {
        self.playback.handle_input(clock::now(), input);
        self.carry_out();
    }

    fn seek(&mut self, to: u64) {
        self.input(PlaybackInput::Seek(Duration::from_millis(to)));
    }

    /// A browser lets sound begin with a gesture, which this comes from.
    fn play_or_pause(&mut self) {
        let input = match self.playback.state() {
            PlaybackState::Paused => {
                let context = self.context.take().or_else(|| AudioContext::new().ok());
                if let Some(context) = &context {
                    _ = context.resume();
                }
                self.context = context;
                PlaybackInput::Play
            }
            PlaybackState::Playing | PlaybackState::Waiting => PlaybackInput::Pause,
        };
        self.input(input);
    }

    fn arrange(&mut self, input: StageInput) {
        self.stage.handle_input(clock::now(), input);
        self.show_stage();
    }

    fn carry_out(&mut self) {
        while let Some(output) = self.playback.poll_output() {
            match output {
                PlaybackOutput::Fetch(request) => self.fetch(request),
                PlaybackOutput::Reset { track } => _ = self.outputs.remove(&track),
                PlaybackOutput::Frame { track, frame } => self.decode(track, &frame),
                PlaybackOutput::Failed { track, fault } => self.fault(
                    track,
                    match fault {
                        TrackFault::Unreachable => TrackTrouble::Unreachable,
                        TrackFault::Unreadable(_) | TrackFault::OtherCodec | TrackFault::NotSealed => {
                            TrackTrouble::Damaged
                        }
                    },
                ),
            }
        }
    }

    fn fetch(&self, request: Request) {
        let (events, id) = (self.events.clone(), self.loaded.id);
        let files = self.loaded.manifest.parts.iter().flat_map(|part| &part.tracks);
        let Some(file) = files.map(|track| track.file.clone()).nth(request.track) else { return };
        spawn_local(async move {
            let piece = fetching::range(id, &file, request.range.start, request.range.end).await;
            _ = events.unbounded_send(PlayerEvent::Fetched(request, piece.ok().map(|piece| piece.bytes)));
        });
    }

    fn decode(&mut self, track: usize, frame: &TrackFrame) {
        let Some((key, part)) = self.keys.get(track).copied() else { return };
        if !self.outputs.contains_key(&track) {
            let output = self.playback.head(track).and_then(|head| TrackOutput::start(key, part, head));
            let Some(output) = output else { return self.fault(track, TrackTrouble::Damaged) };
            self.outputs.insert(track, output);
        }
        let keys = self.loaded.keys.as_deref();
        match self.outputs.get_mut(&track).map(|output| output.take(keys, frame)) {
            Some(Ok(())) => _ = self.dark.remove(&track),
            Some(Err(trouble)) => self.fault(track, trouble),
            None => {}
        }
    }

    /// Something of somebody is missing: it is told once.
    fn fault(&mut self, track: usize, trouble: TrackTrouble) {
        let Some((key, _)) = self.keys.get(track) else { return };
        self.dark.insert(track);
        if self.troubles.insert((key.participant, trouble)) {
            let name = self.name_of(key.participant);
            self.view.troubles.update(|troubles| troubles.push((name, trouble)));
        }
    }

    fn name_of(&self, id: ParticipantId) -> String {
        self.known.get(&id).map(|(name, _)| name.clone()).unwrap_or_default()
    }

    fn show_room(&mut self, now: Duration, position: Duration) {
        let people: Vec<_> = self.room.people.iter().map(|person| person.id).collect();
        let is_on = |person: &record::playback::PersonThen, source: Source| match person.switch(source) {
            Some(Switch::Off) => false,
            Some(Switch::On) | None => {
                let track = self.playback.track_at(person.id.publication(source), position);
                track.is_some_and(|track| !self.dark.contains(&track))
            }
        };
        let played = self.room.people.iter().map(|person| {
            let pictures =
                Source::ALL.into_iter().filter(|source| is_picture(*source) && is_on(person, *source));
            let consent = self.known.get(&person.id).map(|(_, consent)| *consent);
            PersonPlayed {
                id: person.id,
                name: person.name.as_str().to_owned(),
                is_muted: !is_on(person, Source::Microphone),
                has_hand: person.hand.is_some(),
                speaks: self.room.speaker == Some(person.id),
                pictures: pictures.map(|source| person.id.publication(source)).collect(),
                is_unrecorded: matches!(consent, Some(Consent::Refused | Consent::NotAnswered)),
            }
        });
        let played: Vec<_> = played.collect();
        let shares = played.iter().flat_map(|person| &person.pictures).filter(|key| key.source.is_shared());
        let shares = shares.copied().collect();
        for input in [
            StageInput::People(people),
            StageInput::Shares(shares),
            StageInput::Speaking(self.room.speaker.into_iter().collect()),
        ] {
            self.stage.handle_input(now, input);
        }
        if self.stage.poll_timeout().is_some_and(|due| due <= now) {
            self.stage.handle_timeout(now);
        }
        if self.view.people.with_changed(&played) {
            self.view.people.set(played);
        }
        self.show_stage();
    }

    fn show_stage(&mut self) {
        let layout = self.stage.layout();
        let shown: BTreeSet<_> = layout.tiles.iter().map(|tile| tile.key).collect();
        if self.view.layout.with_changed(layout) {
            self.view.layout.set(layout.clone());
        }
        if self.view.mode.get_untracked() != self.stage.mode() {
            self.view.mode.set(self.stage.mode());
        }
        if self.view.pins.with_changed(&self.stage.pins().to_vec()) {
            self.view.pins.set(self.stage.pins().to_vec());
        }
        if shown != self.shown {
            self.shown.clone_from(&shown);
            self.input(PlaybackInput::Show(shown));
        }
    }

    fn draw(&mut self, position: Duration) {
        let Some(document) = web::document() else { return };
        let mut shapes = Vec::new();
        let mut failed = Vec::new();
        for (track, output) in &self.outputs {
            let Some((key, _)) = self.keys.get(*track).copied() else { continue };
            if output.has_failed() {
                failed.push(*track);
            }
            let source = if key.source.is_shared() { "screen" } else { "camera" };
            let element = document.get_element_by_id(&format!("picture-{source}-{}", key.participant));
            if let Some(canvas) = element.filter(|_| is_picture(key.source))
                && let Some(ratio) = output.pictures.draw(position, &canvas)
            {
                shapes.push((key, ratio));
            }
        }
        for (key, ratio) in shapes {
            self.stage.handle_input(clock::now(), StageInput::Shape { key, ratio });
        }
        for track in failed {
            self.fault(track, TrackTrouble::Damaged);
        }
    }

    fn sound(&mut self, position: Duration) {
        let Some(context) = &self.context else { return };
        let speed = (self.playback.state() == PlaybackState::Playing).then(|| self.playback.speed());
        if speed != self.sounded {
            self.outputs.values().for_each(|output| output.sound.stop());
            self.sounded = speed;
        }
        if let Some(speed) = speed {
            self.outputs.values().for_each(|output| output.sound.play(context, position, speed));
        }
    }

    fn tell(&self, position: Duration) {
        let playing = match self.playback.state() {
            PlaybackState::Paused => Playing::Paused,
            PlaybackState::Playing => Playing::Playing,
            PlaybackState::Waiting => Playing::Waiting,
        };
        let view = self.view;
        if view.playing.get_untracked() != playing {
            view.playing.set(playing);
        }
        let (position, told) = (millis(position), view.position.get_untracked());
        let is_still = playing != Playing::Playing;
        if position.abs_diff(told) >= TOLD_EVERY || is_still && position != told {
            view.position.set(position);
        }
        let said = &self.loaded.meeting.transcript;
        let begun = said.partition_point(|line| line.at <= position);
        let mut last = said.get(..begun).unwrap_or_default().iter().enumerate().rev().take(MOST_SPOKEN);
        let caption = last.find(|(_, line)| position < line.until).map(|(index, _)| index);
        if view.caption.get_untracked() != caption {
            view.caption.set(caption);
        }
    }

    fn export(&self, number: usize) {
        let Some((_, part)) = self.keys.get(number).copied() else { return };
        let order = ExportOrder {
            number,
            part,
            id: self.loaded.id,
            manifest: self.loaded.manifest.clone(),
            keys: self.loaded.keys.clone(),
        };
        track_export::start(order, self.events.clone());
    }
}

/// What is the same is not told again.
trait Changed<T> {
    fn with_changed(&self, value: &T) -> bool;
}

impl<T: PartialEq + Send + Sync + 'static> Changed<T> for leptos::prelude::RwSignal<T> {
    fn with_changed(&self, value: &T) -> bool {
        use leptos::prelude::WithUntracked;
        self.with_untracked(|told| told != value)
    }
}
