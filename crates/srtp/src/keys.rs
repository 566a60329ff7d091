//! What a DTLS handshake gives out for SRTP.

use std::fmt;

use str0m::crypto::dtls::SrtpProfile;

/// Keying material and what it is for. Never printed.
pub struct Keys {
    pub(crate) profile: SrtpProfile,
    /// The client's key, the server's, the client's salt, the server's (RFC 5764 §4.2).
    pub(crate) material: Vec<u8>,
    /// Whether this end is the client of the handshake.
    pub(crate) is_client: bool,
}

impl Keys {
    /// `material` as RFC 5764 §4.2 orders it: both keys, then both salts, the client's first.
    pub fn new(profile: SrtpProfile, material: Vec<u8>, is_client: bool) -> Self {
        Self { profile, material, is_client }
    }

    /// Master key and master salt of one end.
    pub(crate) fn of_end(&self, key: usize, salt: usize, is_client: bool) -> Option<(&[u8], &[u8])> {
        let end = usize::from(!is_client);
        let salts = self.material.get(2 * key..)?;
        let master = self.material.get(end * key..(end + 1) * key)?;
        Some((master, salts.get(end * salt..(end + 1) * salt)?))
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Keys({})", self.profile)
    }
}
