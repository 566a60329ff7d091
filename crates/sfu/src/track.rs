//! What one peer sends of one source: its layers, who takes them, and when to ask for a keyframe.

use std::time::{Duration, Instant};

use protocol::{MediaKind, Source};
use str0m::media::{Mid, Rid};

use crate::allocate::LAYERS;
use crate::figures::{LayerFigures, TrackFigures};
use crate::sink::Subscriber;
use crate::speakers::Loudness;

/// A track that brought nothing for so long takes nothing of anybody's line.
const QUIET_AFTER: Duration = Duration::from_secs(3);

/// A layer that was asked for may take so long to begin.
const BEGINS_WITHIN: Duration = Duration::from_secs(3);

/// A layer so far behind another one of the same track, in time and in pictures, is not sent any more: a sender whose uplink or
/// processor gets weak leaves out the larger ones. All layers of a picture are made at once, so this is soon known. By time alone
/// it would be said of every layer of a sender whose processor makes one picture a second.
const BEHIND: Duration = Duration::from_millis(400);
const BEHIND_FRAMES: u64 = 3;

/// At most one keyframe is asked for in this time, however many receivers want one.
const KEYFRAME_EVERY: Duration = Duration::from_millis(500);

/// How often it is asked for again when it does not come: the request may be lost, or the sender has no processor to spare.
const KEYFRAME_AGAIN: Duration = Duration::from_secs(1);

/// A sender is told to send fewer layers only when nobody has taken them for so long.
const FEWER_LAYERS_AFTER: Duration = Duration::from_secs(5);

/// A layer that was asked for and did not come, or has stopped, is not taken for so long, also when it comes again: each change
/// costs a keyframe, and what a weak sender begins again it soon stops again. Each time it is twice as long, up to the limit.
const REFUSED_FOR: Duration = Duration::from_secs(2);
const REFUSED_AT_MOST_FOR: Duration = Duration::from_secs(16);

/// A layer that comes for so long lasts.
const LASTS_AFTER: Duration = Duration::from_secs(2);

/// A silence that was longer than this was a pause, and what comes after it did not wait.
const MEASURED_OVER: Duration = Duration::from_secs(2);

/// What a layer takes before it was measured, in bits per second: the usual share of a browser's simulcast.
const NOMINAL_RATES: [u64; LAYERS] = [150_000, 500_000, 1_500_000];

/// What the heights of layers are taken for before a keyframe told.
const NOMINAL_HEIGHTS: [u16; LAYERS] = [180, 360, 720];

/// One media section in which a peer sends.
#[derive(Debug)]
pub(crate) struct Track {
    pub(crate) mid: Mid,
    pub(crate) source: Source,
    /// The names of the layers, from the smallest; empty without simulcast.
    pub(crate) rids: Vec<Rid>,
    pub(crate) layers: [Layer; LAYERS],
    pub(crate) loudness: Loudness,
    /// How many layers the sender was told are taken. A sender who was told nothing sends all.
    told_layers: u8,
    /// When they were told to send more, and how many they sent before.
    told_more: Option<(Instant, u8)>,
    /// Since when fewer would do.
    fewer_since: Option<Instant>,
}

/// One encoding of a track.
#[derive(Debug, Default)]
pub(crate) struct Layer {
    /// Who takes this layer, or will with its next keyframe.
    pub(crate) subscribers: Vec<Subscriber>,
    /// Smoothed, in bits per second.
    rate: Option<u64>,
    bytes: u64,
    /// The time in which they came.
    measured_over: Duration,
    last_packet: Option<Instant>,
    /// The timestamp of the newest picture, how many there were, and how many of each layer when the last packet came.
    frame: Option<u32>,
    frames: u64,
    others: [u64; LAYERS],
    height: Option<u16>,
    keyframe_asked: Option<Instant>,
    keyframe_wanted: bool,
    /// How often it was asked for since the last one came.
    keyframe_asks: u32,
    /// The sender was asked for it and did not send it: their uplink may be too weak. Not to be asked for until then.
    refused_until: Option<Instant>,
    /// For how long the last time, and since when it has come without a gap.
    refused_for: Option<Duration>,
    comes_since: Option<Instant>,
}

