//! Bytes as text and back, and keys from keys.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hkdf::Hkdf;
use sha2::Sha256;

/// base64url without padding (RFC 4648 §5).
pub(crate) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// HKDF-SHA256 (RFC 5869). `info` is put together so that no two lists of parts give the same bytes.
pub(crate) fn derive<const N: usize>(salt: &[u8], key: &[u8], info: &[&[u8]]) -> [u8; N] {
    let mut whole = Vec::new();
    for part in info {
        whole.extend((part.len() as u32).to_be_bytes());
        whole.extend(*part);
    }
    let mut derived = [0; N];
    // Fails only beyond 255 times 32 bytes.
    _ = Hkdf::<Sha256>::new(Some(salt), key).expand(&whole, &mut derived);
    derived
}
