//! What is pinned by hand. Nothing unpins it but a hand, or that there is nothing to show any more.

use protocol::MediaKey;

/// How many can be pinned at once. More would be a grid.
pub const MAX_PINS: usize = 4;

/// What is pinned, in the order of pinning.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pins(Vec<MediaKey>);

impl Pins {
    /// Pins a tile; with [`MAX_PINS`] of them nothing is pinned, and none is lost for it.
    pub(crate) fn pin(&mut self, key: MediaKey) {
        if !self.0.contains(&key) && self.0.len() < MAX_PINS {
            self.0.push(key);
        }
    }

    pub(crate) fn unpin(&mut self, key: MediaKey) {
        self.retain(|pinned| pinned != key);
    }

    /// Keeps what is there. The last one takes the place of what is not, so that no more than one moves.
    pub(crate) fn retain(&mut self, is_there: impl Fn(MediaKey) -> bool) {
        while let Some(gone) = self.0.iter().position(|pinned| !is_there(*pinned)) {
            self.0.swap_remove(gone);
        }
    }

    pub(crate) fn as_slice(&self) -> &[MediaKey] {
        &self.0
    }
}
