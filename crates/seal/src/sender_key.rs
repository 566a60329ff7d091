//! The key with which somebody seals their media, and how it changes.

use protocol::Source;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::bytes::derive;

/// Tells senders apart in the header of a frame: 24 random bits, drawn anew by each page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(u32);

/// A sender key at one step of its epoch. Somebody who comes gets the next step, which can be derived from the one before
/// but not the other way round, so that they cannot open what was said earlier (RFC 9605 §5.1); when somebody goes, a new
/// epoch begins with a new random key.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct SenderKey {
    #[zeroize(skip)]
    tag: Tag,
    epoch: u16,
    step: u8,
    base: [u8; 16],
}

/// The bytes of a sender key in a key message.
const LENGTH: usize = 4 + 2 + 1 + 16;

impl Tag {
    /// A tag of random bits, of which 24 are used.
    pub fn new(random: u32) -> Self {
        Self(random & 0xff_ffff)
    }
}

impl SenderKey {
    /// The key of an epoch, from 16 random bytes.
    pub fn new(tag: Tag, epoch: u16, random: [u8; 16]) -> Self {
        Self { tag, epoch, step: 0, base: random }
    }

    /// Whose it is.
    pub fn tag(&self) -> Tag {
        self.tag
    }

    /// Its epoch.
    pub fn epoch(&self) -> u16 {
        self.epoch
    }

    /// Its step in the epoch.
    pub fn step(&self) -> u8 {
        self.step
    }

    /// The key after this one, while the epoch has any.
    pub fn next(&self) -> Option<Self> {
        let step = self.step.checked_add(1)?;
        let base = derive(b"", &self.base, &[b"veranda next step of a sender key"]);
        Some(Self { step, base, ..self.clone() })
    }

    /// The key identifier in the header of frames (RFC 9605 §4.3): 24 bits of tag, 16 of epoch, 8 of step.
    pub fn id(&self) -> u64 {
        u64::from(self.tag.0) << 24 | u64::from(self.epoch) << 8 | u64::from(self.step)
    }

    /// As a key message carries it.
    pub fn to_bytes(&self) -> Vec<u8> {
        [&self.tag.0.to_be_bytes()[..], &self.epoch.to_be_bytes(), &[self.step], &self.base].concat()
    }

    /// Reads what a key message carries.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; LENGTH] = bytes.try_into().ok()?;
        let (tag, rest) = bytes.split_first_chunk::<4>()?;
        let (epoch, rest) = rest.split_first_chunk::<2>()?;
        let (step, base) = rest.split_first()?;
        let tag = Tag::new(u32::from_be_bytes(*tag));
        Some(Self { tag, epoch: u16::from_be_bytes(*epoch), step: *step, base: base.try_into().ok()? })
    }

    /// The base key (RFC 9605 §4.4.1) of one source's frames.
    pub(crate) fn base_of(&self, source: Source) -> [u8; 16] {
        let label: &[u8] = match source {
            Source::Microphone => b"microphone",
            Source::Camera => b"camera",
            Source::Screen => b"screen",
            Source::ScreenAudio => b"screen audio",
        };
        derive(b"", &self.base, &[b"veranda frames of a source", label])
    }
}

/// What the identifier of a key says.
pub(crate) struct KeyName {
    pub(crate) tag: Tag,
    pub(crate) epoch: u16,
    pub(crate) step: u8,
}

impl KeyName {
    pub(crate) fn of(id: u64) -> Option<Self> {
        let tag = Tag(u32::try_from(id >> 24).ok().filter(|tag| *tag <= 0xff_ffff)?);
        Some(Self { tag, epoch: (id >> 8) as u16, step: id as u8 })
    }
}

impl std::fmt::Debug for SenderKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SenderKey({:?}, epoch {}, step {})", self.tag, self.epoch, self.step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_a_key_message_and_goes_forward_only() {
        let key = SenderKey::new(Tag::new(0x12_3456), 7, [1; 16]);
        assert_eq!(SenderKey::from_bytes(&key.to_bytes()), Some(key.clone()));
        let next = key.next().unwrap();
        assert_eq!((next.epoch(), next.step(), next.id() - key.id()), (7, 1, 1));
        assert_ne!(next.base, key.base);
        let bases = Source::ALL.map(|source| key.base_of(source));
        assert!((1..bases.len()).all(|at| !bases[..at].contains(&bases[at])), "each source has its own");
        assert_eq!((0..255).try_fold(key, |key, _| key.next()).unwrap().next(), None);
        assert_eq!(SenderKey::from_bytes(&[0; LENGTH - 1]), None);
    }
}
