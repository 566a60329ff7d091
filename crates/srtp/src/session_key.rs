//! One session key with its salt (RFC 3711 §4.3), and what is sealed and opened with it.

use str0m::crypto::dtls::SrtpProfile;
use str0m::crypto::{
    AeadAes128Gcm, AeadAes128GcmCipher, AeadAes256Gcm, AeadAes256GcmCipher, Aes128CmSha1_80,
    Aes128CmSha1_80Cipher, CryptoProvider, from_feature_flags,
};

use crate::{Keys, SrtpError};

/// Labels of RFC 3711 §4.3.2 for RTP; those for RTCP are three higher.
const LABEL_KEY: u8 = 0;
const LABEL_AUTHENTICATION: u8 = 1;
const LABEL_SALT: u8 = 2;
const FOR_RTCP: u8 = 3;

/// The clear part of RTCP: header and SSRC of the sender (RFC 3711 §3.4).
pub(crate) const RTCP_HEADER: usize = 8;

/// The index at the end of RTCP, with the flag that it is encrypted.
const INDEX: usize = 4;
const IS_ENCRYPTED: u32 = 0x8000_0000;

/// What sealing adds at the most: a tag of 16 bytes, or one of 10 and what the cipher may write beyond.
const ROOM: usize = 32;

/// For what a key is derived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Rtp,
    Rtcp,
}

/// A session key.
pub(crate) struct SessionKey {
    salt: [u8; 14],
    cipher: Cipher,
}

enum Cipher {
    Gcm128 { seal: Box<dyn AeadAes128GcmCipher>, open: Box<dyn AeadAes128GcmCipher> },
    Gcm256 { seal: Box<dyn AeadAes256GcmCipher>, open: Box<dyn AeadAes256GcmCipher> },
    Cm { authentication: [u8; 20], cipher: Box<dyn Aes128CmSha1_80Cipher> },
}

impl SessionKey {
    /// The key of one end. `None` where the profile is none that is offered, or there is too little keying material.
    pub(crate) fn derive(keys: &Keys, is_client: bool, purpose: Purpose) -> Option<Self> {
        let provider = from_feature_flags();
        let (key, salt) = match keys.profile {
            SrtpProfile::AES128_CM_SHA1_80 => (Aes128CmSha1_80::KEY_LEN, Aes128CmSha1_80::SALT_LEN),
            SrtpProfile::AEAD_AES_128_GCM => (AeadAes128Gcm::KEY_LEN, AeadAes128Gcm::SALT_LEN),
            SrtpProfile::AEAD_AES_256_GCM => (AeadAes256Gcm::KEY_LEN, AeadAes256Gcm::SALT_LEN),
            _ => return None,
        };
        let (master, master_salt) = keys.of_end(key, salt, is_client)?;
        let first = match purpose {
            Purpose::Rtp => 0,
            Purpose::Rtcp => FOR_RTCP,
        };
        let derive = |label, out: &mut [u8]| derive(&provider, master, master_salt, label + first, out);
        let mut session_salt = [0; 14];
        derive(LABEL_SALT, &mut session_salt[..salt]);
        let mut session_key = [0; 32];
        derive(LABEL_KEY, &mut session_key[..key]);
        let mut authentication = [0; Aes128CmSha1_80::HMAC_KEY_LEN];
        derive(LABEL_AUTHENTICATION, &mut authentication);
        Some(Self {
            salt: session_salt,
            cipher: Cipher::new(&provider, keys.profile, &session_key[..key], authentication)?,
        })
    }

    /// Seals a media packet. `out` holds its header and gets the sealed payload; `index` is the sequence number that never
    /// rolls over (RFC 3711 §3.3.1).
    pub(crate) fn seal_rtp(
        &mut self,
        ssrc: u32,
        index: u64,
        payload: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), SrtpError> {
        let header = out.len();
        let end = header + payload.len();
        out.resize(end + ROOM, 0);
        let (head, body) = out.split_at_mut(header);
        let (rollover, sequence) = ((index >> 16) as u32, index as u16);
        let Self { salt, cipher } = self;
        let tag = match cipher {
            Cipher::Gcm128 { seal, .. } => {
                let nonce = AeadAes128Gcm::rtp_iv(short(salt), ssrc, rollover, sequence);
                seal.encrypt(&nonce, head, payload, body).map_err(|_| SrtpError::Cipher)?;
                AeadAes128Gcm::TAG_LEN
            }
            Cipher::Gcm256 { seal, .. } => {
                let nonce = AeadAes256Gcm::rtp_iv(short(salt), ssrc, rollover, sequence);
                seal.encrypt(&nonce, head, payload, body).map_err(|_| SrtpError::Cipher)?;
                AeadAes256Gcm::TAG_LEN
            }
            Cipher::Cm { authentication, cipher } => {
                let counter = Aes128CmSha1_80::rtp_iv(*salt, ssrc, index);
                cipher.encrypt(&counter, payload, body).map_err(|_| SrtpError::Cipher)?;
                Aes128CmSha1_80::rtp_hmac(sha1_hmac, authentication, out, index, end);
                Aes128CmSha1_80::HMAC_TAG_LEN
            }
        };
        out.truncate(end + tag);
        Ok(())
    }

