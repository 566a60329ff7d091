//! The engine of direct calls is a module of its own, as that of calls is.

use std::time::Duration;

use app::state::{CallView, DirectHandle, DirectView};
use futures::channel::mpsc;
use gloo_timers::future::sleep;
use leptos::prelude::{RwSignal, Update};
use leptos::wasm_split::{SplitLoaderError, wasm_split};
use reactive_stores::Store;
use wasm_bindgen_futures::spawn_local;

use crate::ringing::{self, CallLine, RingEvent, RingPage};

/// How long after an attempt to fetch it the next begins.
const PAUSE: Duration = Duration::from_secs(4);

/// Starts it, and gives the way to it.
pub(crate) fn start(call_view: Store<CallView>, call_line: CallLine) -> DirectHandle {
    let view = RwSignal::new(DirectView::default());
    let (events, received) = mpsc::unbounded();
    let commands = events.clone();
    spawn_local(async move {
        while fetch_ringing().await.is_err() {
            view.update(|view| view.is_engine_missing = true);
            sleep(PAUSE).await;
        }
        _ = ringing(RingPage { view, call_view, call_line, events, received }).await;
    });
    DirectHandle::new(view, move |command| _ = commands.unbounded_send(RingEvent::Command(command)))
}

#[wasm_split(ringing, wasm_split_path = ::leptos::wasm_split, preload(fetch_ringing), fallible)]
fn ringing(page: RingPage) -> Result<(), SplitLoaderError> {
    ringing::start(page);
    Ok(())
}
