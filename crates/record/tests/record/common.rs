//! A sender on a bad line: VP8 and Opus in packets, each frame saying when it was captured and which it is.

use std::collections::BTreeMap;
use std::time::Duration;

use protocol::{MediaKey, ParticipantId, Source, Timestamp};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use record::webm::{Block, Codec, Head, Protection, Reader, ReaderEvent};
use record::{KeyId, Packet, Recorder, SenderReport, TrackEffect, TrackSummary};

pub(crate) const BEGAN: Timestamp = Timestamp(1_782_000_000_000);
pub(crate) const CAMERA: MediaKey = ParticipantId::NIL.publication(Source::Camera);
pub(crate) const MICROPHONE: MediaKey = ParticipantId::NIL.publication(Source::Microphone);

pub(crate) fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// What a line does.
#[derive(Clone, Copy)]
pub(crate) struct Line {
    /// Of a hundred packets, so many are lost; of those every second is sent again.
    pub(crate) loss: u32,
    /// Milliseconds that any packet takes, and that some take more.
    pub(crate) delay: u64,
    pub(crate) jitter: u64,
}

/// A packet on its way.
#[derive(Clone)]
pub(crate) struct Owned {
    pub(crate) ssrc: u32,
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
    pub(crate) marker: bool,
    pub(crate) payload: Vec<u8>,
}

pub(crate) enum Arriving {
    Packet(MediaKey, Owned),
    Report(MediaKey, SenderReport),
}

/// What arrives when, in microseconds; ties in the order of sending.
pub(crate) struct Network {
    pub(crate) line: Line,
    pub(crate) dice: ChaCha20Rng,
    due: BTreeMap<(u64, u64), Arriving>,
    sent: u64,
    pub(crate) lost: u64,
    pub(crate) overtook: u64,
    latest: u64,
}

impl Network {
    pub(crate) fn new(line: Line, seed: u64) -> Self {
        let dice = ChaCha20Rng::seed_from_u64(seed);
        Self { line, dice, due: BTreeMap::new(), sent: 0, lost: 0, overtook: 0, latest: 0 }
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.dice.next_u32() % 100 < percent
    }

    pub(crate) fn send(&mut self, micros: u64, what: Arriving) {
        let jitter = if self.line.jitter == 0 {
            0
        } else {
            u64::from(self.dice.next_u32()) % (self.line.jitter * 1_000)
        };
        let mut at = micros + self.line.delay * 1_000 + jitter;
        if self.chance(self.line.loss) {
            self.lost += 1;
            if matches!(what, Arriving::Report(..)) || self.dice.next_u32().is_multiple_of(2) {
                return;
            }
            at += 150_000;
        }
        self.overtook += u64::from(at < self.latest);
        self.latest = self.latest.max(at);
        self.sent += 1;
        self.due.insert((at, self.sent), what);
    }

    pub(crate) fn next(&mut self, until: u64) -> Option<(Duration, Arriving)> {
        let entry = self.due.first_entry().filter(|entry| entry.key().0 <= until)?;
        let at = Duration::from_micros(entry.key().0);
        Some((at, entry.remove()))
    }
}

/// One file, as the effects made it.
#[derive(Default)]
pub(crate) struct Track {
    pub(crate) file: Vec<u8>,
    pub(crate) began: Option<Duration>,
    pub(crate) resized: Vec<(Duration, u16)>,
    pub(crate) asked: Vec<Duration>,
    pub(crate) wanted_keys: Vec<KeyId>,
    pub(crate) summary: Option<TrackSummary>,
}

/// Carries out what a recorder wants.
pub(crate) struct Driver {
    pub(crate) recorder: Recorder,
    pub(crate) tracks: BTreeMap<MediaKey, Track>,
    pub(crate) now: Duration,
}

impl Driver {
    pub(crate) fn new() -> Self {
        Self { recorder: Recorder::new(BEGAN), tracks: BTreeMap::new(), now: Duration::ZERO }
    }

    pub(crate) fn begin(&mut self, key: MediaKey, codec: Codec, protection: Protection) {
        self.recorder.begin(self.now, key, codec, protection);
        self.carry_out();
    }

