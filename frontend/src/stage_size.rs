//! How large the stage is. The browser tells it once a frame at the most, however often a window changes.

use call::Size;
use js_sys::Array;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{ResizeObserver, ResizeObserverEntry};

use crate::event::{Event, Events};
use crate::web;

/// Tells of the size of an element, until it is dropped.
pub(crate) struct StageSize {
    observer: ResizeObserver,
    _told: Closure<dyn FnMut(Array)>,
}

impl StageSize {
    /// Begins to tell, with the size that it has; `None` where there is no such element.
    pub(crate) fn observe(element: &str, events: &Events) -> Option<Self> {
        let events = events.clone();
        Self::watch(element, move |size| _ = events.unbounded_send(Event::StageResized(size)))
    }

    /// The same, for anybody.
    pub(crate) fn watch(element: &str, tell: impl Fn(Size) + 'static) -> Option<Self> {
        let element = web::document()?.get_element_by_id(element)?;
        let told = Closure::<dyn FnMut(Array)>::new(move |entries: Array| {
            if let Ok(entry) = entries.pop().dyn_into::<ResizeObserverEntry>() {
                let rect = entry.content_rect();
                let size = Size { width: rect.width() as f32, height: rect.height() as f32 };
                tell(size);
            }
        });
        let observer = ResizeObserver::new(told.as_ref().unchecked_ref()).ok()?;
        observer.observe(&element);
        Some(Self { observer, _told: told })
    }
}

impl Drop for StageSize {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}