    /// Seals RTCP, which is at least [`RTCP_HEADER`] long, into `out`.
    pub(crate) fn seal_rtcp(&mut self, index: u32, plain: &[u8], out: &mut Vec<u8>) -> Result<(), SrtpError> {
        let (header, content) = plain.split_at_checked(RTCP_HEADER).ok_or(SrtpError::Unreadable)?;
        let Self { salt, cipher } = self;
        let (ssrc, word, tag) = (number(plain, 4), index | IS_ENCRYPTED, cipher.tag());
        out.clear();
        out.extend_from_slice(header);
        out.resize(plain.len() + ROOM, 0);
        let body = &mut out[RTCP_HEADER..];
        let aad = authenticated(plain, word);
        match cipher {
            Cipher::Gcm128 { seal, .. } => {
                let nonce = AeadAes128Gcm::rtcp_iv(short(salt), ssrc, index);
                seal.encrypt(&nonce, &aad, content, body).map_err(|_| SrtpError::Cipher)?;
                out.truncate(plain.len() + tag);
                out.extend_from_slice(&word.to_be_bytes());
            }
            Cipher::Gcm256 { seal, .. } => {
                let nonce = AeadAes256Gcm::rtcp_iv(short(salt), ssrc, index);
                seal.encrypt(&nonce, &aad, content, body).map_err(|_| SrtpError::Cipher)?;
                out.truncate(plain.len() + tag);
                out.extend_from_slice(&word.to_be_bytes());
            }
            Cipher::Cm { authentication, cipher } => {
                let counter = Aes128CmSha1_80::rtp_iv(*salt, ssrc, u64::from(index));
                cipher.encrypt(&counter, content, body).map_err(|_| SrtpError::Cipher)?;
                out.truncate(plain.len());
                out.extend_from_slice(&word.to_be_bytes());
                let end = out.len();
                out.resize(end + tag, 0);
                Aes128CmSha1_80::rtcp_hmac(sha1_hmac, authentication, out, end);
            }
        }
        Ok(())
    }

    /// Opens RTCP into `plain` and returns its index. RFC 3711 §3.4, RFC 7714 §9: header, ciphertext, and the index before or after the
    /// tag.
    pub(crate) fn open_rtcp(&mut self, datagram: &[u8], plain: &mut Vec<u8>) -> Result<u32, SrtpError> {
        let Self { salt, cipher } = self;
        let tag = cipher.tag();
        if datagram.len() < RTCP_HEADER + INDEX + tag {
            return Err(SrtpError::Unreadable);
        }
        let ssrc = number(datagram, 4);
        let before = if cipher.has_index_last() { INDEX } else { INDEX + tag };
        let index_at = datagram.len() - before;
        let word = number(datagram, index_at);
        if word & IS_ENCRYPTED == 0 {
            return Err(SrtpError::Unreadable);
        }
        let index = word & !IS_ENCRYPTED;
        let sealed = &datagram[RTCP_HEADER..index_at];
        plain.clear();
        plain.extend_from_slice(&datagram[..RTCP_HEADER]);
        plain.resize(RTCP_HEADER + sealed.len() + ROOM, 0);
        let body = &mut plain[RTCP_HEADER..];
        let aad = authenticated(datagram, word);
        match cipher {
            Cipher::Gcm128 { open, .. } => {
                let nonce = AeadAes128Gcm::rtcp_iv(short(salt), ssrc, index);
                open.decrypt(&nonce, &[&aad], sealed, body).map_err(|_| SrtpError::Unreadable)?;
                plain.truncate(index_at - tag);
            }
            Cipher::Gcm256 { open, .. } => {
                let nonce = AeadAes256Gcm::rtcp_iv(short(salt), ssrc, index);
                open.decrypt(&nonce, &[&aad], sealed, body).map_err(|_| SrtpError::Unreadable)?;
                plain.truncate(index_at - tag);
            }
            Cipher::Cm { authentication, cipher } => {
                let (content, tag) = datagram.split_at(datagram.len() - tag);
                if !Aes128CmSha1_80::rtcp_verify(sha1_hmac, authentication, content, tag) {
                    return Err(SrtpError::Unreadable);
                }
                let counter = Aes128CmSha1_80::rtp_iv(*salt, ssrc, u64::from(index));
                cipher.decrypt(&counter, sealed, body).map_err(|_| SrtpError::Unreadable)?;
                plain.truncate(index_at);
            }
        }
        Ok(index)
    }
}