    /// Does what is due until then.
    pub(crate) fn advance(&mut self, now: Duration) {
        let mut last = None;
        while let Some(due) = self.recorder.poll_timeout().filter(|due| *due <= now) {
            assert_ne!(last, Some(due), "what was due was not done");
            last = Some(due);
            self.now = self.now.max(due);
            self.recorder.handle_timeout(self.now);
            self.carry_out();
        }
        self.now = now;
    }

    pub(crate) fn hear(&mut self, at: Duration, what: &Arriving) {
        self.advance(at);
        match what {
            Arriving::Packet(key, packet) => {
                let Owned { ssrc, sequence, timestamp, marker, ref payload } = *packet;
                let packet = Packet { arrival: at, ssrc, sequence, timestamp, marker, payload };
                self.recorder.handle_packet(*key, &packet);
            }
            Arriving::Report(key, report) => {
                self.recorder.handle_sender_report(*key, &SenderReport { arrival: at, ..*report });
            }
        }
        self.carry_out();
    }

    pub(crate) fn finish(&mut self) {
        self.recorder.finish(self.now);
        self.carry_out();
    }

    pub(crate) fn carry_out(&mut self) {
        while let Some((key, effect)) = self.recorder.poll_effect() {
            let track = self.tracks.entry(key).or_default();
            match effect {
                TrackEffect::File(effect) => effect.apply(&mut track.file),
                TrackEffect::Began { at, .. } => track.began = Some(at),
                TrackEffect::Resized { at, size } => track.resized.push((at, size.width)),
                TrackEffect::WantKeyframe => track.asked.push(self.now),
                TrackEffect::WantKey(key) => track.wanted_keys.push(key),
                TrackEffect::Ended(summary) => track.summary = Some(summary),
            }
        }
    }

    pub(crate) fn blocks(&self, key: MediaKey) -> (Head, Vec<Block>) {
        read(&self.tracks[&key].file)
    }
}

/// All of a file, which is not damaged.
pub(crate) fn read(file: &[u8]) -> (Head, Vec<Block>) {
    let (mut reader, mut head, mut blocks) = (Reader::new(), None, Vec::new());
    for piece in file.chunks(64 * 1024) {
        reader.push(piece);
        while let Some(event) = reader.poll().unwrap() {
            match event {
                ReaderEvent::Head(found) => head = Some(*found),
                ReaderEvent::Block(block) => blocks.push(block),
                ReaderEvent::Cues(_) => {}
            }
        }
    }
    (head.unwrap(), blocks)
}

/// The packets of a VP8 frame (RFC 7741).
pub(crate) fn vp8_packets(
    frame: &[u8],
    picture: u16,
    ssrc: u32,
    sequence: &mut u16,
    timestamp: u32,
) -> Vec<Owned> {
    let count = frame.len().div_ceil(1_100);
    let chunks = frame.chunks(1_100).enumerate().map(|(index, chunk)| {
        let [high, low] = picture.to_be_bytes();
        let first = if index == 0 { 0x90 } else { 0x80 };
        let payload = [&[first, 0x80, 0x80 | high, low][..], chunk].concat();
        let owned = Owned { ssrc, sequence: *sequence, timestamp, marker: index + 1 == count, payload };
        *sequence = sequence.wrapping_add(1);
        owned
    });
    chunks.collect()
}

/// A frame that says when it was captured and which it is.
pub(crate) fn picture(is_key: bool, width: u16, captured: u64, number: u32, size: usize) -> Vec<u8> {
    let mut frame = if is_key { vec![0x10, 0, 0, 0x9d, 0x01, 0x2a] } else { vec![0x11, 0, 0] };
    if is_key {
        frame.extend(width.to_le_bytes());
        frame.extend((width / 2).to_le_bytes());
    }
    frame.extend(captured.to_be_bytes());
    frame.extend(number.to_be_bytes());
    frame.resize(frame.len() + size, 0x55);
    frame
}

/// What a frame of a picture, or of sound, says.
pub(crate) fn told(frame: &[u8], is_video: bool) -> (u64, u32) {
    let at = match frame[0] {
        _ if !is_video => 0,
        0x10 => 10,
        _ => 3,
    };
    let captured = u64::from_be_bytes(frame[at..at + 8].try_into().unwrap());
    (captured, u32::from_be_bytes(frame[at + 8..at + 12].try_into().unwrap()))
}
