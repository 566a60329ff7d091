//! What is opened over a call: one panel beside the people, one popover above the bar, one question. Whoever opens something else
//! closes what was open.

use std::collections::HashMap;

use leptos::prelude::*;

/// The panels of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Panel {
    Chat,
    People,
    Invite,
    Room,
    Connection,
    Safety,
    Devices,
    Settings,
    Shortcuts,
}

impl Panel {
    /// Whether it has a button of its own in the bar; the others are opened from *More*.
    pub(crate) const fn has_button(self) -> bool {
        matches!(self, Self::Chat | Self::People)
    }
}

/// What opens above a button of the bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Popover {
    Microphone,
    Camera,
    React,
    Layout,
    More,
    Leave,
    Recording,
}

/// Which panel is open.
pub(crate) type OpenPanel = RwSignal<Option<Panel>>;

/// Everything that can be open.
#[derive(Clone, Copy)]
pub(crate) struct Opened {
    pub(crate) panel: OpenPanel,
    pub(crate) popover: RwSignal<Option<Popover>>,
    /// Whether it is asked if the call is to end for everybody.
    pub(crate) asks_to_end: RwSignal<bool>,
    /// Whether it is asked if the call is to be recorded.
    pub(crate) asks_to_record: RwSignal<bool>,
    /// The newest notice that was closed; those before it are closed too.
    pub(crate) closed_notice: RwSignal<Option<u32>>,
    /// How far each panel was scrolled when it was looked at last, in CSS pixels; the chat only where older messages were read.
    scrolled: StoredValue<HashMap<Panel, i32>>,
}

impl Opened {
    /// Gives it to every component below.
    pub(crate) fn provide() -> Self {
        let opened = Self {
            panel: RwSignal::new(None),
            popover: RwSignal::new(None),
            asks_to_end: RwSignal::new(false),
            asks_to_record: RwSignal::new(false),
            closed_notice: RwSignal::new(None),
            scrolled: StoredValue::new(HashMap::new()),
        };
        provide_context(opened);
        opened
    }

    /// Nothing is open any more, as the next call begins.
    pub(crate) fn reset(self) {
        self.panel.set(None);
        self.popover.set(None);
        self.asks_to_end.set(false);
        self.asks_to_record.set(false);
        self.scrolled.update_value(HashMap::clear);
    }

    /// Opens a panel, or closes it.
    pub(crate) fn toggle(self, panel: Panel) {
        self.popover.set(None);
        self.panel.update(|open| *open = (*open != Some(panel)).then_some(panel));
    }

    /// Remembers how far a panel is scrolled; `None` is where it begins.
    pub(crate) fn note_scrolled(self, panel: Panel, top: Option<i32>) {
        self.scrolled.update_value(|scrolled| match top {
            Some(top) => _ = scrolled.insert(panel, top),
            None => _ = scrolled.remove(&panel),
        });
    }

    /// How far a panel was scrolled.
    pub(crate) fn scrolled(self, panel: Panel) -> Option<i32> {
        self.scrolled.with_value(|scrolled| scrolled.get(&panel).copied())
    }

    /// Closes what was opened last: what is above the bar, or else the panel. Whether anything was open.
    pub(crate) fn close(self) -> bool {
        if self.popover.get_untracked().is_some() {
            self.popover.set(None);
            return true;
        }
        let was_open = self.panel.get_untracked().is_some();
        self.panel.set(None);
        was_open
    }

    /// Opens a panel.
    pub(crate) fn show(self, panel: Panel) {
        self.popover.set(None);
        self.panel.set(Some(panel));
    }
}

/// What is opened over the call.
pub(crate) fn use_opened() -> Opened {
    use_context::<Opened>().unwrap_or_else(Opened::provide)
}
