//! What somebody at the door shows, looked up and checked: keys, invitations, access tokens, passwords, earlier sessions.
//! What follows from it is for the room to say.

use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;
use std::sync::LazyLock;

use protocol::{Credential, DisplayName, ErrorCode, Join, Password, Resume, Role, RoomCode, SessionToken};
use room::{CredentialClaims, GivenPassword, Resumption, SessionClaims, VerifiedCredential, Visitor};
use storage::{BrowserId, KeyRecord, StorageError};

use crate::credentials::{self, Shown};
use crate::http_client::HttpClient;
use crate::metrics::Forged;
use crate::passwords::{PasswordError, Verdict};
use crate::rooms::{RoomEvent, RoomHandle};
use crate::{AppState, digest, ids};

/// Turns a join into a visitor.
pub(crate) async fn visitor(
    state: &AppState,
    room: &RoomHandle,
    caller: &HttpClient,
    join: Join,
) -> Result<Visitor, ErrorCode> {
    let code = room.code();
    let earlier = join.session.as_ref().and_then(|token| session(state, code, token));
    let earlier = match earlier {
        // A role that was taken back is not brought along.
        Some(claims) if !counts(state, code, &claims.credential_claims).await? => None,
        earlier => earlier,
    };
    let shown = match &join.credential {
        Some(credential) => shown_credential(state, code, credential, earlier.is_some()).await?,
        None => held_keys(state, code, caller.keyring()).await?,
    };
    let password = if shown.verified == VerifiedCredential::Link {
        match given_password(state, room, caller, join.password.as_ref()).await {
            // Who was here before may need none.
            Err(ErrorCode::RateLimited) if earlier.is_some() => GivenPassword::Missing,
            given => given?,
        }
    } else {
        GivenPassword::Missing
    };
    Ok(Visitor {
        participant: ids::participant(),
        session: ids::session(),
        name: shown.credential_claims.name.clone().unwrap_or(join.name),
        media: join.media,
        verified: shown.verified,
        password,
        browser: caller.browser_text(),
        share: share_of(caller.address),
        earlier,
        credential_claims: shown.credential_claims,
        key: join.key,
        room_key: join.room_key,
        room_key_origin: join.room_key_origin,
        grant: None,
    })
}

/// What a session's token says. Whoever shows one that this server has not made is counted.
fn session(state: &AppState, room: RoomCode, token: &SessionToken) -> Option<SessionClaims> {
    let claims = state.tokens.session(room, token);
    if claims.is_none() && !state.tokens.has_made(token.expose()) {
        state.metrics.forged(Forged::Session);
    }
    claims
}

/// The same number for all of one customer's addresses, and of no use to anybody who does not know the address already.
fn share_of(address: IpAddr) -> u64 {
    static SECRET: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    SECRET.hash_one(relay::client_prefix(address))
}

/// Turns a resume into one that the server has signed.
pub(crate) async fn resumption(
    state: &AppState,
    caller: &HttpClient,
    resume: &Resume,
) -> Result<Resumption, ErrorCode> {
    let claims = session(state, resume.room, &resume.session).ok_or(ErrorCode::SessionUnknown)?;
    if !counts(state, resume.room, &claims.credential_claims).await? {
        return Err(ErrorCode::SessionUnknown);
    }
    Ok(Resumption {
        claims,
        last: resume.last,
        media: resume.media,
        hand: resume.hand,
        key: resume.key.clone(),
        browser: caller.browser_text(),
    })
}

/// What was taken back while its bearer was on the way in, takes them out again.
pub(crate) async fn look_again(state: &AppState, room: RoomCode, credential: Option<String>) {
    let Some(id) = credential else { return };
    if let Ok(false) = credentials::still_counts(state, room, Some(&id)).await {
        state.rooms.tell_running(room, RoomEvent::Revoked { credentials: vec![id] }).await;
    }
}

/// The role that a browser's keys give in a room, without using them up.
pub(crate) async fn role_of_browser(
    state: &AppState,
    room: RoomCode,
    keyring: Option<&BrowserId>,
) -> Result<Role, StorageError> {
    let Some(keyring) = keyring else { return Ok(Role::Guest) };
    let now = state.clock.wall();
    let held = state.storage.held_keys(keyring, room).await?;
    let opening =
        held.iter().filter(|held| credentials::opens(&held.key, now) && (held.used || has_uses(&held.key)));
    Ok(opening.map(|held| held.key.role).max().unwrap_or_default())
}

/// What a way in gives.
struct Entry {
    verified: VerifiedCredential,
    credential_claims: CredentialClaims,
}

