//! One's own call identity: copied, saved, taken from a file.

use super::words::identity as words;
pub(crate) use super::words::identity::*;
use crate::state::IdentityNotice;

/// What has come of something.
pub(crate) fn said(notice: IdentityNotice) -> &'static str {
    match notice {
        IdentityNotice::IdCopied => words::ID_COPIED(),
        IdentityNotice::LinkCopied => words::LINK_COPIED(),
        IdentityNotice::NotCopied => words::NOT_COPIED(),
        IdentityNotice::Saving => words::SAVING(),
        IdentityNotice::Saved => words::SAVED(),
        IdentityNotice::NotSaved => words::NOT_SAVED(),
        IdentityNotice::TooShort => words::TOO_SHORT(),
        IdentityNotice::NoFile => words::NO_FILE(),
        IdentityNotice::NotOne => words::NOT_ONE(),
        IdentityNotice::Newer => words::NEWER(),
        IdentityNotice::WrongPassphrase => words::WRONG_PASSPHRASE(),
        IdentityNotice::InCall => words::IN_CALL(),
    }
}
