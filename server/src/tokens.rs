//! Tokens that the server signs (JWT, RFC 7519, HS256): of sessions, and of access that programs hand out. The key is made
//! at the first start and stays in the data directory.

use std::io;
use std::path::Path;
use std::sync::Arc;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use protocol::{DisplayName, ParticipantId, Role, RoomCode, SessionId, SessionToken, Timestamp};
use ring::IdentityChallenge;
use room::{CredentialClaims, SessionClaims, SignTokens};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::clock::Clock;
use crate::{digest, ids};

/// How long somebody can come back with a session token. Longer than any call is likely to last.
const SESSION_SECONDS: u64 = 24 * 60 * 60;

/// Signs and checks.
#[derive(Clone)]
pub(crate) struct Tokens {
    keys: Arc<(EncodingKey, DecodingKey)>,
    /// What the relay's credentials are made with.
    relay: relay::Secret,
    /// What the keys of call IDs that are nobody's are made with.
    decoys: Arc<[u8]>,
    /// What pseudonyms are made with.
    salt: Arc<str>,
    clock: Clock,
}

/// What an access token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AccessClaims {
    pub(crate) room: RoomCode,
    pub(crate) role: Role,
    /// What its bearer is called, whatever they say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<DisplayName>,
    /// By which it is known and taken back; of tokens that older versions made there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) jti: Option<String>,
    /// When it ends, in seconds since 1970.
    pub(crate) exp: u64,
    /// From when it counts, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) nbf: Option<u64>,
}

/// A session's claims as they stand in the token.
#[derive(Clone, Serialize, Deserialize)]
struct SessionForm {
    room: RoomCode,
    sub: ParticipantId,
    sid: SessionId,
    role: Role,
    generation: u32,
    /// What the credential has said: the name, the end, and which it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<DisplayName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    credential: Option<String>,
    exp: u64,
}

/// Clocks of programs that make tokens may be so far ahead, in seconds.
pub(crate) const EARLY_SECONDS: u64 = 60;

/// Why an access token gives nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AccessRefusal {
    /// It is not ours, of another room, or over.
    Invalid,
    /// It counts only later.
    Early,
}

/// The claims with what they are for, so that no token serves another purpose.
#[derive(Clone, Serialize, Deserialize)]
struct Addressed<T> {
    aud: String,
    #[serde(flatten)]
    claims: T,
}

const SESSION: &str = "veranda/session";
const ACCESS: &str = "veranda/access";

