//! Playing a recording, without a browser: what is due at a position, which bytes of which file are wanted next, seeking, buffering and drift.
//! Whoever drives it fetches bytes, opens and decodes frames, and shows them when their time has come.
//!
//! ```text
//!            Play                     a track lacks what is due
//!   Paused ───────► Playing ◄───────────────────────────► Waiting (the clock stands)
//!      ▲  Pause, end  │ │          everything due is here      │
//!      └──────────────┘ └── Seek: every track from its last cue before there; waits while playing ──┘
//! ```
//!
//! Positions are [`Duration`]s since the recording began, its parts one behind the other. Files may be an enemy's: a track that cannot be read is
//! told once and left out, what is held is bounded, and each call does a bounded amount of work.

mod chronicle;
mod lanes;
mod playback_clock;
mod sound_schedule;
mod timeline;
mod track_playback;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Range;
use std::time::Duration;

use protocol::{MediaKey, MediaKind};

pub use chronicle::{Chronicle, PersonThen, RoomThen};
pub use lanes::{Span, Spans};
pub use playback_clock::{PlaybackState, Speed};
pub use sound_schedule::{SoundPlace, SoundSchedule};
pub use timeline::Timeline;
use track_playback::TrackPlayback;
pub use track_playback::{TrackFault, TrackFrame};

use crate::Manifest;
use crate::webm::Head;
use playback_clock::PlaybackClock;

/// How far ahead of the position files are read.
const READ_AHEAD: Duration = Duration::from_secs(6);

/// How far ahead pictures and sound are handed out to be decoded. Decoded pictures are large; sound has to outlast a tab in the background,
/// which is woken once a second.
const PICTURES_AHEAD: Duration = Duration::from_millis(300);
const SOUND_AHEAD: Duration = Duration::from_millis(1_600);

/// Requests at a time. More would have those that are due wait behind those that are not.
const MOST_REQUESTS: usize = 6;

/// What happened.
#[derive(Debug)]
pub enum PlaybackInput {
    /// Plays from where it is; from the beginning where it has ended.
    Play,
    /// Stays where it is.
    Pause,
    /// Goes on from there.
    Seek(Duration),
    /// How fast it is played.
    SetSpeed(Speed),
    /// Of pictures, those that are seen: of the others nothing is read. Sound always is.
    Show(BTreeSet<MediaKey>),
    /// What was fetched, in answer to [`PlaybackOutput::Fetch`].
    Fetched {
        /// For which request.
        request: Request,
        /// Fewer than were wanted where the file ends.
        bytes: Vec<u8>,
    },
    /// It did not come, and does not.
    FetchFailed {
        /// Which request.
        request: Request,
    },
}

/// A request for bytes of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Of which track, as [`Playback::tracks`] has them.
    pub track: usize,
    /// Which bytes.
    pub range: Range<u64>,
    /// What was asked for before a seek is of no use after it.
    generation: u32,
}

/// What is to be done.
#[derive(Debug)]
pub enum PlaybackOutput {
    /// Fetch these bytes.
    Fetch(Request),
    /// Forget what was decoded of a track: other frames come, or none.
    Reset {
        /// Which.
        track: usize,
    },
    /// Decode a frame, and show it at its time. A picture is shown until the next; what is before the position is needed by those after it.
    Frame {
        /// Of which track.
        track: usize,
        /// The frame.
        frame: TrackFrame,
    },
    /// A track cannot be read, and is left out from now on.
    Failed {
        /// Which.
        track: usize,
        /// Why.
        fault: TrackFault,
    },
}

/// A recording that is played.
#[derive(Debug)]
pub struct Playback {
    clock: PlaybackClock,
    tracks: Vec<TrackPlayback>,
    /// The tracks of each publication.
    of_key: BTreeMap<MediaKey, Vec<usize>>,
    shown: BTreeSet<MediaKey>,
    requests: usize,
    outputs: VecDeque<PlaybackOutput>,
}

impl Playback {
    /// At the beginning, paused.
    #[must_use]
    pub fn new(manifest: &Manifest, timeline: &Timeline) -> Self {
        let of_part = |(index, part): (usize, &crate::Part)| {
            let tracks = part.tracks.iter().map(move |track| {
                let at = |millis| timeline.position(index, Duration::from_millis(millis));
                TrackPlayback::new(
                    index,
                    track,
                    manifest.key.is_some(),
                    at(track.began_ms)..track.ended_ms.map_or(timeline.end_of(index), at),
                )
            });
            tracks.collect::<Vec<_>>()
        };
        let tracks: Vec<_> = manifest.parts.iter().enumerate().flat_map(of_part).collect();
        let mut of_key: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (index, track) in tracks.iter().enumerate() {
            of_key.entry(track.key()).or_default().push(index);
        }
        let clock = PlaybackClock::new(timeline.duration());
        Self { clock, tracks, of_key, shown: BTreeSet::new(), requests: 0, outputs: VecDeque::new() }
    }

