//! What a page shows that neither the call nor the page's machine knows: levels, lists of devices, what was looked up.

use app::state::{ChatLineView, Devices};
use call::Began;
use protocol::RoomEncryption;
use view::Preferences;

use crate::phrase::Phrase;
use crate::{clock, page};

/// What the page shows beside them.
#[derive(Default)]
pub(crate) struct Shown {
    pub(crate) remembered_name: String,
    pub(crate) level: u8,
    pub(crate) preferences: Preferences,
    pub(crate) began: CallBegan,
    pub(crate) devices: Devices,
    pub(crate) people_inside: Option<Vec<String>>,
    /// What the server has said last of the room's encryption, to somebody outside.
    pub(crate) lobby_encryption: Option<RoomEncryption>,
    pub(crate) chat: Vec<ChatLineView>,
    /// Of which state of the call's chat that is.
    pub(crate) chat_revision: u32,
    pub(crate) host_link: Option<String>,
    pub(crate) phrase: Phrase,
    pub(crate) are_statistics_looked_at: bool,
    /// The address of the room, where it is not that of the page.
    pub(crate) link: Option<String>,
}

impl Shown {
    /// The address of the room, for others.
    pub(crate) fn link(&self) -> String {
        self.link.clone().unwrap_or_else(page::address)
    }
}

/// Since when the call goes on, by the computer's clock. Worked out once: the two clocks do not run alike to the millisecond.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CallBegan(Option<(Began, f64)>);

impl CallBegan {
    /// Brings it up to date.
    pub(crate) fn update(&mut self, now: Option<Began>) {
        if self.0.map(|(known, _)| known) != now {
            self.0 = now.map(|began| (began, millis(began)));
        }
    }

    /// In milliseconds since 1970.
    pub(crate) fn millis(self) -> Option<f64> {
        self.0.map(|(_, millis)| millis)
    }
}

fn millis(began: Began) -> f64 {
    let ago = clock::now().saturating_sub(began.learned_at) + began.running;
    js_sys::Date::now() - ago.as_secs_f64() * 1000.0
}
