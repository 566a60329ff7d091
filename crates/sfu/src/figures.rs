//! How one peer's pictures stand at a moment: for logs, and for whoever looks for the cause of a picture that stands still.

use std::time::Duration;

use protocol::{ParticipantId, Source};

use crate::allocate::LAYERS;

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

/// A slot with a subscription.
#[derive(Clone, Copy, Debug)]
pub struct SlotFigures {
    /// The participant whom it shows.
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
    pub subscribers: usize,
}
