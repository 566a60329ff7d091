//! Media frames of the others: opened with the key of whoever sealed them, each once.

use std::collections::{BTreeMap, VecDeque};

use protocol::{MediaKey, MediaKind, ParticipantId, Source};
use sframe::error::SframeError;
use sframe::frame::EncryptedFrameView;
use sframe::frame::validation::{ReplayAttackProtection, ReplayAttackProtectionError, Tolerance};

use crate::frames::clear_bytes;
use crate::sender_key::KeyName;
use crate::suite::{OpeningKey, SUITE};
use crate::{Expected, Protection, SenderKey};

/// Why a frame stays closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// It is no sealed frame.
    #[error("the frame is not sealed")]
    NotSealed,
    /// Nobody has told its key.
    #[error("nobody has told the key of the frame")]
    KeyUnknown,
    /// It was opened before, or is older than anything that may still come.
    #[error("the frame was played before")]
    Replayed,
    /// It was changed on the way.
    #[error("the frame was changed on the way")]
    Forged,
}

/// Opens the frames of everybody else.
#[derive(Default)]
pub struct FrameOpener {
    protection: Protection,
    senders: BTreeMap<ParticipantId, Vec<Known>>,
    /// Keys that are not used any more, so that what was played before is not played again should they come back.
    retired: Retired,
}

#[derive(Default)]
struct Retired(VecDeque<(SenderKey, ReplayAttackProtection)>);

/// A key that somebody told, or that was derived from one.
struct Known {
    key: SenderKey,
    /// Those of the sources of which something came, in the order of [`Source::ALL`].
    opening: [Option<OpeningKey>; Source::ALL.len()],
    replay: ReplayAttackProtection,
    /// The steps after it, as far as a frame has claimed any: each is derived once, however many frames lie.
    ahead: Vec<SenderKey>,
}

/// How many frames of one sender may overtake another: sound, three layers of pictures and two paths are counted together, up
/// to some three hundred frames a second. Fewer would drop what a slow network delivers late.
const WINDOW: usize = 4096;

/// How many keys of one sender are kept: late frames are still under the one before.
const KEYS_KEPT: usize = 4;

/// How many keys are kept that are not used any more, some 600 bytes each. Fewer, and more of what was sent could be played again.
const RETIRED_KEPT: usize = 1_024;

impl FrameOpener {
    /// Whether plaintext is played from now on.
    pub fn protect(&mut self, protection: Protection) {
        self.protection = protection;
    }

    /// Somebody told their key.
    pub fn add_key(&mut self, from: ParticipantId, key: SenderKey) {
        let known = self.senders.entry(from).or_default();
        if known.iter().any(|known| known.key.id() == key.id()) {
            return;
        }
        let mut key = Known::new(key);
        self.retired.restore(&mut key);
        keep(known, key, &mut self.retired);
    }

    /// Somebody is gone.
    pub fn forget(&mut self, from: ParticipantId) {
        for known in self.senders.remove(&from).unwrap_or_default() {
            self.retired.add(known);
        }
    }

