//! A new link for another host, asked of the server, which knows by the browser's cookie that its owner is one.

use call::secret_links;
use gloo_net::http::Request;
use protocol::{HostLink, RoomCode};
use view::PageNotice;
use wasm_bindgen_futures::spawn_local;

use crate::event::{Event, Events};
use crate::page;

/// Asks for a link, and tells of it with the fragment of the page's own address.
pub(crate) fn make(code: RoomCode, events: Events) {
    spawn_local(async move {
        let made = async {
            let response = Request::post(&format!("/r/{code}/host-link")).send().await.ok()?;
            let HostLink { path } = response.json().await.ok()?;
            let (origin, fragment) = page::origin_and_fragment()?;
            secret_links::of_host(&origin, code, &path, &fragment)
        };
        let event = match made.await {
            Some(link) => Event::HostLink(link),
            None => Event::Say(PageNotice::HostLinkFailed),
        };
        _ = events.unbounded_send(event);
    });
}