impl Track {
    pub(crate) fn new(mid: Mid, source: Source, rids: Vec<Rid>) -> Self {
        Self {
            mid,
            source,
            rids,
            layers: Default::default(),
            loudness: Loudness::default(),
            told_layers: LAYERS as u8,
            told_more: None,
            fewer_since: None,
        }
    }

    /// The layer that suits a tile: the smallest that is at least about as high. The layers of what is shared differ in their rate alone.
    pub(crate) fn layer_for(&self, height: u16) -> usize {
        let count = self.rids.len().clamp(1, LAYERS);
        if self.source.is_shared() {
            return count - 1;
        }
        let suits = |layer: &usize| u32::from(self.height_of(*layer)) * 5 >= u32::from(height) * 4;
        (0..count).find(suits).unwrap_or(count - 1)
    }

    fn height_of(&self, layer: usize) -> u16 {
        self.layers[layer].height.unwrap_or(NOMINAL_HEIGHTS[layer])
    }

    /// What each layer takes that is sent, or can be had.
    pub(crate) fn rates(&self, now: Instant) -> [Option<u64>; LAYERS] {
        let count = self.rids.len().max(1);
        let rates = std::array::from_fn(|index| {
            let layer = &self.layers[index];
            let is_refused = layer.refused_until.is_some_and(|until| now < until);
            let is_had = index < count && !is_refused && (self.comes(index) || self.can_be_had(now, index));
            is_had.then(|| self.takes(now, index))
        });
        if rates.iter().any(Option::is_some) {
            return rates;
        }
        // Whatever came last may come again; who takes nothing would miss it.
        let newest = (0..count).rev().max_by_key(|index| self.layers[*index].last_packet);
        std::array::from_fn(|index| {
            (Some(index) == newest && self.layers[index].last_packet.is_some())
                .then(|| self.takes(now, index))
        })
    }

    /// What a layer takes. One that is silent takes nothing for now, and nothing is left out for it.
    fn takes(&self, now: Instant, index: usize) -> u64 {
        let last = self.layers.iter().filter_map(|layer| layer.last_packet).max();
        if last.is_some_and(|at| now.saturating_duration_since(at) >= QUIET_AFTER) {
            return 0;
        }
        self.layers[index].rate.unwrap_or(NOMINAL_RATES[index])
    }

    /// Whether a layer comes as the others do. Where all are silent, as of a screen on which nothing happens or a machine that is
    /// busy, nothing can be told.
    fn comes(&self, index: usize) -> bool {
        self.layers[index].last_packet.is_some() && !self.is_behind(index)
    }

    pub(crate) fn figures(&self, now: Instant) -> TrackFigures {
        let since = |at: Instant| now.saturating_duration_since(at);
        let layers = std::array::from_fn(|index| {
            let layer = &self.layers[index];
            LayerFigures {
                rate: layer.rate(),
                silent_for: layer.last_packet.map(since),
                keyframe_asked: layer.keyframe_asked.filter(|_| layer.keyframe_wanted).map(since),
                subscribers: layer.subscribers.len(),
            }
        });
        TrackFigures { source: self.source, told: self.told_layers, layers }
    }

    /// Whether a layer that does not come may come: nobody has asked for it, or only just.
    fn can_be_had(&self, now: Instant, index: usize) -> bool {
        index >= usize::from(self.told_layers) || self.is_starting(now, index)
    }

    /// Whether a layer was asked for only just.
    fn is_starting(&self, now: Instant, index: usize) -> bool {
        self.told_more.is_some_and(|(at, before)| {
            index >= usize::from(before) && now.saturating_duration_since(at) < BEGINS_WITHIN
        })
    }

    /// Whether other layers go on without this one.
    fn is_behind(&self, index: usize) -> bool {
        let layer = &self.layers[index];
        let Some(last) = layer.last_packet else { return index > 0 };
        self.layers.iter().zip(layer.others).any(|(other, seen)| {
            let newest = other.last_packet.unwrap_or(last);
            newest.saturating_duration_since(last) > BEHIND && other.frames - seen >= BEHIND_FRAMES
        })
    }

