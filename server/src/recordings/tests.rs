//! A recording on a real folder, driven by packets as the forwarding unit hands them out.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use protocol::{
    Consent, DisplayName, KeyId, LeaveReason, ParticipantId, RecordingEnd, RecordingId, RecordingKey,
    RecordingState, Role, RoomCode, RoomKeyId, SealedKey, Source, Timestamp,
};
use record::webm::{Block, Head, Reader, ReaderEvent, VideoSize};
use record::{EventReader, FileEffect, FileName, KeyBoxes, Manifest, RecordedEvent};
use room::{RecordedFact, RecordingEffect};
use sfu::{ClockReport, RecordedCodec, RecordedPacket, Who};
use tempfile::TempDir;
use tokio::sync::mpsc;
use uuid::Uuid;

use super::files::{self, GrowingFile};
use super::inbox::Inbox;
use super::part::Part;
use super::worker::{Limits, Over, Report, Worker};
use crate::clock;

const BEGAN: Timestamp = Timestamp(1_782_000_000_000);

fn id() -> RecordingId {
    RecordingId(Uuid::from_u128(7))
}

fn person(number: u128) -> ParticipantId {
    ParticipantId::new(Uuid::from_u128(number))
}

fn state(is_sealed: bool) -> RecordingState {
    let key = is_sealed.then(|| RoomKeyId::new("AAAAAAAAAAA".to_owned()).unwrap());
    RecordingState { id: id(), started_by: person(1), started: BEGAN, key }
}

fn room() -> RoomCode {
    RoomCode::from_random(1)
}

/// A part that is told of two people, and the moment of its zero.
struct Stage {
    folder: TempDir,
    part: Part,
    zero: Instant,
    senders: BTreeMap<(ParticipantId, Source), (u16, u32)>,
}

fn joined(number: u128) -> RecordedFact {
    let name = DisplayName::parse("Ada").unwrap();
    RecordedFact::Joined { participant: person(number), name, role: Role::Guest }
}

impl Stage {
    fn begin(is_sealed: bool) -> Self {
        Self::begin_in(tempfile::tempdir().unwrap(), is_sealed)
    }

    fn begin_in(folder: TempDir, is_sealed: bool) -> Self {
        let zero = clock::moment();
        let mut part = Part::begin(folder.path(), room(), &state(is_sealed), (zero, BEGAN), &|| ()).unwrap();
        for number in [1, 2] {
            part.log(zero, joined(number)).unwrap();
        }
        Self { folder, part, zero, senders: BTreeMap::new() }
    }

    fn at(&self, millis: u64) -> Instant {
        self.zero + Duration::from_millis(millis)
    }

    /// A VP8 frame in one packet (RFC 7741), of a size in pixels where it is a keyframe; its bytes begin with `mark`.
    fn picture(&mut self, millis: u64, number: u128, keyframe: Option<VideoSize>, mark: u8) {
        let mut payload = vec![0x90, 0x80, 0x01, u8::from(keyframe.is_none()) | 0x10, 1, 2];
        if let Some(VideoSize { width, height }) = keyframe {
            payload.extend([0x9d, 0x01, 0x2a]);
            payload.extend(width.to_le_bytes());
            payload.extend(height.to_le_bytes());
        }
        payload.extend([mark; 40]);
        self.send(
            millis,
            (person(number), Source::Camera),
            RecordedCodec::Vp8,
            (millis * 90) as u32,
            payload,
        );
    }

    fn sound(&mut self, millis: u64, number: u128, payload: Vec<u8>) {
        let ticks = (millis * 48) as u32;
        self.send(millis, (person(number), Source::Microphone), RecordedCodec::Opus, ticks, payload);
    }

