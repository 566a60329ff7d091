//! From which device each source is captured.

use std::collections::{BTreeMap, VecDeque};

use protocol::Source;
use view::{CaptureFault, DeviceKind, PageNotice};

use crate::page::chooser::{Attempt, Chooser, Verdict};
use crate::page::effect::{CaptureRequest, PageEffect};
use crate::page::in_use::{InUse, Seen};
use crate::page::loss::{Asked, Loss, Recovered};
use crate::page::named_device::NamedDevice;
use crate::page::permissions::{Permission, Permissions};

/// The machine's part.
#[derive(Debug, Default)]
pub(super) struct Devices {
    choosers: BTreeMap<Source, Chooser>,
    used: BTreeMap<Source, InUse>,
    /// What there was when it was last looked at.
    listed: BTreeMap<Source, Vec<NamedDevice>>,
    /// What vanished while it was in use, until it is there again or another one was chosen and delivers.
    lost: BTreeMap<Source, Loss>,
    permissions: Permissions,
    /// What is to be asked for together.
    wanted: Vec<Source>,
}

impl Devices {
    pub(super) fn chosen_before(&mut self, source: Source, device: String) {
        self.choosers.insert(source, Chooser::new(Some(device)));
    }

    pub(super) fn want(&mut self, source: Source) {
        if !self.wanted.contains(&source) {
            self.wanted.push(source);
        }
    }

    pub(super) fn ask(&mut self, effects: &mut VecDeque<PageEffect>) {
        let wanted = std::mem::take(&mut self.wanted);
        if !wanted.is_empty() {
            let requests = wanted.into_iter().map(|source| self.request(source)).collect();
            effects.push_back(PageEffect::Capture(requests));
        }
    }

    pub(super) fn stop(&mut self, source: Source, effects: &mut VecDeque<PageEffect>) {
        self.wanted.retain(|wanted| *wanted != source);
        self.chooser(source).stop();
        self.used.remove(&source);
        self.lost.remove(&source);
        self.permissions.settled(source);
        effects.push_back(PageEffect::Stop(source));
    }

    /// The new device takes the place of the old one when it delivers; nothing is sent in between from neither.
    pub(super) fn choose(&mut self, source: Source, device: String, effects: &mut VecDeque<PageEffect>) {
        let is_used = self.used.contains_key(&source);
        let chooser = self.chooser(source);
        chooser.choose(device.clone());
        if is_used || chooser.is_waiting() {
            // What is gone is wanted until the choice delivers.
            if let Some(loss) = self.lost.get_mut(&source) {
                loss.overtaken();
            }
            let request = self.request(source);
            effects.push_back(PageEffect::Capture(vec![request]));
        } else {
            self.lost.remove(&source);
            effects.push_back(PageEffect::RememberDevice(source, Some(device)));
        }
    }

    pub(super) fn captured(
        &mut self,
        source: Source,
        attempt: Attempt,
        device: Option<NamedDevice>,
        effects: &mut VecDeque<PageEffect>,
    ) -> Option<PageNotice> {
        match self.chooser(source).delivered(attempt, device.as_ref().map(|device| device.id.as_str())) {
            Verdict::Overtaken => {
                effects.push_back(PageEffect::LetGo(source, attempt));
                None
            }
            Verdict::Counts { remember } => {
                let is_choice = remember.is_some();
                if is_choice {
                    self.lost.remove(&source);
                    effects.push_back(PageEffect::RememberDevice(source, remember));
                }
                self.permissions.settled(source);
                let listed = self.listed.get(&source).map_or(&[][..], Vec::as_slice);
                let used = InUse::new(attempt, device, listed, self.used.get(&source));
                let notice = self.recovered(source, used.device());
                let notice = notice.or_else(|| default_changed(source, &used).filter(|_| !is_choice));
                self.note_stand_in(source, &used);
                self.used.insert(source, used);
                effects.push_back(PageEffect::Use(source, attempt));
                effects.push_back(PageEffect::Captured(source));
                effects.push_back(PageEffect::ListDevices);
                notice
            }
        }
    }

