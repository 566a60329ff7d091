//! What opens a room, as a tree: keys of hosts, invitations and access tokens, each below what it was minted with. What is minted
//! neither outlives nor outranks what minted it, and goes with it. Whoever shows one lists and takes back what is below it.

use std::collections::{HashMap, HashSet};

use protocol::{
    Credential, CredentialKind, CredentialResource, DisplayName, Role, RoomCode, Scope, Timestamp,
};
use storage::{BrowserId, Digest, KeyRecord, StorageError};

use crate::metrics::Forged;
use crate::rooms::RoomEvent;
use crate::tokens::{AccessClaims, AccessRefusal, EARLY_SECONDS};
use crate::{AppState, digest, ids};

/// How long an access token counts when nobody says.
const USUAL_HOURS: u64 = 24;

/// How many credentials may stand above one, each minted with the one before.
const MOST_ABOVE: usize = 16;

/// With what something is minted, listed or taken back.
#[derive(Clone, Debug)]
pub(crate) enum Authority {
    /// An API key, which has made the room: its id and its end.
    ApiKey(String, Option<Timestamp>),
    /// Whoever has made the room, in the same request.
    Maker,
    /// Credentials of a host, of which the first lasts longest. Never empty.
    Host(Vec<KeyRecord>),
}

impl Authority {
    /// Under which id it stands in the audit log; nobody does who made the room without any key.
    pub(crate) fn actor(&self) -> Option<String> {
        match self {
            Self::ApiKey(id, _) => Some(id.clone()),
            Self::Host(keys) => keys.first().map(|key| digest::id_of(&key.digest)),
            Self::Maker => None,
        }
    }
}

/// What is to be minted.
pub(crate) struct Order {
    pub(crate) kind: CredentialKind,
    pub(crate) role: Role,
    pub(crate) name: Option<DisplayName>,
    pub(crate) not_before: Option<Timestamp>,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) uses: Option<u64>,
}

impl Order {
    /// The key of another host, or of another device of the same.
    pub(crate) const HOST_KEY: Self = Self {
        kind: CredentialKind::HostKey,
        role: Role::Host,
        name: None,
        not_before: None,
        expires_at: None,
        uses: None,
    };
}

/// Why nothing was minted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MintError {
    /// What it was to be minted with was taken back, or has ended.
    #[error("what it is made with was taken back")]
    Orphan,
    /// It would never count.
    #[error("it would never be valid")]
    Never,
    /// Whoever mints stands too far below the room's first key.
    #[error("what it is made with is itself made with too many others, one with another")]
    TooDeep,
    #[error("the room has as many keys, invitations and tokens as it takes")]
    TooMany,
    #[error("it could not be signed")]
    Unsigned,
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// What is known of a credential that somebody shows.
pub(crate) enum Shown {
    /// It opens the room, unless its uses are counted and used up.
    Opens(KeyRecord),
    /// It will, later.
    Early,
    /// It does not.
    Nothing,
}

/// Looks up what somebody shows for a room.
pub(crate) async fn look_up(
    state: &AppState,
    room: RoomCode,
    credential: &Credential,
) -> Result<Shown, StorageError> {
    let secret = credential.expose();
    let now = state.clock.wall();
    let is_token = secret.contains('.');
    let found = if is_token {
        match state.tokens.access(room, secret) {
            Ok(claims) => of_token(state, secret, claims).await?,
            Err(AccessRefusal::Early) => return Ok(Shown::Early),
            Err(AccessRefusal::Invalid) => {
                if !state.tokens.has_made(secret) {
                    state.metrics.forged(Forged::Access);
                }
                None
            }
        }
    } else {
        let found = state.storage.key(&digest::of(secret)).await?;
        if found.is_none() {
            state.metrics.forged(Forged::Credential);
        }
        found.filter(|key| key.kind != CredentialKind::AccessToken)
    };
    let found = found.filter(|key| key.room == room && key.expires_at.is_none_or(|until| now < until));
    Ok(match found {
        Some(key) if has_begun(&key, now) => Shown::Opens(key),
        Some(_) => Shown::Early,
        None => Shown::Nothing,
    })
}

/// The record of a token whose signature is right. One that an older version made has none; it can mint nothing.
async fn of_token(
    state: &AppState,
    token: &str,
    claims: AccessClaims,
) -> Result<Option<KeyRecord>, StorageError> {
    match &claims.jti {
        Some(id) => state.storage.key(&digest_of_token(id)).await,
        None => Ok(Some(KeyRecord {
            digest: digest::of(token),
            kind: CredentialKind::AccessToken,
            parent: None,
            api_key: None,
            scopes: None,
            room: claims.room,
            role: claims.role,
            label: claims.name.as_ref().map(ToString::to_string),
            not_before: None,
            expires_at: Some(Timestamp(claims.exp.saturating_mul(1000))),
            uses_left: None,
            created_at: Timestamp(0),
        })),
    }
}

