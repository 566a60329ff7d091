//! Digests of secrets, which are what is kept of them.

use sha2::{Digest as _, Sha256};
use storage::Digest;

/// SHA-256 in hexadecimal. Secrets that go in here are random and long, so that no salt and no slow hash is needed.
pub(crate) fn of(secret: &str) -> Digest {
    use std::fmt::Write as _;

    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(secret.as_bytes()) {
        _ = write!(text, "{byte:02x}");
    }
    Digest(text)
}

/// The first 128 bits of a credential's digest, in hexadecimal: they say which credential it is, and open nothing.
pub(crate) fn id_of(digest: &Digest) -> String {
    digest.0.get(..32).unwrap_or(&digest.0).to_owned()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_digest_is_the_one_of_the_standard() {
        // FIPS 180-2, appendix B.1.
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(super::of("abc").0, expected);
    }
}