impl Cipher {
    fn new(
        provider: &CryptoProvider,
        profile: SrtpProfile,
        key: &[u8],
        authentication: [u8; 20],
    ) -> Option<Self> {
        let srtp = provider.srtp_provider;
        Some(match profile {
            SrtpProfile::AEAD_AES_128_GCM => {
                let key = key.try_into().ok()?;
                let create = |seals| srtp.aead_aes_128_gcm().create_cipher(key, seals);
                Self::Gcm128 { seal: create(true), open: create(false) }
            }
            SrtpProfile::AEAD_AES_256_GCM => {
                let key = key.try_into().ok()?;
                let create = |seals| srtp.aead_aes_256_gcm().create_cipher(key, seals);
                Self::Gcm256 { seal: create(true), open: create(false) }
            }
            SrtpProfile::AES128_CM_SHA1_80 => {
                let cipher = srtp.aes_128_cm_sha1_80().create_cipher(key.try_into().ok()?, true);
                Self::Cm { authentication, cipher }
            }
            _ => return None,
        })
    }

    fn tag(&self) -> usize {
        match self {
            Self::Gcm128 { .. } => AeadAes128Gcm::TAG_LEN,
            Self::Gcm256 { .. } => AeadAes256Gcm::TAG_LEN,
            Self::Cm { .. } => Aes128CmSha1_80::HMAC_TAG_LEN,
        }
    }

    fn has_index_last(&self) -> bool {
        !matches!(self, Self::Cm { .. })
    }
}

/// RFC 3711 §4.3.3: the cipher in counter mode, started from salt and label.
fn derive(provider: &CryptoProvider, master: &[u8], salt: &[u8], label: u8, out: &mut [u8]) {
    let mut input = [0; 16];
    input[..salt.len()].copy_from_slice(salt);
    input[7] ^= label;
    for (round, chunk) in out.chunks_mut(16).enumerate() {
        input[14..].copy_from_slice(&(round as u16).to_be_bytes());
        let mut block = [0; 32];
        if master.len() == 16 {
            provider.srtp_provider.srtp_aes_128_ecb_round(master, &input, &mut block);
        } else {
            provider.srtp_provider.srtp_aes_256_ecb_round(master, &input, &mut block);
        }
        chunk.copy_from_slice(&block[..chunk.len()]);
    }
}

fn sha1_hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 20] {
    from_feature_flags().sha1_hmac_provider.sha1_hmac(key, parts)
}

/// RFC 7714 §9.2: header, sender, and the word with the index.
fn authenticated(datagram: &[u8], word: u32) -> [u8; 12] {
    let mut aad = [0; 12];
    aad[..RTCP_HEADER].copy_from_slice(&datagram[..RTCP_HEADER]);
    aad[RTCP_HEADER..].copy_from_slice(&word.to_be_bytes());
    aad
}

fn short(salt: &[u8; 14]) -> [u8; 12] {
    std::array::from_fn(|index| salt[index])
}