    fn send(
        &mut self,
        millis: u64,
        (participant, source): (ParticipantId, Source),
        codec: RecordedCodec,
        timestamp: u32,
        payload: Vec<u8>,
    ) {
        let count = self.senders.len() as u32;
        let (sequence, ssrc) = self.senders.entry((participant, source)).or_insert((0, 0x1000 + count));
        *sequence = sequence.wrapping_add(1);
        let ntp = ((millis / 1_000) << 32) | (((millis % 1_000) << 32) / 1_000);
        let packet = RecordedPacket {
            who: Who { room: room(), participant },
            source,
            came: self.zero + Duration::from_millis(millis + 20),
            ssrc: *ssrc,
            sequence: *sequence,
            timestamp,
            marker: true,
            codec,
            report: Some(ClockReport { ntp, timestamp }),
            payload: payload.into(),
        };
        self.part.take(&packet).unwrap();
    }

    fn advance(&mut self, millis: u64) {
        self.part.advance(self.at(millis)).unwrap();
    }

    fn consent(&mut self, number: u128) {
        self.part.consented(person(number));
        let fact = RecordedFact::Consent { participant: person(number), consent: Consent::Given };
        self.part.log(self.zero, fact).unwrap();
    }

    fn finish(mut self, millis: u64) -> TempDir {
        self.part.finish(self.at(millis), &|| ()).unwrap();
        self.folder
    }
}

const SMALL: VideoSize = VideoSize { width: 320, height: 180 };
const LARGE: VideoSize = VideoSize { width: 1_280, height: 720 };

fn manifest(recordings: &Path) -> Manifest {
    files::read_manifest(&files::folder_of(recordings, id())).unwrap().unwrap()
}

