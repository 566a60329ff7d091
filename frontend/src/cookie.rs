//! Cookies that a page writes itself, for the server to read with the next page. They hold nothing secret.

use wasm_bindgen::JsCast;
use web_sys::HtmlDocument;

use crate::web;

/// Sets one for all pages, for so many seconds; with none it is gone.
pub(crate) fn set(name: &str, value: &str, seconds: u64) {
    let protocol = web::window().and_then(|window| window.location().protocol().ok());
    let is_tls = protocol.as_deref() == Some("https:");
    let secure = if is_tls { "; Secure" } else { "" };
    let document = web::document().and_then(|document| document.dyn_into::<HtmlDocument>().ok());
    if let Some(document) = document {
        let cookie = format!("{name}={value}; Path=/; Max-Age={seconds}; SameSite=Lax{secure}");
        _ = document.set_cookie(&cookie);
    }
}
