//! Nonces that need no memory: a time and a mark over it and the client's address (RFC 8489 §9.2, "selected by the server").
//! A nonce that was made for somebody else, or long ago, is stale.

use std::net::{IpAddr, SocketAddr};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::Secret;

/// How long one is good, in seconds. A shorter time makes clients ask twice more often (error 438); a longer one lets what
/// was overheard be said again for longer.
const GOOD_FOR: u32 = 1_200;

/// A nonce for a client: 16 characters.
pub(crate) fn make(secret: &Secret, unix: u64, client: SocketAddr) -> String {
    let until = (unix as u32).wrapping_add(GOOD_FOR);
    let mut bytes = [0; 12];
    bytes[..4].copy_from_slice(&until.to_be_bytes());
    bytes[4..].copy_from_slice(&mark(secret, until, client));
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Whether a nonce was made for this client, and is still good.
pub(crate) fn is_good(secret: &Secret, unix: u64, client: SocketAddr, nonce: &str) -> bool {
    let mut bytes = [0; 12];
    if !matches!(URL_SAFE_NO_PAD.decode_slice(nonce, &mut bytes), Ok(12)) {
        return false;
    }
    let [a, b, c, d, given @ ..] = bytes;
    let until = u32::from_be_bytes([a, b, c, d]);
    let left = until.wrapping_sub(unix as u32);
    left <= GOOD_FOR && given == mark(secret, until, client)
}

fn mark(secret: &Secret, until: u32, client: SocketAddr) -> [u8; 8] {
    let address = match client.ip() {
        IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
        IpAddr::V6(address) => address.octets(),
    };
    secret.mark(&[b"nonce", &until.to_be_bytes(), &address, &client.port().to_be_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_for_one_client_and_for_a_time() {
        let secret = Secret::new(vec![7; 32]);
        let [ada, bob]: [SocketAddr; 2] =
            ["198.51.100.7:5000", "198.51.100.7:5001"].map(|text| text.parse().unwrap());
        let nonce = make(&secret, 1_000, ada);
        assert_eq!(nonce.len(), 16);
        assert!(is_good(&secret, 1_000, ada, &nonce));
        assert!(is_good(&secret, 2_200, ada, &nonce));
        assert!(!is_good(&secret, 2_201, ada, &nonce), "too old");
        assert!(!is_good(&secret, 1_000, bob, &nonce), "somebody else's");
        assert!(!is_good(&Secret::new(vec![8; 32]), 1_000, ada, &nonce), "another server's");
        for broken in ["", "AAAA", "AAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAAA", "\u{fe0f}"] {
            assert!(!is_good(&secret, 1_000, ada, broken), "{broken}");
        }
    }
}
