//! A recording that is played: twenty tracks over a slow line, sought through, and files of an enemy.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use protocol::{
    DisplayName, LeaveReason, MediaKey, MediaKind, ParticipantId, Role, RoomCode, RoomKeyId, Source, Switch,
    Timestamp,
};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use record::playback::{
    Chronicle, Playback, PlaybackInput, PlaybackOutput, PlaybackState, Request, RoomThen, Span, Speed,
    Timeline, TrackFault, TrackFrame,
};
use record::webm::{Codec, Frame, FrameKind, Protection, TrackFormat, VideoSize, Writer};
use record::{Consent, FileName, LoggedEvent, Manifest, Part, Person, RecordedEvent, RecordingId, TrackFile};
use uuid::Uuid;

use crate::common::{BEGAN, millis};

/// Of each part, in milliseconds.
const LASTED: u64 = 60_000;

fn person(number: u128) -> ParticipantId {
    ParticipantId::new(Uuid::from_u128(number + 1))
}

/// A file whose frames say their time in the part: pictures each 40 ms with a keyframe every four seconds, sound each 20 ms.
fn file(codec: Codec, began: u64, ended: u64, is_finished: bool) -> Vec<u8> {
    let size = VideoSize { width: 640, height: 360 };
    let (format, every) = match codec.kind() {
        MediaKind::Audio => (TrackFormat::opus(Protection::Plaintext), 20),
        MediaKind::Video => (TrackFormat::video(codec, Protection::Plaintext, size), 40),
    };
    let mut writer = Writer::new(format, BEGAN);
    let mut bytes = Vec::new();
    for at in (began..ended).step_by(every) {
        let is_key = codec.kind() == MediaKind::Audio || (at - began).is_multiple_of(4_000);
        let kind = if is_key { FrameKind::Key } else { FrameKind::Delta };
        let payload = [
            &at.to_be_bytes()[..],
            &vec![
                7;
                if every == 20 {
                    90
                } else if is_key {
                    3_000
                } else {
                    300
                }
            ],
        ]
        .concat();
        assert!(writer.write(millis(at), Frame { time: millis(at), kind, bytes: &payload }));
    }
    if is_finished {
        writer.finish();
    } else {
        writer.handle_timeout(millis(ended + 10_000));
    }
    while let Some(effect) = writer.poll_effect() {
        effect.apply(&mut bytes);
    }
    bytes
}

/// What a player has: files behind a line that takes its time, and what was handed out of each track since it was last told to forget.
struct Player {
    playback: Playback,
    files: Vec<Vec<u8>>,
    now: Duration,
    line: VecDeque<(Duration, Request)>,
    frames: BTreeMap<usize, Vec<TrackFrame>>,
    faults: BTreeMap<usize, TrackFault>,
    fetched: u64,
}

impl Player {
    fn new(manifest: &Manifest, files: Vec<Vec<u8>>) -> Self {
        let timeline = Timeline::new(manifest, &[]);
        let playback = Playback::new(manifest, &timeline);
        let (line, frames, faults) = (VecDeque::new(), BTreeMap::new(), BTreeMap::new());
        let mut player = Self { playback, files, now: Duration::ZERO, line, frames, faults, fetched: 0 };
        let all: BTreeSet<_> = player.playback.tracks().map(|(key, _)| key).collect();
        player.input(PlaybackInput::Show(all));
        player
    }

    fn input(&mut self, input: PlaybackInput) {
        self.playback.handle_input(self.now, input);
        self.take();
    }

    fn take(&mut self) {
        while let Some(output) = self.playback.poll_output() {
            match output {
                PlaybackOutput::Fetch(request) => self.line.push_back((self.now + millis(30), request)),
                PlaybackOutput::Reset { track } => _ = self.frames.remove(&track),
                PlaybackOutput::Frame { track, frame } => self.frames.entry(track).or_default().push(frame),
                PlaybackOutput::Failed { track, fault } => {
                    assert!(self.faults.insert(track, fault).is_none(), "told once");
                }
            }
        }
    }

    fn advance(&mut self, time: Duration) {
        let until = self.now + time;
        while self.now < until {
            self.now += millis(10);
            while self.line.front().is_some_and(|(due, _)| *due <= self.now) {
                let (_, request) = self.line.pop_front().unwrap();
                let file = &self.files[request.track];
                let at = |byte: u64| usize::try_from(byte).unwrap_or(usize::MAX).min(file.len());
                let bytes = file[at(request.range.start)..at(request.range.end)].to_vec();
                self.fetched += bytes.len() as u64;
                self.input(PlaybackInput::Fetched { request, bytes });
            }
            self.playback.handle_timeout(self.now);
            self.take();
        }
    }

