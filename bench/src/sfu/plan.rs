//! Who is in a room, who sends what, and what has to come of it.

use super::stream::Video;

/// Places for sound, by design of ours: the loudest are heard.
const AUDIO_SLOTS: usize = 4;

/// Places for pictures, at the most, by design of ours.
const VIDEO_SLOTS: usize = 16;

/// A room to be measured.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    pub(super) name: &'static str,
    /// The first so many send; everybody receives.
    pub(super) senders: usize,
    pub(super) people: usize,
    pub(super) video: Option<Video>,
    pub(super) sound: bool,
    /// How many senders a client of Janus asks for at the most. Ours forwards no more than its slots.
    pub(super) most_feeds: usize,
}

/// Which server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    Veranda,
    Janus,
}

impl Plan {
    /// Whose pictures, or sound in Janus, somebody receives: those who sit next, so that everybody is shown equally often.
    pub(super) fn feeds(&self, which: Which, person: usize) -> Vec<usize> {
        let most = match which {
            Which::Veranda => VIDEO_SLOTS,
            Which::Janus => self.most_feeds,
        };
        let others = |step: usize| (person + step) % self.senders;
        let all = 0..self.senders;
        all.map(others).filter(|sender| *sender != person).take(most).collect()
    }

    /// Sections for pictures that a page of ours would have for as many tiles.
    pub(super) fn video_slots(&self) -> usize {
        let shown = if self.video.is_some() { self.feeds(Which::Veranda, 0).len() } else { 0 };
        [4, 9, VIDEO_SLOTS].into_iter().find(|slots| shown <= *slots).unwrap_or(VIDEO_SLOTS)
    }

    /// How loud somebody is, in dBov. The first few are louder, so that it is settled who is heard.
    pub(super) fn loudness(person: usize) -> i8 {
        if person < AUDIO_SLOTS { -20 } else { -60 }
    }

    /// Streams of pictures and of sound that have to come, of all receivers.
    pub(super) fn streams(&self, which: Which) -> [usize; 2] {
        let feeds: usize = (0..self.people).map(|person| self.feeds(which, person).len()).sum();
        let heard = match which {
            Which::Veranda => self.senders.min(AUDIO_SLOTS) * (self.people - 1),
            Which::Janus => feeds,
        };
        [if self.video.is_some() { feeds } else { 0 }, if self.sound { heard } else { 0 }]
    }
}