/// Four bytes as a number; 0 where they are not there.
pub(crate) fn number(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).map_or(0, |word| u32::from_be_bytes([word[0], word[1], word[2], word[3]]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        let digit = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
        (0..text.len()).step_by(2).map(digit).collect()
    }

    /// A session key as the examples of RFC 7714 §16 and §17 give it: nothing is derived.
    fn session(profile: SrtpProfile, key: &str) -> SessionKey {
        let mut salt = [0; 14];
        salt[..12].copy_from_slice(b"Quid pro quo");
        SessionKey { salt, cipher: Cipher::new(&from_feature_flags(), profile, &hex(key), [0; 20]).unwrap() }
    }

    const KEY_128: &str = "000102030405060708090a0b0c0d0e0f";
    const KEY_256: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    /// RFC 3711, appendix B.3.
    #[test]
    fn keys_are_derived_as_the_standard_shows() {
        let master = hex("E1F97A0D3E018BE0D64FA32C06DE4139");
        let salt = hex("0EC675AD498AFEEBB6960B3AABE6");
        let (mut key, mut session_salt, mut authentication) = ([0; 16], [0; 14], [0; 20]);
        let provider = from_feature_flags();
        derive(&provider, &master, &salt, LABEL_KEY, &mut key);
        derive(&provider, &master, &salt, LABEL_SALT, &mut session_salt);
        derive(&provider, &master, &salt, LABEL_AUTHENTICATION, &mut authentication);
        assert_eq!(key[..], hex("C61E7A93744F39EE10734AFE3FF7A087"));
        assert_eq!(session_salt[..], hex("30CBBC08863D8C85D49DB34A9AE1"));
        assert_eq!(authentication[..], hex("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4"));
    }

    /// RFC 3711, appendix B.2: what AES in counter mode gives under a session key and salt, for SSRC 0 and index 0. Zeros show it as it is.
    #[test]
    fn the_key_stream_is_the_one_that_the_standard_shows() {
        let key = hex("2B7E151628AED2A6ABF7158809CF4F3C");
        let mut salt = [0; 14];
        salt.copy_from_slice(&hex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD"));
        let profile = SrtpProfile::AES128_CM_SHA1_80;
        let cipher = Cipher::new(&from_feature_flags(), profile, &key, [0; 20]).unwrap();
        let mut out = Vec::new();
        SessionKey { salt, cipher }.seal_rtp(0, 0, &[0; 48], &mut out).unwrap();
        let stream = "E03EAD0935C95E80E166B16DD92B4EB4D23513162B02D0F72A43A2FE4A5F97AB41E95B3BB0A2E8DD477901E4FCA894C0";
        assert_eq!(out[..48], hex(stream));
    }

    /// RFC 7714 §16.1.1 and §16.2.1.
    #[test]
    fn rtp_is_sealed_as_the_standard_shows() {
        let payload = b"Gallia est omnis divisa in partes tres";
        for (profile, key, sealed) in [
            (
                SrtpProfile::AEAD_AES_128_GCM,
                KEY_128,
                "f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833899d7f27beb16a9152cf765ee4390cce",
            ),
            (
                SrtpProfile::AEAD_AES_256_GCM,
                KEY_256,
                "32b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b7aa3db36dfffd6b0f9bb7878d7a76c13",
            ),
        ] {
            let mut out = hex("8040f17b8041f8d35501a0b2");
            session(profile, key).seal_rtp(0x5501_a0b2, 0xf17b, payload, &mut out).unwrap();
            assert_eq!(out[12..], hex(sealed));
        }
    }

    /// RFC 7714 §17.1 and §17.2, sealed and opened; §17.3 is not encrypted, and is not taken.
    #[test]
    fn rtcp_is_sealed_and_opened_as_the_standard_shows() {
        let plain = hex(
            "81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef",
        );
        let (mut out, mut opened) = (Vec::new(), Vec::new());
        for (profile, key, sealed) in [
            (
                SrtpProfile::AEAD_AES_128_GCM,
                KEY_128,
                "81c8000d4d61727363e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b4686303ded0bb9275bc84aa45896cf4d2fc5abf87245d9eade800005d4",
            ),
            (
                SrtpProfile::AEAD_AES_256_GCM,
                KEY_256,
                "81c8000d4d617273d50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe0a50a2eaa5c1110555be8415f658c61de0476f1b6fad1d1eb30c4446839f57ff6f6cb26ac3be800005d4",
            ),
        ] {
            let mut session = session(profile, key);
            session.seal_rtcp(0x5d4, &plain, &mut out).unwrap();
            assert_eq!(out, hex(sealed));
            assert_eq!(session.open_rtcp(&out, &mut opened), Ok(0x5d4));
            assert_eq!(opened, plain);
        }
        let tagged = "81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef841dd9683dd78ec92ae58790125f62b3000005d4";
        let mut session = session(SrtpProfile::AEAD_AES_128_GCM, KEY_128);
        assert_eq!(session.open_rtcp(&hex(tagged), &mut opened), Err(SrtpError::Unreadable));
    }

    /// Past the point where short sequence numbers begin anew.
    #[test]
    fn the_long_index_counts() {
        for profile in
            [SrtpProfile::AEAD_AES_256_GCM, SrtpProfile::AEAD_AES_128_GCM, SrtpProfile::AES128_CM_SHA1_80]
        {
            let keys = Keys::new(profile, vec![7; profile.keying_material_len()], true);
            let mut session = SessionKey::derive(&keys, true, Purpose::Rtp).unwrap();
            let sealed = [5_u64, 5 + (1 << 16), 5 + (1 << 32)].map(|index| {
                let mut out = vec![0x80; 12];
                session.seal_rtp(7, index, b"the same", &mut out).unwrap();
                out
            });
            assert_ne!(sealed[0], sealed[1]);
            assert_ne!(sealed[1], sealed[2]);
        }
    }
}
