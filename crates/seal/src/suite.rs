//! AES-128-GCM with SHA-256 (RFC 9605 §4.5, suite 4) for the frames: the key schedule is computed once for a key, not
//! once for a frame, and no other suite takes room in the worker.

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes128Gcm, Key, Tag};
use hkdf::Hkdf;
use sframe::CipherSuite;
use sframe::crypto::{
    AeadDecrypt, AeadEncrypt, DecryptionBufferView, EncryptionBufferView, KeyDerivation,
    get_hkdf_key_expand_label, get_hkdf_salt_expand_label,
};
use sframe::error::SframeError;
use sframe::header::{Counter, KeyId};
use sframe::key::{GenericDecryptionKey, GenericEncryptionKey};
use sha2::Sha256;

/// The only suite.
pub(crate) const SUITE: CipherSuite = CipherSuite::AesGcm128Sha256;

/// What seals frames.
pub(crate) type SealingKey = GenericEncryptionKey<Aes, Schedule>;

/// What opens them.
pub(crate) type OpeningKey = GenericDecryptionKey<Aes, Schedule>;

/// The cipher.
pub(crate) struct Aes;

/// Derives keys (RFC 9605 §4.4.2).
pub(crate) struct Schedule;

/// A key that is ready to be used.
pub(crate) struct Ready {
    cipher: Aes128Gcm,
    salt: [u8; 12],
}

impl TryFrom<CipherSuite> for Aes {
    type Error = SframeError;

    fn try_from(_: CipherSuite) -> Result<Self, SframeError> {
        Ok(Self)
    }
}

impl KeyDerivation for Schedule {
    type Secret = Ready;

    fn expand_from<M: AsRef<[u8]>, K: Into<KeyId>>(
        suite: CipherSuite,
        base: M,
        id: K,
    ) -> Result<Ready, SframeError> {
        let id = id.into();
        let (mut key, mut salt) = ([0; 16], [0; 12]);
        let pseudorandom = Hkdf::<Sha256>::new(None, base.as_ref());
        let expand = |label: Vec<u8>, into: &mut [u8]| {
            pseudorandom.expand(&label, into).map_err(|_| SframeError::KeyDerivationFailure)
        };
        expand(get_hkdf_key_expand_label(id, suite), &mut key)?;
        expand(get_hkdf_salt_expand_label(id, suite), &mut salt)?;
        Ok(Ready { cipher: Aes128Gcm::new(&Key::<Aes128Gcm>::from(key)), salt })
    }
}

impl Ready {
    /// RFC 9605 §4.4.3: the salt, with the counter over its end.
    fn nonce(&self, counter: Counter) -> [u8; 12] {
        let mut nonce = self.salt;
        for (byte, counted) in nonce[4..].iter_mut().zip(counter.to_be_bytes()) {
            *byte ^= counted;
        }
        nonce
    }
}

impl AeadEncrypt for Aes {
    type Secret = Ready;

    fn encrypt<'a, B: Into<EncryptionBufferView<'a>>>(
        &self,
        secret: &Ready,
        buffer: B,
        counter: Counter,
    ) -> Result<(), SframeError> {
        let EncryptionBufferView { aad, data, tag } = buffer.into();
        let nonce = secret.nonce(counter).into();
        let sealed = secret.cipher.encrypt_inout_detached(&nonce, aad, data.into());
        tag.copy_from_slice(&sealed.map_err(|_| SframeError::EncryptionFailure)?);
        Ok(())
    }
}

impl AeadDecrypt for Aes {
    type Secret = Ready;

    fn decrypt<'a, B: Into<DecryptionBufferView<'a>>>(
        &self,
        secret: &Ready,
        buffer: B,
        counter: Counter,
    ) -> Result<(), SframeError> {
        let DecryptionBufferView { aad, data } = buffer.into();
        let (data, tag) = data.split_last_chunk_mut::<16>().ok_or(SframeError::DecryptionFailure)?;
        let nonce = secret.nonce(counter).into();
        let opened = secret.cipher.decrypt_inout_detached(&nonce, aad, data.into(), &Tag::from(*tag));
        opened.map_err(|_| SframeError::DecryptionFailure)
    }
}

#[cfg(test)]
mod tests {
    use sframe::frame::{EncryptedFrameView, MediaFrameView, MonotonicCounter};

    use super::*;

    /// RFC 9605 appendix C.3, the vector of this suite.
    #[test]
    fn it_is_the_suite_of_the_standard() {
        let hex = |text: &str| -> Vec<u8> {
            (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
        };
        let base = hex("000102030405060708090a0b0c0d0e0f");
        let (meta, text) =
            (hex("4945544620534672616d65205747"), hex("64726166742d696574662d736672616d652d656e63"));
        let expected =
            hex("9901234567b7412c2513a1b66dbb48841bbaf17f598751176ad847681a69c6d0b091c07018ce4adb34eb");
        let key = SealingKey::derive_from(SUITE, 0x123_u64, &base).unwrap();
        let mut counter = MonotonicCounter::with_start_value(0x4567, u64::MAX);
        let frame = MediaFrameView::try_with_meta_data(&mut counter, &text, &meta).unwrap();
        let mut sealed = Vec::new();
        frame.encrypt_into(&key, &mut sealed).unwrap();
        assert_eq!(sealed[meta.len()..], expected);

        let key = OpeningKey::derive_from(SUITE, 0x123_u64, &base).unwrap();
        let frame = EncryptedFrameView::try_with_meta_data(&expected, &meta).unwrap();
        let mut opened = Vec::new();
        assert_eq!(frame.decrypt_into(&key, &mut opened).unwrap().payload(), text);
    }
}
