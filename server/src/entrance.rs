//! What somebody at the door shows, looked up and checked: keys, invitations, access tokens, passwords, earlier sessions.
//! What follows from it is for the room to say.

use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;
use std::sync::LazyLock;

use protocol::{Credential, ErrorCode, Join, Password, Resume, Role, RoomCode, Timestamp};
use room::{GivenPassword, Pass, Resumption, Terms, Visitor};
use storage::{BrowserId, KeyRecord, StorageError};

use crate::browser::Transport;
use crate::rooms::RoomHandle;
use crate::{AppState, digest, ids};

/// Who stands behind a socket, as far as the request said.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) address: IpAddr,
    pub(crate) browser: Option<BrowserId>,
    pub(crate) transport: Transport,
}

/// Turns a join into a visitor.
pub(crate) async fn visitor(
    state: &AppState,
    room: &RoomHandle,
    caller: &Caller,
    join: Join,
) -> Result<Visitor, ErrorCode> {
    let code = room.code;
    let earlier = join.session.as_ref().and_then(|token| state.tokens.session(code, token));
    let shown = match &join.credential {
        Some(credential) => shown_credential(state, code, credential, earlier.is_some()).await?,
        None => held_keys(state, code, caller.browser.as_ref()).await?,
    };
    let password = if shown.pass == Pass::Link {
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
        name: shown.terms.name.clone().unwrap_or(join.name),
        media: join.media,
        pass: shown.pass,
        password,
        browser: caller.browser.as_ref().map(|browser| browser.0.0.clone()),
        share: share_of(caller.address),
        earlier,
        terms: shown.terms,
        key: join.key,
        room_key: join.room_key,
        grant: None,
    })
}

/// The same number for all of one customer's addresses, and of no use to anybody who does not know the address already.
fn share_of(address: IpAddr) -> u64 {
    static SECRET: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    SECRET.hash_one(relay::one_customer(address))
}

/// Turns a resume into one that the server has signed.
pub(crate) fn resumption(
    state: &AppState,
    caller: &Caller,
    resume: &Resume,
) -> Result<Resumption, ErrorCode> {
    let claims = state.tokens.session(resume.room, &resume.session).ok_or(ErrorCode::SessionUnknown)?;
    Ok(Resumption {
        claims,
        last: resume.last,
        media: resume.media,
        hand: resume.hand,
        key: resume.key.clone(),
        browser: caller.browser.as_ref().map(|browser| browser.0.0.clone()),
    })
}

/// The role that a browser's keys give in a room, without using them up.
pub(crate) async fn role_of_browser(
    state: &AppState,
    room: RoomCode,
    browser: Option<&BrowserId>,
) -> Result<Role, StorageError> {
    let Some(browser) = browser else { return Ok(Role::Guest) };
    let now = state.clock.wall();
    let held = state.storage.held_keys(browser, room).await?;
    let opening = held.iter().filter(|held| opens(&held.key, now) && (held.used || has_uses(&held.key)));
    Ok(opening.map(|held| held.key.role).max().unwrap_or_default())
}

/// Whether a browser may do what hosts do outside the call. A key that lets in so many people lets nobody do that before it
/// has let them in.
pub(crate) async fn browser_is_host(
    state: &AppState,
    room: RoomCode,
    browser: Option<&BrowserId>,
) -> Result<bool, StorageError> {
    let Some(browser) = browser else { return Ok(false) };
    let held = state.storage.held_keys(browser, room).await?;
    let now = state.clock.wall();
    Ok(held.iter().any(|held| {
        held.key.role == Role::Host && opens(&held.key, now) && (held.used || held.key.uses_left.is_none())
    }))
}