impl Tokens {
    /// With the key of the data directory, which is made when there is none.
    pub(crate) fn open(folder: &Path, clock: Clock) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let file = folder.join("signing.key");
        let key = match std::fs::read(&file) {
            Ok(key) if key.len() >= 32 => key,
            Ok(_) => return Err(io::Error::other(format!("{} is no key", file.display()))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let key = ids::secret_bytes().to_vec();
                write_secret(&file, &key)?;
                key
            }
            Err(error) => return Err(error),
        };
        Ok(Self::with_key(&key, clock))
    }

    /// With a key from elsewhere, as all nodes of a cluster have it.
    pub(crate) fn with_key(key: &[u8], clock: Clock) -> Self {
        let salt = Arc::from(format!("pseudonym {key:?}"));
        let relay = relay::Secret::new(
            Sha256::new().chain_update(b"veranda/relay").chain_update(key).finalize().to_vec(),
        );
        let decoys = Sha256::new().chain_update(b"veranda/decoys").chain_update(key).finalize();
        Self {
            decoys: Arc::from(decoys.as_slice()),
            keys: Arc::new((EncodingKey::from_secret(key), DecodingKey::from_secret(key))),
            relay,
            salt,
            clock,
        }
    }

    /// What the relay's credentials are made with. They outlive a restart.
    pub(crate) fn relay_secret(&self) -> &relay::Secret {
        &self.relay
    }

    /// What the keys of call IDs that are nobody's are made with. It outlives a restart, or they would be told from others by changing.
    pub(crate) fn decoy_secret(&self) -> &[u8] {
        &self.decoys
    }

    /// What a program answers that rings with an API key, to show whose call that is. It is the same for every call of the key, and for no other
    /// key: an answer names the call.
    pub(crate) fn call_challenge(&self, api_key: &str) -> IdentityChallenge {
        let part = |what: &str| -> [u8; 32] {
            let digest = Sha256::new().chain_update(&*self.decoys).chain_update(what);
            digest.chain_update(api_key).finalize().into()
        };
        IdentityChallenge::new(part("nonce of calls "), part("key of calls "))
    }

    /// Somebody's session in a room, if the token is ours, of that room, and not too old.
    pub(crate) fn session(&self, room: RoomCode, token: &SessionToken) -> Option<SessionClaims> {
        let form: SessionForm = self.check(SESSION, token.expose())?;
        (form.room == room).then_some(SessionClaims {
            participant: form.sub,
            session: form.sid,
            role: form.role,
            generation: form.generation,
            credential_claims: CredentialClaims {
                name: form.name,
                until: form.until,
                credential: form.credential,
            },
        })
    }

    /// Access to a room, if the token is ours, of that room, and valid now. Whether it was taken back is not in it.
    pub(crate) fn access(&self, room: RoomCode, token: &str) -> Result<AccessClaims, AccessRefusal> {
        let claims: Option<AccessClaims> = self.check(ACCESS, token);
        let claims = claims.filter(|claims| claims.room == room).ok_or(AccessRefusal::Invalid)?;
        match claims.nbf {
            Some(from) if from > self.seconds() + EARLY_SECONDS => Err(AccessRefusal::Early),
            Some(_) | None => Ok(claims),
        }
    }

    /// A signature of something that a browser keeps for us, in hexadecimal (HMAC-SHA256, and SHA-256 of that).
    pub(crate) fn sign_cookie(&self, value: &str) -> Option<String> {
        // No token begins like that.
        let message = format!("veranda/cookie {value}");
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &self.keys.0, Algorithm::HS256);
        Some(digest::of(&signature.ok()?).0)
    }

    /// Whether this server has made the signature.
    pub(crate) fn has_signed_cookie(&self, value: &str, signature: &str) -> bool {
        // Digests are compared, so that how long that takes says nothing of the signature.
        self.sign_cookie(value).is_some_and(|own| digest::of(&own) == digest::of(signature))
    }

    /// A token that gives access.
    pub(crate) fn sign_access(&self, claims: AccessClaims) -> Option<String> {
        self.sign(ACCESS, claims)
    }

    /// A name for something that must not be kept as it is, such as an address: the same each time, and not to be guessed
    /// back without the key.
    pub(crate) fn pseudonym(&self, of: &str) -> String {
        digest::of(&format!("{} {of}", self.salt)).0
    }

    /// Signs the sessions of one room.
    pub(crate) fn of_room(&self, room: RoomCode) -> Box<dyn SignTokens> {
        Box::new(RoomTokens { tokens: self.clone(), room })
    }

    fn sign<T: Serialize>(&self, audience: &str, claims: T) -> Option<String> {
        let claims = Addressed { aud: audience.to_owned(), claims };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.keys.0).ok()
    }

    fn check<T: DeserializeOwned + Clone>(&self, audience: &str, token: &str) -> Option<T> {
        // Only this algorithm is allowed, whatever the token says of itself.
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_audience(&[audience]);
        validation.set_required_spec_claims(&["exp", "aud"]);
        validation.leeway = 0;
        jsonwebtoken::decode::<Addressed<T>>(token, &self.keys.1, &validation)
            .ok()
            .map(|token| token.claims.claims)
    }

    /// Whether this server has made a token, whatever it is for and whether or not it is over.
    pub(crate) fn has_made(&self, token: &str) -> bool {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.set_required_spec_claims::<&str>(&[]);
        jsonwebtoken::decode::<serde_json::Value>(token, &self.keys.1, &validation).is_ok()
    }

    fn seconds(&self) -> u64 {
        let Timestamp(millis) = self.clock.wall();
        millis / 1000
    }
}

struct RoomTokens {
    tokens: Tokens,
    room: RoomCode,
}

impl SignTokens for RoomTokens {
    fn sign(&self, claims: &SessionClaims) -> SessionToken {
        let usual = self.tokens.seconds() + SESSION_SECONDS;
        let until = claims.credential_claims.until;
        let form = SessionForm {
            room: self.room,
            sub: claims.participant,
            sid: claims.session,
            role: claims.role,
            generation: claims.generation,
            name: claims.credential_claims.name.clone(),
            until,
            credential: claims.credential_claims.credential.clone(),
            exp: until.map_or(usual, |until| usual.min(until.0 / 1000)),
        };
        let token = self.tokens.sign(SESSION, form).unwrap_or_default();
        // Without a token a client joins anew instead of resuming; there is nothing else to do about a failed signature.
        SessionToken::new(token).unwrap_or_else(|_| SessionToken::none())
    }
}

