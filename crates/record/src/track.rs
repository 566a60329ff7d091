//! One publication: its packets in, its file out.
//!
//! ```text
//! packets ─▶ jitter buffer ─▶ depacketiser ─▶ held: until the clock knows its time, and the box with its key is kept ─▶ writer ─▶ effects
//!                 └── gap ────────┴──▶ a keyframe is asked for; frames are left out until it comes
//! ```

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use protocol::{MediaKind, Timestamp};

use crate::FileEffect;
use crate::rtp::clock::{Micros, SenderClock, StreamClock};
use crate::rtp::depacketise::{Depacketiser, Progress};
use crate::rtp::frame::RawFrame;
use crate::rtp::jitter::{JitterBuffer, Released};
use crate::rtp::{Packet, SenderReport};
use crate::webm::{Codec, Frame, FrameKind, Protection, TrackFormat, VideoSize, Writer};
use protocol::KeyId;

/// A keyframe is asked for no oftener than this, however much is lost.
pub const KEYFRAME_ASKED_EVERY: Duration = Duration::from_millis(500);

/// So often there is a keyframe at the least, because playing can only begin there. Oftener costs the sender's line; more seldom makes a seek decode
/// more.
pub const KEYFRAME_EVERY: Duration = Duration::from_secs(5);

/// What is missing for so long will hardly come any more: a keyframe is asked for while it is still waited for.
const HARDLY_COMES_AFTER: Duration = Duration::from_millis(200);

/// For so long a sealed frame waits for the box with its key to be kept.
pub const KEY_WAIT: Duration = Duration::from_secs(2);

/// How many frames are held at the most, and of how many bytes.
const MOST_HELD: usize = 1_024;
const MOST_HELD_BYTES: usize = 4 << 20;

/// A frame whose time is so far ahead of its arrival is left out: more frames come than there are milliseconds.
const MOST_AHEAD: Duration = Duration::from_millis(800);

/// How many keys of one sender are remembered to be kept: an epoch ends when somebody goes.
const MOST_KEYS: usize = 4_096;

/// What is to be done for a track.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrackEffect {
    /// Change its file.
    File(FileEffect),
    /// Its first frame is there: the file's own times count from this moment, since the part began. Comes before the first effect on the file.
    Began {
        /// Since the part began.
        at: Duration,
        /// What the file says of its track.
        format: TrackFormat,
    },
    /// Its picture has another size from this moment on.
    Resized {
        /// Since the part began.
        at: Duration,
        /// The new size.
        size: VideoSize,
    },
    /// Ask its sender for a keyframe (RFC 4585 §6.3.1), at the most twice a second.
    WantKeyframe,
    /// Frames sealed by this key wait for the box with it, and are dropped after [`KEY_WAIT`]. Said once while they wait.
    WantKey(KeyId),
    /// Its file is finished, and nothing comes any more.
    Ended(TrackSummary),
}

/// What became of a track.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TrackSummary {
    /// Frames in the file.
    pub frames: u64,
    /// Frames that were complete and are left out, because something that they need is missing.
    pub left_out: u64,
    /// Places where packets were missing for good.
    pub gaps: u64,
    /// Frames whose key was not kept in time.
    pub without_key: u64,
}

/// One publication that is recorded.
pub(crate) struct Track {
    codec: Codec,
    protection: Protection,
    part_began: Timestamp,
    stream: Option<Stream>,
    held: VecDeque<Held>,
    held_bytes: usize,
    keys: BTreeSet<KeyId>,
    wanted_key: Option<KeyId>,
    writer: Option<Writer>,
    size: Option<VideoSize>,
    last: Option<Duration>,
    /// Something is missing that the next frames need: when it was written, and what is asked for.
    is_broken: bool,
    keyframes: Keyframes,
    effects: VecDeque<TrackEffect>,
    summary: TrackSummary,
}

/// What is known of one SSRC.
struct Stream {
    ssrc: u32,
    jitter: JitterBuffer,
    depacketiser: Depacketiser,
    clock: StreamClock,
    /// Something was missing before the frame that comes next.
    has_gap: bool,
}

/// A frame that is not written yet.
struct Held {
    frame: RawFrame,
    arrival: Duration,
    media: Micros,
    /// Once the clock knows it.
    time: Option<Duration>,
    after_gap: bool,
}

/// When a keyframe is asked for.
#[derive(Default)]
struct Keyframes {
    is_wanted: bool,
    asked: Option<Duration>,
    came: Option<Duration>,
}

impl Keyframes {
    fn is_due(&mut self, now: Duration) -> bool {
        let is_old = self.came.is_some_and(|came| now.saturating_sub(came) >= KEYFRAME_EVERY);
        let is_due = (self.is_wanted || is_old)
            && self.asked.is_none_or(|asked| now.saturating_sub(asked) >= KEYFRAME_ASKED_EVERY);
        if is_due {
            self.asked = Some(now);
        }
        is_due
    }
}