/// The role that a credential gives a program in a room; `None` when it gives none, as one whose uses are counted.
pub(crate) async fn role_of_credential(
    state: &AppState,
    room: RoomCode,
    credential: &Credential,
) -> Result<Option<Role>, StorageError> {
    if credential.expose().contains('.') {
        return Ok(state.tokens.access(room, credential.expose()).map(|claims| claims.role));
    }
    let key = state.storage.key(&digest::of(credential.expose())).await?;
    let opening =
        key.filter(|key| key.room == room && opens(key, state.clock.wall()) && key.uses_left.is_none());
    Ok(opening.map(|key| key.role))
}

struct Shown {
    pass: Pass,
    terms: Terms,
}

impl Shown {
    fn key(role: Role) -> Self {
        Self { pass: Pass::Key(role), terms: Terms::default() }
    }

    const LINK: Self = Self { pass: Pass::Link, terms: Terms { name: None, until: None } };
}

/// What a credential gives. One with a limited number of uses loses one, unless the bearer was here before or cannot enter.
async fn shown_credential(
    state: &AppState,
    room: RoomCode,
    credential: &Credential,
    was_here: bool,
) -> Result<Shown, ErrorCode> {
    if credential.expose().contains('.') {
        let claims = state.tokens.access(room, credential.expose()).ok_or(ErrorCode::CredentialRefused)?;
        let until = Some(Timestamp(claims.exp.saturating_mul(1000)));
        return Ok(Shown { pass: Pass::Key(claims.role), terms: Terms { name: claims.name, until } });
    }
    let digest = digest::of(credential.expose());
    let key = state.storage.key(&digest).await.map_err(unavailable)?;
    let key = key.filter(|key| key.room == room && opens(key, state.clock.wall()));
    let key = key.ok_or(ErrorCode::CredentialRefused)?;
    if key.uses_left.is_some() {
        if was_here {
            return Ok(Shown::LINK);
        }
        let found = state.rooms.validate(room, key.role, None).await.map_err(unavailable)?;
        if let Some(refusal) = room::refusal(found.standing) {
            return Err(refusal);
        }
    }
    if state.storage.use_key(&digest).await.map_err(unavailable)? {
        Ok(Shown::key(key.role))
    } else {
        Err(ErrorCode::CredentialRefused)
    }
}

/// Of the keys a browser holds, the one that gives most. One that opens nothing any more is as good as none.
async fn held_keys(
    state: &AppState,
    room: RoomCode,
    browser: Option<&BrowserId>,
) -> Result<Shown, ErrorCode> {
    let Some(browser) = browser else { return Ok(Shown::LINK) };
    let mut held = state.storage.held_keys(browser, room).await.map_err(unavailable)?;
    held.retain(|held| opens(&held.key, state.clock.wall()));
    held.sort_by_key(|held| std::cmp::Reverse(held.key.role));
    for held in held {
        if state.storage.use_held_key(browser, &held.key.digest).await.map_err(unavailable)? {
            return Ok(Shown::key(held.key.role));
        }
    }
    Ok(Shown::LINK)
}

async fn given_password(
    state: &AppState,
    room: &RoomHandle,
    caller: &Caller,
    password: Option<&Password>,
) -> Result<GivenPassword, ErrorCode> {
    let (Some(hash), Some(password)) = (room.record().password_hash, password) else {
        return Ok(GivenPassword::Missing);
    };
    state.password_rate.check(caller.address).map_err(|_| ErrorCode::RateLimited)?;
    let is_right = state.passwords.is_right(password, &hash).await;
    Ok(if is_right { GivenPassword::Right } else { GivenPassword::Wrong })
}

fn opens(key: &KeyRecord, now: Timestamp) -> bool {
    key.not_before.is_none_or(|from| from <= now) && key.expires_at.is_none_or(|until| now < until)
}

fn has_uses(key: &KeyRecord) -> bool {
    key.uses_left.is_none_or(|uses| uses > 0)
}

#[expect(clippy::needless_pass_by_value, reason = "it is given to map_err")]
fn unavailable(error: StorageError) -> ErrorCode {
    tracing::error!(%error, "keys could not be read");
    ErrorCode::StorageUnavailable
}