    fn recovered(&mut self, source: Source, now: Option<&NamedDevice>) -> Option<PageNotice> {
        let kind = DeviceKind::of(source)?;
        let loss = self.lost.get_mut(&source)?;
        let notice = match loss.recovered(now)? {
            Recovered::Itself => PageNotice::DeviceIsBack { kind, device: now.and_then(NamedDevice::name) },
            Recovered::ByAnother => PageNotice::DeviceReplaced {
                kind,
                lost: loss.last().and_then(NamedDevice::name),
                now: now.and_then(NamedDevice::name),
            },
        };
        if loss.is_over() {
            self.lost.remove(&source);
        }
        Some(notice)
    }

    /// Another device than the chosen one delivers: that one is used when it is there, also where the browser did not know yet that it is.
    fn note_stand_in(&mut self, source: Source, used: &InUse) {
        let Some(chosen) = self.chooser(source).wanted().map(ToOwned::to_owned) else { return };
        let names = [used.called(), used.device()];
        let is_known = names.iter().any(Option::is_some);
        let is_chosen = names.iter().flatten().any(|device| device.id == chosen);
        if is_known && !is_chosen && !self.lost.contains_key(&source) {
            let listed = self.listed.get(&source).into_iter().flatten().find(|device| device.id == chosen);
            let label = listed.map(|device| device.label.clone()).unwrap_or_default();
            let chosen = NamedDevice { id: chosen, label, group: String::new() };
            self.lost.insert(source, Loss::with_stand_in(chosen));
        }
    }

    /// These are there. What is lost is asked for again when it is among them, and anything when nothing is in use. What is in use and is
    /// not among them any more has vanished, whatever its track says: a system may play another device into it.
    pub(super) fn listed(
        &mut self,
        source: Source,
        devices: &[NamedDevice],
        effects: &mut VecDeque<PageEffect>,
    ) {
        let before = self.listed.insert(source, devices.to_vec()).unwrap_or_default();
        let is_waiting = self.chooser(source).is_waiting();
        let is_used = self.used.contains_key(&source);
        if let Some(used) = self.used.get_mut(&source) {
            match used.look(&before, devices) {
                Seen::Vanished => {
                    let attempt = used.attempt();
                    _ = self.ended(source, attempt, effects);
                    return;
                }
                Seen::NotDefault if !is_waiting => {
                    used.follow(devices);
                    let request = self.request(source);
                    return effects.push_back(PageEffect::Capture(vec![request]));
                }
                Seen::NotDefault | Seen::Same => {}
            }
        }
        let wanted = self.lost.get_mut(&source).and_then(|loss| {
            if is_waiting {
                loss.note_missing(devices);
                return None;
            }
            loss.can_be_had(devices, is_used)
        });
        if let Some(device) = wanted {
            let attempt = self.chooser(source).begin();
            effects.push_back(PageEffect::Capture(vec![CaptureRequest {
                source,
                attempt,
                device: Some(device),
            }]));
        }
    }

    /// True when another device was chosen and is not used, and the one before goes on.
    pub(super) fn failed(
        &mut self,
        source: Source,
        attempt: Attempt,
        fault: CaptureFault,
        effects: &mut VecDeque<PageEffect>,
    ) -> bool {
        let chooser = self.chooser(source);
        if chooser.failed(attempt) == Verdict::Overtaken {
            return false;
        }
        let kept = chooser.kept().map(ToOwned::to_owned);
        effects.push_back(PageEffect::RememberDevice(source, kept));
        let goes_on = self.used.contains_key(&source);
        let asked = self.lost.get_mut(&source).map_or(Asked::Nothing, Loss::failed);
        if goes_on {
            effects.push_back(PageEffect::ListDevices);
        } else {
            self.failed_without_another(source, asked, fault, effects);
        }
        goes_on && asked != Asked::ForIt
    }

    /// Nothing delivers now. What vanished while a choice was tried is replaced as at any other time.
    fn failed_without_another(
        &mut self,
        source: Source,
        asked: Asked,
        fault: CaptureFault,
        effects: &mut VecDeque<PageEffect>,
    ) {
        let fault = match asked {
            Asked::ForAnother if self.ask_for_stand_in(source, effects) => return,
            Asked::ForIt if matches!(fault, CaptureFault::NotFound | CaptureFault::InUse) => {
                CaptureFault::Ended
            }
            Asked::ForAnother | Asked::ForIt | Asked::Nothing => fault,
        };
        self.gone(source, fault, effects);
    }