impl Track {
    pub(crate) fn new(codec: Codec, protection: Protection, part_began: Timestamp) -> Self {
        let is_video = codec.kind() == MediaKind::Video;
        Self {
            codec,
            protection,
            part_began,
            stream: None,
            held: VecDeque::new(),
            held_bytes: 0,
            keys: BTreeSet::new(),
            wanted_key: None,
            writer: None,
            size: None,
            last: None,
            is_broken: is_video,
            keyframes: Keyframes { is_wanted: is_video, ..Keyframes::default() },
            effects: VecDeque::new(),
            summary: TrackSummary::default(),
        }
    }

    pub(crate) fn handle_packet(&mut self, sender: &mut SenderClock, packet: &Packet<'_>) {
        let now = packet.arrival;
        if self.stream.as_ref().is_some_and(|stream| stream.ssrc != packet.ssrc) {
            self.end_stream(sender, now);
        }
        let new = || Stream {
            ssrc: packet.ssrc,
            jitter: JitterBuffer::default(),
            depacketiser: Depacketiser::new(self.codec, self.protection),
            clock: StreamClock::new(self.codec.kind(), self.codec.clock_rate()),
            has_gap: false,
        };
        let stream = self.stream.get_or_insert_with(new);
        // A gap that is due comes first.
        if stream.jitter.insert(packet) {
            self.take(sender, now, packet.timestamp, packet.marker, packet.payload);
        }
        self.drain(sender, now);
        self.write(sender, now);
        if self.codec.kind() == MediaKind::Video {
            self.ask_for_keyframe(now);
        }
    }

    pub(crate) fn handle_sender_report(&mut self, sender: &mut SenderClock, report: &SenderReport) {
        if let Some(stream) = self.stream.as_mut().filter(|stream| stream.ssrc == report.ssrc) {
            stream.clock.report(sender, report);
        }
    }

    fn ask_for_keyframe(&mut self, now: Duration) {
        let missing_since = self.stream.as_ref().and_then(|stream| stream.jitter.missing_since());
        self.keyframes.is_wanted |= missing_since.is_some_and(|since| now >= since + HARDLY_COMES_AFTER);
        if self.keyframes.is_due(now) {
            self.effects.push_back(TrackEffect::WantKeyframe);
        }
    }

    /// The box with this key is kept.
    pub(crate) fn handle_key_kept(&mut self, sender: &SenderClock, now: Duration, key: KeyId) {
        if self.keys.len() >= MOST_KEYS {
            self.keys.pop_first();
        }
        self.keys.insert(key);
        self.write(sender, now);
    }

    pub(crate) fn handle_timeout(&mut self, sender: &mut SenderClock, now: Duration) {
        self.drain(sender, now);
        self.write(sender, now);
        if let Some(writer) = &mut self.writer {
            writer.handle_timeout(now);
        }
        self.collect();
    }

    pub(crate) fn poll_timeout(&self) -> Option<Duration> {
        let stream = self.stream.as_ref();
        let first = self.held.front();
        let times = [
            stream.and_then(|stream| stream.jitter.poll_timeout()),
            first.filter(|held| held.time.is_none()).and_then(|_| stream?.clock.listens_until()),
            first.filter(|held| held.time.is_some()).map(|held| held.arrival + KEY_WAIT),
            self.writer.as_ref().and_then(Writer::poll_timeout),
        ];
        times.into_iter().flatten().min()
    }

    pub(crate) fn poll_effect(&mut self) -> Option<TrackEffect> {
        self.effects.pop_front()
    }

    /// Nothing more comes: writes what can be, and finishes the file.
    pub(crate) fn end(&mut self, sender: &mut SenderClock, now: Duration) {
        self.end_stream(sender, now);
        self.summary.without_key += self.held.len() as u64;
        self.held.clear();
        if let Some(writer) = &mut self.writer {
            writer.finish();
        }
        self.collect();
        self.effects.push_back(TrackEffect::Ended(self.summary));
    }

    /// Whatever of the stream waits goes on now, and another one may begin, with a keyframe.
    fn end_stream(&mut self, sender: &mut SenderClock, now: Duration) {
        self.drain(sender, Duration::MAX);
        if let Some(mut stream) = self.stream.take() {
            for held in self.held.iter_mut().filter(|held| held.time.is_none()) {
                held.time = Some(stream.clock.time(sender, now, held.arrival, held.media));
            }
        }
        self.write(sender, now);
        let is_video = self.codec.kind() == MediaKind::Video;
        self.is_broken |= is_video && self.held.is_empty();
        self.keyframes.is_wanted |= is_video;
    }

    /// Takes what the jitter buffer lets go.
    fn drain(&mut self, sender: &mut SenderClock, now: Duration) {
        while let Some(stream) = &mut self.stream
            && let Some(released) = stream.jitter.poll(now)
        {
            match released {
                Released::Packet(stored) => {
                    self.take(sender, stored.arrival, stored.timestamp, stored.marker, &stored.payload);
                }
                Released::Gap => {
                    self.summary.gaps += 1;
                    self.lose();
                }
            }
        }
    }

