//! Where playing can begin.

use std::time::Duration;

use mkv_element::prelude::{CueClusterPosition, CuePoint, CueTime, CueTrack, CueTrackPositions};

use super::bytes::{write, write_header};
use super::track::TRACK_NUMBER;

/// A place where playing can begin: a cluster with a keyframe, or with sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cue {
    /// Of the frame there, since the file began.
    pub time: Duration,
    /// Of its cluster, from the beginning of the file, in bytes.
    pub offset: u64,
}

/// All of them of one file, in the order of time. Sixteen bytes each in memory; at the most [`Cues::MOST`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cues {
    /// Milliseconds, and where.
    points: Vec<(u64, u64)>,
    /// The least distance of two, in milliseconds. Doubles when there are too many.
    spacing: u64,
}

/// At first, cues are no closer than this: somebody who sends nothing but keyframes gets no more of them.
const LEAST_SPACING: u64 = 500;

impl Cues {
    /// How many are kept. A day of a keyframe every two seconds has fewer; of more, every second one is dropped.
    pub const MOST: usize = 50_000;

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.points.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.points.is_empty()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Cue> {
        self.points.iter().map(|&(time, offset)| Cue { time: Duration::from_millis(time), offset })
    }

    /// The last at or before a moment, where reading begins to play from there; the first when all are later. In logarithmic time.
    #[must_use]
    pub fn before(&self, time: Duration) -> Option<Cue> {
        let time = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let after = self.points.partition_point(|(point, _)| *point <= time);
        let &(time, offset) = self.points.get(after.saturating_sub(1))?;
        Some(Cue { time: Duration::from_millis(time), offset })
    }

    /// One more, later than those before. It may be left out.
    pub(crate) fn push(&mut self, time: u64, offset: u64) {
        let spacing = self.spacing.max(LEAST_SPACING);
        if self.points.last().is_some_and(|(last, _)| time < last.saturating_add(spacing)) {
            return;
        }
        self.points.push((time, offset));
        if self.points.len() > Self::MOST {
            let mut index = 0;
            self.points.retain(|_| {
                index += 1;
                index % 2 == 1
            });
            self.spacing = spacing * 2;
        }
    }

    /// One that a file claims to have. False when there are too many.
    pub(crate) fn claim(&mut self, time: u64, offset: u64) -> bool {
        if self.points.len() >= Self::MOST {
            return false;
        }
        self.points.push((time, offset));
        true
    }

    /// After the last claim.
    pub(crate) fn sort(&mut self) {
        self.points.sort_unstable();
    }

    /// The element, for a segment whose content begins there.
    pub(crate) fn to_bytes(&self, segment: u64) -> Vec<u8> {
        let mut body = Vec::new();
        for &(time, offset) in &self.points {
            let position = CueTrackPositions {
                cue_track: CueTrack(u64::from(TRACK_NUMBER)),
                cue_cluster_position: CueClusterPosition(offset.saturating_sub(segment)),
                ..CueTrackPositions::default()
            };
            let point = CuePoint {
                cue_time: CueTime(time),
                cue_track_positions: vec![position],
                ..CuePoint::default()
            };
            write(&point, &mut body);
        }
        let mut whole = Vec::new();
        write_header::<mkv_element::prelude::Cues>(body.len() as u64, &mut whole);
        whole.extend(body);
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_cue_before_a_moment_is_found_and_there_are_never_too_many() {
        let mut cues = Cues::default();
        assert_eq!(cues.before(Duration::ZERO), None);
        for number in 0..200_000_u64 {
            cues.push(10 + number * 500, number);
        }
        assert!(cues.len() <= Cues::MOST && cues.len() > Cues::MOST / 3);
        let at = |millis| cues.before(Duration::from_millis(millis)).unwrap().time.as_millis() as u64;
        assert_eq!(at(0), 10, "the first when all are later");
        for millis in (10..100_000_000).step_by(777_777) {
            let found = at(millis);
            assert!(found <= millis && millis - found < 4_010, "{millis}: {found}");
        }
    }

    #[test]
    fn keyframes_close_together_are_one_cue() {
        let mut cues = Cues::default();
        for millis in (0..2_000).step_by(33) {
            cues.push(millis, millis);
        }
        assert_eq!(cues.len(), 4);
    }
}
