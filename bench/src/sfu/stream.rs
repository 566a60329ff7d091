//! The media that is sent: pictures in the form of VP8 and sound in the form of Opus, without content. The end of each payload
//! says when it was sent, in place of what a codec would have made.

use std::time::{Duration, Instant};

use str0m::media::{Mid, Pt};
use str0m::rtp::{ExtensionValues, RtpWrite, SeqNo};

use super::clock;

/// Bytes of a packet of a picture, RTP header not counted: what browsers make.
pub(super) const VIDEO_BYTES: usize = 1_150;

/// Bytes of a packet of sound.
pub(super) const SOUND_BYTES: usize = 80;

const SOUND_EVERY: Duration = Duration::from_millis(20);

/// Tells our packets from others, such as those that only pad.
const MARK: [u8; 4] = *b"SFUb";

/// How pictures are sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Video {
    pub(super) per_second: u32,
    pub(super) packets: u32,
    pub(super) rhythm: Rhythm,
}

/// When the packets of one picture go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rhythm {
    /// All at once.
    AtOnce,
    /// One after the other, until the next picture.
    Even,
}

/// Pictures or sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Video,
    Sound,
}

/// Something that is sent, packet after packet.
pub(super) struct Outgoing {
    pub(super) kind: Kind,
    pub(super) mid: Mid,
    payload_type: Pt,
    /// In dBov.
    loudness: i8,
    video: Video,
    sequence: u64,
    /// Packets of the present picture that went out.
    sent: u32,
    number: u32,
    pub(super) wants_keyframe: bool,
    pub(super) next: Instant,
}

impl Outgoing {
    pub(super) fn video(mid: Mid, payload_type: Pt, video: Video) -> Self {
        Self::new(Kind::Video, mid, payload_type, video, 0)
    }

    pub(super) fn sound(mid: Mid, payload_type: Pt, loudness: i8) -> Self {
        let none = Video { per_second: 1, packets: 1, rhythm: Rhythm::AtOnce };
        Self::new(Kind::Sound, mid, payload_type, none, loudness)
    }

    fn new(kind: Kind, mid: Mid, payload_type: Pt, video: Video, loudness: i8) -> Self {
        Self {
            kind,
            mid,
            payload_type,
            loudness,
            video,
            sequence: 1,
            sent: 0,
            number: 0,
            wants_keyframe: true,
            next: clock::moment(),
        }
    }

    /// Begins at a moment that differs from sender to sender.
    pub(super) fn begin(&mut self, now: Instant, client: usize) {
        let offset = client as u64 * 7_919 % 20_000;
        self.next = now + Duration::from_micros(offset);
    }

    /// The next packet, and when the one after it is due.
    pub(super) fn packet(&mut self, now: Instant) -> RtpWrite {
        let write = match self.kind {
            Kind::Video => self.frame(now),
            Kind::Sound => self.sound_packet(now),
        };
        self.sequence += 1;
        write
    }

    fn frame(&mut self, now: Instant) -> RtpWrite {
        let is_first = self.sent == 0;
        let is_last = self.sent + 1 == self.video.packets;
        let is_key = is_first && std::mem::take(&mut self.wants_keyframe);
        let payload = video_payload(self.number, is_first, is_key);
        let time = self.number.wrapping_mul(90_000 / self.video.per_second);
        let every = Duration::from_secs(1) / self.video.per_second;
        match self.video.rhythm {
            Rhythm::AtOnce if is_last => self.next += every,
            Rhythm::AtOnce => {}
            Rhythm::Even => self.next += every / self.video.packets,
        }
        self.sent = if is_last { 0 } else { self.sent + 1 };
        self.number = self.number.wrapping_add(u32::from(is_last));
        RtpWrite::new(self.payload_type, SeqNo::from(self.sequence), time, now, payload)
            .marker(is_last)
            .nackable(true)
    }

    fn sound_packet(&mut self, now: Instant) -> RtpWrite {
        let time = self.number;
        self.number = self.number.wrapping_add(960);
        self.next += SOUND_EVERY;
        let extensions = ExtensionValues {
            audio_level: Some(self.loudness),
            voice_activity: Some(true),
            ..ExtensionValues::default()
        };
        let payload = stamped(vec![0; SOUND_BYTES], Kind::Sound);
        RtpWrite::new(self.payload_type, SeqNo::from(self.sequence), time, now, payload).ext_vals(extensions)
    }
}

/// A payload descriptor (RFC 7741 §4.2) with a long picture number, and the head of a frame (RFC 6386 §9.1).
fn video_payload(number: u32, is_first: bool, is_key: bool) -> Vec<u8> {
    let [_, _, high, low] = number.to_be_bytes();
    let mut payload = vec![if is_first { 0x90 } else { 0x80 }, 0xe0, 0x80 | high & 0x7f, low, low, 0];
    if is_first {
        payload.extend([u8::from(!is_key), 0, 0]);
    }
    if is_key {
        payload.extend([0x9d, 0x01, 0x2a]);
        payload.extend(640_u16.to_le_bytes());
        payload.extend(360_u16.to_le_bytes());
    }
    payload.resize(VIDEO_BYTES, 0x55);
    stamped(payload, Kind::Video)
}

fn stamped(mut payload: Vec<u8>, kind: Kind) -> Vec<u8> {
    let at = payload.len() - 13;
    payload[at..at + 8].copy_from_slice(&clock::wall().to_be_bytes());
    payload[at + 8..at + 12].copy_from_slice(&MARK);
    payload[at + 12] = u8::from(kind == Kind::Sound);
    payload
}

/// What a payload that came is, and when it was sent, in nanoseconds of the time of day.
pub(super) fn read_stamp(payload: &[u8]) -> Option<(Kind, u64)> {
    let (stamp, rest) = payload.last_chunk::<13>()?.split_first_chunk::<8>()?;
    let kind = match rest.strip_prefix(&MARK)? {
        [0] => Kind::Video,
        _ => Kind::Sound,
    };
    Some((kind, u64::from_be_bytes(*stamp)))
}