    fn position(&self) -> Duration {
        self.playback.position(self.now)
    }

    /// Until it plays, which takes less than two seconds.
    fn wait_until_it_plays(&mut self) {
        for _ in 0..200 {
            if self.playback.state() == PlaybackState::Playing {
                return;
            }
            self.advance(millis(10));
        }
        panic!("it waits at {:?}", self.position());
    }
}

fn manifest(parts: u32, people: u128) -> (Manifest, Vec<Vec<u8>>) {
    let (mut files, mut all) = (Vec::new(), Vec::new());
    for number in 1..=parts {
        let mut tracks = Vec::new();
        for who in 0..people {
            for (source, codec) in [(Source::Camera, Codec::Vp8), (Source::Microphone, Codec::Opus)] {
                // Each begins a little later, at no round moment.
                let began_ms = 7 + who as u64 * 333;
                let file_name = format!("part-{number:04}-track-{:04}.webm", tracks.len() + 1);
                tracks.push(TrackFile {
                    file: FileName::new(file_name).unwrap(),
                    participant: person(who),
                    source,
                    codec,
                    protection: Protection::Plaintext,
                    began_ms,
                    ended_ms: Some(LASTED),
                });
                files.push(file(codec, began_ms, LASTED, !who.is_multiple_of(5)));
            }
        }
        all.push(Part {
            number,
            began: Timestamp(BEGAN.0 + u64::from(number) * 100_000),
            lasted_ms: Some(LASTED),
            events: FileName::new(format!("part-{number:04}-events.jsonl")).unwrap(),
            keys: None,
            tracks,
        });
    }
    let people = (0..people).map(|number| Person {
        id: person(number),
        name: DisplayName::parse("Ada").unwrap(),
        consent: Consent::Given,
    });
    let manifest = Manifest {
        version: Manifest::VERSION,
        recording: RecordingId(Uuid::from_u128(9)),
        room: RoomCode::parse("kfm-pqxz-wtr").unwrap(),
        key: None,
        people: people.collect(),
        parts: all,
    };
    (manifest, files)
}

/// When a frame was captured, by what it says itself, as a position.
fn captured(frame: &TrackFrame, part: usize) -> Duration {
    let (at, _) = frame.bytes.split_first_chunk::<8>().unwrap();
    millis(u64::from_be_bytes(*at) + part as u64 * LASTED)
}

#[test]
fn a_seek_lands_within_a_hundred_milliseconds_on_all_twenty_tracks() {
    let (manifest, files) = manifest(2, 10);
    let mut player = Player::new(&manifest, files);
    let tracks: Vec<(MediaKey, usize)> = player.playback.tracks().collect();
    player.input(PlaybackInput::Play);
    player.wait_until_it_plays();
    let mut dice = ChaCha20Rng::seed_from_u64(22);
    let mut landed = BTreeSet::new();
    for round in 0..40_u32 {
        let to = millis(5_000 + u64::from(dice.next_u32()) % 53_000 + u64::from(round % 2) * LASTED);
        player.input(PlaybackInput::Seek(to));
        assert_eq!(player.position(), to);
        player.wait_until_it_plays();
        assert_eq!(player.position(), to, "nothing was played while something was missing");
        let part = usize::from(to >= millis(LASTED));
        for (index, (key, of_part)) in tracks.iter().enumerate().filter(|(_, (_, of_part))| *of_part == part)
        {
            let frames = player.frames.get(&index).unwrap();
            assert_eq!(frames[0].kind, FrameKind::Key);
            assert!(frames.iter().all(|frame| frame.at == captured(frame, *of_part)));
            assert!(
                frames
                    .windows(2)
                    .all(|pair| pair[0].at < pair[1].at && pair[1].at - pair[0].at <= millis(40))
            );
            // What is seen and heard at the position is there, and nothing else is taken for it.
            let shown = frames.iter().rfind(|frame| frame.at <= to).unwrap();
            assert!(to - shown.at < millis(100), "{key:?} shows {:?} at {to:?}", shown.at);
            assert!(frames.last().unwrap().at > to);
            landed.insert((part, index));
        }
    }
    assert_eq!(landed.len(), 40, "twenty tracks of each part");
    assert!(player.faults.is_empty());
}

