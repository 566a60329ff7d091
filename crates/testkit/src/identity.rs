//! A call identity for tests of whoever may not know `seal`: what a page shows of itself, as texts.

use protocol::{ChallengeNonce, DeviceId, PublicKey};
use seal::KeyPair;

/// A call identity with its private key.
pub struct Identity(KeyPair);

impl Identity {
    /// The identity of a seed; another one for each.
    pub fn new(seed: u64) -> Self {
        let mut random = [7; 32];
        random[..8].copy_from_slice(&seed.to_be_bytes());
        Self(KeyPair::new(random))
    }

    /// Its public key.
    pub fn key(&self) -> &PublicKey {
        self.0.public()
    }

    /// The answer of one of its devices to a server's challenge.
    pub fn prove(&self, device: &str, nonce: &str, key: &str) -> String {
        let device: DeviceId = device.parse().expect("the id of a device");
        let nonce = ChallengeNonce::new(nonce.to_owned()).expect("a nonce");
        let key = PublicKey::new(key.to_owned()).expect("a key");
        self.0.prove(device, &nonce, &key).expect("a proper key").as_str().to_owned()
    }
}
