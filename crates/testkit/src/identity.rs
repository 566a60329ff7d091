//! A call identity for tests of whoever may not know `seal`: what a page shows of itself, as texts.

use protocol::{ChallengeNonce, DeviceId, DisplayName, Invitation, PublicKey, RingId};
use seal::{CallInvitation, KeyPair, RoomSecret};

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

    /// An invitation to a call, as a program seals it: the room's secret and the caller's name.
    pub fn invite(&self, callee: &str, ring: &str, secret: [u8; 16], name: &str) -> String {
        let callee = PublicKey::new(callee.to_owned()).expect("a key");
        let ring: RingId = ring.parse().expect("the id of a ring");
        let name = DisplayName::parse(name).expect("a name");
        let invitation = CallInvitation { secret: RoomSecret::new(secret), name };
        let sealed = self.0.seal_invitation(&callee, ring, [9; 12], &invitation);
        sealed.expect("a proper key").as_str().to_owned()
    }

    /// Opens an invitation: the room's secret as links carry it, and the caller's name.
    pub fn open_invitation(&self, caller: &str, ring: &str, invitation: &str) -> Option<(String, String)> {
        let caller = PublicKey::new(caller.to_owned()).ok()?;
        let invitation = Invitation::new(invitation.to_owned()).ok()?;
        let opened = self.0.open_invitation(&caller, ring.parse().ok()?, &invitation)?;
        Some((opened.secret.to_text(), opened.name.as_str().to_owned()))
    }
}
