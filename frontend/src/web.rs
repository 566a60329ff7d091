//! The global objects of a page, and what web-sys has no name for.

use js_sys::{Function, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Document, MediaDevices, Window};

pub(crate) fn window() -> Option<Window> {
    web_sys::window()
}

pub(crate) fn document() -> Option<Document> {
    window()?.document()
}

/// `None` on a page that was not loaded securely.
pub(crate) fn media_devices() -> Option<MediaDevices> {
    let navigator = window()?.navigator();
    let devices = Reflect::get(&navigator, &"mediaDevices".into()).ok()?;
    devices.dyn_into().ok()
}

/// Calls a method that some browsers lack; `None` where it is missing or throws.
pub(crate) fn call_if_present(object: &JsValue, method: &str, argument: &JsValue) -> Option<JsValue> {
    let function: Function = Reflect::get(object, &method.into()).ok()?.dyn_into().ok()?;
    function.call1(object, argument).ok()
}