impl Entry {
    const LINK: Self = Self {
        verified: VerifiedCredential::Link,
        credential_claims: CredentialClaims { name: None, until: None, credential: None },
    };

    /// What somebody is who comes with a credential, and until when. A guest is one by the link just as well, so that a guest's
    /// stay ends with nothing.
    fn of(key: &KeyRecord) -> Self {
        let is_token = key.kind == protocol::CredentialKind::AccessToken;
        let name = key.label.as_deref().filter(|_| is_token).and_then(|name| DisplayName::parse(name).ok());
        let until = key.expires_at.filter(|_| is_token || key.role != Role::Guest);
        // Of a token that an older version made nothing is kept.
        let is_kept = !is_token || key.parent.is_some() || key.api_key.is_some();
        let credential = is_kept.then(|| digest::id_of(&key.digest));
        Self {
            verified: VerifiedCredential::Key(key.role),
            credential_claims: CredentialClaims { name, until, credential },
        }
    }
}

async fn counts(
    state: &AppState,
    room: RoomCode,
    credential_claims: &CredentialClaims,
) -> Result<bool, ErrorCode> {
    let id = credential_claims.credential.as_deref();
    credentials::still_counts(state, room, id).await.map_err(unavailable)
}

/// What a credential gives. One with a limited number of uses loses one, unless the bearer was here before or cannot enter.
async fn shown_credential(
    state: &AppState,
    room: RoomCode,
    credential: &Credential,
    was_here: bool,
) -> Result<Entry, ErrorCode> {
    let key = match credentials::look_up(state, room, credential).await.map_err(unavailable)? {
        Shown::Opens(key) => key,
        Shown::Early | Shown::Nothing => return Err(ErrorCode::CredentialRefused),
    };
    if key.kind == protocol::CredentialKind::AccessToken {
        return Ok(Entry::of(&key));
    }
    if key.uses_left.is_some() {
        if was_here {
            return Ok(Entry::LINK);
        }
        let found = state.rooms.validate(room, key.role, None).await.map_err(unavailable)?;
        if let Some(refusal) = room::refusal(found.standing) {
            return Err(refusal);
        }
    }
    if state.storage.use_key(&key.digest).await.map_err(unavailable)? {
        Ok(Entry::of(&key))
    } else {
        Err(ErrorCode::CredentialRefused)
    }
}

/// Of the keys a browser holds, the one that gives most. One that opens nothing any more is as good as none.
async fn held_keys(
    state: &AppState,
    room: RoomCode,
    keyring: Option<&BrowserId>,
) -> Result<Entry, ErrorCode> {
    let Some(keyring) = keyring else { return Ok(Entry::LINK) };
    let mut held = state.storage.held_keys(keyring, room).await.map_err(unavailable)?;
    held.retain(|held| credentials::opens(&held.key, state.clock.wall()));
    held.sort_by_key(|held| std::cmp::Reverse(held.key.role));
    for held in held {
        if state.storage.use_held_key(keyring, &held.key.digest).await.map_err(unavailable)? {
            return Ok(Entry::of(&held.key));
        }
    }
    Ok(Entry::LINK)
}

async fn given_password(
    state: &AppState,
    room: &RoomHandle,
    caller: &HttpClient,
    password: Option<&Password>,
) -> Result<GivenPassword, ErrorCode> {
    let (Some(hash), Some(password)) = (room.record().password_hash, password) else {
        return Ok(GivenPassword::Missing);
    };
    let may_try =
        async || state.wrong_passwords.may_try(state.clock.now(), caller.address, room.code()).await;
    if !may_try().await {
        return Err(ErrorCode::RateLimited);
    }
    match state.passwords.check(caller.address, password, &hash, may_try()).await {
        Ok(Verdict::Right) => Ok(GivenPassword::Right),
        Ok(Verdict::Wrong) => {
            state.metrics.wrong_passwords.inc();
            state.wrong_passwords.was_wrong(state.clock.now(), caller.address, room.code()).await;
            Ok(GivenPassword::Wrong)
        }
        Ok(Verdict::NotTried) | Err(PasswordError::Busy) => Err(ErrorCode::RateLimited),
        Err(PasswordError::Failed) => Err(ErrorCode::Internal),
    }
}

fn has_uses(key: &KeyRecord) -> bool {
    key.uses_left.is_none_or(|uses| uses > 0)
}

#[expect(clippy::needless_pass_by_value, reason = "it is given to map_err")]
fn unavailable(error: StorageError) -> ErrorCode {
    tracing::error!(%error, "keys could not be read");
    ErrorCode::StorageUnavailable
}