/// Whether a key opens its room now, but for its uses.
pub(crate) fn opens(key: &KeyRecord, now: Timestamp) -> bool {
    has_begun(key, now) && key.expires_at.is_none_or(|until| now < until)
}

/// Clocks that set the beginning may be a little ahead.
fn has_begun(key: &KeyRecord, now: Timestamp) -> bool {
    key.not_before.is_none_or(|from| from.0 <= now.0.saturating_add(EARLY_SECONDS * 1000))
}

/// Whether the bearer of a key may do something outside the call. Below an API key, only what that may do.
pub(crate) fn may(key: &KeyRecord, scope: Scope) -> bool {
    key.scopes.as_ref().is_none_or(|scopes| scopes.split(' ').any(|one| one == scope.as_str()))
}

/// Whether the credential that somebody came with still counts. Whoever came with none needs none; a guest who came with an
/// invitation of a host stays one when that has ended, as long as nobody takes it back.
pub(crate) async fn still_counts(
    state: &AppState,
    room: RoomCode,
    id: Option<&str>,
) -> Result<bool, StorageError> {
    let Some(id) = id else { return Ok(true) };
    let key = state.storage.key_of_room(room, id).await?;
    let is_guest = |key: &KeyRecord| {
        key.kind == CredentialKind::Invitation && key.role == Role::Guest && key.api_key.is_none()
    };
    Ok(key.is_some_and(|key| is_guest(&key) || opens(&key, state.clock.wall())))
}

/// The credentials of a host that a browser holds, and with which it may do something; the one that lasts longest first. One that
/// lets in so many people lets nobody do anything before it has let them in.
pub(crate) async fn of_browser(
    state: &AppState,
    room: RoomCode,
    keyring: Option<&BrowserId>,
    scope: Scope,
) -> Result<Option<Authority>, StorageError> {
    let Some(keyring) = keyring else { return Ok(None) };
    let now = state.clock.wall();
    let held = state.storage.held_keys(keyring, room).await?.into_iter().filter(|held| {
        let key = &held.key;
        key.role == Role::Host && opens(key, now) && may(key, scope) && (held.used || key.uses_left.is_none())
    });
    let mut keys: Vec<_> = held.map(|held| held.key).collect();
    keys.sort_by_key(|key| std::cmp::Reverse(key.expires_at.unwrap_or(Timestamp(u64::MAX))));
    Ok((!keys.is_empty()).then_some(Authority::Host(keys)))
}

/// Whether a browser holds something that opens a room. One whose uses are counted counts once it has let somebody in.
pub(crate) async fn browser_opens(
    state: &AppState,
    room: RoomCode,
    keyring: Option<&BrowserId>,
) -> Result<bool, StorageError> {
    let Some(keyring) = keyring else { return Ok(false) };
    let now = state.clock.wall();
    let held = state.storage.held_keys(keyring, room).await?;
    Ok(held.iter().any(|held| opens(&held.key, now) && (held.used || held.key.uses_left.is_none())))
}

/// Makes something that opens a room, and its secret, which is told this once.
pub(crate) async fn mint(
    state: &AppState,
    room: RoomCode,
    authority: &Authority,
    order: Order,
) -> Result<(KeyRecord, String), MintError> {
    let now = state.clock.wall();
    let usual = (order.kind == CredentialKind::AccessToken)
        .then(|| Timestamp(now.0.saturating_add(USUAL_HOURS * 60 * 60 * 1000)));
    let asked = order.expires_at.or(usual);
    let expires_at = [asked, authority.ends_at()].into_iter().flatten().min();
    if expires_at.is_some_and(|end| end <= now || order.not_before.is_some_and(|from| end <= from)) {
        return Err(MintError::Never);
    }
    let (prefix, is_token) = match order.kind {
        CredentialKind::HostKey => ("k", false),
        CredentialKind::Invitation => ("i", false),
        CredentialKind::AccessToken => ("t", true),
    };
    if is_deep(state, authority.parent()).await? {
        return Err(MintError::TooDeep);
    }
    let secret = ids::secret(prefix);
    let key = KeyRecord {
        digest: if is_token { digest_of_token(&secret) } else { digest::of(&secret) },
        kind: order.kind,
        parent: authority.parent(),
        api_key: authority.api_key(),
        scopes: None,
        room,
        role: order.role,
        label: order.name.as_ref().map(ToString::to_string),
        not_before: order.not_before,
        expires_at,
        uses_left: if is_token { None } else { order.uses },
        created_at: now,
    };
    let secret = if is_token { sign(state, &key, secret, order.name)? } else { secret };
    if state.storage.add_key(&key, now).await? {
        return Ok((key, secret));
    }
    match &key.parent {
        Some(parent) if state.storage.key(parent).await?.is_none() => Err(MintError::Orphan),
        Some(_) | None => Err(MintError::TooMany),
    }
}