    /// Writes into `opened`, which is overwritten, what of a frame may be played. A frame that names a key of somebody here is opened
    /// with it, whatever is played besides; one that names none is taken as it is where plaintext is played. What names a later key of
    /// somebody here than any that was told is no plaintext.
    ///
    /// # Errors
    ///
    /// When the frame must not be played.
    pub fn open(&mut self, expected: Expected, frame: &[u8], opened: &mut Vec<u8>) -> Result<(), OpenError> {
        match self.open_sealed(expected, frame, opened) {
            Ok(_) => Ok(()),
            Err(OpenError::NotSealed | OpenError::KeyUnknown)
                if self.protection == Protection::Plaintext
                    && expected != Expected::Nothing
                    && !self.is_of_somebody(expected, frame) =>
            {
                opened.clear();
                opened.extend_from_slice(frame);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Whether a frame names a key, told or not, of somebody who may have sent it. Plaintext that reads like the name of some key is common,
    /// but not of one whose tag is theirs.
    fn is_of_somebody(&self, expected: Expected, frame: &[u8]) -> bool {
        let (kind, only) = match expected {
            Expected::Only { key } => (key.source.kind(), Some(key.participant)),
            Expected::AnySound => (MediaKind::Audio, None),
            Expected::Nothing => return false,
        };
        let Some(clear) = clear_bytes(kind, frame) else { return false };
        let (clear, sealed) = frame.split_at(clear);
        let Ok(view) = EncryptedFrameView::try_with_meta_data(sealed, clear) else { return false };
        let Some(name) = KeyName::of(view.header().key_id()) else { return false };
        let of_sender = self.senders.iter().filter(|(id, _)| only.is_none_or(|only| only == **id));
        of_sender.flat_map(|(_, known)| known).any(|known| known.key.tag() == name.tag)
    }

    /// Opens a sealed frame, and says of which publication it is. Frames of another one than expected stay closed.
    fn open_sealed(
        &mut self,
        expected: Expected,
        frame: &[u8],
        opened: &mut Vec<u8>,
    ) -> Result<MediaKey, OpenError> {
        let (kind, only) = match expected {
            Expected::Only { key } => (key.source.kind(), Some(key)),
            Expected::AnySound => (MediaKind::Audio, None),
            Expected::Nothing => return Err(OpenError::KeyUnknown),
        };
        let clear = clear_bytes(kind, frame).ok_or(OpenError::NotSealed)?;
        let (clear, sealed) = frame.split_at(clear);
        let view = EncryptedFrameView::try_with_meta_data(sealed, clear).map_err(|_| OpenError::NotSealed)?;
        let name = KeyName::of(view.header().key_id()).ok_or(OpenError::KeyUnknown)?;
        let mut refused = OpenError::KeyUnknown;
        for (sender, known) in &mut self.senders {
            if only.is_some_and(|only| only.participant != *sender) {
                continue;
            }
            // Whose sound it is shows only by what opens it: a microphone is far more often heard than a screen.
            for source in Source::of_kind(kind).filter(|one| only.is_none_or(|only| only.source == *one)) {
                match open_with(known, &mut self.retired, &name, source, &view, opened) {
                    Ok(()) => return Ok(sender.publication(source)),
                    Err(OpenError::KeyUnknown) => {}
                    Err(error) => refused = error,
                }
            }
        }
        Err(refused)
    }
}

impl std::fmt::Debug for FrameOpener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let keys = |known: &Vec<Known>| known.iter().map(|known| known.key.id()).collect::<Vec<_>>();
        f.debug_map().entries(self.senders.iter().map(|(sender, known)| (sender, keys(known)))).finish()
    }
}

fn open_with(
    known: &mut Vec<Known>,
    retired: &mut Retired,
    name: &KeyName,
    source: Source,
    view: &EncryptedFrameView<'_>,
    opened: &mut Vec<u8>,
) -> Result<(), OpenError> {
    if let Some(known) = known.iter_mut().find(|known| known.key.id() == view.header().key_id()) {
        return known.open(source, view, opened);
    }
    let mut ahead = derived(known, name).ok_or(OpenError::KeyUnknown)?;
    // What is derived is kept once a frame proves it: the header of a frame alone may lie. It may have been in use before.
    let was_retired = retired.restore(&mut ahead);
    let opened = ahead.open(source, view, opened);
    if opened.is_ok() {
        keep(known, ahead, retired);
    } else if was_retired {
        retired.add(ahead);
    }
    opened
}

fn keep(known: &mut Vec<Known>, key: Known, retired: &mut Retired) {
    known.push(key);
    if known.len() > KEYS_KEPT {
        retired.add(known.remove(0));
    }
}

impl Retired {
    fn add(&mut self, known: Known) {
        self.0.push_back((known.key, known.replay));
        if self.0.len() > RETIRED_KEPT {
            self.0.pop_front();
        }
    }

    /// Makes a key remember what was played with it. True when it was in use before.
    fn restore(&mut self, known: &mut Known) -> bool {
        let index = self.0.iter().position(|(retired, _)| *retired == known.key);
        let Some((_, replay)) = index.and_then(|index| self.0.remove(index)) else { return false };
        known.replay = replay;
        true
    }
}

/// A later step of an epoch that is known.
fn derived(known: &mut [Known], name: &KeyName) -> Option<Known> {
    let is_before = |key: &&mut Known| {
        key.key.tag() == name.tag && key.key.epoch() == name.epoch && key.key.step() < name.step
    };
    let nearest = known.iter_mut().filter(is_before).max_by_key(|known| known.key.step())?;
    let steps = usize::from(name.step - nearest.key.step());
    while nearest.ahead.len() < steps {
        let next = nearest.ahead.last().unwrap_or(&nearest.key).next()?;
        nearest.ahead.push(next);
    }
    Some(Known::new(nearest.ahead.get(steps - 1)?.clone()))
}

impl Known {
    fn new(key: SenderKey) -> Self {
        let replay = ReplayAttackProtection::new(key.id(), Tolerance::new(WINDOW));
        Self { key, opening: Default::default(), replay, ahead: Vec::new() }
    }

