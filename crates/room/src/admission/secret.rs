//! Which secret of an end-to-end encrypted room somebody has, told by its digest: who has another one waits until they are given it.

use protocol::{Role, RoomEncryption, RoomKeyId, RoomKeyOrigin, RoomSettings};

use crate::{VerifiedCredential, Visitor};

/// Whether somebody who shows nothing but the code has another secret than the room, or none. Keys, invitations and access
/// tokens let in without it, and hosts most of all: nobody else could let them in.
pub(crate) fn lacks_secret(visitor: &Visitor, settings: &RoomSettings) -> bool {
    if settings.encryption == RoomEncryption::Transport {
        return false; // Nothing is sealed, and so there is nothing that they could not open.
    }
    let is_other = settings.room_key.as_ref().is_some_and(|secret| visitor.room_key.as_ref() != Some(secret));
    match visitor.verified {
        VerifiedCredential::Link => is_other,
        VerifiedCredential::Key(role) => is_other && visitor.key.is_some() && !role.moderates(),
    }
}

/// Whether somebody can neither seal nor open, by what they say: they name no key of their own. Where the room's people do,
/// nothing that they sent could be heard, and nothing of the others. Who says that they can is believed; what they send is not opened.
pub(crate) fn cannot_seal(visitor: &Visitor, settings: &RoomSettings) -> bool {
    visitor.key.is_none() && settings.encryption == RoomEncryption::EndToEnd && settings.room_key.is_some()
}

/// Whether somebody's secret may become the room's. The first who enters gives it one. A host who comes with a link gives it another when it is
/// empty, or when the one it has was drawn by somebody who came with the bare code.
pub(super) fn may_claim(visitor: &Visitor, settings: &RoomSettings, is_empty: bool) -> bool {
    let was_drawn = settings.room_key_origin == Some(RoomKeyOrigin::Drawn);
    let is_hosts =
        visitor.verified == VerifiedCredential::Key(Role::Host) && origin_of(visitor) == RoomKeyOrigin::Link;
    visitor.room_key.is_some() && (settings.room_key.is_none() || is_hosts && (was_drawn || is_empty))
}

/// The secret, and how it came, that the room has from now on, when somebody's becomes the room's, or it is now known to come from a link.
pub(super) fn claimed(
    visitor: &Visitor,
    settings: &RoomSettings,
    is_empty: bool,
) -> Option<(RoomKeyId, RoomKeyOrigin)> {
    let secret = visitor.room_key.as_ref()?;
    let origin = origin_of(visitor);
    let is_known = settings.room_key.as_ref() == Some(secret);
    let is_news = if is_known {
        settings.room_key_origin == Some(RoomKeyOrigin::Drawn) && origin != RoomKeyOrigin::Drawn
    } else {
        may_claim(visitor, settings, is_empty)
    };
    is_news.then(|| (secret.clone(), origin))
}

/// How somebody came by their secret. Programs do not say; one of a host is as good as a link.
fn origin_of(visitor: &Visitor) -> RoomKeyOrigin {
    let untold = match visitor.verified {
        VerifiedCredential::Key(Role::Host) => RoomKeyOrigin::Link,
        VerifiedCredential::Key(Role::CoHost | Role::Guest) | VerifiedCredential::Link => {
            RoomKeyOrigin::Drawn
        }
    };
    visitor.room_key_origin.unwrap_or(untold)
}
