//! The engine of direct calls is a module of its own, as that of calls is.

use std::time::Duration;

use app::state::{CallView, CallViewStoreFields, DirectHandle, DirectView};
use futures::channel::mpsc;
use gloo_timers::future::sleep;
use leptos::prelude::{Effect, Get, GetUntracked, Memo, RwSignal, Update};
use leptos::wasm_split::{SplitLoaderError, wasm_split};
use protocol::Activity;
use reactive_stores::Store;
use view::Phase;
use wasm_bindgen_futures::spawn_local;

use crate::call_identity;
use crate::ringing::{self, CallLine, RingEvent, RingPage, RingPlace};

/// How long after an attempt to fetch it the next begins.
const PAUSE: Duration = Duration::from_secs(4);

/// How often it is looked whether a page has what it needs itself.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Starts it on the page of direct calls, and gives the way to it.
pub(crate) fn start(call_view: Store<CallView>, call_line: CallLine) -> DirectHandle {
    begin(RingPlace::Own, call_view, call_line)
}

/// Starts it on a room's page, over which rings are shown, once that page has its own engine. `None` in a browser without a call identity:
/// nothing is fetched there, and none is made.
pub(crate) fn start_over_room(call_view: Store<CallView>, call_line: CallLine) -> Option<DirectHandle> {
    call_identity::is_kept().then(|| begin(RingPlace::OverRoom, call_view, call_line))
}

/// Starts it on a page without script of its own.
pub(crate) fn start_over_page() -> Option<DirectHandle> {
    if !call_identity::is_kept() {
        call_identity::untell_server();
        return None;
    }
    Some(begin(RingPlace::OverPage, Store::new(CallView::default()), CallLine::default()))
}

fn begin(place: RingPlace, call_view: Store<CallView>, call_line: CallLine) -> DirectHandle {
    let view = RwSignal::new(DirectView::default());
    let (events, received) = mpsc::unbounded();
    let (commands, activities) = (events.clone(), events.clone());
    if place == RingPlace::OverRoom {
        let is_inside = Memo::new(move |_| call_view.phase().get() == Phase::Joined);
        Effect::new(move || {
            let activity = if is_inside.get() { Activity::InMeeting } else { Activity::Free };
            _ = activities.unbounded_send(RingEvent::Activity(activity));
        });
    }
    spawn_local(async move {
        while place == RingPlace::OverRoom && !has_engine(call_view) {
            sleep(LOOK_EVERY).await;
        }
        while fetch_ringing().await.is_err() {
            view.update(|view| view.is_engine_missing = true);
            sleep(PAUSE).await;
        }
        _ = ringing(RingPage { place, view, call_view, call_line, events, received }).await;
    });
    DirectHandle::new(view, move |command| _ = commands.unbounded_send(RingEvent::Command(command)))
}

fn has_engine(call_view: Store<CallView>) -> bool {
    call_view.ready().get_untracked()
}

#[wasm_split(ringing, wasm_split_path = ::leptos::wasm_split, preload(fetch_ringing), fallible)]
fn ringing(page: RingPage) -> Result<(), SplitLoaderError> {
    ringing::start(page);
    Ok(())
}
