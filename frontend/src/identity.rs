//! Who this page is: what the tab and the link remember, and fresh entropy for the rest.

use call::{Call, Identity};
use protocol::{RoomCode, Timestamp};
use uuid::Uuid;
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;

use crate::{page, remember, web};

/// A call that goes on with the session this tab had, if it had one.
pub(crate) fn new_call(code: RoomCode) -> Call {
    let mut seed = [0; 32];
    _ = getrandom::fill(&mut seed);
    let secret = page::secret().or_else(|| remember::secret(code));
    let key = remember::tab::private_key(code);
    let identity = Identity { seed, secret, key, born: Timestamp(js_sys::Date::now() as u64) };
    Call::new(code, remember::tab::session(code), (js_sys::Math::random() * 1e15) as u64, identity)
}

/// An id that nobody else has (RFC 9562 §5.4).
pub(crate) fn random_id() -> Uuid {
    let mut bytes = [0; 16];
    _ = getrandom::fill(&mut bytes);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

/// What was typed before the page became interactive, or the name of the last time.
pub(crate) fn name_so_far() -> Option<String> {
    let field = web::document().and_then(|document| document.get_element_by_id("your-name"));
    let typed = field.and_then(|field| field.dyn_into::<HtmlInputElement>().ok()).map(|field| field.value());
    typed.filter(|typed| !typed.is_empty()).or_else(|| remember::read(remember::NAME))
}
