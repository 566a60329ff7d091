//! The key of whoever is not there. Whoever looks up an ID gets a key, so that nobody finds out by asking which IDs are somebody's.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hkdf::Hkdf;
use protocol::{CallId, PublicKey};
use sha2::Sha256;
use x25519_dalek::{PublicKey as Point, StaticSecret};

/// The public key that an ID has which is nobody's: the same each time by one secret of the server, and not to be told from those that pages
/// make. Its private key is nowhere, so what is sealed for it stays closed.
pub fn decoy_key(secret: &[u8], callee: CallId) -> PublicKey {
    let mut private = [0_u8; 32];
    let info = [b"veranda decoy key ".as_slice(), &callee.number().to_be_bytes()].concat();
    let derived = Hkdf::<Sha256>::new(None, secret).expand(&info, &mut private);
    debug_assert!(derived.is_ok(), "32 bytes are less than HKDF can derive");
    let public = Point::from(&StaticSecret::from(private));
    let text = URL_SAFE_NO_PAD.encode(public.as_bytes());
    PublicKey::new(text).unwrap_or_else(|_| unreachable!("32 bytes are 43 characters"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_is_nobodys_has_one_key_of_each_server() {
        let [one, other] = [1, 2].map(CallId::nth);
        assert_eq!(decoy_key(b"secret", one), decoy_key(b"secret", one));
        assert_ne!(decoy_key(b"secret", one), decoy_key(b"secret", other));
        assert_ne!(decoy_key(b"secret", one), decoy_key(b"another", one));
    }

    #[test]
    fn it_looks_like_a_key_that_was_made() {
        for number in 0..64 {
            let key = decoy_key(b"secret", CallId::nth(number));
            let bytes: [u8; 32] = URL_SAFE_NO_PAD.decode(key.as_str()).unwrap().try_into().unwrap();
            // Every key that is computed is below 2²⁵⁵ − 19, which those who draw 32 bytes at random forget.
            assert!(bytes[31] < 0x80, "{number}");
        }
    }
}
