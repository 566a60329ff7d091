//! The page itself: how it was loaded, when it goes and comes back, whether there is a network.

use call::{Dialled, SecretOrigin, secret_links};
use gloo_events::EventListener;
use js_sys::Reflect;
use protocol::RoomCode;
use seal::RoomSecret;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Element;

use crate::event::{Event, Events};
use crate::remember::tab;
use crate::web;

/// Tells of the page's going and coming, and of the network's.
pub(crate) fn watch(room: RoomCode, events: &Events) -> Vec<EventListener> {
    let Some(window) = web::window() else { return Vec::new() };
    let on = |name: &'static str, event: fn(&web_sys::Event) -> Option<Event>| {
        let events = events.clone();
        EventListener::new(&window, name, move |happened| {
            if let Some(event) = event(happened) {
                _ = events.unbounded_send(event);
            }
        })
    };
    let visibility = events.clone();
    let seen = web::document().map(|document| {
        let page = document.clone();
        EventListener::new(&document, "visibilitychange", move |_| {
            _ = visibility.unbounded_send(Event::Seen(!page.hidden()));
        })
    });
    let mut listeners = vec![
        // What is to be remembered of a page that goes has to be written at once: nothing runs after this.
        EventListener::new(&window, "pagehide", move |_| tab::note_parting(room, js_sys::Date::now())),
        on("pagehide", |_| Some(Event::PageHidden)),
        on("pageshow", |happened| was_kept(happened).then_some(Event::PageShown)),
        // Another key is another visit; our own changes of the address say nothing here.
        EventListener::new(&window, "hashchange", move |_| {
            _ = web::window().map(|window| window.location().reload());
        }),
        on("online", |_| Some(Event::NetworkChanged)),
    ];
    listeners.extend(seen);
    listeners
}

/// Whether a page is shown again as it was, without being loaded.
fn was_kept(happened: &web_sys::Event) -> bool {
    Reflect::get(happened, &"persisted".into()).is_ok_and(|kept| kept.is_truthy())
}

/// Whether the page was loaded anew, and not visited (Navigation Timing §4.2).
pub(crate) fn was_reloaded() -> bool {
    let kind = || {
        let performance = web::window()?.performance()?;
        let entries = web::call_if_present(&performance, "getEntriesByType", &"navigation".into())?;
        let first = entries.dyn_into::<js_sys::Array>().ok()?.get(0);
        Reflect::get(&first, &"type".into()).ok()?.as_string()
    };
    kind().as_deref() == Some("reload")
}

/// Whether this is the page of the connection test.
pub(crate) fn is_connection_test() -> bool {
    let path = || web::window()?.location().pathname().ok();
    path().as_deref() == Some("/connection-test")
}

/// Whether this is the page of a recording.
pub(crate) fn is_recording() -> bool {
    let path = || web::window()?.location().pathname().ok();
    path().is_some_and(|path| path.starts_with("/recordings/"))
}

/// Whether this is the page of direct calls.
pub(crate) fn is_direct() -> bool {
    let path = || web::window()?.location().pathname().ok();
    path().is_some_and(|path| path == DIRECT || path.starts_with("/call/"))
}

/// Whom the address of the page leads to. Other pages than that of direct calls lead to nobody.
pub(crate) fn dialled() -> Option<Dialled> {
    if is_direct() { Dialled::parse(&address()) } else { None }
}

/// Whether the address of the page was to lead to somebody, and leads to nobody.
pub(crate) fn is_dialled_wrongly() -> bool {
    let path = || web::window()?.location().pathname().ok();
    let is_bare = path().is_some_and(|path| path.trim_end_matches('/') == DIRECT);
    is_direct() && !is_bare && dialled().is_none()
}

/// Leaves this page for that of direct calls.
pub(crate) fn go_to_direct() {
    _ = web::window().map(|window| window.location().assign(DIRECT));
}

/// Of a page without script of its own: where rings are shown.
pub(crate) fn place_of_rings() -> Option<Element> {
    web::document()?.get_element_by_id("rings")
}

/// Leads to nobody any more.
pub(crate) fn forget_dialled() {
    let forget = || {
        let history = web::window()?.history().ok()?;
        history.replace_state_with_url(&JsValue::NULL, "", Some(DIRECT)).ok()
    };
    _ = forget();
}

/// The path of the page of direct calls.
const DIRECT: &str = "/call";

/// What stands before the paths of the files of this page's build.
pub(crate) fn root() -> String {
    let root = || web::document()?.document_element()?.get_attribute("data-root");
    root().unwrap_or_default()
}

/// The address of the page, with its fragment.
pub(crate) fn address() -> String {
    let href = || web::window()?.location().href().ok();
    without_invisible_end(href()).unwrap_or_default()
}

/// The secret of the room, as the address of the page carries it. One that was passed on through the server says so, also in a
/// link that was copied.
pub(crate) fn secret() -> Option<(RoomSecret, SecretOrigin)> {
    let fragment = without_invisible_end(web::window()?.location().hash().ok())?;
    let text = fragment.trim_start_matches('#').strip_prefix(SECRET)?;
    let (text, origin) = match text.strip_suffix(UNVERIFIED) {
        Some(text) => (text, SecretOrigin::Granted),
        None => (text, SecretOrigin::Link),
    };
    Some((RoomSecret::parse(text)?, origin))
}

/// Whether the address of the page was to carry a secret, and what it carries is none.
pub(crate) fn has_unreadable_secret() -> bool {
    let fragment = || web::window()?.location().hash().ok();
    let was_to = fragment().is_some_and(|fragment| fragment.trim_start_matches('#').starts_with(SECRET));
    was_to && secret().is_none()
}

/// Whether this is the first page of a room after it was made, for whoever made it.
pub(crate) fn is_makers() -> bool {
    web::document().is_some_and(|page| matches!(page.query_selector(".host-notice"), Ok(Some(_))))
}

/// Puts the secret into the address of the page, without loading anything, so that every copied link carries it.
pub(crate) fn set_secret(secret: &RoomSecret, origin: SecretOrigin) {
    let set = || {
        let window = web::window()?;
        let mark = if origin == SecretOrigin::Granted { UNVERIFIED } else { "" };
        let fragment = format!("#{SECRET}{}{mark}", secret.to_text());
        let history = window.history().ok()?;
        history.replace_state_with_url(&JsValue::NULL, "", Some(&fragment)).ok()
    };
    _ = set();
}

/// How the fragment begins.
const SECRET: &str = "key=";

/// How it ends when nobody has compared the safety phrase since the secret came through the server.
const UNVERIFIED: &str = "&unverified";

/// The page's own origin.
pub(crate) fn origin() -> Option<String> {
    web::window()?.location().origin().ok()
}

/// The page's own origin, and the fragment with which it was opened, which has the secret.
pub(crate) fn origin_and_fragment() -> Option<(String, String)> {
    let location = web::window()?.location();
    Some((location.origin().ok()?, without_invisible_end(location.hash().ok())?))
}

/// Links are pasted with marks of direction behind them, which are no part of the key and are passed on to nobody.
fn without_invisible_end(address: Option<String>) -> Option<String> {
    address.map(|address| secret_links::without_invisible_end(&address).to_owned())
}
