//! From rows to records and back. The one module that converts.

mod direct_calls;

pub(crate) use direct_calls::{
    call, claimed_entry, contact, history_entry, identity, outbox_count, outcome_text, public_key, push,
    readers_text, side_text, standing_text, who_may_ring_text,
};

use protocol::{
    ChatEntry, ChatId, ChatNumber, ChatTarget, CredentialKind, DisplayName, Envelope, HandNumber,
    ParticipantId, PublicKey, Role, RoomCode, SessionId, Timestamp,
};
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::{
    ApiKeyRecord, AuditEvent, BrowserId, Digest, Fence, KeyRecord, PasswordHash, RoomRecord, SeatRecord,
    SeatState, StorageError,
};

pub(crate) fn room(row: &AnyRow) -> Result<RoomRecord, StorageError> {
    let settings: String = row.try_get("settings")?;
    Ok(RoomRecord {
        code: code(row, "code")?,
        settings: serde_json::from_str(&settings).map_err(|_| StorageError::Unreadable("settings"))?,
        password_hash: row.try_get::<Option<String>, _>("password_hash")?.map(PasswordHash),
        version: unsigned(row, "version")?,
        created_at: time(row, "created_at")?,
        used_at: time(row, "used_at")?,
        created_by: row.try_get("created_by")?,
        made_for: row
            .try_get::<Option<String>, _>("made_for")?
            .map(|_| parsed(row, "made_for"))
            .transpose()?,
        fence: Fence(unsigned(row, "fence")?),
    })
}

pub(crate) fn key(row: &AnyRow) -> Result<KeyRecord, StorageError> {
    Ok(KeyRecord {
        digest: Digest(row.try_get("digest")?),
        kind: kind(row)?,
        parent: row.try_get::<Option<String>, _>("parent")?.map(Digest),
        api_key: row.try_get("api_key")?,
        scopes: row.try_get("api_key_scopes")?,
        room: code(row, "room")?,
        role: role(row)?,
        label: row.try_get("label")?,
        not_before: optional_time(row, "not_before")?,
        expires_at: end_of_key(row)?,
        uses_left: row.try_get::<Option<i64>, _>("uses_left")?.map(|uses| u64::try_from(uses).unwrap_or(0)),
        created_at: time(row, "created_at")?,
    })
}

/// The earliest of its own end and those of the API key below which it stands. One whose API key is unknown has ended.
fn end_of_key(row: &AnyRow) -> Result<Option<Timestamp>, StorageError> {
    let api_key: Option<String> = row.try_get("api_key")?;
    let scopes: Option<String> = row.try_get("api_key_scopes")?;
    if api_key.is_some() && scopes.is_none() {
        return Ok(Some(Timestamp(0)));
    }
    let ends = ["expires_at", "api_key_expires_at", "api_key_revoked_at"];
    let ends = ends.into_iter().map(|column| optional_time(row, column)).collect::<Result<Vec<_>, _>>()?;
    Ok(ends.into_iter().flatten().min())
}

pub(crate) fn seat(row: &AnyRow) -> Result<SeatRecord, StorageError> {
    let forbidden: String = row.try_get("forbidden")?;
    let name: String = row.try_get("name")?;
    let state: String = row.try_get("state")?;
    let hand: Option<i64> = row.try_get("hand")?;
    let public_key: Option<String> = row.try_get("public_key")?;
    Ok(SeatRecord {
        room: code(row, "room")?,
        participant: participant(row, "participant")?,
        session: parsed::<SessionId>(row, "session")?,
        name: DisplayName::parse(&name).map_err(|_| StorageError::Unreadable("name"))?,
        role: role(row)?,
        hand: hand.map(|hand| HandNumber(u64::try_from(hand).unwrap_or(0))),
        forbidden: serde_json::from_str(&forbidden).map_err(|_| StorageError::Unreadable("forbidden"))?,
        state: match &*state {
            "taken" => SeatState::Taken,
            "left" => SeatState::Left,
            "removed" => SeatState::Removed,
            _ => return Err(StorageError::Unreadable("state")),
        },
        generation: u32::try_from(unsigned(row, "generation")?)
            .map_err(|_| StorageError::Unreadable("generation"))?,
        browser: row.try_get::<Option<String>, _>("browser")?.map(|browser| BrowserId(Digest(browser))),
        key: public_key
            .map(PublicKey::new)
            .transpose()
            .map_err(|_| StorageError::Unreadable("public_key"))?,
        changed_at: time(row, "changed_at")?,
    })
}

