//! A call identity as a file, to be carried to another browser: what is in it is sealed with a passphrase. Whoever finds the file can try
//! passphrases on it for as long as they like, so each try is made to cost memory and time (Argon2id, RFC 9106, with 19 MiB and two passes,
//! what OWASP's Password Storage Cheat Sheet asks for at the least).

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Key};
use argon2::{Algorithm, Argon2, Params, Version};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize as _, Zeroizing};

use crate::Nonce;
use crate::bytes::{decode, encode};

/// The fewest characters of a passphrase.
pub const PASSPHRASE_CHARACTERS: usize = 10;

/// What a file says that it is. It is sealed along.
const KIND: &str = "veranda call identity";

const VERSION: u32 = 1;

/// The largest file that is read, in bytes.
const LARGEST: usize = 1 << 20;

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;

#[derive(Serialize, Deserialize)]
struct File {
    kind: String,
    version: u32,
    salt: String,
    nonce: String,
    sealed: String,
}

/// Why a file does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityFileError {
    /// It is something else.
    #[error("this is no file with a call identity")]
    NotOne,
    /// It is of a newer version.
    #[error("this file is of a newer version")]
    Newer,
    /// The passphrase is another one, or the file was changed.
    #[error("the passphrase is wrong, or the file was changed")]
    WrongPassphrase,
}

/// Seals a content with a passphrase. `salt` and `nonce` are random and used once. `None` where the memory for it is not to be had.
pub fn seal_identity_file(passphrase: &str, salt: [u8; 16], nonce: Nonce, content: &[u8]) -> Option<String> {
    let payload = Payload { msg: content, aad: KIND.as_bytes() };
    let sealed = cipher(passphrase, &salt)?.encrypt(&nonce.into(), payload).ok()?;
    let file = File {
        kind: KIND.to_owned(),
        version: VERSION,
        salt: encode(&salt),
        nonce: encode(&nonce),
        sealed: encode(&sealed),
    };
    serde_json::to_string_pretty(&file).ok()
}

/// Opens a file.
///
/// # Errors
///
/// [`IdentityFileError`], with what is wrong.
pub fn open_identity_file(text: &str, passphrase: &str) -> Result<Zeroizing<Vec<u8>>, IdentityFileError> {
    if text.len() > LARGEST {
        return Err(IdentityFileError::NotOne);
    }
    let file: File = serde_json::from_str(text).map_err(|_| IdentityFileError::NotOne)?;
    if file.kind != KIND {
        return Err(IdentityFileError::NotOne);
    }
    if file.version != VERSION {
        return Err(IdentityFileError::Newer);
    }
    let parts = || {
        let salt: [u8; 16] = decode(&file.salt)?.try_into().ok()?;
        let nonce: Nonce = decode(&file.nonce)?.try_into().ok()?;
        Some((salt, nonce, decode(&file.sealed)?))
    };
    let (salt, nonce, sealed) = parts().ok_or(IdentityFileError::NotOne)?;
    let payload = Payload { msg: &sealed, aad: KIND.as_bytes() };
    let opened = cipher(passphrase, &salt).and_then(|cipher| cipher.decrypt(&nonce.into(), payload).ok());
    opened.map(Zeroizing::new).ok_or(IdentityFileError::WrongPassphrase)
}

fn cipher(passphrase: &str, salt: &[u8; 16]) -> Option<Aes256Gcm> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, Some(32)).ok()?;
    let mut key = [0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.as_bytes(), salt, &mut key)
        .ok()?;
    let cipher = Aes256Gcm::new(&Key::<Aes256Gcm>::from(key));
    key.zeroize();
    Some(cipher)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_opens_with_its_passphrase_alone() {
        let file = seal_identity_file("correct horse", [1; 16], [2; 12], b"secret").unwrap();
        assert!(!file.contains("secret"));
        assert_eq!(open_identity_file(&file, "correct horse").unwrap().as_slice(), b"secret");
        for wrong in ["correct hors", "correct horse ", ""] {
            assert_eq!(open_identity_file(&file, wrong), Err(IdentityFileError::WrongPassphrase), "{wrong}");
        }
        let other = seal_identity_file("correct horse", [3; 16], [2; 12], b"secret").unwrap();
        assert_ne!(file, other, "the salt counts");
    }

    #[test]
    fn what_is_no_such_file_is_said_so_and_a_changed_one_does_not_open() {
        let file = seal_identity_file("correct horse", [1; 16], [2; 12], b"secret").unwrap();
        let open = |text: &str| open_identity_file(text, "correct horse").map(|_| ());
        for other in ["", "{}", "[1]", "BEGIN:VCALENDAR", &file.replace("call identity", "card")] {
            assert_eq!(open(other), Err(IdentityFileError::NotOne), "{other}");
        }
        assert_eq!(open(&"x".repeat(LARGEST + 1)), Err(IdentityFileError::NotOne));
        assert_eq!(open(&file.replace("\"version\": 1", "\"version\": 2")), Err(IdentityFileError::Newer));
        let parsed: File = serde_json::from_str(&file).unwrap();
        let changed = |change: fn(&mut File)| {
            let mut one = serde_json::from_str::<File>(&file).unwrap();
            change(&mut one);
            open(&serde_json::to_string(&one).unwrap())
        };
        assert_eq!(changed(|one| one.salt.truncate(5)), Err(IdentityFileError::NotOne));
        assert_eq!(changed(|one| one.nonce = encode(&[9; 12])), Err(IdentityFileError::WrongPassphrase));
        assert_eq!(changed(|one| one.sealed = encode(b"short")), Err(IdentityFileError::WrongPassphrase));
        assert_eq!(parsed.kind, KIND);
    }
}
