//! The room as an entry for a calendar. The server makes the file and does not know the room's secret; here it is put in.

use call::secret_links;
use gloo_net::http::Request;
use protocol::RoomCode;
use view::PageNotice;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlElement;

use crate::event::{Event, Events};
use crate::{page, web};

/// Saves a file whose link is the whole one.
pub(crate) fn save(code: RoomCode, events: Events) {
    spawn_local(async move {
        if saved(code).await.is_none() {
            _ = events.unbounded_send(Event::Say(PageNotice::CalendarFailed));
        }
    });
}

async fn saved(code: RoomCode) -> Option<()> {
    let response = Request::get(&format!("/r/{code}/calendar.ics")).send().await.ok()?;
    let file = if response.ok() { response.text().await.ok()? } else { return None };
    let (origin, fragment) = page::origin_and_fragment()?;
    let file = secret_links::in_calendar(&file, &origin, code, &fragment, app::calendar_description);
    let link: HtmlElement = web::document()?.create_element("a").ok()?.dyn_into().ok()?;
    let data = format!("data:text/calendar;charset=utf-8,{}", js_sys::encode_uri_component(&file));
    link.set_attribute("href", &data).ok()?;
    link.set_attribute("download", "veranda.ics").ok()?;
    link.click();
    Some(())
}