    /// A packet of a layer came, of the picture with this timestamp.
    pub(crate) fn count(&mut self, now: Instant, index: usize, time: u32, bytes: usize) {
        let others = self.layers.each_ref().map(|layer| layer.frames);
        let layer = &mut self.layers[index];
        layer.bytes += bytes as u64;
        layer.last_packet = Some(now);
        layer.others = others;
        if layer.frame.is_none_or(|before| time.wrapping_sub(before).cast_signed() > 0) {
            layer.frame = Some(time);
            layer.frames += 1;
            layer.others[index] = layer.frames;
        }
    }

    /// Measures the layers after `period`, and notes those that were asked for and do not come.
    pub(crate) fn tick(&mut self, now: Instant, period: Duration) {
        for index in 0..LAYERS {
            self.layers[index].measure(period);
            let is_asked_for =
                index < usize::from(self.told_layers) && !self.layers[index].subscribers.is_empty();
            let is_starting = self.is_starting(now, index);
            self.layers[index].note_coming(now, self.comes(index), is_asked_for && !is_starting);
        }
    }

    /// How many layers the sender is to be told to send, when that is news: more at once, fewer once nobody has taken them for
    /// a while.
    pub(crate) fn changed_layers(&mut self, now: Instant) -> Option<u8> {
        if self.source.kind() == MediaKind::Audio {
            return None;
        }
        let taken =
            self.layers.iter().rposition(|layer| !layer.subscribers.is_empty()).map_or(0, |layer| layer + 1);
        // Without simulcast there is one layer, and it is taken or not.
        let wanted = if self.rids.len() > 1 { taken } else { taken.min(1) } as u8;
        let told = if self.rids.len() > 1 { self.told_layers } else { self.told_layers.min(1) };
        if wanted == told {
            self.fewer_since = None;
            return None;
        }
        if wanted < told {
            let since = *self.fewer_since.get_or_insert(now);
            if now.saturating_duration_since(since) < FEWER_LAYERS_AFTER {
                return None;
            }
        } else {
            self.told_more = Some((now, told));
        }
        self.fewer_since = None;
        self.told_layers = wanted;
        Some(wanted)
    }
}

impl Layer {
    /// Notes whether the layer comes, and where it was asked for and does not, that it is not to be had for a while.
    fn note_coming(&mut self, now: Instant, comes: bool, is_asked_for: bool) {
        if comes {
            let since = *self.comes_since.get_or_insert(now);
            if now.saturating_duration_since(since)
                >= LASTS_AFTER.max(self.refused_for.unwrap_or_default() / 2)
            {
                (self.refused_until, self.refused_for) = (None, None);
            }
            return;
        }
        self.comes_since = None;
        if is_asked_for && self.refused_until.is_none_or(|until| now >= until) {
            let time = self.refused_for.map_or(REFUSED_FOR, |before| REFUSED_AT_MOST_FOR.min(before * 2));
            (self.refused_for, self.refused_until) = (Some(time), Some(now + time));
        }
    }

    /// Smoothed, in bits per second.
    pub(crate) fn rate(&self) -> u64 {
        self.rate.unwrap_or_default()
    }

    pub(crate) fn has_height(&mut self, height: u16) {
        self.height = Some(height);
    }

    /// Looks at what came in `period`. What comes at once after a silence, as of a sender whose processor is busy, came in all of it.
    fn measure(&mut self, period: Duration) {
        self.measured_over = MEASURED_OVER.min(self.measured_over + period);
        let bytes = std::mem::take(&mut self.bytes);
        if bytes == 0 {
            return;
        }
        let over = std::mem::take(&mut self.measured_over);
        let now = (bytes as f64 * 8.0 / over.as_secs_f64()) as u64;
        self.rate = Some(self.rate.map_or(now, |rate| (rate * 3 + now) / 4));
    }