    /// True when there is another device than what has vanished.
    fn ask_for_stand_in(&mut self, source: Source, effects: &mut VecDeque<PageEffect>) -> bool {
        let Some(loss) = self.lost.get_mut(&source) else { return false };
        let has_other = self.listed.get(&source).is_some_and(|listed| loss.has_other(listed));
        if has_other {
            loss.ask();
            let request = self.request(source);
            effects.push_back(PageEffect::Capture(vec![request]));
        }
        has_other
    }

    /// The end of what was replaced says nothing of what is in use. True when a screen is shared no more.
    pub(super) fn ended(
        &mut self,
        source: Source,
        attempt: Attempt,
        effects: &mut VecDeque<PageEffect>,
    ) -> bool {
        if self.used.get(&source).is_none_or(|used| used.attempt() != attempt) {
            return false;
        }
        let lost = self.used.remove(&source).and_then(|used| used.device().cloned());
        let is_waiting = self.chooser(source).is_waiting();
        let fault = match (source.is_shared(), self.permissions.denies(source)) {
            (true, _) => Some(CaptureFault::Ended),
            (false, true) => Some(CaptureFault::Blocked),
            (false, false) => None,
        };
        match fault {
            // What has been asked for may be had.
            Some(_) if is_waiting => {
                effects.push_back(PageEffect::ListDevices);
                return false;
            }
            Some(fault) => {
                self.gone(source, fault, effects);
                return source == Source::Screen;
            }
            None => {}
        }
        let asked = if is_waiting { Asked::ForAnother } else { Asked::Nothing };
        let seen = self.listed.get(&source).cloned().unwrap_or_default();
        let loss = match self.lost.remove(&source) {
            Some(before) => before.and(lost, asked, seen),
            None => Loss::of(lost, asked, seen),
        };
        self.lost.insert(source, loss);
        if is_waiting {
            effects.push_back(PageEffect::ListDevices);
        } else if !self.ask_for_stand_in(source, effects) {
            self.gone(source, CaptureFault::Ended, effects);
        }
        false
    }

    /// The browser says something else of a source. What has just ended because it is not allowed any more was not disconnected. True
    /// when something was refused that may be had now.
    pub(super) fn permission_changed(
        &mut self,
        source: Source,
        to: Permission,
        effects: &mut VecDeque<PageEffect>,
    ) -> bool {
        let may_be_had = self.permissions.changed(source, to);
        let was_lost = self.permissions.denies(source) && self.lost.remove(&source).is_some();
        if was_lost && !self.used.contains_key(&source) {
            self.gone(source, CaptureFault::Blocked, effects);
        }
        may_be_had
    }

    /// Whether something may vanish, or is gone and may be plugged in again.
    pub(super) fn watches_any(&self) -> bool {
        !self.lost.is_empty() || self.used.values().any(|used| used.called().is_some())
    }

    pub(super) fn selected(&self, source: Source) -> Option<&str> {
        let in_use = self.used.get(&source).and_then(|used| Some(used.called()?.id.as_str()));
        in_use.or_else(|| self.choosers.get(&source)?.wanted())
    }

    fn gone(&mut self, source: Source, fault: CaptureFault, effects: &mut VecDeque<PageEffect>) {
        self.permissions.failed(source, fault);
        effects.push_back(PageEffect::Stop(source));
        effects.push_back(PageEffect::CaptureFailed(source, fault));
        effects.push_back(PageEffect::ListDevices);
    }

    fn request(&mut self, source: Source) -> CaptureRequest {
        let chooser = self.chooser(source);
        let attempt = chooser.begin();
        CaptureRequest { source, attempt, device: chooser.wanted().map(ToOwned::to_owned) }
    }

    fn chooser(&mut self, source: Source) -> &mut Chooser {
        self.choosers.entry(source).or_default()
    }
}

/// Nobody has chosen what has come in place of what was the system's default.
fn default_changed(source: Source, used: &InUse) -> Option<PageNotice> {
    let kind = DeviceKind::of(source).filter(|_| used.has_followed())?;
    Some(PageNotice::DefaultDeviceChanged { kind, now: used.device().and_then(NamedDevice::name) })
}
