//! Time that passes also in a page that nobody looks at, whose own timers ring once a minute at last: while there is a ring, a worker counts.

use gloo_events::EventListener;
use web_sys::Worker;

use super::event::{RingEvent, RingEvents};
use crate::page;

/// Where the worker is, by the root of what belongs to the build.
const SCRIPT: &str = "/worker/ticker.js";

/// Ticks until it is dropped.
pub(super) struct Ticker {
    worker: Worker,
    _ticks: EventListener,
}

impl Ticker {
    /// `None` where there can be no worker: the page's own timers count, then.
    pub(super) fn begin(millis: u32, events: &RingEvents) -> Option<Self> {
        let worker = Worker::new(&format!("{}{SCRIPT}", page::root())).ok()?;
        worker.post_message(&millis.into()).ok()?;
        let events = events.clone();
        let ticks = EventListener::new(&worker, "message", move |_| {
            _ = events.unbounded_send(RingEvent::Tick);
        });
        Some(Self { worker, _ticks: ticks })
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}