#[test]
fn it_plays_through_the_end_of_a_part_without_losing_a_frame_and_stops_at_the_end() {
    let (manifest, files) = manifest(2, 2);
    let mut player = Player::new(&manifest, files);
    player.input(PlaybackInput::Seek(millis(LASTED - 3_000)));
    player.input(PlaybackInput::Play);
    player.wait_until_it_plays();
    let began = player.now;
    player.input(PlaybackInput::SetSpeed(Speed::of_percent(200)));
    let mut seen: BTreeMap<usize, BTreeSet<Duration>> = BTreeMap::new();
    while player.playback.state() != PlaybackState::Paused {
        player.advance(millis(10));
        for (track, frames) in &player.frames {
            seen.entry(*track).or_default().extend(frames.iter().map(|frame| frame.at));
        }
        assert!(player.now - began < millis(60_000));
    }
    let took = player.now - began;
    assert!(took >= millis(31_400) && took < millis(32_500), "63 s at twice the speed took {took:?}");
    assert_eq!(player.position(), millis(2 * LASTED));
    let all = |track: usize, every: u64, began: u64| {
        let of_part = (began..LASTED).step_by(every as usize).map(|at| millis(at + LASTED));
        seen[&track].is_superset(&of_part.collect())
    };
    assert!(all(4, 40, 7) && all(5, 20, 7) && all(6, 40, 340) && all(7, 20, 340));
    // What is played once more begins at the beginning.
    player.input(PlaybackInput::Play);
    assert_eq!(player.position(), Duration::ZERO);
}

#[test]
fn pictures_that_nobody_sees_are_not_fetched_and_come_when_somebody_does() {
    let (manifest, files) = manifest(1, 10);
    let mut player = Player::new(&manifest, files);
    let first = person(0).publication(Source::Camera);
    player.input(PlaybackInput::Show([first].into()));
    player.input(PlaybackInput::Seek(millis(20_000)));
    player.input(PlaybackInput::Play);
    player.wait_until_it_plays();
    player.advance(millis(2_000));
    let pictures = |player: &Player| player.frames.keys().filter(|track| track.is_multiple_of(2)).count();
    assert_eq!((pictures(&player), player.frames.len()), (1, 11));
    player.input(PlaybackInput::Show((0..10).map(|who| person(who).publication(Source::Camera)).collect()));
    player.advance(millis(1_500));
    assert_eq!((pictures(&player), player.playback.state()), (10, PlaybackState::Playing));
}

#[test]
fn what_does_not_come_is_waited_for_and_a_track_that_never_does_is_left_out_and_told() {
    let (manifest, files) = manifest(1, 1);
    let mut player = Player::new(&manifest, files);
    player.input(PlaybackInput::Play);
    let mut lost = Vec::new();
    // Nothing comes.
    while let Some((_, request)) = player.line.pop_front() {
        lost.push(request);
    }
    player.advance(millis(5_000));
    assert_eq!((player.playback.state(), player.position()), (PlaybackState::Waiting, millis(10)));
    for request in lost.drain(..) {
        if request.track == 0 {
            player.input(PlaybackInput::FetchFailed { request });
        } else {
            player.line.push_back((player.now, request));
        }
    }
    player.advance(millis(1_000));
    assert_eq!(player.playback.state(), PlaybackState::Playing);
    assert_eq!(player.faults, BTreeMap::from([(0, TrackFault::Unreachable)]));
}