/// Writes a file that nobody else can read, whole or not at all.
pub(crate) fn write_secret(file: &Path, secret: &[u8]) -> io::Result<()> {
    use std::io::Write as _;

    let draft = file.with_extension("new");
    _ = std::fs::remove_file(&draft);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut open = options.open(&draft)?;
    open.write_all(secret)?;
    open.sync_all()?;
    std::fs::rename(draft, file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_token_opens_its_own_room_and_no_other() {
        let tokens = Tokens::with_key(&[1; 32], Clock::start());
        let [room, other] = [1, 2].map(RoomCode::from_random);
        let token = tokens.of_room(room).sign(&claims());
        assert_eq!(tokens.session(room, &token), Some(claims()));
        assert_eq!(tokens.session(other, &token), None);
        assert_eq!(
            tokens.access(room, token.expose()),
            Err(AccessRefusal::Invalid),
            "it is for another purpose"
        );
    }

    #[test]
    fn a_session_by_an_access_token_keeps_its_name_and_ends_with_it() {
        let tokens = Tokens::with_key(&[1; 32], Clock::start());
        let room = RoomCode::from_random(1);
        let now = tokens.seconds();
        let until = |seconds: u64| {
            let credential_claims = CredentialClaims {
                name: DisplayName::parse("Ada").ok(),
                until: Some(Timestamp(seconds * 1000)),
                credential: Some("c".into()),
            };
            SessionClaims { credential_claims, ..claims() }
        };
        let valid = tokens.of_room(room).sign(&until(now + 60));
        assert_eq!(tokens.session(room, &valid), Some(until(now + 60)));
        assert_eq!(tokens.session(room, &tokens.of_room(room).sign(&until(now - 1))), None);
    }

    #[test]
    fn what_another_key_or_no_key_signed_opens_nothing() {
        let tokens = Tokens::with_key(&[1; 32], Clock::start());
        let room = RoomCode::from_random(1);
        let foreign = Tokens::with_key(&[2; 32], Clock::start()).of_room(room).sign(&claims());
        assert_eq!(tokens.session(room, &foreign), None);
        let own = tokens.of_room(room).sign(&claims());
        let payload = own.expose().split('.').nth(1).unwrap();
        // {"alg":"none","typ":"JWT"}
        for forged in [format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{payload}."), format!("{payload}..")] {
            assert!(!tokens.has_made(&forged));
            assert_eq!(tokens.session(room, &SessionToken::new(forged).unwrap()), None);
        }
        assert!(!tokens.has_made(foreign.expose()), "it is another server's");
        let ended_at = Some(Timestamp((tokens.seconds() - 1) * 1000));
        let credential_claims = CredentialClaims { until: ended_at, ..claims().credential_claims };
        let over = tokens.of_room(room).sign(&SessionClaims { credential_claims, ..claims() });
        assert!(
            tokens.session(room, &over).is_none() && tokens.has_made(over.expose()),
            "it is over, and ours"
        );
        let cut = own.expose().rsplit_once('.').unwrap().0.to_owned() + ".";
        assert_eq!(tokens.session(room, &SessionToken::new(cut).unwrap()), None);
    }

    #[test]
    fn access_counts_from_its_beginning_to_its_end() {
        let tokens = Tokens::with_key(&[1; 32], Clock::start());
        let room = RoomCode::from_random(1);
        let now = tokens.seconds();
        let token = |exp, nbf| {
            let claims = AccessClaims { room, role: Role::CoHost, name: None, jti: None, exp, nbf };
            tokens.sign_access(claims).unwrap()
        };
        assert_eq!(tokens.access(room, &token(now + 60, None)).unwrap().role, Role::CoHost);
        assert!(tokens.access(room, &token(now + 60, Some(now))).is_ok());
        assert_eq!(tokens.access(room, &token(now - 1, None)), Err(AccessRefusal::Invalid));
        assert_eq!(tokens.access(room, &token(now + 600, Some(now + 300))), Err(AccessRefusal::Early));
    }

    #[test]
    fn a_token_of_a_clock_that_is_a_little_ahead_counts_already() {
        let tokens = Tokens::with_key(&[1; 32], Clock::start());
        let room = RoomCode::from_random(1);
        let now = tokens.seconds();
        for ahead in [3, EARLY_SECONDS] {
            let claims = AccessClaims {
                room,
                role: Role::Guest,
                name: None,
                jti: None,
                exp: now + 90,
                nbf: Some(now + ahead),
            };
            let token = tokens.sign_access(claims).unwrap();
            assert!(tokens.access(room, &token).is_ok(), "{ahead}");
        }
    }

    #[test]
    fn a_cookie_has_a_signature_that_nobody_else_makes() {
        let [tokens, others] = [1, 2].map(|key| Tokens::with_key(&[key; 32], Clock::start()));
        let signature = tokens.sign_cookie("b_1").unwrap();
        assert!(tokens.has_signed_cookie("b_1", &signature));
        assert!(!tokens.has_signed_cookie("b_2", &signature) && !others.has_signed_cookie("b_1", &signature));
        assert!(!tokens.has_signed_cookie("b_1", "") && !tokens.has_signed_cookie("b_1", "=%"));
    }

    #[test]
    fn the_key_is_made_once_and_read_by_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let room = RoomCode::from_random(1);
        let token = Tokens::open(folder.path(), Clock::start()).unwrap().of_room(room).sign(&claims());
        assert!(Tokens::open(folder.path(), Clock::start()).unwrap().session(room, &token).is_some());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(folder.path().join("signing.key")).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        std::fs::write(folder.path().join("signing.key"), "short").unwrap();
        assert!(Tokens::open(folder.path(), Clock::start()).is_err());
    }

    fn claims() -> SessionClaims {
        SessionClaims {
            participant: ParticipantId::NIL,
            session: SessionId::NIL,
            role: Role::Host,
            generation: 3,
            credential_claims: CredentialClaims::default(),
        }
    }
}
