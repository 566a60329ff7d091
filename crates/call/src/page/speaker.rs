//! Through which speaker everything is played. Who has chosen none hears what the system plays through, as browsers do by themselves.
//!
//! ```text
//! chosen, or of an earlier visit                vanishes, or is refused
//!      ──────────────────────────▶ It ─────────────────────────────────────▶ The default
//!                                   ▲                                             │
//!                                   └─────────────────────────────────────────────┘
//!                                                   comes (back)
//! ```

use std::collections::VecDeque;

use view::{DeviceKind, PageNotice};

use crate::page::effect::PageEffect;
use crate::page::loss::{Asked, Loss, Recovered};
use crate::page::named_device::{DEFAULT, NamedDevice};

/// The machine's part.
#[derive(Debug, Default)]
pub(super) struct Speaker {
    /// The browser's id of what was chosen last.
    chosen: Option<String>,
    plays: Plays,
    /// What was chosen and played before the last choice, until that plays.
    before: Option<(Option<String>, Plays)>,
    listed: Vec<NamedDevice>,
    lost: Option<Loss>,
}

/// What is played through.
#[derive(Clone, Debug, Default)]
struct Plays {
    /// Its id; none is the system's default.
    id: Option<String>,
    /// Which one it is, once a list has said so.
    device: Option<NamedDevice>,
}

impl Speaker {
    pub(super) fn chosen_before(&mut self, device: String, effects: &mut VecDeque<PageEffect>) {
        self.chosen = Some(device.clone());
        self.play(Some(device), effects);
    }

    /// What is gone is wanted until the choice plays.
    pub(super) fn choose(&mut self, device: String, effects: &mut VecDeque<PageEffect>) {
        let before = (self.chosen.clone(), self.plays.clone());
        self.before.get_or_insert(before);
        self.chosen = Some(device.clone());
        effects.push_back(PageEffect::RememberSpeaker(Some(device.clone())));
        let id = id_of(device);
        if id.is_none() || id == self.plays.id {
            self.settle();
        }
        self.play(id, effects);
    }

    /// The browser says that it plays through this one.
    pub(super) fn plays(&mut self, device: &str) {
        if self.plays.id.as_deref() == Some(device) && self.before.is_some() {
            self.settle();
        }
    }

    /// The browser does not play through this one.
    pub(super) fn refused(&mut self, device: &str, effects: &mut VecDeque<PageEffect>) -> Option<PageNotice> {
        if self.plays.id.as_deref() != Some(device) {
            return None;
        }
        if let Some((chosen, plays)) = self.before.take() {
            effects.push_back(PageEffect::RememberSpeaker(chosen.clone()));
            self.chosen = chosen;
            self.play(plays.id, effects);
            self.plays.device = plays.device;
            return Some(PageNotice::DeviceNotSwitched);
        }
        let gone = self.plays.device.take();
        self.play(None, effects);
        // It was not listed: who has not allowed anything yet cannot use it.
        self.stand_in_for(gone?)
    }

    /// These are there. A browser that names none says nothing.
    pub(super) fn listed(
        &mut self,
        devices: Vec<NamedDevice>,
        effects: &mut VecDeque<PageEffect>,
    ) -> Option<PageNotice> {
        if devices.is_empty() {
            return None;
        }
        self.listed = devices;
        match self.plays.id.clone() {
            Some(id) => self.look_for(id, effects),
            None => self.look_at_default().or_else(|| self.come_back(effects)),
        }
    }

    /// What a list is to show as selected.
    pub(super) fn selected(&self) -> Option<&str> {
        let default = self.listed.iter().find(|device| device.id == DEFAULT);
        self.plays.id.as_deref().or_else(|| Some(default?.id.as_str()))
    }

    /// Whether it may vanish, or be plugged in again.
    pub(super) const fn is_watched(&self) -> bool {
        self.plays.id.is_some() || self.lost.is_some()
    }

