//! The room as an entry for a calendar. The server makes the file and does not know the room's secret; here it is put in.

use gloo_net::http::Request;
use protocol::RoomCode;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlElement;

use crate::event::{Event, Events};
use crate::web;

/// Saves a file whose link is the whole one.
pub(crate) fn save(code: RoomCode, events: Events) {
    spawn_local(async move {
        if saved(code).await.is_none() {
            _ = events.unbounded_send(Event::Say("The calendar file could not be made"));
        }
    });
}

async fn saved(code: RoomCode) -> Option<()> {
    let path = format!("/r/{code}");
    let response = Request::get(&format!("{path}/calendar.ics")).send().await.ok()?;
    let file = if response.ok() { response.text().await.ok()? } else { return None };
    let fragment = web::window()?.location().hash().ok()?;
    // Long lines are folded, which can be in the middle of the link (RFC 5545 §3.1).
    let file = file.replace("\r\n ", "").replace(&path, &format!("{path}{fragment}"));
    let link: HtmlElement = web::document()?.create_element("a").ok()?.dyn_into().ok()?;
    let data = format!("data:text/calendar;charset=utf-8,{}", js_sys::encode_uri_component(&file));
    link.set_attribute("href", &data).ok()?;
    link.set_attribute("download", "veranda.ics").ok()?;
    link.click();
    Some(())
}