    /// Takes the packet that is next.
    fn take(
        &mut self,
        sender: &mut SenderClock,
        arrival: Duration,
        timestamp: u32,
        marker: bool,
        payload: &[u8],
    ) {
        let Some(stream) = &mut self.stream else { return };
        let before = stream.depacketiser.close_before(timestamp);
        let with = stream.depacketiser.push(timestamp, marker, payload);
        for progress in [before, with] {
            match progress {
                Progress::Partly => {}
                Progress::Frame(frame) => self.hold(sender, arrival, frame),
                Progress::Broken => self.lose(),
            }
        }
    }

    fn lose(&mut self) {
        let Some(stream) = &mut self.stream else { return };
        stream.depacketiser.lose();
        stream.has_gap = true;
        self.keyframes.is_wanted |= self.codec.kind() == MediaKind::Video;
    }

    fn hold(&mut self, sender: &mut SenderClock, arrival: Duration, frame: RawFrame) {
        let Some(stream) = &mut self.stream else { return };
        if stream.clock.would_begin_anew(arrival, frame.timestamp) {
            for held in self.held.iter_mut().filter(|held| held.time.is_none()) {
                held.time = Some(stream.clock.time(sender, arrival, held.arrival, held.media));
            }
        }
        let media = stream.clock.place(sender, arrival, frame.timestamp);
        let after_gap = std::mem::take(&mut stream.has_gap);
        if frame.kind == FrameKind::Key {
            self.keyframes.is_wanted = false;
            self.keyframes.came = Some(arrival);
        }
        self.held_bytes += frame.bytes.len();
        self.held.push_back(Held { frame, arrival, media, time: None, after_gap });
    }

    /// Writes what can be written.
    fn write(&mut self, sender: &SenderClock, now: Duration) {
        self.tell_times(sender, now);
        while let Some(first) = self.held.front() {
            let Some(time) = first.time else { break };
            let key = match self.protection {
                Protection::Plaintext => None,
                Protection::Sealed => Some(KeyId::of_frame(self.codec.kind(), &first.frame.bytes)),
            };
            let is_full = self.held.len() > MOST_HELD || self.held_bytes > MOST_HELD_BYTES;
            let can_open = key.is_none_or(|key| key.is_some_and(|key| self.is_kept(key)));
            if !can_open && !is_full && now < first.arrival + KEY_WAIT {
                if let Some(Some(key)) = key
                    && self.wanted_key.replace(key) != Some(key)
                {
                    self.effects.push_back(TrackEffect::WantKey(key));
                }
                break;
            }
            let Some(held) = self.held.pop_front() else { break };
            self.held_bytes -= held.frame.bytes.len();
            self.is_broken |= held.after_gap && self.codec.kind() == MediaKind::Video;
            if can_open {
                self.write_frame(now, time, held);
            } else {
                self.summary.without_key += 1;
                self.is_broken |= self.codec.kind() == MediaKind::Video;
                self.keyframes.is_wanted |= self.is_broken;
            }
        }
        self.collect();
    }

    /// Gives those their time that were listened to for long enough.
    fn tell_times(&mut self, sender: &SenderClock, now: Duration) {
        let Some(stream) = &mut self.stream else { return };
        let is_full = self.held.len() > MOST_HELD || self.held_bytes > MOST_HELD_BYTES;
        if stream.clock.listens_until().is_some_and(|until| now < until) && !is_full {
            return;
        }
        for held in self.held.iter_mut().filter(|held| held.time.is_none()) {
            held.time = Some(stream.clock.time(sender, now, held.arrival, held.media));
        }
    }

    fn is_kept(&self, key: KeyId) -> bool {
        self.keys.range(..=key).next_back().is_some_and(|kept| key.follows(*kept))
    }

    fn write_frame(&mut self, now: Duration, time: Duration, held: Held) {
        let RawFrame { kind, size, private, bytes, .. } = held.frame;
        let time = self.last.map_or(time, |last| time.max(last + Duration::from_millis(1)));
        let is_too_fast = time > held.arrival + MOST_AHEAD;
        if is_too_fast || self.is_broken && kind == FrameKind::Delta {
            self.summary.left_out += 1;
            let is_video = self.codec.kind() == MediaKind::Video;
            self.is_broken |= is_video;
            self.keyframes.is_wanted |= is_video;
            return;
        }
        self.is_broken = false;
        let format = || TrackFormat {
            codec: self.codec,
            protection: self.protection,
            size,
            private: private.unwrap_or_default(),
        };
        let writer = self.writer.get_or_insert_with(|| {
            let format = format();
            self.effects.push_back(TrackEffect::Began { at: time, format: format.clone() });
            Writer::new(format, self.part_began)
        });
        if writer.write(now, Frame { time, kind, bytes: &bytes }) {
            self.last = Some(time);
            self.summary.frames += 1;
            let before = self.size;
            self.size = size.or(before);
            if let (Some(_), Some(size)) = (before, size.filter(|_| self.size != before)) {
                self.effects.push_back(TrackEffect::Resized { at: time, size });
            }
        }
    }

    fn collect(&mut self) {
        if let Some(writer) = &mut self.writer {
            self.effects.extend(std::iter::from_fn(|| writer.poll_effect()).map(TrackEffect::File));
        }
    }
}