#[test]
fn whatever_an_enemy_writes_into_files_costs_little_and_ends() {
    let (manifest, files) = manifest(1, 2);
    let mut dice = ChaCha20Rng::seed_from_u64(7);
    let (mut faults, mut played) = (0, 0);
    for round in 0..60_u32 {
        let mut files = files.clone();
        for file in &mut files {
            for _ in 0..1 + round % 5 {
                // Mostly in the head and in the cues, where offsets are.
                let at = dice.next_u32() as usize % if round % 2 == 0 { 400 } else { file.len() };
                let at = if round % 3 == 0 { file.len() - 1 - at.min(file.len() - 1) } else { at };
                file[at] = dice.next_u32() as u8;
            }
            if round % 7 == 0 {
                let length = dice.next_u32() as usize % file.len();
                file.truncate(length);
            }
        }
        let most: usize = files.iter().map(Vec::len).sum();
        let mut player = Player::new(&manifest, files);
        player.input(PlaybackInput::Play);
        for _ in 0..5 {
            player.input(PlaybackInput::Seek(millis(u64::from(dice.next_u32()) % LASTED)));
            player.advance(millis(1_000));
        }
        // It waits for nothing that is not to come.
        player.input(PlaybackInput::Seek(millis(LASTED - 2_000)));
        player.advance(millis(4_500));
        assert_eq!(player.playback.state(), PlaybackState::Paused, "round {round}");
        assert!(player.fetched <= 8 * most as u64 + 4_000_000, "round {round}: {}", player.fetched);
        faults += player.faults.len();
        played += player.frames.len();
    }
    assert!(faults > 20 && played > 20, "{faults} faults, {played} played");
}

#[test]
fn nothing_in_the_clear_is_played_of_a_recording_that_is_sealed() {
    let (mut manifest, files) = manifest(1, 1);
    manifest.key = Some(RoomKeyId::new("AAAAAAAAAAA".to_owned()).unwrap());
    let mut player = Player::new(&manifest, files);
    player.input(PlaybackInput::Play);
    player.advance(millis(2_000));
    assert_eq!(player.faults, BTreeMap::from([(0, TrackFault::NotSealed), (1, TrackFault::NotSealed)]));
    assert!(player.frames.is_empty());
}

#[test]
fn the_room_at_a_position_is_who_was_there_with_what_they_had_on_whichever_way_it_was_reached() {
    let (manifest, _) = manifest(2, 3);
    let timeline = Timeline::new(&manifest, &[]);
    let name = |name: &str| DisplayName::parse(name).unwrap();
    let at = |at_ms: u64, event: RecordedEvent| LoggedEvent { at_ms, event };
    let joined = |who: u128, name_: &str| RecordedEvent::Joined {
        participant: person(who),
        name: name(name_),
        role: Role::Guest,
    };
    let media = |who: u128, source, switch| RecordedEvent::Media { participant: person(who), source, switch };
    let speaks = |who: Option<u128>| RecordedEvent::Speaker { participant: who.map(person) };
    let first = vec![
        at(0, joined(0, "Ada")),
        at(10, media(0, Source::Camera, Switch::On)),
        at(1_000, joined(1, "Bob")),
        at(2_000, speaks(Some(0))),
        // As an enemy writes it: behind its time.
        at(9_000, speaks(Some(1))),
        at(5_000, media(1, Source::Screen, Switch::On)),
        at(12_000, RecordedEvent::Left { participant: person(1), reason: LeaveReason::Left }),
    ];
    let second = vec![at(0, joined(2, "Cleo")), at(500, speaks(Some(2)))];
    let chronicle = Chronicle::new(&timeline, vec![first, second]);
    let mut room = RoomThen::default();
    let names =
        |room: &RoomThen| room.people.iter().map(|one| one.name.as_str().to_owned()).collect::<Vec<_>>();
    for (position, there, speaker) in [
        (0, &["Ada"][..], None),
        (10_000, &["Ada", "Bob"], Some(1)),
        (3_000, &["Ada", "Bob"], Some(0)),
        (13_000, &["Ada"], None),
        (LASTED + 600, &["Cleo"], Some(2)),
        (1_500, &["Ada", "Bob"], None),
    ] {
        chronicle.go_to(&mut room, millis(position));
        assert_eq!(
            (names(&room), room.speaker),
            (there.iter().map(|name| (*name).to_owned()).collect(), speaker.map(person)),
            "{position}"
        );
    }
    chronicle.go_to(&mut room, millis(6_000));
    assert_eq!(room.people[1].switches, [(Source::Screen, Switch::On)]);
    let duration = timeline.duration();
    let span = |from, until| Span { from: millis(from), until: millis(until) };
    let lanes = chronicle.speaking(duration);
    let spans: Vec<_> = lanes.iter().map(|(who, spans)| (*who, spans.as_slice().to_vec())).collect();
    assert_eq!(
        spans,
        [
            (person(0), vec![span(2_000, 9_000)]),
            (person(1), vec![span(9_000, 12_000)]),
            (person(2), vec![span(LASTED + 500, 2 * LASTED)]),
        ]
    );
    assert_eq!(chronicle.shares(duration).as_slice(), [span(5_000, 12_000)]);
}
