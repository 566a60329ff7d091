//! What a key message with a sender key says beside the key: how its writer came by the secret, to whom it was passed on, and which keys
//! the writer's tab had before. All of it is sealed with the key, so that a server delivers all of it or none.

use protocol::{PublicKey, RoomCode};
use seal::{Context, KeyDigest, KeyPair, Nonce, Purpose, RoomSecret, SenderKey};

/// A sender key and what goes with it.
#[derive(Debug)]
pub(crate) struct KeyMessageBody {
    /// Grows when the writer's epochs begin anew.
    pub(crate) generation: u32,
    /// The writer got the secret through the server, and has not compared the phrase.
    pub(crate) was_granted: bool,
    /// Proofs that the writer had other keys before.
    pub(crate) proofs: Vec<Proof>,
    pub(crate) admitted: Vec<KeyDigest>,
    pub(crate) key: SenderKey,
}

/// The present public key of somebody, sealed to the reader with a former one.
#[derive(Clone, Debug)]
pub(crate) struct Proof {
    former: PublicKey,
    sealed: Vec<u8>,
}

/// How many former keys are proven. Whoever was there all the time needs one.
pub(crate) const MAX_PROOFS: usize = 2;

/// A nonce, 32 bytes and a tag.
const SEALED: usize = 12 + 32 + 16;

impl KeyMessageBody {
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.generation.to_be_bytes().to_vec();
        bytes.extend([u8::from(self.was_granted), self.proofs.len() as u8]);
        for proof in &self.proofs {
            bytes.extend(seal::public_bytes(&proof.former));
            bytes.extend(&proof.sealed);
        }
        bytes.push(self.admitted.len() as u8);
        bytes.extend(self.admitted.iter().flat_map(KeyDigest::as_bytes));
        bytes.extend(self.key.to_bytes());
        bytes
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (generation, rest) = bytes.split_first_chunk::<4>()?;
        let ([was_granted, proofs], mut rest) = rest.split_first_chunk::<2>()?;
        let mut read = Vec::new();
        for _ in 0..*proofs {
            let (former, after) = rest.split_first_chunk::<32>()?;
            let (sealed, after) = after.split_at_checked(SEALED)?;
            read.push(Proof { former: seal::public_key(*former), sealed: sealed.to_vec() });
            rest = after;
        }
        let (admitted, rest) = rest.split_first()?;
        let (digests, key) = rest.split_at_checked(usize::from(*admitted) * KeyDigest::LENGTH)?;
        Some(Self {
            generation: u32::from_be_bytes(*generation),
            was_granted: *was_granted != 0,
            proofs: read,
            admitted: digests
                .as_chunks::<{ KeyDigest::LENGTH }>()
                .0
                .iter()
                .filter_map(|digest| KeyDigest::from_bytes(digest))
                .collect(),
            key: SenderKey::from_bytes(key)?,
        })
    }
}

impl Proof {
    /// Shows a reader that whoever had `former` has `present` now.
    pub(crate) fn new(
        former: &KeyPair,
        present: &PublicKey,
        reader: &PublicKey,
        (room, secret): (&RoomCode, &RoomSecret),
        nonce: Nonce,
    ) -> Option<Self> {
        let context = Context { room, secret: Some(secret), purpose: Purpose::NextKey };
        let sealed = former.seal_raw(reader, context, nonce, &seal::public_bytes(present))?;
        Some(Self { former: former.public().clone(), sealed })
    }

    /// The former key, when whoever had it shows that they have `present` now.
    pub(crate) fn check(
        &self,
        reader: &KeyPair,
        present: &PublicKey,
        (room, secret): (&RoomCode, &RoomSecret),
    ) -> Option<PublicKey> {
        let context = Context { room, secret: Some(secret), purpose: Purpose::NextKey };
        let shown = reader.open_raw(&self.former, context, &self.sealed)?;
        (shown == seal::public_bytes(present)).then(|| self.former.clone())
    }
}

/// The place of a key among all of its writer: lower ones are replays.
pub(crate) type KeyVersion = (u32, u16, u8);
