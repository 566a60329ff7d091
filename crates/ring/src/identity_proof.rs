//! Whether a device has the private key of the identity that it names. The other half, which makes the proof, is in `crates/seal`, which the
//! server does not know; a test of `crates/testkit` holds the two to each other.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hkdf::Hkdf;
use protocol::{ChallengeNonce, DeviceId, IdentityProof, PublicKey};
use sha2::Sha256;
use x25519_dalek::{PublicKey as Point, StaticSecret};

/// What one connection is asked, and what the server needs to judge the answer. Used once.
///
/// The proof is HKDF-SHA256 (RFC 5869) of the X25519 agreement (RFC 7748) between the identity and the challenge's key, with the nonce as
/// salt. Only the holder of one of the two private keys can make it, and the server has no reason to.
pub struct IdentityChallenge {
    nonce: [u8; 32],
    private: StaticSecret,
    key: PublicKey,
}

impl IdentityChallenge {
    /// The challenge of random bytes, drawn for one connection.
    pub fn new(nonce: [u8; 32], private: [u8; 32]) -> Self {
        let private = StaticSecret::from(private);
        let text = URL_SAFE_NO_PAD.encode(Point::from(&private).as_bytes());
        let key = PublicKey::new(text).unwrap_or_else(|_| unreachable!("32 bytes are 43 characters"));
        Self { nonce, private, key }
    }

    /// The nonce, as `challenge` carries it.
    pub fn nonce(&self) -> ChallengeNonce {
        let text = URL_SAFE_NO_PAD.encode(self.nonce);
        ChallengeNonce::new(text).unwrap_or_else(|_| unreachable!("32 bytes are 43 characters"))
    }

    /// The public key, as `challenge` carries it.
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// Whether the proof is by whoever has the identity's private key, for this device and this challenge.
    pub fn accepts(&self, identity: &PublicKey, device: DeviceId, proof: &IdentityProof) -> bool {
        let (Some(point), Some(given)) = (bytes(identity.as_str()), bytes(proof.as_str())) else {
            return false;
        };
        let shared = self.private.diffie_hellman(&Point::from(point));
        // A key of low order agrees on the same with everybody: whoever names one proves nothing.
        if !shared.was_contributory() {
            return false;
        }
        let parts = [
            b"veranda proof of identity".as_slice(),
            device.to_string().as_bytes(),
            identity.as_str().as_bytes(),
            self.key.as_str().as_bytes(),
        ]
        .map(<[u8]>::to_vec);
        let info: Vec<u8> = parts
            .iter()
            .flat_map(|part| [&(part.len() as u32).to_be_bytes(), part.as_slice()].concat())
            .collect();
        let mut expected = [0_u8; 32];
        let is_derived =
            Hkdf::<Sha256>::new(Some(&self.nonce), shared.as_bytes()).expand(&info, &mut expected).is_ok();
        // Every byte is looked at, so that time does not tell how many are right.
        let difference = expected.iter().zip(given).fold(0, |difference, (a, b)| difference | (a ^ b));
        is_derived && difference == 0
    }
}

fn bytes(text: &str) -> Option<[u8; 32]> {
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}
