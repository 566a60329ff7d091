//! The session of a call is a module of its own: the page is there, with whoever is inside and a field for the name, before the engine
//! of calls is. It is fetched at once, and again where it does not come; what needs it cannot be pressed before.

use std::time::Duration;

use app::state::{CallView, CallViewStoreFields};
use futures::channel::mpsc::UnboundedReceiver;
use futures::future::join;
use gloo_timers::future::sleep;
use leptos::prelude::Set;
use leptos::wasm_split::{SplitLoaderError, wasm_split};
use protocol::{RoomCode, RoomEncryption};
use reactive_stores::Store;
use wasm_bindgen_futures::spawn_local;

use crate::event::{Event, Events};
use crate::identity::name_so_far;
use crate::session::{self, Entrance, Visit};
use crate::{sealing, web};

/// How long after the first attempt the next begins; each pause is twice the one before.
const FIRST_PAUSE: Duration = Duration::from_secs(2);

/// No pause is longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Starts the session of a room's page; on any other page there is none.
pub(crate) fn start(view: Store<CallView>, events: Events, received: UnboundedReceiver<Event>) {
    let Some(code) = code_of_page() else { return };
    // Asked before the page's own fields are touched.
    let name = name_so_far().unwrap_or_default();
    let encryption = shown_encryption();
    spawn_local(async move {
        view.name().set(name.clone());
        run(Visit { code, name, entrance: Entrance::Page { encryption } }, view, events, received).await;
    });
}

/// What the page shows of the room's encryption to somebody who has not joined: as the server has rendered it.
fn shown_encryption() -> RoomEncryption {
    let shown = web::document().and_then(|document| document.query_selector(".prejoin").ok().flatten());
    match shown.and_then(|shown| shown.get_attribute("data-encryption")).as_deref() {
        Some("transport") => RoomEncryption::Transport,
        Some(_) | None => RoomEncryption::EndToEnd,
    }
}

/// Runs a session, once everything is here that it needs.
pub(crate) async fn run(
    visit: Visit,
    view: Store<CallView>,
    events: Events,
    mut received: UnboundedReceiver<Event>,
) {
    let mut pause = FIRST_PAUSE;
    while !fetch_all().await {
        if has_ended(&events, &mut received) {
            return;
        }
        view.engine_missing().set(true);
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    // It is here: nothing is fetched any more.
    if !has_ended(&events, &mut received) {
        _ = session(visit, view, events, received).await;
    }
}

/// Whether the session was ended before it has begun: whoever has gone meanwhile enters nothing. What was said to it otherwise stays so.
fn has_ended(events: &Events, received: &mut UnboundedReceiver<Event>) -> bool {
    let said: Vec<_> = std::iter::from_fn(|| received.try_recv().ok()).collect();
    if said.iter().any(|event| matches!(event, Event::End)) {
        return true;
    }
    for event in said {
        _ = events.unbounded_send(event);
    }
    false
}

/// The session, and what its worker begins with: a browser does not try again to start one.
async fn fetch_all() -> bool {
    let (session, worker) = join(fetch_session(), sealing::fetch_script()).await;
    session.is_ok() && worker
}

/// Fetches the session of a call that may come about, so that it is here with the answer.
pub(crate) fn fetch_ahead() {
    spawn_local(async { _ = fetch_all().await });
}

#[wasm_split(session, wasm_split_path = ::leptos::wasm_split, preload(fetch_session), fallible)]
fn session(
    visit: Visit,
    view: Store<CallView>,
    events: Events,
    received: UnboundedReceiver<Event>,
) -> Result<(), SplitLoaderError> {
    session::start(visit, view, events, received);
    Ok(())
}

fn code_of_page() -> Option<RoomCode> {
    let path = web::window()?.location().pathname().ok()?;
    RoomCode::parse(path.strip_prefix("/r/")?).ok()
}
