//! Credentials that expire: the form that TURN servers with a REST interface share (draft-uberti-behave-turn-rest-00), which
//! coturn knows as `use-auth-secret`. The relay keeps no accounts; it can tell by the name alone.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{KeyInit, Mac};
use sha1::Sha1;
use sha2::Sha256;
use stun_types::message::{IntegrityAlgorithm, IntegrityKey, LongTermCredentials};

/// What the relay and those who make credentials share. At least 16 random bytes; any text where coturn is to know it too.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

/// A name and a password, good until the time that the name begins with.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Seconds since 1970, a colon, and who it is for.
    pub username: String,
    /// HMAC-SHA1 of the name, in base64.
    pub password: String,
}

impl Secret {
    /// Takes it as it is.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// Makes credentials for one participant, which open until `expires`, in seconds since 1970.
    #[must_use]
    pub fn credentials(&self, expires: u64, who: &str) -> Credentials {
        let username = format!("{expires}:{who}");
        let password = self.password(&username);
        Credentials { username, password }
    }

    /// Makes credentials for one test of a connection: with them a client reaches no peers but itself, this server's own media
    /// ports and other clients of the relay, and it loses what it has when they expire.
    #[must_use]
    pub fn test_credentials(&self, expires: u64, test: &str) -> Credentials {
        self.credentials(expires, &format!("{TEST}{test}"))
    }

    fn password(&self, username: &str) -> String {
        STANDARD.encode(mac::<hmac::Hmac<Sha1>>(&self.0, &[username.as_bytes()]))
    }

    /// What proves a name, if it has not expired at `unix` seconds since 1970 (RFC 8489 §9.2.2).
    pub(crate) fn key(&self, unix: u64, realm: &str, username: &str) -> Option<IntegrityKey> {
        let (expires, _) = username.split_once(':')?;
        let expires: u64 = expires.parse().ok()?;
        (unix < expires).then(|| {
            let credentials = LongTermCredentials::new(username.to_owned(), self.password(username));
            credentials.to_key(realm.to_owned()).make_key(IntegrityAlgorithm::Sha1)
        })
    }

    /// A mark that only we can make, for nonces.
    pub(crate) fn mark(&self, parts: &[&[u8]]) -> [u8; 8] {
        let whole = mac::<hmac::Hmac<Sha256>>(&self.0, parts);
        std::array::from_fn(|index| whole.get(index).copied().unwrap_or_default())
    }
}

/// How the names of tests begin. Ids of participants have no colon.
const TEST: &str = "test:";

/// Whether a name is for a test.
pub(crate) fn is_test(username: &str) -> bool {
    who(username).starts_with(TEST)
}

/// Who a name is for: what follows the time. Limits count by it, so that fresh credentials give no fresh allowance.
pub(crate) fn who(username: &str) -> &str {
    username.split_once(':').map_or(username, |(_, who)| who)
}

fn mac<M: Mac + KeyInit>(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    // HMAC takes keys of any length.
    let Ok(mut mac) = <M as KeyInit>::new_from_slice(key) else { return Vec::new() };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

// Not what it holds.
impl std::fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Secret")
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Credentials")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_the_one_that_coturn_computes() {
        // printf '1700000000:ada' | openssl dgst -sha1 -hmac north -binary | base64
        let credentials = Secret::new(b"north".to_vec()).credentials(1_700_000_000, "ada");
        assert_eq!(credentials.username, "1700000000:ada");
        assert_eq!(credentials.password, "ndZ88ryT1whVxdkcRLepT9D1MpM=");
    }

    #[test]
    fn a_name_opens_until_its_time_and_only_with_a_time() {
        let secret = Secret::new(b"north".to_vec());
        assert!(secret.key(99, "veranda", "100:ada").is_some());
        for (unix, name) in [
            (100, "100:ada"),
            (0, "ada"),
            (0, "-1:ada"),
            (0, ":ada"),
            (0, ""),
            (0, "99999999999999999999999:ada"),
        ] {
            assert!(secret.key(unix, "veranda", name).is_none(), "{name}");
        }
    }
}
