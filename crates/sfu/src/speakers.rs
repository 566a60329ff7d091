//! The loudest speakers of a room, from the level in each audio packet (RFC 6464). Their places are the audio slots of every
//! receiver: who speaks keeps a place, so that a conversation does not jump from slot to slot. What is shared has places of its own,
//! and takes none of a voice.

use std::ops::Range;
use std::time::{Duration, Instant};

use protocol::Source;
use protocol::limits::{AUDIO_SLOTS, VOICE_SLOTS};

/// Somebody is taken for speaking above this level, in dBov.
const SPEECH: f32 = -50.0;

/// How much louder somebody must be than the quietest speaker to take their place, in decibels.
const MARGIN: f32 = 6.0;

/// For how long after a word a speaker keeps their place against somebody who is not much louder.
const KEEPS_PLACE: Duration = Duration::from_millis(1_500);

/// How fast loudness follows the level: a packet has 20 ms.
const SMOOTHING: f32 = 0.2;

/// How loud one sender is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Loudness {
    /// Smoothed, in dBov.
    level: f32,
    spoke: Option<Instant>,
}

/// Who has a place.
#[derive(Clone, Debug)]
pub(crate) struct Speakers<K> {
    slots: [Option<K>; AUDIO_SLOTS],
}

/// The places for which a source competes.
pub(crate) const fn places_of(source: Source) -> Range<usize> {
    match source {
        Source::Microphone => 0..VOICE_SLOTS,
        Source::ScreenAudio => VOICE_SLOTS..AUDIO_SLOTS,
        Source::Camera | Source::Screen => 0..0,
    }
}

impl Default for Loudness {
    fn default() -> Self {
        Self { level: -127.0, spoke: None }
    }
}

impl Loudness {
    pub(crate) fn hear(&mut self, now: Instant, level: i8) {
        self.level += SMOOTHING * (f32::from(level) - self.level);
        if self.level > SPEECH {
            self.spoke = Some(now);
        }
    }

    fn has_lately_spoken(&self, now: Instant) -> bool {
        self.spoke.is_some_and(|at| now.saturating_duration_since(at) < KEEPS_PLACE)
    }
}

impl<K: Copy + PartialEq> Speakers<K> {
    pub(crate) fn new() -> Self {
        Self { slots: [None; AUDIO_SLOTS] }
    }

    pub(crate) fn slot_of(&self, key: K) -> Option<usize> {
        self.slots.iter().position(|slot| *slot == Some(key))
    }

    pub(crate) fn slots(&self) -> impl Iterator<Item = Option<K>> + '_ {
        self.slots.iter().copied()
    }

    /// Somebody without a place was heard; true when they have one of `places` now. `loudness` tells how loud a speaker is.
    pub(crate) fn offer(
        &mut self,
        now: Instant,
        key: K,
        own: Loudness,
        places: Range<usize>,
        loudness: impl Fn(K) -> Loudness,
    ) -> bool {
        let slots = &mut self.slots[places];
        if let Some(free) = slots.iter_mut().find(|slot| slot.is_none()) {
            *free = Some(key);
            return true;
        }
        if own.level <= SPEECH {
            return false;
        }
        let speakers = slots.iter_mut().filter_map(|slot| {
            let loudness = loudness((*slot)?);
            Some((slot, loudness))
        });
        let Some((slot, quietest)) = speakers.min_by(|(_, a), (_, b)| {
            let by_silence = a.has_lately_spoken(now).cmp(&b.has_lately_spoken(now));
            by_silence.then(a.level.total_cmp(&b.level))
        }) else {
            return false;
        };
        let margin = if quietest.has_lately_spoken(now) { MARGIN } else { 0.0 };
        if own.level <= quietest.level + margin {
            return false;
        }
        *slot = Some(key);
        true
    }

    /// Some are gone, or silent by choice; true when one of them had a place.
    pub(crate) fn remove_if(&mut self, is_gone: impl Fn(K) -> bool) -> bool {
        let mut has_changed = false;
        for slot in self.slots.iter_mut().filter(|slot| slot.is_some_and(&is_gone)) {
            *slot = None;
            has_changed = true;
        }
        has_changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VOICES: Range<usize> = places_of(Source::Microphone);

    fn loud(now: Instant, level: i8) -> Loudness {
        let mut loudness = Loudness::default();
        for _ in 0..40 {
            loudness.hear(now, level);
        }
        loudness
    }

    #[test]
    fn a_place_goes_to_somebody_louder_and_not_to_somebody_as_loud() {
        let now = crate::a_moment();
        let mut speakers = Speakers::new();
        for key in 0..VOICE_SLOTS {
            assert!(speakers.offer(now, key, Loudness::default(), VOICES, |_| Loudness::default()));
        }
        let all_speak = |_| loud(now, -30);
        assert!(!speakers.offer(now, 90, loud(now, -28), VOICES, all_speak), "within the margin");
        assert!(speakers.offer(now, 90, loud(now, -20), VOICES, all_speak));
        assert_eq!(speakers.slots().filter(|slot| *slot == Some(90)).count(), 1);
    }

    #[test]
    fn who_has_been_silent_for_a_while_gives_way_first() {
        let start = crate::a_moment();
        let mut speakers = Speakers::new();
        for key in 0..VOICE_SLOTS {
            speakers.offer(start, key, Loudness::default(), VOICES, |_| Loudness::default());
        }
        let now = start + Duration::from_secs(3);
        let loudness = |key| if key == 2 { loud(start, -25) } else { loud(now, -30) };
        assert!(
            speakers.offer(now, 90, loud(now, -24), VOICES, loudness),
            "louder than the one who was silent"
        );
        assert_eq!(speakers.slot_of(90), Some(2));
    }

    #[test]
    fn noise_takes_nobodys_place() {
        let now = crate::a_moment();
        let mut speakers = Speakers::new();
        for key in 0..VOICE_SLOTS {
            speakers.offer(now, key, Loudness::default(), VOICES, |_| Loudness::default());
        }
        assert!(!speakers.offer(now, 90, loud(now, -60), VOICES, |_| Loudness::default()));
    }

    #[test]
    fn what_is_shared_never_takes_the_place_of_a_voice_nor_a_voice_that_of_what_is_shared() {
        let now = crate::a_moment();
        let mut speakers = Speakers::new();
        let shared = places_of(Source::ScreenAudio);
        for key in 0..10 {
            speakers.offer(now, key, loud(now, -60), VOICES, |_| loud(now, -60));
            speakers.offer(now, 100 + key, loud(now, -3), shared.clone(), |_| loud(now, -3));
        }
        let places: Vec<_> = speakers.slots().flatten().collect();
        assert_eq!(places, [0, 1, 2, 3, 100, 101]);
    }
}
