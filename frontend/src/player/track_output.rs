//! One track from its frames to pictures or sound.

use protocol::{MediaKey, MediaKind};
use record::playback::TrackFrame;
use record::webm::{Head, Protection};
use view::TrackTrouble;

use super::decoder::Decoder;
use super::opening::{Closed, Keys, TrackOpener};
use super::pictures::Pictures;
use super::sound::Sound;

/// What is decoded of a track, until it is dropped: at a seek, and when nobody sees it.
pub(super) struct TrackOutput {
    key: MediaKey,
    part: usize,
    is_sealed: bool,
    opener: TrackOpener,
    decoder: Decoder,
    pub(super) pictures: Pictures,
    pub(super) sound: Sound,
}

impl TrackOutput {
    /// `None` where the browser has no decoder for it.
    pub(super) fn start(key: MediaKey, part: usize, head: &Head) -> Option<Self> {
        let (pictures, sound) = (Pictures::default(), Sound::default());
        let decoder = match key.source.kind() {
            MediaKind::Video => {
                let pictures = pictures.clone();
                Decoder::start(head, move |picture| pictures.push(picture))
            }
            MediaKind::Audio => {
                let sound = sound.clone();
                Decoder::start(head, move |decoded| sound.push(&decoded))
            }
        };
        let is_sealed = head.format.protection == Protection::Sealed;
        Some(Self {
            key,
            part,
            is_sealed,
            opener: TrackOpener::default(),
            decoder: decoder?,
            pictures,
            sound,
        })
    }

    /// Takes a frame.
    pub(super) fn take(&mut self, keys: Option<&Keys>, frame: &TrackFrame) -> Result<(), TrackTrouble> {
        let opened;
        let bytes = match (keys, self.is_sealed) {
            (Some(keys), true) => {
                opened = self.opener.open(keys, self.part, self.key, &frame.bytes).map_err(trouble)?;
                &opened
            }
            (None, true) => return Err(TrackTrouble::KeyMissing),
            // In a sealed recording nothing in the clear is anybody's.
            (Some(_), false) => return Err(TrackTrouble::Damaged),
            (None, false) => &frame.bytes,
        };
        if self.decoder.decode(frame.at, frame.kind, bytes) { Ok(()) } else { Err(TrackTrouble::Damaged) }
    }

    /// Whether the browser could not decode what it was given.
    pub(super) fn has_failed(&self) -> bool {
        self.decoder.has_failed()
    }
}

fn trouble(closed: Closed) -> TrackTrouble {
    match closed {
        Closed::KeyMissing => TrackTrouble::KeyMissing,
        Closed::Damaged => TrackTrouble::Damaged,
    }
}
