//! From which device each source is captured.

use std::collections::{BTreeMap, VecDeque};

use protocol::Source;
use view::CaptureFault;

use crate::page::chooser::{Attempt, Chooser, Verdict};
use crate::page::effect::{CaptureRequest, PageEffect};

/// The machine's part.
#[derive(Debug, Default)]
pub(super) struct Devices {
    choosers: BTreeMap<Source, Chooser>,
    /// What is in use: which attempt has brought it, and which device it is, where the browser says so.
    used: BTreeMap<Source, (Attempt, Option<String>)>,
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
        effects.push_back(PageEffect::Stop(source));
    }

    /// The new device takes the place of the old one when it delivers; nothing is sent in between from neither.
    pub(super) fn choose(&mut self, source: Source, device: String, effects: &mut VecDeque<PageEffect>) {
        let is_used = self.used.contains_key(&source);
        let chooser = self.chooser(source);
        chooser.choose(device.clone());
        if is_used || chooser.is_waiting() {
            let request = self.request(source);
            effects.push_back(PageEffect::Capture(vec![request]));
        } else {
            effects.push_back(PageEffect::RememberDevice(source, Some(device)));
        }
    }

    pub(super) fn captured(
        &mut self,
        source: Source,
        attempt: Attempt,
        device: Option<String>,
        effects: &mut VecDeque<PageEffect>,
    ) {
        match self.chooser(source).delivered(attempt, device.as_deref()) {
            Verdict::Overtaken => effects.push_back(PageEffect::LetGo(source, attempt)),
            Verdict::Counts { remember } => {
                if remember.is_some() {
                    effects.push_back(PageEffect::RememberDevice(source, remember));
                }
                self.used.insert(source, (attempt, device));
                effects.push_back(PageEffect::Use(source, attempt));
                effects.push_back(PageEffect::Captured(source));
                effects.push_back(PageEffect::ListDevices);
            }
        }
    }

    /// True when another device is in use, which goes on.
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
        if goes_on {
            effects.push_back(PageEffect::ListDevices);
        } else {
            self.gone(source, fault, effects);
        }
        goes_on
    }

    /// The end of what was replaced says nothing of what is in use.
    pub(super) fn ended(&mut self, source: Source, attempt: Attempt, effects: &mut VecDeque<PageEffect>) {
        if self.used.get(&source).is_none_or(|(used, _)| *used != attempt) {
            return;
        }
        self.used.remove(&source);
        if self.chooser(source).is_waiting() {
            return effects.push_back(PageEffect::ListDevices); // Another one has been asked for.
        }
        self.gone(source, CaptureFault::Ended, effects);
    }

    pub(super) fn selected(&self, source: Source) -> Option<&str> {
        let in_use = self.used.get(&source).and_then(|(_, device)| device.as_deref());
        in_use.or_else(|| self.choosers.get(&source)?.wanted())
    }

    fn gone(&mut self, source: Source, fault: CaptureFault, effects: &mut VecDeque<PageEffect>) {
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