/// Whether what has this parent would be more than [`MOST_ABOVE`] below the room's first key.
async fn is_deep(state: &AppState, parent: Option<Digest>) -> Result<bool, StorageError> {
    let (mut next, mut above) = (parent, 0);
    while let Some(parent) = next {
        above += 1;
        if above > MOST_ABOVE {
            return Ok(true);
        }
        next = state.storage.key(&parent).await?.and_then(|key| key.parent);
    }
    Ok(false)
}

fn sign(
    state: &AppState,
    key: &KeyRecord,
    id: String,
    name: Option<DisplayName>,
) -> Result<String, MintError> {
    let claims = AccessClaims {
        room: key.room,
        role: key.role,
        name,
        jti: Some(id),
        exp: key.expires_at.map_or(0, |end| end.0 / 1000),
        nbf: key.not_before.map(|from| from.0.div_ceil(1000)),
    };
    state.tokens.sign_access(claims).ok_or(MintError::Unsigned)
}

/// What somebody may list and take back, oldest first.
pub(crate) async fn below(
    state: &AppState,
    room: RoomCode,
    authority: &Authority,
) -> Result<Vec<KeyRecord>, StorageError> {
    let all = state.storage.keys_of_room(room).await?;
    let Authority::Host(held) = authority else { return Ok(all) };
    let mut below: HashMap<&Digest, Vec<&Digest>> = HashMap::new();
    for key in &all {
        if let Some(parent) = &key.parent {
            below.entry(parent).or_default().push(&key.digest);
        }
    }
    let mut reached: HashSet<_> = held.iter().map(|key| key.digest.clone()).collect();
    let mut open: Vec<_> = held.iter().map(|key| &key.digest).collect();
    while let Some(one) = open.pop() {
        let new = below.remove(one).into_iter().flatten().filter(|child| reached.insert((*child).clone()));
        open.extend(new);
    }
    Ok(all.into_iter().filter(|key| reached.contains(&key.digest)).collect())
}

/// Takes something back, and everything below it; whoever came with any of that goes. False when there is no such thing, or none
/// that this authority reaches.
pub(crate) async fn revoke(
    state: &AppState,
    room: RoomCode,
    authority: &Authority,
    id: &str,
) -> Result<bool, StorageError> {
    let reached = below(state, room, authority).await?;
    let Some(key) = reached.iter().find(|key| digest::id_of(&key.digest) == id) else { return Ok(false) };
    let taken = state.storage.delete_key(room, &key.digest).await?;
    let credentials: Vec<_> = taken.iter().map(digest::id_of).collect();
    if credentials.is_empty() {
        return Ok(false);
    }
    state.rooms.tell_running(room, RoomEvent::Revoked { credentials }).await;
    Ok(true)
}

/// As programs read it.
pub(crate) fn resource(key: &KeyRecord) -> CredentialResource {
    CredentialResource {
        id: digest::id_of(&key.digest),
        kind: key.kind,
        role: key.role,
        name: key.label.clone(),
        parent: key.parent.as_ref().map(digest::id_of),
        created_at: key.created_at,
        not_before: key.not_before,
        expires_at: key.expires_at,
        uses_left: key.uses_left,
    }
}

impl Authority {
    /// Whether a credential is one of those that are shown.
    pub(crate) fn holds(&self, key: &KeyRecord) -> bool {
        matches!(self, Self::Host(held) if held.iter().any(|one| one.digest == key.digest))
    }

    fn parent(&self) -> Option<Digest> {
        match self {
            Self::ApiKey(..) | Self::Maker => None,
            Self::Host(held) => held.first().map(|key| key.digest.clone()),
        }
    }

    fn api_key(&self) -> Option<String> {
        match self {
            Self::ApiKey(id, _) => Some(id.clone()),
            Self::Maker => None,
            Self::Host(held) => held.first().and_then(|key| key.api_key.clone()),
        }
    }

    fn ends_at(&self) -> Option<Timestamp> {
        match self {
            Self::ApiKey(_, end) => *end,
            Self::Maker => None,
            Self::Host(held) => held.first().and_then(|key| key.expires_at),
        }
    }
}

/// The id of a token stands in it for everybody to read, so that it must not be taken for the secret of a key.
fn digest_of_token(id: &str) -> Digest {
    digest::of(&format!("token {id}"))
}