    /// A receiver wants a keyframe; true when one is to be asked for now.
    pub(crate) fn want_keyframe(&mut self, now: Instant) -> bool {
        self.keyframe_wanted = true;
        self.keyframe_due(now)
    }

    /// Whether a keyframe is to be asked for now that could not be before.
    pub(crate) fn keyframe_due(&mut self, now: Instant) -> bool {
        let every = if self.keyframe_asks < 2 { KEYFRAME_EVERY } else { KEYFRAME_AGAIN };
        let is_soon = self.keyframe_asked.is_some_and(|at| now.saturating_duration_since(at) < every);
        if !self.keyframe_wanted || is_soon {
            return false;
        }
        self.keyframe_asked = Some(now);
        self.keyframe_asks += 1;
        true
    }

    /// A keyframe has come.
    pub(crate) fn keyframe_came(&mut self) {
        (self.keyframe_wanted, self.keyframe_asks) = (false, 0);
    }

    pub(crate) fn unsubscribe(&mut self, subscriber: Subscriber) {
        self.subscribers.retain(|one| *one != subscriber);
        if self.subscribers.is_empty() {
            self.keyframe_came(); // Nobody waits for it any more.
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::PeerKey;
    use crate::sink::SinkKey;

    fn somebody() -> Subscriber {
        Subscriber { sink: SinkKey::Peer(PeerKey::default()), index: 0 }
    }

    #[test]
    fn keyframe_requests_of_many_become_one() {
        let start = crate::a_moment();
        let mut layer = Layer::default();
        let asked = (0..1_000).filter(|n| layer.want_keyframe(start + Duration::from_millis(*n))).count();
        assert_eq!(asked, 2);
        layer.keyframe_came();
        assert!(!layer.keyframe_due(start + Duration::from_secs(5)), "nobody wants another");
    }

    #[test]
    fn a_keyframe_that_does_not_come_is_asked_for_until_it_does_or_nobody_wants_it() {
        let start = crate::a_moment();
        let mut layer = Layer { subscribers: vec![somebody()], ..Layer::default() };
        assert!(layer.want_keyframe(start));
        let asked = |millis: std::ops::Range<u64>, layer: &mut Layer| {
            let due = |at: &u64| layer.keyframe_due(start + Duration::from_millis(*at));
            millis.step_by(100).filter(due).collect::<Vec<_>>()
        };
        assert_eq!(asked(0..4_000, &mut layer), [500, 1_500, 2_500, 3_500]);
        layer.unsubscribe(somebody());
        assert_eq!(asked(4_000..9_000, &mut layer), [0; 0]);
    }

    #[test]
    fn what_comes_in_bursts_takes_what_it_takes_on_average() {
        let mut layer = Layer::default();
        for tick in 0..200 {
            layer.bytes = if tick % 5 == 0 { 10_000 } else { 0 };
            layer.measure(Duration::from_millis(200));
        }
        assert_eq!(layer.rate() / 1_000, 80);
    }

    #[test]
    fn a_layer_is_chosen_by_the_height_of_the_tile() {
        let rids = ["q", "h", "f"].map(Rid::from).to_vec();
        let track = Track::new(Mid::from("0"), Source::Camera, rids);
        assert_eq!(
            [100, 180, 220, 300, 440, 600, 2_000].map(|height| track.layer_for(height)),
            [0, 0, 0, 1, 1, 2, 2]
        );
        let plain = Track::new(Mid::from("0"), Source::Camera, Vec::new());
        assert_eq!(plain.layer_for(2_000), 0);
    }

    #[test]
    fn a_layer_that_stops_while_smaller_ones_go_on_is_left_for_a_while_and_all_may_rest() {
        let start = crate::a_moment();
        let after = |millis| start + Duration::from_millis(millis);
        let mut track = Track::new(Mid::from("0"), Source::Camera, ["q", "h"].map(Rid::from).to_vec());
        let mut frame = 0;
        let mut both = |track: &mut Track, millis: std::ops::Range<u64>, layers: std::ops::Range<usize>| {
            for at in millis.step_by(100) {
                frame += 9_000;
                for index in layers.clone() {
                    track.count(after(at), index, frame, 1_000);
                }
                track.tick(after(at), Duration::from_millis(100));
            }
        };
        track.layers[1].subscribers.push(somebody());
        both(&mut track, 0..1_000, 0..2);
        both(&mut track, 1_000..1_300, 0..1);
        assert!(track.rates(after(1_200))[1].is_some());
        both(&mut track, 1_300..1_900, 0..1);
        assert_eq!(track.rates(after(1_800))[1], None);
        both(&mut track, 1_900..3_000, 0..2);
        assert_eq!(track.rates(after(2_900))[1], None, "it would not last");
        both(&mut track, 3_000..4_500, 0..2);
        assert!(track.rates(after(4_400))[1].is_some());
        // Where all are silent, as of a screen on which nothing happens, nothing can be told.
        assert_eq!(track.rates(after(13_000))[..2], [Some(0); 2]);
    }

    #[test]
    fn a_sender_of_a_frame_every_two_seconds_is_not_taken_for_one_that_leaves_out_layers() {
        let start = crate::a_moment();
        let after = |millis| start + Duration::from_millis(millis);
        let mut track = Track::new(Mid::from("0"), Source::Camera, ["q", "h"].map(Rid::from).to_vec());
        track.layers[1].subscribers.push(somebody());
        for frame in 0..20_u32 {
            let at = u64::from(frame) * 2_000;
            track.count(after(at), 0, frame * 180_000, 1_000);
            track.tick(after(at + 100), Duration::from_millis(200));
            assert_eq!(track.rates(after(at + 100))[1].is_some(), frame > 0, "picture {frame}");
            track.count(after(at + 150), 1, frame * 180_000, 3_000);
        }
    }

    #[test]
    fn a_smaller_layer_that_stops_is_left_for_a_larger_one() {
        let start = crate::a_moment();
        let mut track = Track::new(Mid::from("0"), Source::Camera, ["q", "h"].map(Rid::from).to_vec());
        track.layers[0].subscribers.push(somebody());
        for frame in 0..30_u32 {
            let now = start + Duration::from_millis(u64::from(frame) * 50);
            if frame < 10 {
                track.count(now, 0, frame, 1_000);
            }
            track.count(now, 1, frame, 3_000);
            track.tick(now, Duration::from_millis(50));
        }
        let now = start + Duration::from_millis(1_500);
        assert_eq!(track.rates(now).map(|rate| rate.is_some()), [false, true, false]);
    }

    #[test]
    fn a_layer_that_was_stopped_can_be_had_again_and_one_that_does_not_come_cannot() {
        let start = crate::a_moment();
        let after = |seconds| start + Duration::from_secs(seconds);
        let rids = ["q", "h", "f"].map(Rid::from).to_vec();
        let mut track = Track::new(Mid::from("0"), Source::Camera, rids);
        track.count(start, 0, 1, 1_000);
        assert_eq!(track.rates(start), [Some(NOMINAL_RATES[0]), None, None], "the others were never stopped");

        let subscriber = somebody();
        track.layers[0].subscribers.push(subscriber);
        assert_eq!(track.changed_layers(start), None, "not at once");
        assert_eq!(track.changed_layers(after(5)), Some(1));
        track.count(after(5), 0, 450_000, 1_000);
        assert_eq!(track.rates(after(5))[1..], NOMINAL_RATES.map(Some)[1..]);

        track.layers[1].subscribers.push(subscriber);
        assert_eq!(track.changed_layers(after(6)), Some(2));
        track.tick(after(8), Duration::from_secs(1));
        assert!(track.rates(after(8))[1].is_some(), "it takes a moment to begin");
        track.tick(after(10), Duration::from_secs(1));
        track.layers[1].subscribers.clear();
        assert_eq!(track.rates(after(10))[1], None, "it did not come");
        assert!(track.rates(after(13))[1].is_none(), "nor was it asked for again");
        assert!(track.rates(after(13))[2].is_some());
    }
}
