//! The parts of a recording, one behind the other: between them nothing was recorded, and nothing is waited for.

use std::time::Duration;

use crate::Manifest;

/// No part is shown as longer: what claims more is damaged, or an enemy's.
const LONGEST_PART: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Where each part is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    /// Where each begins, and how long it is.
    parts: Vec<(Duration, Duration)>,
}

impl Timeline {
    /// `heard` is when the last event of each part was, since it began: a part that a crash has ended says nothing of its length itself.
    #[must_use]
    pub fn new(manifest: &Manifest, heard: &[Duration]) -> Self {
        let mut begins = Duration::ZERO;
        let mut parts = Vec::with_capacity(manifest.parts.len());
        for (index, part) in manifest.parts.iter().enumerate() {
            let tracks = part.tracks.iter().map(|track| track.ended_ms.unwrap_or(track.began_ms)).max();
            let length = part.lasted_ms.map_or_else(
                || {
                    let heard = heard.get(index).copied().unwrap_or_default();
                    heard.max(Duration::from_millis(tracks.unwrap_or_default()))
                },
                Duration::from_millis,
            );
            let length = length.min(LONGEST_PART);
            parts.push((begins, length));
            begins += length;
        }
        Self { parts }
    }

    /// How long all of it is.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.parts.last().map_or(Duration::ZERO, |(begins, length)| *begins + *length)
    }

    /// A moment of a part. What is behind its end is at its end.
    #[must_use]
    pub fn position(&self, part: usize, at: Duration) -> Duration {
        self.parts.get(part).map_or(Duration::ZERO, |(begins, length)| *begins + at.min(*length))
    }

    /// Where a part ends.
    #[must_use]
    pub fn end_of(&self, part: usize) -> Duration {
        self.position(part, Duration::MAX)
    }

    /// Where each part begins.
    pub fn beginnings(&self) -> impl Iterator<Item = Duration> {
        self.parts.iter().map(|(begins, _)| *begins)
    }
}
