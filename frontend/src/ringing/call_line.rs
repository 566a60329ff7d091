//! The way to the session of the call that there is at the moment, if there is one.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::event::{Event, Events};

/// A clone is another handle to the same.
#[derive(Clone, Default)]
pub(crate) struct CallLine(Arc<Mutex<Option<Events>>>);

impl CallLine {
    /// One that leads to the session of a room's page, for good.
    pub(crate) fn to(events: Events) -> Self {
        let line = Self::default();
        line.begin(events);
        line
    }

    /// From now on it leads there.
    pub(super) fn begin(&self, events: Events) {
        *self.events() = Some(events);
    }

    /// The session ends, and nothing follows.
    pub(super) fn end(&self) {
        self.send(Event::End);
        *self.events() = None;
    }

    /// Tells the session something. Where there is none, nobody hears it.
    pub(crate) fn send(&self, event: Event) {
        if let Some(events) = &*self.events() {
            _ = events.unbounded_send(event);
        }
    }

    fn events(&self) -> MutexGuard<'_, Option<Events>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
