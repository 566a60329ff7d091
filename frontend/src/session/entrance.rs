//! How a session comes into its room.

use call::{Call, Identity, SecretOrigin, Switches};
use protocol::{DisplayName, RingSide, RoomCode};
use seal::RoomSecret;

use crate::{identity, page};

/// A visit to a room.
pub(crate) struct Visit {
    /// Which.
    pub(crate) code: RoomCode,
    /// What has been typed or remembered as a name so far.
    pub(crate) name: String,
    /// By which way.
    pub(crate) entrance: Entrance,
}

/// The ways into a room.
pub(crate) enum Entrance {
    /// Its page was opened: the link, the browser and the tab say how, and a person joins.
    Page,
    /// A ring led here: one is inside at once, unseen until it is answered, and nothing is remembered.
    Ring(RingEntrance),
}

/// What came with a ring.
pub(crate) struct RingEntrance {
    /// The secret of the room.
    pub(crate) secret: RoomSecret,
    /// Which end this is.
    pub(crate) side: RingSide,
    /// What is on from the beginning.
    pub(crate) switches: Switches,
    /// What the other one sees.
    pub(crate) name: DisplayName,
}

impl Visit {
    /// The call of it. `None` where the browser gives no randomness.
    pub(crate) fn call(&self) -> Option<Call> {
        self.entrance.call(self.code)
    }
}

impl Entrance {
    pub(crate) fn is_page(&self) -> bool {
        match self {
            Self::Page => true,
            Self::Ring(_) => false,
        }
    }

    pub(crate) fn call(&self, code: RoomCode) -> Option<Call> {
        let Self::Ring(RingEntrance { secret, side, .. }) = self else { return identity::new_call(code) };
        let origin = match side {
            RingSide::Caller => SecretOrigin::Maker,
            RingSide::Callee => SecretOrigin::Link,
        };
        let secret = Some((secret.clone(), origin));
        let identity =
            Identity { seed: identity::random()?, secret, former: Vec::new(), passed_on: Vec::new() };
        let random = (js_sys::Math::random() * 1e15) as u64;
        Some(Call::new(code, None, random, identity).keeps_joining().unanswered(*side))
    }

    /// The address of the room, where it is not the page's own: with it others can come into a direct call.
    pub(crate) fn link(&self, code: RoomCode) -> Option<String> {
        let Self::Ring(RingEntrance { secret, .. }) = self else { return None };
        let origin = page::origin()?;
        Some(format!("{origin}/r/{code}#key={}", secret.to_text()))
    }
}