    /// Takes in what happened.
    pub fn handle_input(&mut self, now: Duration, input: PlaybackInput) {
        match input {
            PlaybackInput::Play => {
                if self.clock.has_ended(now) {
                    self.seek(now, Duration::ZERO);
                }
                self.clock.play(now);
            }
            PlaybackInput::Pause => self.clock.pause(now),
            PlaybackInput::Seek(to) => self.seek(now, to),
            PlaybackInput::SetSpeed(speed) => self.clock.set_speed(now, speed),
            PlaybackInput::Show(shown) => self.shown = shown,
            PlaybackInput::Fetched { request, bytes } => self.fetched(&request, &bytes),
            PlaybackInput::FetchFailed { request } => {
                self.requests = self.requests.saturating_sub(1);
                if let Some(track) = self.tracks.get_mut(request.track) {
                    track.fetch_failed(request.generation);
                }
            }
        }
        self.handle_timeout(now);
    }

    /// Does what is due: to be called with every picture of the screen, and a few times a second where nothing is seen.
    pub fn handle_timeout(&mut self, now: Duration) {
        let position = self.clock.position(now);
        for (index, track) in self.tracks.iter_mut().enumerate() {
            let is_seen = track.kind() == MediaKind::Audio || self.shown.contains(&track.key());
            let is_near = track.is_near(position, READ_AHEAD);
            if track.set_active(is_seen && is_near, position) {
                self.outputs.push_back(PlaybackOutput::Reset { track: index });
            }
            if let Some(fault) = track.poll_fault() {
                self.outputs.push_back(PlaybackOutput::Failed { track: index, fault });
            }
        }
        let lacks = self.tracks.iter().any(|track| track.lacks(position));
        self.clock.settle(now, lacks);
        self.hand_out(position);
        self.request(position);
    }

    /// What is to be done next.
    pub fn poll_output(&mut self) -> Option<PlaybackOutput> {
        self.outputs.pop_front()
    }

    /// Where it is.
    #[must_use]
    pub fn position(&self, now: Duration) -> Duration {
        self.clock.position(now)
    }

    /// Whether it plays.
    #[must_use]
    pub fn state(&self) -> PlaybackState {
        self.clock.state()
    }

    /// How fast.
    #[must_use]
    pub fn speed(&self) -> Speed {
        self.clock.speed()
    }

    /// Whose each track is, and in which part, from 0.
    pub fn tracks(&self) -> impl Iterator<Item = (MediaKey, usize)> {
        self.tracks.iter().map(|track| (track.key(), track.part()))
    }

    /// What a track's file says of itself, once it was read.
    #[must_use]
    pub fn head(&self, track: usize) -> Option<&Head> {
        self.tracks.get(track)?.head()
    }

    /// The track of a publication that is played at a position.
    #[must_use]
    pub fn track_at(&self, key: MediaKey, position: Duration) -> Option<usize> {
        let mut tracks = self.of_key.get(&key)?.iter().copied();
        tracks.find(|track| self.tracks.get(*track).is_some_and(|track| track.is_at(position)))
    }

    fn seek(&mut self, now: Duration, to: Duration) {
        self.clock.seek(now, to);
        let position = self.clock.position(now);
        for (index, track) in self.tracks.iter_mut().enumerate() {
            if track.is_active() {
                track.seek(position);
                self.outputs.push_back(PlaybackOutput::Reset { track: index });
            }
        }
        // What is not handed out yet is of before.
        self.outputs.retain(|output| !matches!(output, PlaybackOutput::Frame { .. }));
    }

    fn fetched(&mut self, request: &Request, bytes: &[u8]) {
        self.requests = self.requests.saturating_sub(1);
        let Some(track) = self.tracks.get_mut(request.track) else { return };
        let wanted = usize::try_from(request.range.end - request.range.start).unwrap_or(usize::MAX);
        let bytes = bytes.get(..wanted).unwrap_or(bytes);
        track.fetched(request.generation, bytes, bytes.len() < wanted);
    }

    fn hand_out(&mut self, position: Duration) {
        let speed = self.clock.speed();
        for (index, track) in self.tracks.iter_mut().enumerate() {
            let ahead = match track.kind() {
                MediaKind::Audio => SOUND_AHEAD,
                MediaKind::Video => PICTURES_AHEAD,
            };
            let until = position + speed.of(ahead);
            while let Some(frame) = track.poll_frame(until) {
                self.outputs.push_back(PlaybackOutput::Frame { track: index, frame });
            }
        }
    }

    /// Those first that have the least.
    fn request(&mut self, position: Duration) {
        let ahead = position + self.clock.speed().of(READ_AHEAD);
        let mut waiting: Vec<_> =
            self.tracks.iter().enumerate().filter(|(_, track)| track.wants(ahead)).collect();
        waiting.sort_by_key(|(_, track)| track.read_until());
        let free = MOST_REQUESTS.saturating_sub(self.requests);
        let waiting: Vec<_> = waiting.into_iter().take(free).map(|(index, _)| index).collect();
        for track in waiting {
            if let Some((range, generation)) = self.tracks.get_mut(track).and_then(TrackPlayback::begin_fetch)
            {
                self.requests += 1;
                self.outputs.push_back(PlaybackOutput::Fetch(Request { track, range, generation }));
            }
        }
    }
}
