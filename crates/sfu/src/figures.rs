//! How one peer's pictures stand at a moment: for logs, and for whoever looks for the cause of a picture that stands still.

use std::time::{Duration, Instant};

use protocol::{ParticipantId, Source};

use crate::allocate::LAYERS;
use crate::{Sfu, Who};

/// What a link carries, and what is sent and shown over it.
#[derive(Clone, Debug)]
pub struct Figures {
    /// What its downlink is taken for, in bits per second.
    pub downlink: u64,
    /// Its video slots.
    pub slots: Vec<SlotFigures>,
    /// What it sends.
    pub tracks: Vec<TrackFigures>,
}

/// A slot that somebody is wished for in.
#[derive(Clone, Copy, Debug)]
pub struct SlotFigures {
    /// Who.
    pub of: ParticipantId,
    /// The layer that goes out.
    pub current: Option<usize>,
    /// The layer that shall.
    pub target: Option<usize>,
    /// The highest temporal layer.
    pub temporal: u8,
}

/// A track that is sent.
#[derive(Clone, Copy, Debug)]
pub struct TrackFigures {
    /// Of what.
    pub source: Source,
    /// How many layers the sender was told are taken.
    pub told: u8,
    /// Its layers, from the smallest.
    pub layers: [LayerFigures; LAYERS],
}

/// One layer of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct LayerFigures {
    /// In bits per second.
    pub rate: u64,
    /// How long ago its last packet came.
    pub silent_for: Option<Duration>,
    /// How long ago a keyframe was asked for that has not come.
    pub keyframe_asked: Option<Duration>,
    /// How many slots take it.
    pub takers: usize,
}

impl Sfu {
    /// How somebody's link stands, if they have one.
    #[must_use]
    pub fn figures(&self, now: Instant, who: Who) -> Option<Figures> {
        let peer = self.peers.get(self.find(who)?)?;
        let slots = peer.video.iter().filter_map(|slot| {
            let (wish, source) = (slot.wish?, slot.source);
            Some(SlotFigures {
                of: wish.participant,
                current: source.and_then(|source| source.current),
                target: source.and_then(|source| source.target),
                temporal: slot.temporal,
            })
        });
        Some(Figures {
            downlink: peer.downlink(),
            slots: slots.collect(),
            tracks: peer.tracks.iter().map(|track| track.figures(now)).collect(),
        })
    }

    /// Writes how everybody's link stands into the log, where such detail is wanted.
    pub(crate) fn log_figures(&self, now: Instant) {
        if !tracing::enabled!(tracing::Level::TRACE) {
            return;
        }
        for peer in self.peers.values() {
            tracing::trace!(participant = %peer.who.participant, figures = ?self.figures(now, peer.who), "link");
        }
    }
}
