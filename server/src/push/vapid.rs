//! Who sends a push (VAPID, RFC 8292): a key of this server, by which push services tell it from others. It is made when the server first starts
//! with pushing on and stays in the data directory; with another one no subscription that was made with it counts.

use std::io;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use protocol::{PushKey, Timestamp};
use serde::Serialize;
use web_push_native::p256::SecretKey;
use web_push_native::p256::elliptic_curve::sec1::ToEncodedPoint as _;
use web_push_native::p256::pkcs8::EncodePrivateKey as _;

use crate::ids;
use crate::tokens::write_secret;

/// How long a token counts, in seconds. Push services take a day at the most (RFC 8292 §2); clocks may be hours apart.
const TOKEN_SECONDS: u64 = 12 * 60 * 60;

/// The key, and whom a push service can write to.
pub(super) struct Vapid {
    key: EncodingKey,
    public: PushKey,
    subject: String,
}

/// What a token says.
#[derive(Serialize)]
struct Claims<'a> {
    aud: &'a str,
    exp: u64,
    sub: &'a str,
}

impl Vapid {
    /// With the key of the data directory, which is made when there is none.
    pub(super) fn open(folder: &Path, subject: String) -> io::Result<Self> {
        let file = folder.join("push.key");
        let is_none = || io::Error::other(format!("{} is no key", file.display()));
        let secret = match std::fs::read(&file) {
            Ok(bytes) => SecretKey::from_slice(&bytes).map_err(|_| is_none())?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let secret = draw();
                write_secret(&file, &secret.to_bytes())?;
                secret
            }
            Err(error) => return Err(error),
        };
        Self::with(&secret, subject)
    }

    /// With the key that all nodes of a cluster have.
    pub(super) fn with_key(key: &[u8; 32], subject: String) -> io::Result<Self> {
        Self::with(&SecretKey::from_slice(key).map_err(io::Error::other)?, subject)
    }

    fn with(secret: &SecretKey, subject: String) -> io::Result<Self> {
        let der = secret.to_pkcs8_der().map_err(io::Error::other)?;
        let point = secret.public_key().to_encoded_point(false);
        let public = PushKey::new(URL_SAFE_NO_PAD.encode(point.as_bytes())).map_err(io::Error::other)?;
        Ok(Self { key: EncodingKey::from_ec_der(der.as_bytes()), public, subject })
    }

    /// What browsers subscribe with.
    pub(super) fn public(&self) -> &PushKey {
        &self.public
    }

    /// The header `Authorization` for a push service, which is named by its origin (RFC 8292 §3).
    pub(super) fn authorization(&self, origin: &str, now: Timestamp) -> Option<String> {
        let claims = Claims { aud: origin, exp: now.0 / 1000 + TOKEN_SECONDS, sub: &self.subject };
        let token = jsonwebtoken::encode(&Header::new(Algorithm::ES256), &claims, &self.key).ok()?;
        Some(format!("vapid t={token}, k={}", self.public.as_str()))
    }
}

/// Of 2³² drawings one is no key.
fn draw() -> SecretKey {
    loop {
        if let Ok(secret) = SecretKey::from_slice(&ids::secret_bytes()) {
            return secret;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_made_once_and_read_by_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let open = || Vapid::open(folder.path(), "mailto:admin@example.org".to_owned());
        let public = open().unwrap().public().clone();
        assert_eq!(open().unwrap().public(), &public);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(folder.path().join("push.key")).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        std::fs::write(folder.path().join("push.key"), "short").unwrap();
        assert!(open().is_err());
    }
}
