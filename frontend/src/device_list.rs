//! The devices that a browser has named, and what is shown of them.

use app::state::{Device, Devices};
use call::{NamedDevice, Page};
use protocol::Source;

/// The devices that there are, by their kinds.
pub(crate) struct Listed {
    pub(crate) microphones: Vec<NamedDevice>,
    pub(crate) cameras: Vec<NamedDevice>,
    pub(crate) speakers: Vec<NamedDevice>,
}

impl Listed {
    /// As they are shown, with those in use selected.
    pub(crate) fn shown(self, page: &Page) -> Devices {
        let shown = |devices: Vec<NamedDevice>, selected: Option<&str>| {
            let shown = |NamedDevice { id, label, .. }: NamedDevice| {
                let selected = selected == Some(&*id);
                Device { id, label, selected }
            };
            devices.into_iter().map(shown).collect()
        };
        Devices {
            microphones: shown(self.microphones, page.selected_device(Source::Microphone)),
            cameras: shown(self.cameras, page.selected_device(Source::Camera)),
            speakers: shown(self.speakers, page.selected_speaker()),
            revision: 0,
        }
    }
}
