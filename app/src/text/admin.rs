//! The admin page, for the operator.

use protocol::{ErrorCode, Timestamp};

use super::words::admin as words;
pub(crate) use super::words::admin::*;
use super::{call, moment, refusal};
use crate::plain::admin::{AdminSection, BackupState, KeyState, NodeState, Period};

/// What stands in the navigation.
pub(crate) fn section(section: AdminSection) -> &'static str {
    match section {
        AdminSection::Overview => words::OVERVIEW(),
        AdminSection::Rooms => words::ROOMS(),
        AdminSection::ApiKeys => words::API_KEYS(),
        AdminSection::AuditLog => words::AUDIT_LOG(),
        AdminSection::Server => words::SERVER(),
    }
}

pub(crate) fn period(period: Period) -> &'static str {
    match period {
        Period::Day => words::DAY(),
        Period::Week => words::WEEK(),
        Period::Month => words::MONTH(),
    }
}

pub(crate) fn key_state(state: KeyState) -> &'static str {
    match state {
        KeyState::Active => words::ACTIVE(),
        KeyState::Expired => words::EXPIRED(),
        KeyState::Revoked => words::REVOKED(),
    }
}

/// How a node is, and since when.
pub(crate) fn node_state(state: NodeState) -> (&'static str, Option<Timestamp>) {
    match state {
        NodeState::Starting => (words::NODE_STARTING(), None),
        NodeState::Here(since) => (words::NODE_HERE(), Some(since)),
        NodeState::Draining => (words::NODE_DRAINING(), None),
        NodeState::Unreachable => (words::NODE_UNREACHABLE(), None),
        NodeState::Gone(since) => (words::NODE_GONE(), Some(since)),
    }
}

/// Why somebody could not come in; `None` where there is no word of its own for it.
pub(crate) fn failure(code: ErrorCode) -> Option<&'static str> {
    if code == ErrorCode::PasswordWrong {
        return Some(words::WRONG_PASSWORD());
    }
    refusal::of_its_own(code)
}

pub(crate) fn backup(state: &BackupState) -> String {
    match state {
        BackupState::Made(at) => words::last_backup(&moment::in_words(*at)),
        BackupState::None => words::no_backup(&words::BACKUP_COMMAND()),
        BackupState::OfPostgres => words::ASK_POSTGRES().to_owned(),
    }
}

pub(crate) fn end_for_everyone() -> &'static str {
    call::END_FOR_EVERYONE()
}

pub(crate) fn lock(is_locked: bool) -> &'static str {
    call::lock(is_locked)
}
