//! When a frame is played: from the ticks of its stream to the time of the recording.
//!
//! ```text
//! ticks ──(sender reports)──▶ the sender's wall clock ──(the least delay)──▶ time of the recording
//!   └────────────────(before a report, or without any: the least delay)────────────▲
//! ```
//!
//! Sound and picture of one sender go over the same wall clock, so what each of them waited on the way does not part them. The server's clock is the
//! recording's: how much later than it was sent something comes at the least is followed slowly, so a clock that is too fast or slow is evened out.
//! A stream begins with listening, in which its frames are held: the first packet alone may be late. Timestamps that cannot be
//! (from the future, standing still) begin anew in the same way.

use std::collections::VecDeque;
use std::time::Duration;

use protocol::MediaKind;

use super::SenderReport;

/// For so long a stream is listened to before its first frame has its time, once a report tells where it stands: the first packet alone may be late.
const LISTEN: Micros = 300_000;

/// For so long without a report. Browsers send the first one of pictures after half a second. Longer delays what is durable in the beginning;
/// shorter parts sound and picture where pictures take long to encode.
const LISTEN_WITHOUT_REPORT: Micros = 1_200_000;

/// A frame that would be played so much earlier than it came, or so much later, has a timestamp that cannot be.
const MOST_LATE: i64 = 2_000_000;
const MOST_EARLY: i64 = 500_000;

/// How fast the times of sound are corrected, ten milliseconds a second, and those of pictures, fifty. Faster is heard or seen; slower takes longer to
/// bring them together.
const SOUND_SLEW: i64 = 100;
const PICTURE_SLEW: i64 = 20;

/// How fast those of a sender are: a millisecond a second, ten times what a bad crystal is off.
const SENDER_SLEW: i64 = 1_000;

/// The least delay is that of so many spans of so long, in microseconds.
const SPANS: usize = 6;
const SPAN: i64 = 5_000_000;

/// Microseconds, since the part began or of some other clock.
pub(crate) type Micros = i64;

/// The least delay of the last half minute.
#[derive(Clone, Debug, Default)]
struct LeastDelay {
    /// When each span began, and the least in it.
    spans: VecDeque<(Micros, Micros)>,
}

impl LeastDelay {
    fn add(&mut self, now: Micros, delay: Micros) {
        match self.spans.back_mut() {
            Some((since, least)) if now < *since + SPAN => *least = (*least).min(delay),
            Some(_) | None => self.spans.push_back((now, delay)),
        }
        if self.spans.len() > SPANS {
            self.spans.pop_front();
        }
    }

    fn least(&self) -> Option<Micros> {
        self.spans.iter().map(|(_, least)| *least).min()
    }
}

/// Goes towards a target, by no more than time allows.
#[derive(Clone, Copy, Debug)]
struct Slewed {
    value: Micros,
    at: Micros,
    /// One microsecond in so many.
    rate: i64,
}

impl Slewed {
    fn follow(&mut self, now: Micros, target: Micros) -> Micros {
        let most = (now - self.at).max(0) / self.rate;
        if most > 0 {
            self.at = now;
            self.value += (target - self.value).clamp(-most, most);
        }
        self.value
    }
}

/// The wall clock of one sender, shared by all of their streams.
#[derive(Clone, Debug, Default)]
pub(crate) struct SenderClock {
    offset: Option<Slewed>,
    least: LeastDelay,
}

/// A wall clock that is suddenly so far off was set anew.
const STEP: Micros = 500_000;

impl SenderClock {
    /// Something came that was sent at this moment of the wall clock.
    fn hear(&mut self, arrival: Micros, wall: Micros) {
        let delay = arrival - wall;
        let is_step = self.least.least().is_some_and(|least| (delay - least).abs() > 10 * STEP);
        if is_step {
            self.least = LeastDelay::default();
            self.offset = None;
        }
        self.least.add(arrival, delay);
        let least = self.least.least().unwrap_or(delay);
        match &mut self.offset {
            None => self.offset = Some(Slewed { value: least, at: arrival, rate: SENDER_SLEW }),
            Some(offset) if (offset.value - least).abs() > STEP => offset.value = least,
            Some(offset) => _ = offset.follow(arrival, least),
        }
    }
}

/// The clock of one stream.
#[derive(Clone, Debug)]
pub(crate) struct StreamClock {
    rate: u32,
    slew: i64,
    phase: Phase,
    /// Ticks since the stream began (anew), and the timestamp that they are of.
    newest: Option<(i64, u32)>,
    /// Media time and wall clock of the newest report.
    report: Option<(Micros, Micros)>,
    least: LeastDelay,
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    Empty,
    /// Since then; the least delay so far.
    Listening {
        since: Micros,
        least: Micros,
    },
    Running(Slewed),
}

impl StreamClock {
    pub(crate) fn new(kind: MediaKind, rate: u32) -> Self {
        let slew = match kind {
            MediaKind::Audio => SOUND_SLEW,
            MediaKind::Video => PICTURE_SLEW,
        };
        Self::with(slew, rate)
    }

