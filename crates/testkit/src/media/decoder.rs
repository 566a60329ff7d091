//! A decoder as browsers have it: pictures in their order from a keyframe on, none with a packet missing, and a keyframe is asked
//! for only after a while (libwebrtc: 200 ms where one is waited for, 3 s where any picture is).

use std::collections::BTreeMap;
use std::time::Duration;

/// How long a keyframe is waited for before it is asked for, again too.
const KEYFRAME_AFTER: Duration = Duration::from_millis(200);

/// How long the next picture is waited for before a keyframe is.
const FRAME_AFTER: Duration = Duration::from_secs(3);

/// Packets that are kept behind a gap.
const KEPT: usize = 2_000;

/// What is shown of one slot.
#[derive(Debug)]
pub struct Decoder {
    /// Pictures shown.
    pub shown: u64,
    /// When the last one was.
    pub last: Option<Duration>,
    /// The longest time between two.
    pub longest_gap: Duration,
    /// The height of the last keyframe that was shown.
    pub height: u16,
    packets: BTreeMap<u64, Piece>,
    /// The number of the packet that comes next; none where a keyframe is waited for.
    next: Option<u64>,
    waits_since: Duration,
}

/// What a decoder knows of a packet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece {
    /// It begins a picture; of what height, if that is a keyframe.
    pub(crate) begins: Option<Option<u16>>,
    /// It ends a picture.
    pub(crate) ends: bool,
}

impl Decoder {
    /// One that has shown nothing.
    pub(crate) fn new(now: Duration) -> Self {
        Self {
            shown: 0,
            last: None,
            longest_gap: Duration::ZERO,
            height: 0,
            packets: BTreeMap::new(),
            next: None,
            waits_since: now,
        }
    }

    /// A packet came.
    pub(crate) fn push(&mut self, now: Duration, sequence: u64, piece: Piece) {
        if self.next.is_some_and(|next| sequence < next) {
            return;
        }
        self.packets.insert(sequence, piece);
        if self.packets.len() > KEPT {
            self.packets.pop_first();
        }
        while let Some(until) = self.complete() {
            self.show(now, until);
        }
    }

    /// Whether to ask for a keyframe now.
    pub(crate) fn asks(&mut self, now: Duration) -> bool {
        let limit = if self.next.is_some() { FRAME_AFTER } else { KEYFRAME_AFTER };
        if now.saturating_sub(self.waits_since) < limit {
            return false;
        }
        self.next = None;
        self.waits_since = now;
        true
    }

    /// Where the next picture begins and ends, or the newest whole keyframe behind a gap.
    fn complete(&self) -> Option<(u64, u64)> {
        let follows = self.next.and_then(|next| self.end_of(next).map(|end| (next, end)));
        follows.or_else(|| {
            let keyframes =
                self.packets.iter().rev().filter(|(_, piece)| matches!(piece.begins, Some(Some(_))));
            keyframes.filter_map(|(begin, _)| self.end_of(*begin).map(|end| (*begin, end))).next()
        })
    }

    fn end_of(&self, begin: u64) -> Option<u64> {
        self.packets.get(&begin)?.begins?;
        for (expected, (sequence, piece)) in (begin..).zip(self.packets.range(begin..)) {
            if *sequence != expected {
                return None;
            }
            if piece.ends {
                return Some(*sequence);
            }
        }
        None
    }

    fn show(&mut self, now: Duration, (begin, end): (u64, u64)) {
        if let Some(Some(height)) = self.packets[&begin].begins {
            self.height = height;
        }
        self.packets = self.packets.split_off(&(end + 1));
        self.next = Some(end + 1);
        self.shown += 1;
        let before = self.last.replace(now).unwrap_or(now);
        self.longest_gap = self.longest_gap.max(now.saturating_sub(before));
        self.waits_since = now;
    }
}