    fn open(
        &mut self,
        source: Source,
        view: &EncryptedFrameView<'_>,
        opened: &mut Vec<u8>,
    ) -> Result<(), OpenError> {
        let Self { key, opening, replay, .. } = self;
        let opening = &mut opening[source as usize];
        if opening.is_none() {
            *opening = OpeningKey::derive_from(SUITE, key.id(), key.base_of(source)).ok();
        }
        let Some(opening) = &*opening else { return Err(OpenError::KeyUnknown) };
        match view.validated_decrypt_into(opening, opened, replay) {
            Ok(_) => Ok(()),
            Err(error) if error.source_as::<ReplayAttackProtectionError>().is_some() => {
                Err(OpenError::Replayed)
            }
            Err(SframeError::DecryptionFailure) => Err(OpenError::Forged),
            Err(_) => Err(OpenError::NotSealed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FrameSealer, Tag};

    const ADA: ParticipantId = ParticipantId::new(uuid::Uuid::from_u128(1));
    const BOB: ParticipantId = ParticipantId::new(uuid::Uuid::from_u128(2));

    fn key(tag: u32, epoch: u16) -> SenderKey {
        SenderKey::new(Tag::new(tag), epoch, [tag as u8; 16])
    }

    fn only(id: ParticipantId, source: Source) -> Expected {
        Expected::Only { key: id.publication(source) }
    }

    fn sealed(sealer: &mut FrameSealer, source: Source, frame: &[u8]) -> Vec<u8> {
        let mut sealed = Vec::new();
        assert!(sealer.seal(source, frame, &mut sealed));
        sealed
    }

    /// A keyframe and another frame of VP8, and one of Opus.
    fn frames() -> [(Source, Vec<u8>, usize); 3] {
        let keyframe = [&[0x10, 1, 2, 0x9d, 0x01, 0x2a, 0x40, 1, 0xf0, 0][..], &[7; 500]].concat();
        let delta = [&[0x11, 1, 2][..], &[8; 200]].concat();
        [(Source::Camera, keyframe, 10), (Source::Camera, delta, 3), (Source::Microphone, vec![9; 80], 0)]
    }

    #[test]
    fn what_was_sealed_is_opened_once_and_shows_only_its_first_bytes() {
        let (mut sealer, mut opener) = (FrameSealer::default(), FrameOpener::default());
        sealer.set_key(&key(5, 0));
        opener.add_key(ADA, key(5, 0));
        for (source, frame, clear) in frames() {
            let closed = sealed(&mut sealer, source, &frame);
            assert_eq!(closed[..clear], frame[..clear]);
            assert!(!closed.windows(8).any(|part| frame[clear..].starts_with(part)));
            assert!(closed.len() - frame.len() <= 27, "{} bytes more", closed.len() - frame.len());
            let mut opened = Vec::new();
            assert_eq!(
                opener.open_sealed(only(ADA, source), &closed, &mut opened),
                Ok(ADA.publication(source))
            );
            assert_eq!(opened, frame);
            assert_eq!(opener.open(only(ADA, source), &closed, &mut opened), Err(OpenError::Replayed));
        }
    }

    #[test]
    fn plaintext_is_played_after_an_order_alone_and_what_is_sealed_is_still_opened() {
        let (mut sealer, mut opener) = (FrameSealer::default(), FrameOpener::default());
        sealer.set_key(&key(5, 0));
        opener.add_key(ADA, key(5, 0));
        let (expected, mut opened) = (only(ADA, Source::Microphone), Vec::new());
        for refusing in [Protection::Sealed, Protection::Withheld] {
            opener.protect(refusing);
            assert!(opener.open(expected, b"plaintext", &mut opened).is_err(), "{refusing:?}");
        }
        opener.protect(Protection::Plaintext);
        assert!(opener.open(expected, b"plaintext", &mut opened).is_ok() && opened == b"plaintext");
        assert!(
            opener.open(Expected::Nothing, b"plaintext", &mut opened).is_err(),
            "an empty slot stays empty"
        );
        let closed = sealed(&mut sealer, Source::Microphone, b"sealed");
        assert!(opener.open(expected, &closed, &mut opened).is_ok() && opened == b"sealed");
        assert_eq!(opener.open(expected, &closed, &mut opened), Err(OpenError::Replayed), "and once");
        sealer.set_key(&key(5, 1));
        let early = sealed(&mut sealer, Source::Microphone, b"sealed");
        assert_eq!(
            opener.open(expected, &early, &mut opened),
            Err(OpenError::KeyUnknown),
            "what is sealed is no plaintext, though its key was not told yet"
        );
        opener.protect(Protection::Sealed);
        assert!(opener.open(expected, b"plaintext", &mut opened).is_err());
    }

    #[test]
    fn a_frame_that_was_changed_anywhere_stays_closed() {
        let (mut sealer, mut opener) = (FrameSealer::default(), FrameOpener::default());
        sealer.set_key(&key(5, 0));
        opener.add_key(ADA, key(5, 0));
        for (source, frame, _) in frames() {
            let closed = sealed(&mut sealer, source, &frame);
            for at in 0..closed.len() {
                let mut forged = closed.clone();
                forged[at] ^= 1;
                assert!(opener.open(only(ADA, source), &forged, &mut Vec::new()).is_err(), "byte {at}");
            }
            for length in 0..closed.len() {
                assert!(opener.open(only(ADA, source), &closed[..length], &mut Vec::new()).is_err());
            }
            assert!(
                opener.open(only(ADA, source), &closed, &mut Vec::new()).is_ok(),
                "forgeries leave no trace"
            );
        }
    }

    #[test]
    fn the_next_step_is_followed_and_the_one_before_still_opens_what_comes_late() {
        let (mut sealer, mut opener) = (FrameSealer::default(), FrameOpener::default());
        let first = key(5, 0);
        opener.add_key(ADA, first.clone());
        sealer.set_key(&first);
        let late = sealed(&mut sealer, Source::Microphone, b"late");
        let third = first.next().and_then(|second| second.next()).unwrap();
        sealer.set_key(&third);
        let ahead = sealed(&mut sealer, Source::Microphone, b"ahead");
        let mut opened = Vec::new();
        assert!(opener.open(only(ADA, Source::Microphone), &ahead, &mut opened).is_ok());
        assert!(opener.open(only(ADA, Source::Microphone), &late, &mut opened).is_ok());

        let mut newcomer = FrameOpener::default();
        newcomer.add_key(ADA, third);
        assert_eq!(newcomer.open(Expected::AnySound, &late, &mut opened), Err(OpenError::KeyUnknown));
    }

    #[test]
    fn frames_that_lie_about_their_step_cost_its_derivation_once() {
        let (mut sealer, mut opener) = (FrameSealer::default(), FrameOpener::default());
        let first = key(5, 0);
        opener.add_key(ADA, first.clone());
        let last = (0..255).try_fold(first.clone(), |key, _| key.next()).unwrap();
        sealer.set_key(&SenderKey::from_bytes(&[&last.to_bytes()[..7], &[9; 16]].concat()).unwrap());
        for _ in 0..50 {
            let forged = sealed(&mut sealer, Source::Microphone, b"forged");
            assert_eq!(opener.open(Expected::AnySound, &forged, &mut Vec::new()), Err(OpenError::Forged));
            assert_eq!((opener.senders[&ADA].len(), opener.senders[&ADA][0].ahead.len()), (1, 255));
        }
        sealer.set_key(&first.next().unwrap());
        let honest = sealed(&mut sealer, Source::Microphone, b"honest");
        assert!(opener.open(Expected::AnySound, &honest, &mut Vec::new()).is_ok());
    }

    #[test]
    fn what_was_played_is_not_played_again_when_somebody_is_said_to_have_been_away() {
        let (mut sealer, mut opener) = (FrameSealer::default(), FrameOpener::default());
        sealer.set_key(&key(5, 0));
        opener.add_key(ADA, key(5, 0));
        let closed = sealed(&mut sealer, Source::Microphone, b"once");
        assert!(opener.open(Expected::AnySound, &closed, &mut Vec::new()).is_ok());
        for back_as in [ADA, BOB] {
            opener.forget(ADA);
            opener.add_key(back_as, key(5, 0));
            assert_eq!(opener.open(Expected::AnySound, &closed, &mut Vec::new()), Err(OpenError::Replayed));
            opener.forget(back_as);
            opener.add_key(ADA, key(5, 0));
        }
    }

    #[test]
    fn what_was_played_under_a_later_step_is_not_played_again_when_the_first_is_told_again() {
        let (mut sealer, mut opener) = (FrameSealer::default(), FrameOpener::default());
        let first = key(5, 0);
        opener.add_key(ADA, first.clone());
        let second = first.next().unwrap();
        sealer.set_key(&second);
        let closed = sealed(&mut sealer, Source::Microphone, b"once");
        assert!(opener.open(Expected::AnySound, &closed, &mut Vec::new()).is_ok());
        opener.forget(ADA);
        opener.add_key(ADA, first);
        for _ in 0..2 {
            assert_eq!(opener.open(Expected::AnySound, &closed, &mut Vec::new()), Err(OpenError::Replayed));
        }
        let next = sealed(&mut sealer, Source::Microphone, b"next");
        assert!(opener.open(Expected::AnySound, &next, &mut Vec::new()).is_ok(), "she goes on");
    }

    #[test]
    fn what_was_played_is_not_played_again_after_many_steps() {
        let (mut sealer, mut opener) = (FrameSealer::default(), FrameOpener::default());
        let first = key(5, 0);
        opener.add_key(ADA, first.clone());
        sealer.set_key(&first);
        let closed = sealed(&mut sealer, Source::Microphone, b"once");
        assert!(opener.open(Expected::AnySound, &closed, &mut Vec::new()).is_ok());
        let mut later = first.clone();
        for _ in 0..9 {
            later = later.next().unwrap();
            sealer.set_key(&later);
            let frame = sealed(&mut sealer, Source::Microphone, b"later");
            assert!(opener.open(Expected::AnySound, &frame, &mut Vec::new()).is_ok());
        }
        opener.add_key(ADA, first);
        assert_eq!(opener.open(Expected::AnySound, &closed, &mut Vec::new()), Err(OpenError::Replayed));
    }

    #[test]
    fn a_new_epoch_is_closed_to_those_who_were_not_told() {
        let (mut sealer, mut opener) = (FrameSealer::default(), FrameOpener::default());
        opener.add_key(ADA, key(5, 0));
        sealer.set_key(&key(5, 1));
        let closed = sealed(&mut sealer, Source::Microphone, b"after");
        assert_eq!(opener.open(Expected::AnySound, &closed, &mut Vec::new()), Err(OpenError::KeyUnknown));
    }

    #[test]
    fn frames_of_somebody_else_do_not_pass_as_the_expected_persons_even_under_the_same_tag() {
        let mut opener = FrameOpener::default();
        let same_tag = SenderKey::new(Tag::new(5), 0, [200; 16]);
        opener.add_key(ADA, key(5, 0));
        opener.add_key(BOB, same_tag.clone());
        let mut sealer = FrameSealer::default();
        sealer.set_key(&same_tag);
        let closed = sealed(&mut sealer, Source::Microphone, b"bob");
        assert!(opener.open(only(ADA, Source::Microphone), &closed, &mut Vec::new()).is_err());
        assert_eq!(
            opener.open_sealed(Expected::AnySound, &closed, &mut Vec::new()),
            Ok(BOB.publication(Source::Microphone))
        );
        opener.forget(BOB);
        assert!(opener.open(Expected::AnySound, &closed, &mut Vec::new()).is_err());
    }

    #[test]
    fn frames_of_one_source_do_not_pass_as_another_ones_and_sound_is_told_apart_by_what_opens_it() {
        let (mut sealer, mut opener) = (FrameSealer::default(), FrameOpener::default());
        sealer.set_key(&key(5, 0));
        opener.add_key(ADA, key(5, 0));
        let (mut opened, delta) = (Vec::new(), [0x11; 40]);
        for source in Source::ALL {
            let closed = sealed(&mut sealer, source, &delta);
            for other in Source::ALL.into_iter().filter(|other| *other != source) {
                assert!(
                    opener.open(only(ADA, other), &closed, &mut opened).is_err(),
                    "{source:?} as {other:?}"
                );
            }
            assert_eq!(opener.open(Expected::Nothing, &closed, &mut opened), Err(OpenError::KeyUnknown));
            let expected =
                if source.kind() == MediaKind::Audio { Expected::AnySound } else { only(ADA, source) };
            assert_eq!(opener.open_sealed(expected, &closed, &mut opened), Ok(ADA.publication(source)));
            assert_eq!(opened, delta);
        }
    }

    #[test]
    fn without_a_key_nothing_is_sealed() {
        let mut sealer = FrameSealer::default();
        assert!(!sealer.seal(Source::Microphone, b"clear", &mut Vec::new()));
        sealer.set_key(&key(1, 0));
        assert!(!sealer.seal(Source::Camera, b"", &mut Vec::new()));
        assert!(!sealer.seal(Source::Camera, &[0; 9], &mut Vec::new()), "no keyframe is that short");
    }
}
