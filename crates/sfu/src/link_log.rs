//! How everybody's link stands, for the log and for tests.

use std::time::Instant;

use crate::allocate::LAYERS;
use crate::figures::{Figures, SlotFigures};
use crate::{Sfu, Who};

impl Sfu {
    /// How somebody's link stands, if they have one.
    #[must_use]
    pub fn figures(&self, now: Instant, who: Who) -> Option<Figures> {
        let peer = self.peers.get(self.find(who)?)?;
        let slots = peer.video.iter().filter_map(|slot| {
            let (subscription, source) = (slot.subscription?, slot.selection);
            Some(SlotFigures {
                of: subscription.participant,
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

    /// In how many slots each layer is shown, from the smallest. What is sent in one size is in the first.
    pub fn shown_layers(&self) -> [u64; LAYERS] {
        let mut shown = [0; LAYERS];
        let slots = self.peers.values().flat_map(|peer| &peer.video);
        for layer in slots.filter_map(|slot| slot.selection?.current) {
            shown[layer.min(LAYERS - 1)] += 1;
        }
        shown
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
