//! Shows a server that a device has the private key of its identity, and shows nothing else to it. The other half, which judges the proof, is in
//! `crates/ring`, because the server does not know this crate; a test of `crates/testkit` holds the two to each other.

use protocol::{ChallengeNonce, DeviceId, IdentityProof, PublicKey};

use crate::KeyPair;
use crate::bytes::{decode, derive, encode};

impl KeyPair {
    /// The answer to a server's challenge: HKDF-SHA256 (RFC 5869) of the agreement between this identity and the challenge's key, with the
    /// nonce as salt. It is good for this device and this challenge alone, and for whichever server has made that: docs/protocol.md says why it
    /// names none. `None` when the challenge's key is no proper one: a server that asks
    /// with such a key learns nothing.
    pub fn prove(&self, device: DeviceId, nonce: &ChallengeNonce, key: &PublicKey) -> Option<IdentityProof> {
        let device = device.to_string();
        let info = [
            b"veranda proof of identity".as_slice(),
            device.as_bytes(),
            self.public().as_str().as_bytes(),
            key.as_str().as_bytes(),
        ];
        let proof: [u8; 32] = derive(&decode(nonce.as_str())?, &self.agree(key)?, &info);
        IdentityProof::new(encode(&proof)).ok()
    }
}