    /// The chosen one is among those that are there, or the default stands in for it.
    fn look_for(&mut self, id: String, effects: &mut VecDeque<PageEffect>) -> Option<PageNotice> {
        if let Some(device) = self.listed.iter().find(|device| device.id == id) {
            self.plays.device = Some(device.clone());
            return self.come_back(effects);
        }
        // A choice that cannot be had is refused: what was before it comes back by that.
        if self.before.is_some() {
            return None;
        }
        let gone = self.plays.device.take();
        self.play(None, effects);
        if let Some(gone) = gone {
            return self.stand_in_for(gone);
        }
        let (label, group) = (String::new(), String::new());
        self.lost = Some(Loss::with_stand_in(NamedDevice { id, label, group }));
        None
    }

    /// Which one the system uses. The browser goes on to it by itself.
    fn look_at_default(&mut self) -> Option<PageNotice> {
        let now = NamedDevice::default_of(&self.listed)?.clone();
        let before = self.plays.device.replace(now.clone())?;
        if before.id == now.id {
            return None;
        }
        if !self.listed.iter().any(|device| device.id == before.id) {
            return self.stand_in_for(before);
        }
        let back = self.lost.as_mut().and_then(|loss| loss.recovered(Some(&now)));
        let changed = PageNotice::DefaultDeviceChanged { kind: DeviceKind::Speaker, now: now.name() };
        Some(back.and_then(|recovered| self.recovered(recovered)).unwrap_or(changed))
    }

    /// The default stands in for what is gone.
    fn stand_in_for(&mut self, gone: NamedDevice) -> Option<PageNotice> {
        let (gone, seen) = (Some(gone), self.listed.clone());
        let mut loss = match self.lost.take() {
            Some(before) => before.and(gone, Asked::Nothing, seen),
            None => Loss::of(gone, Asked::Nothing, seen),
        };
        self.plays.device = NamedDevice::default_of(&self.listed).cloned();
        let recovered = loss.recovered(self.plays.device.as_ref());
        self.lost = Some(loss);
        self.recovered(recovered?)
    }

    /// What is gone has come, or what was chosen is known now.
    fn come_back(&mut self, effects: &mut VecDeque<PageEffect>) -> Option<PageNotice> {
        if let Some(loss) = &mut self.lost {
            let id = loss.can_be_had(&self.listed, true)?;
            self.play(Some(id), effects);
            let recovered = self.lost.as_mut()?.recovered(self.plays.device.as_ref());
            return self.recovered(recovered?);
        }
        let chosen = self.chosen.clone().and_then(id_of)?;
        if self.listed.iter().any(|device| device.id == chosen) {
            self.play(Some(chosen), effects);
        }
        None
    }

    fn recovered(&mut self, recovered: Recovered) -> Option<PageNotice> {
        let (kind, loss) = (DeviceKind::Speaker, self.lost.as_ref()?);
        let now = self.plays.device.as_ref().and_then(NamedDevice::name);
        let notice = match recovered {
            Recovered::Itself => PageNotice::DeviceIsBack { kind, device: now },
            Recovered::ByAnother => {
                PageNotice::DeviceReplaced { kind, lost: loss.last().and_then(NamedDevice::name), now }
            }
        };
        self.lost.take_if(|loss| loss.is_over());
        Some(notice)
    }

    /// The choice stands.
    fn settle(&mut self) {
        self.before = None;
        self.lost = None;
    }

    fn play(&mut self, id: Option<String>, effects: &mut VecDeque<PageEffect>) {
        if self.plays.id == id {
            return;
        }
        let device = match &id {
            Some(id) => self.listed.iter().find(|device| device.id == *id),
            None => NamedDevice::default_of(&self.listed),
        };
        self.plays = Plays { id: id.clone(), device: device.cloned() };
        effects.push_back(PageEffect::PlayThrough(id));
        effects.push_back(PageEffect::ListDevices);
    }
}

/// Whoever chooses the system's default chooses whichever that is.
fn id_of(device: String) -> Option<String> {
    Some(device).filter(|device| device != DEFAULT)
}
