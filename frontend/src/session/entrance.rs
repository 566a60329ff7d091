//! How a session comes into its room.

use call::{Call, Identity, SecretOrigin, Switches};
use protocol::{DisplayName, RingSide, RoomCode, RoomEncryption};
use seal::RoomSecret;

use crate::remember::tab;
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
    Page {
        /// What the page shows of the room's encryption.
        encryption: RoomEncryption,
    },
    /// A ring led here: one is inside at once, unseen until it is answered, and only the tab remembers anything.
    Ring(RingEntrance),
}

/// What came with a ring.
pub(crate) struct RingEntrance {
    /// The secret of the room.
    pub(crate) secret: RoomSecret,
    /// Which end this is.
    pub(crate) side: RingSide,
    /// How far it is.
    pub(crate) stage: RingStage,
    /// What is on from the beginning.
    pub(crate) switches: Switches,
    /// What the other one sees.
    pub(crate) name: DisplayName,
}

/// How far a ring is when its room is entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RingStage {
    /// It rings.
    Unanswered,
    /// They talked when the page was loaded anew.
    Answered,
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
            Self::Page { .. } => true,
            Self::Ring(_) => false,
        }
    }

    /// The page shows another rule from now on, of which the next call is told.
    pub(crate) fn show(&mut self, rule: RoomEncryption) {
        match self {
            Self::Page { encryption } => *encryption = rule,
            Self::Ring(_) => {}
        }
    }

    pub(crate) fn call(&self, code: RoomCode) -> Option<Call> {
        let RingEntrance { secret, side, stage, .. } = match self {
            Self::Ring(entrance) => entrance,
            Self::Page { encryption } => return identity::new_call(code, *encryption),
        };
        let origin = match side {
            RingSide::Caller => SecretOrigin::Maker,
            RingSide::Callee => SecretOrigin::Link,
        };
        let secret = Some((secret.clone(), origin));
        let (former, session) = match stage {
            RingStage::Unanswered => (Vec::new(), None),
            RingStage::Answered => (tab::private_keys(code), tab::session(code)),
        };
        let identity = Identity {
            seed: identity::random()?,
            secret,
            has_unreadable_secret: false,
            former,
            passed_on: Vec::new(),
        };
        let random = (js_sys::Math::random() * 1e15) as u64;
        let call = Call::new(code, session, random, identity).keeps_joining();
        Some(match stage {
            RingStage::Unanswered => call.unanswered(*side),
            RingStage::Answered => call,
        })
    }

    /// The address of the room, where it is not the page's own: with it others can come into a direct call.
    pub(crate) fn link(&self, code: RoomCode) -> Option<String> {
        let Self::Ring(RingEntrance { secret, .. }) = self else { return None };
        let origin = page::origin()?;
        Some(format!("{origin}/r/{code}#key={}", secret.to_text()))
    }
}