pub(crate) fn chat(row: &AnyRow) -> Result<ChatEntry, StorageError> {
    let name: String = row.try_get("sender_name")?;
    let version = u16::try_from(unsigned(row, "envelope_version")?);
    let recipient: Option<String> = row.try_get("recipient")?;
    let to = match recipient {
        None => ChatTarget::Everyone,
        Some(_) => ChatTarget::Participant(participant(row, "recipient")?),
    };
    let id: String = row.try_get("id")?;
    Ok(ChatEntry {
        number: ChatNumber(unsigned(row, "number")?),
        id: ChatId(id.parse().map_err(|_| StorageError::Unreadable("id"))?),
        from: participant(row, "sender")?,
        name: DisplayName::parse(&name).map_err(|_| StorageError::Unreadable("sender_name"))?,
        to,
        at: time(row, "sent_at")?,
        envelope: Envelope::new(
            version.map_err(|_| StorageError::Unreadable("envelope_version"))?,
            row.try_get("body")?,
        )
        .map_err(|_| StorageError::Unreadable("body"))?,
    })
}

pub(crate) fn api_key(row: &AnyRow) -> Result<ApiKeyRecord, StorageError> {
    Ok(ApiKeyRecord {
        id: row.try_get("id")?,
        digest: Digest(row.try_get("digest")?),
        label: row.try_get("label")?,
        scopes: row.try_get("scopes")?,
        created_at: time(row, "created_at")?,
        expires_at: optional_time(row, "expires_at")?,
        revoked_at: optional_time(row, "revoked_at")?,
    })
}

pub(crate) fn audit_event(row: &AnyRow) -> Result<AuditEvent, StorageError> {
    let room: Option<String> = row.try_get("room")?;
    Ok(AuditEvent {
        id: row.try_get("id")?,
        at: time(row, "at")?,
        room: room.map(|_| code(row, "room")).transpose()?,
        actor: row.try_get("actor")?,
        action: row.try_get("action")?,
        subject: row.try_get("subject")?,
    })
}

pub(crate) fn role_text(role: Role) -> &'static str {
    match role {
        Role::Guest => "guest",
        Role::CoHost => "co_host",
        Role::Host => "host",
    }
}

pub(crate) fn kind_text(kind: CredentialKind) -> &'static str {
    match kind {
        CredentialKind::HostKey => "host_key",
        CredentialKind::Invitation => "invitation",
        CredentialKind::AccessToken => "access_token",
    }
}

pub(crate) fn state_text(state: SeatState) -> &'static str {
    match state {
        SeatState::Taken => "taken",
        SeatState::Left => "left",
        SeatState::Removed => "removed",
    }
}

/// As the databases count.
pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(crate) fn unsigned(row: &AnyRow, column: &'static str) -> Result<u64, StorageError> {
    u64::try_from(row.try_get::<i64, _>(column)?).map_err(|_| StorageError::Unreadable(column))
}

fn role(row: &AnyRow) -> Result<Role, StorageError> {
    let role: String = row.try_get("role")?;
    [Role::Guest, Role::CoHost, Role::Host]
        .into_iter()
        .find(|one| role_text(*one) == role)
        .ok_or(StorageError::Unreadable("role"))
}

fn kind(row: &AnyRow) -> Result<CredentialKind, StorageError> {
    let kind: String = row.try_get("kind")?;
    [CredentialKind::HostKey, CredentialKind::Invitation, CredentialKind::AccessToken]
        .into_iter()
        .find(|one| kind_text(*one) == kind)
        .ok_or(StorageError::Unreadable("kind"))
}

pub(crate) fn code(row: &AnyRow, column: &'static str) -> Result<RoomCode, StorageError> {
    RoomCode::parse(&row.try_get::<String, _>(column)?).map_err(|_| StorageError::Unreadable(column))
}

fn participant(row: &AnyRow, column: &'static str) -> Result<ParticipantId, StorageError> {
    parsed(row, column)
}

pub(crate) fn parsed<T: std::str::FromStr>(row: &AnyRow, column: &'static str) -> Result<T, StorageError> {
    row.try_get::<String, _>(column)?.parse().map_err(|_| StorageError::Unreadable(column))
}

pub(crate) fn time(row: &AnyRow, column: &'static str) -> Result<Timestamp, StorageError> {
    unsigned(row, column).map(Timestamp)
}

pub(crate) fn optional_time(row: &AnyRow, column: &'static str) -> Result<Option<Timestamp>, StorageError> {
    let time: Option<i64> = row.try_get(column)?;
    Ok(time.map(|time| Timestamp(u64::try_from(time).unwrap_or(0))))
}
