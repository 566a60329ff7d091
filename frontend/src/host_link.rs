//! A new link for another host, asked of the server, which knows by the browser's cookie that its owner is one.

use gloo_net::http::Request;
use protocol::{HostLink, RoomCode};
use wasm_bindgen_futures::spawn_local;

use crate::event::{Event, Events};
use crate::page;

/// Asks for a link, and tells of it with the fragment of the page's own address.
pub(crate) fn make(code: RoomCode, events: Events) {
    spawn_local(async move {
        let made = async {
            let response = Request::post(&format!("/r/{code}/host-link")).send().await.ok()?;
            response.json::<HostLink>().await.ok()
        };
        let event = match made.await {
            Some(HostLink { path }) => Event::HostLink(page::address_of(&path)),
            None => Event::Say("The link could not be made"),
        };
        _ = events.unbounded_send(event);
    });
}