    fn with(slew: i64, rate: u32) -> Self {
        Self { rate, slew, phase: Phase::Empty, newest: None, report: None, least: LeastDelay::default() }
    }

    /// Whether a frame that came then would begin the clock anew.
    pub(crate) fn would_begin_anew(&self, arrival: Duration, timestamp: u32) -> bool {
        let (arrival, media) = (micros(arrival), self.media_of(timestamp));
        match self.phase {
            Phase::Empty => false,
            Phase::Listening { least, .. } => (arrival - media - least).abs() > MOST_LATE,
            Phase::Running(offset) => {
                let late = arrival - media - offset.value;
                !(-MOST_EARLY..=MOST_LATE).contains(&late)
            }
        }
    }

    /// A frame came.
    pub(crate) fn place(&mut self, sender: &mut SenderClock, arrival: Duration, timestamp: u32) -> Micros {
        if self.would_begin_anew(arrival, timestamp) {
            *self = Self::with(self.slew, self.rate);
        }
        let arrival = micros(arrival);
        let media = self.media_of(timestamp);
        let ticks = self.ticks_of(timestamp);
        if self.newest.is_none_or(|(newest, _)| ticks > newest) {
            self.newest = Some((ticks, timestamp));
        }
        let delay = arrival - media;
        self.least.add(arrival, delay);
        match &mut self.phase {
            Phase::Empty => self.phase = Phase::Listening { since: arrival, least: delay },
            Phase::Listening { least, .. } => *least = (*least).min(delay),
            Phase::Running(_) => {}
        }
        if let Some((reported, wall)) = self.report {
            sender.hear(arrival, wall + media - reported);
        }
        media
    }

    /// A report came. One before any frame, or of a moment that is far from any frame, says nothing.
    pub(crate) fn report(&mut self, sender: &mut SenderClock, report: &SenderReport) {
        let Some((_, newest)) = self.newest else { return };
        let distance = i64::from(report.timestamp.wrapping_sub(newest).cast_signed());
        // One that is sent while nothing else is goes on counting, as of a microphone that is muted.
        if distance.abs() > i64::from(self.rate) * 60 {
            return;
        }
        let (media, wall) = (self.media_of(report.timestamp), wall(report.ntp));
        let is_first = sender.offset.is_none();
        self.report = Some((media, wall));
        if is_first && let Some(delay) = self.own_delay() {
            // Nothing moves with the first report.
            let value = delay + media - wall;
            let at = micros(report.arrival);
            sender.offset = Some(Slewed { value, at, rate: SENDER_SLEW });
            sender.least.add(at, value);
        }
    }

    fn own_delay(&self) -> Option<Micros> {
        match self.phase {
            Phase::Empty => None,
            Phase::Listening { least, .. } => Some(least),
            Phase::Running(offset) => Some(offset.value),
        }
    }

    /// Until when frames are held.
    pub(crate) fn listens_until(&self) -> Option<Duration> {
        let Phase::Listening { since, .. } = self.phase else { return None };
        let listens = if self.report.is_some() { LISTEN } else { LISTEN_WITHOUT_REPORT };
        Some(Duration::from_micros((since + listens).max(0).cast_unsigned()))
    }

    /// When a frame is played that came then, since the part began. Ends the listening.
    pub(crate) fn time(
        &mut self,
        sender: &SenderClock,
        now: Duration,
        arrival: Duration,
        media: Micros,
    ) -> Duration {
        let (now, arrival) = (micros(now), micros(arrival));
        let by_report =
            self.report.zip(sender.offset).map(|((reported, wall), offset)| wall - reported + offset.value);
        let target = by_report.or_else(|| self.least.least()).unwrap_or(arrival - media);
        let offset = match &mut self.phase {
            Phase::Empty => target,
            Phase::Listening { least, .. } => {
                // A report that is plausible says it at once.
                let value = by_report.filter(|target| (target - *least).abs() < STEP).unwrap_or(*least);
                self.phase = Phase::Running(Slewed { value, at: now, rate: self.slew });
                value
            }
            Phase::Running(offset) if (target - offset.value).abs() > STEP => offset.value,
            Phase::Running(offset) => offset.follow(now, target),
        };
        let time = (media + offset).clamp(arrival - MOST_LATE, arrival + MOST_EARLY);
        Duration::from_micros(time.max(0).cast_unsigned())
    }

    fn ticks_of(&self, timestamp: u32) -> i64 {
        let Some((ticks, newest)) = self.newest else { return i64::from(timestamp) };
        ticks + i64::from(timestamp.wrapping_sub(newest).cast_signed())
    }

    fn media_of(&self, timestamp: u32) -> Micros {
        self.ticks_of(timestamp) * 1_000_000 / i64::from(self.rate)
    }
}

/// A moment of the sender's wall clock. What is left out, 136 years, is the same for all.
fn wall(ntp: u64) -> Micros {
    let seconds = i64::from((ntp >> 32) as u32);
    let fraction = (i64::from(ntp as u32) * 1_000_000) >> 32;
    seconds * 1_000_000 + fraction
}

fn micros(duration: Duration) -> Micros {
    // Longer than any recording: sums stay numbers.
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX).min(1 << 55)
}