fn names(recordings: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(files::folder_of(recordings, id())).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn blocks(recordings: &Path, name: &str) -> (Head, Vec<Block>) {
    let bytes = std::fs::read(files::folder_of(recordings, id()).join(name)).unwrap();
    let (mut reader, mut head, mut blocks) = (Reader::new(), None, Vec::new());
    reader.push(&bytes);
    while let Some(event) = reader.poll().unwrap() {
        match event {
            ReaderEvent::Head(found) => head = Some(*found),
            ReaderEvent::Block(block) => blocks.push(block),
            ReaderEvent::Cues(_) => {}
        }
    }
    (head.unwrap(), blocks)
}

#[test]
fn of_who_has_not_consented_not_a_byte_is_kept_and_a_stop_makes_a_complete_manifest() {
    let mut stage = Stage::begin(false);
    stage.consent(1);
    for frame in 0..100 {
        let keyframe = (frame % 50 == 0).then_some(SMALL);
        stage.picture(frame * 40, 1, keyframe, 0xaa);
        stage.picture(frame * 40, 2, keyframe, 0xbb);
        stage.sound(frame * 40, 2, vec![0xbb; 30]);
        stage.advance(frame * 40 + 30);
    }
    let folder = stage.finish(4_100);
    let recordings = folder.path();
    assert_eq!(
        names(recordings),
        ["manifest.json", "part-0001-events.jsonl", "part-0001-track-0001.webm"],
        "one file a publication"
    );
    for name in names(recordings) {
        let bytes = std::fs::read(files::folder_of(recordings, id()).join(&name)).unwrap();
        assert!(
            !bytes.windows(8).any(|bytes| bytes == [0xbb; 8]),
            "{name} has something of who did not consent"
        );
    }
    let manifest = manifest(recordings);
    let [part] = &manifest.parts[..] else { panic!("one part") };
    assert!(part.lasted_ms.unwrap() >= 4_000);
    let [track] = &part.tracks[..] else { panic!("one track") };
    assert_eq!((track.participant, track.source), (person(1), Source::Camera));
    assert!(track.ended_ms.unwrap() > track.began_ms + 3_900);
    let consents: Vec<_> = manifest.people.iter().map(|person| person.consent).collect();
    assert_eq!(consents, [Consent::Given, Consent::NotAnswered]);
    let (head, blocks) = blocks(recordings, track.file.as_str());
    assert_eq!((head.format.size, blocks.len()), (Some(SMALL), 100));
    let mut reader = EventReader::new();
    reader.push(&std::fs::read(files::folder_of(recordings, id()).join(part.events.as_str())).unwrap());
    let events: Vec<_> = std::iter::from_fn(|| reader.poll()).map(|event| event.unwrap().event).collect();
    assert!(matches!(events[2], RecordedEvent::Consent { consent: Consent::Given, .. }), "{events:?}");
}

#[test]
fn who_takes_consent_back_has_a_finished_file_and_nothing_after_it() {
    let mut stage = Stage::begin(false);
    stage.consent(1);
    for frame in 0..50 {
        stage.picture(frame * 40, 1, (frame == 0).then_some(SMALL), 0xaa);
    }
    stage.advance(2_000);
    stage.part.no_longer(person(1)).unwrap();
    for frame in 50..100 {
        stage.picture(frame * 40, 1, (frame == 50).then_some(SMALL), 0xcc);
    }
    let folder = stage.finish(5_000);
    let tracks = &manifest(folder.path()).parts[0].tracks;
    assert_eq!(tracks.len(), 1);
    assert!(tracks[0].ended_ms.unwrap() < 2_100);
    let (_, blocks) = blocks(folder.path(), tracks[0].file.as_str());
    assert_eq!(blocks.len(), 50);
    assert!(blocks.iter().all(|block| block.bytes.last() == Some(&0xaa)));
}

#[test]
fn a_frame_is_on_the_disk_only_after_its_box_is() {
    let mut stage = Stage::begin(true);
    stage.consent(1);
    let sealed = |key: u64| {
        // An SFrame header with a key of six bytes (RFC 9605 §4.3), a counter of one, and what is sealed.
        let mut frame = vec![0x80 | 5 << 4, 0];
        frame[0] |= 0;
        frame.splice(1..2, key.to_be_bytes()[2..].iter().copied());
        frame.extend([0, 0xdd, 0xdd, 0xdd, 0xdd, 0xdd, 0xdd, 0xdd, 0xdd]);
        frame
    };
    let key = KeyId::new(5 << 24 | 1 << 8).unwrap();
    for frame in 0..75 {
        stage.sound(frame * 20, 1, sealed(u64::from(key)));
        stage.advance(frame * 20 + 30);
    }
    stage.part.sync().unwrap();
    assert_eq!(
        names(stage.folder.path()),
        ["manifest.json", "part-0001-events.jsonl", "part-0001-keys.jsonl"],
        "not a frame before its box"
    );
    let sealed_key = SealedKey::new("Ym94".to_owned()).unwrap();
    let keys = || vec![RecordingKey { key, sealed: sealed_key.clone() }];
    stage.part.keep_keys(person(2), keys()).unwrap();
    stage.part.keep_keys(person(1), keys()).unwrap();
    assert_eq!(names(stage.folder.path()).len(), 3, "nor before it is durable");
    stage.part.sync_keys().unwrap();
    for frame in 75..150 {
        stage.sound(frame * 20, 1, sealed(u64::from(key)));
        stage.advance(frame * 20 + 30);
    }
    let folder = stage.finish(3_100);
    let part = &manifest(folder.path()).parts[0];
    let (_, blocks) = blocks(folder.path(), part.tracks[0].file.as_str());
    assert_eq!(blocks.len(), 150);
    let mut boxes = KeyBoxes::new();
    let keys = part.keys.as_ref().unwrap().as_str();
    boxes.push(&std::fs::read(files::folder_of(folder.path(), id()).join(keys)).unwrap());
    assert!(boxes.find(person(1), key).is_some());
    assert_eq!(boxes.len(), 1, "of who has not consented no box is kept either");
}

#[test]
fn another_size_is_in_the_same_file_another_codec_in_another_and_a_leap_of_time_is_no_leap() {
    let mut stage = Stage::begin(false);
    stage.consent(1);
    for frame in 0..250_u64 {
        let at = frame * 40;
        let keyframe = (frame % 25 == 0).then_some(if frame < 75 { SMALL } else { LARGE });
        stage.picture(at, 1, keyframe, 1);
        stage.advance(at + 30);
    }
    // An hour forward: a page that was asleep.
    for frame in 250..300_u64 {
        let at = frame * 40;
        let keyframe = (frame == 250).then_some(LARGE);
        let mut payload = vec![0x90, 0x80, 0x01, u8::from(keyframe.is_none()) | 0x10, 1, 2];
        if keyframe.is_some() {
            payload.extend([0x9d, 0x01, 0x2a, 0, 5, 0xd0, 2]);
        }
        payload.extend([1; 40]);
        let leapt = ((at + 3_600_000) * 90) as u32;
        stage.send(at, (person(1), Source::Camera), RecordedCodec::Vp8, leapt, payload);
        stage.advance(at + 30);
    }
    for frame in 300..350_u64 {
        let at = frame * 40;
        // VP9 (RFC 9628): the first packet and the last of a picture, a keyframe.
        let payload = [vec![0x8c, 1], vec![1; 40]].concat();
        stage.send(at, (person(1), Source::Camera), RecordedCodec::Vp9, (at * 90) as u32, payload);
        stage.advance(at + 30);
    }
    let folder = stage.finish(14_100);
    let tracks = &manifest(folder.path()).parts[0].tracks;
    assert_eq!(tracks.len(), 2, "{tracks:?}");
    let (head, blocks) = blocks(folder.path(), tracks[0].file.as_str());
    assert_eq!((head.format.size, blocks.len()), (Some(SMALL), 300));
    let last = blocks.last().unwrap().time;
    assert!((Duration::from_millis(11_800)..Duration::from_millis(12_300)).contains(&last), "{last:?}");
}

#[test]
fn what_a_crash_leaves_is_whole_up_to_two_seconds_before_it_and_the_next_part_goes_on() {
    let mut stage = Stage::begin(false);
    stage.consent(1);
    let mut synced = 0;
    for frame in 0..250_u64 {
        stage.picture(frame * 40, 1, (frame % 50 == 0).then_some(SMALL), 1);
        stage.advance(frame * 40 + 30);
        if frame * 40 >= synced + 500 {
            synced = frame * 40;
            stage.part.sync().unwrap();
        }
    }
    // What is not in a file yet is lost: the process is gone, without a word.
    let Stage { folder, part, .. } = stage;
    drop(part);
    std::fs::write(files::folder_of(folder.path(), id()).join("part-0001-track-0009.webm"), b"cut").unwrap();
    let mut stage = Stage::begin_in(folder, false);
    stage.consent(1);
    for frame in 0..50_u64 {
        stage.picture(frame * 40, 1, (frame == 0).then_some(SMALL), 1);
        stage.advance(frame * 40 + 30);
    }
    let folder = stage.finish(2_000);
    let manifest = manifest(folder.path());
    assert_eq!(manifest.parts.len(), 2);
    assert_eq!(manifest.people.len(), 2, "whoever was there is known again");
    for (part, least) in manifest.parts.iter().zip([8_000, 1_500]) {
        let [track] = &part.tracks[..] else { panic!("one track: {part:?}") };
        let lasted = track.ended_ms.unwrap() - track.began_ms;
        assert!(lasted >= least, "part {} lasted {lasted}", part.number);
        let (_, blocks) = blocks(folder.path(), track.file.as_str());
        assert!(blocks.len() as u64 * 40 >= least, "{} pictures", blocks.len());
    }
    assert!(
        !names(folder.path()).contains(&"part-0001-track-0009.webm".to_owned()),
        "what nothing names goes"
    );
}

/// A recording on a thread of its own.
struct Run {
    inbox: Arc<Inbox>,
    reports: mpsc::UnboundedReceiver<Report>,
    thread: std::thread::JoinHandle<()>,
}

fn run(recordings: &Path, limits: Limits) -> Run {
    let (reports, received) = mpsc::unbounded_channel();
    let inbox = Arc::new(Inbox::new());
    let worker = Worker {
        recordings: recordings.to_owned(),
        room: room(),
        state: state(false),
        began: BEGAN,
        inbox: Arc::clone(&inbox),
        limits,
        ask: Box::new(|_| {}),
        reports,
        hold: None,
    };
    Run { inbox, reports: received, thread: std::thread::spawn(move || worker.run()) }
}

impl Run {
    fn over(mut self) -> (Over, u64) {
        self.thread.join().unwrap();
        let reports = std::iter::from_fn(|| self.reports.blocking_recv());
        let over = reports.filter_map(|report| match report {
            Report::Over(over, counts) => Some((over, counts.bytes)),
            Report::Written(_) => None,
        });
        over.last().unwrap()
    }
}

fn limits(free_bytes: u64, bytes: u64) -> Limits {
    Limits { free_bytes, bytes: Arc::new(AtomicU64::new(bytes)) }
}

fn roomy() -> Limits {
    limits(0, u64::MAX)
}

#[test]
fn a_disk_with_too_little_room_or_a_quota_that_is_used_up_stops_a_recording_and_what_there_is_is_whole() {
    for limits in [limits(u64::MAX, u64::MAX), limits(0, 2_000)] {
        let folder = TempDir::new().unwrap();
        let run = run(folder.path(), limits);
        for number in 0..100 {
            assert!(run.inbox.order(RecordingEffect::Log(joined(number))));
        }
        let (over, _) = run.over();
        assert_eq!(over, Over::Failed(RecordingEnd::DiskFull));
        let manifest = manifest(folder.path());
        assert!(manifest.parts[0].lasted_ms.is_some(), "it is finished");
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_a_failure_and_no_more() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("no-folder");
    std::fs::write(&file, b"").unwrap();
    let (over, _) = run(&file, roomy()).over();
    assert_eq!(over, Over::Failed(RecordingEnd::Failed));
}

#[test]
fn a_thread_ends_with_its_room_or_when_nobody_waits_for_it() {
    let effects = [
        (RecordingEffect::Stop { reason: RecordingEnd::RoomEmpty }, Over::Stopped(RecordingEnd::RoomEmpty)),
        (RecordingEffect::LetGo, Over::LetGo),
    ];
    for (effect, expected) in effects {
        let folder = TempDir::new().unwrap();
        let run = run(folder.path(), roomy());
        let left = RecordedFact::Left { participant: person(1), reason: LeaveReason::Left };
        assert!(run.inbox.order(RecordingEffect::Log(left)));
        assert!(run.inbox.order(effect));
        assert_eq!(run.over().0, expected);
        assert!(manifest(folder.path()).parts[0].lasted_ms.is_some());
    }
    let folder = TempDir::new().unwrap();
    let run = run(folder.path(), roomy());
    run.inbox.abandon();
    assert_eq!(run.over().0, Over::Abandoned);
}

#[test]
fn who_brings_more_than_there_is_room_for_waits_for_nothing_and_the_rest_is_counted() {
    let inbox = Inbox::new();
    let packet = RecordedPacket {
        who: Who { room: room(), participant: person(1) },
        source: Source::Camera,
        came: clock::moment(),
        ssrc: 1,
        sequence: 0,
        timestamp: 0,
        marker: true,
        codec: RecordedCodec::Vp8,
        report: None,
        payload: vec![0; 1_200].into(),
    };
    for _ in 0..20_000 {
        inbox.offer(packet.clone());
    }
    let taken = inbox.take(Duration::ZERO).packets.len();
    assert!((5_000..20_000).contains(&taken));
    assert_eq!(inbox.left_out() + taken as u64, 20_000);
    inbox.offer(packet);
    assert_eq!(inbox.take(Duration::ZERO).packets.len(), 1, "there is room again");
}

#[test]
fn one_who_brings_keys_without_end_takes_no_place_of_others_and_when_all_do_it_fails_aloud() {
    let folder = TempDir::new().unwrap();
    let zero = clock::moment();
    let mut part = Part::begin(folder.path(), room(), &state(true), (zero, BEGAN), &|| ()).unwrap();
    let bring = |part: &mut Part, who: u128, keys: std::ops::Range<u64>| {
        let sealed = SealedKey::new("Ym94".to_owned()).unwrap();
        let keys = keys.map(|key| RecordingKey { key: KeyId::new(key).unwrap(), sealed: sealed.clone() });
        part.keep_keys(person(who), keys.collect())
    };
    for who in 1..=21 {
        part.log(zero, joined(who)).unwrap();
        part.consented(person(who));
    }
    bring(&mut part, 1, 0..10).unwrap();
    let before = part.counts().bytes;
    bring(&mut part, 1, 0..10).unwrap();
    assert_eq!(part.counts().bytes, before, "what is kept already is not kept again");
    bring(&mut part, 1, 0..25_000).unwrap();
    bring(&mut part, 2, 0..1).unwrap();
    part.sync_keys().unwrap();
    let keys = files::folder_of(folder.path(), id()).join("part-0001-keys.jsonl");
    let mut boxes = KeyBoxes::new();
    boxes.push(&std::fs::read(keys).unwrap());
    assert_eq!(boxes.len(), 1_025);
    assert!(boxes.find(person(2), KeyId::new(0).unwrap()).is_some(), "another one has a place");
    let all = (3..=21).try_for_each(|who| bring(&mut part, who, 0..2_000));
    assert!(all.is_err(), "nothing is passed over without a word");
}

#[test]
fn who_has_as_many_tracks_as_one_can_is_left_out_and_nobody_else() {
    let mut stage = Stage::begin(false);
    stage.consent(1);
    stage.consent(2);
    for track in 0..502_u64 {
        let at = track * 100;
        stage.part.consented(person(1));
        stage.picture(at, 1, Some(SMALL), 1);
        stage.advance(at + 90);
        stage.part.no_longer(person(1)).unwrap();
    }
    stage.picture(60_000, 2, Some(SMALL), 2);
    let folder = stage.finish(60_100);
    let tracks = &manifest(folder.path()).parts[0].tracks;
    let of = |number| tracks.iter().filter(|track| track.participant == person(number)).count();
    assert_eq!((of(1), of(2)), (500, 1));
}

#[test]
fn a_file_of_a_part_is_named_by_its_form_and_no_other_is() {
    for name in ["part-0001-events.jsonl", "part-0009-track-0001.webm"] {
        assert!(files::is_of_part(name), "{name}");
    }
    for name in ["manifest.json", "manifest.next", "part-../../x", "part-0001/x", "part-..", "../part-1", ""]
    {
        assert!(!files::is_of_part(name), "{name}");
    }
}

#[test]
fn what_is_collected_makes_the_same_file_as_what_is_written_at_once() {
    let folder = TempDir::new().unwrap();
    let name = FileName::new("part-0001-track-0001.webm".to_owned()).unwrap();
    let mut file = GrowingFile::create(folder.path(), &name).unwrap();
    let mut expected: Vec<u8> = Vec::new();
    for step in 0..2_000_usize {
        let bytes = vec![u8::try_from(step % 251).unwrap(); step * 37 % 900];
        let effect = match step % 7 {
            // Into what was just appended, into what is on the disk for long, and across.
            3 => FileEffect::Patch { offset: expected.len() as u64 - 50, bytes: vec![7; 40] },
            4 => FileEffect::Patch { offset: 20, bytes: vec![8; 40] },
            5 => FileEffect::Patch { offset: expected.len() as u64 / 2, bytes: vec![9; expected.len() / 2] },
            6 if step % 3 == 0 => FileEffect::Truncate { length: expected.len() as u64 - 90 },
            _ => FileEffect::Append(bytes),
        };
        file.apply(&effect).unwrap();
        match effect {
            FileEffect::Append(bytes) => expected.extend(bytes),
            FileEffect::Patch { offset, bytes } => {
                let from = usize::try_from(offset).unwrap();
                expected[from..from + bytes.len()].copy_from_slice(&bytes);
            }
            FileEffect::Truncate { length } => expected.truncate(usize::try_from(length).unwrap()),
        }
        if step % 50 == 49 {
            file.sync().unwrap();
            assert!(
                std::fs::read(folder.path().join(name.as_str())).unwrap() == expected,
                "after {step} steps"
            );
        }
    }
}
