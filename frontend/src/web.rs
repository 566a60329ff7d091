//! The global objects of a page, and what web-sys has no name for.

use js_sys::{Function, Reflect};
use protocol::Timestamp;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Document, HtmlMediaElement, MediaDevices, Window};

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

/// Calls a method that web-sys has no name for; `None` where it is missing or throws.
pub(crate) fn call(object: &JsValue, method: &str, arguments: &[&JsValue]) -> Option<JsValue> {
    let function: Function = Reflect::get(object, &method.into()).ok()?.dyn_into().ok()?;
    let arguments: js_sys::Array = arguments.iter().copied().collect();
    function.apply(object, &arguments).ok()
}

/// An object with these fields.
pub(crate) fn object(fields: &[(&str, JsValue)]) -> js_sys::Object {
    let object = js_sys::Object::new();
    for (name, value) in fields {
        _ = Reflect::set(&object, &(*name).into(), value);
    }
    object
}

/// The time of day, to the minute, in the language of the page.
pub(crate) fn local_time(date: &js_sys::Date) -> String {
    let options = js_sys::Object::new();
    _ = Reflect::set(&options, &"hour".into(), &"2-digit".into());
    _ = Reflect::set(&options, &"minute".into(), &"2-digit".into());
    localised(date, "toLocaleTimeString", &options)
}

/// The day, in the language of the page.
pub(crate) fn local_date(date: &js_sys::Date) -> String {
    localised(date, "toLocaleDateString", &js_sys::Object::new())
}

fn localised(date: &js_sys::Date, method: &str, options: &js_sys::Object) -> String {
    let written =
        Reflect::get(date, &method.into()).ok().and_then(|method| method.dyn_into::<Function>().ok());
    let written =
        written.and_then(|method| method.call2(date, &crate::language::locale().into(), options).ok());
    written.and_then(|text| text.as_string()).unwrap_or_default()
}

/// The moment that a field for a date and a time says, in the browser's time zone; none when it is empty.
pub(crate) fn moment(local: &str) -> Option<Timestamp> {
    let millis = js_sys::Date::new(&local.into()).get_time();
    (millis.is_finite() && millis >= 0.0).then_some(Timestamp(millis as u64))
}

/// A moment as a field for a date and a time takes it.
pub(crate) fn local_moment(at: Timestamp) -> String {
    let date = js_sys::Date::new(&(at.0 as f64).into());
    let (year, month, day) = (date.get_full_year(), date.get_month() + 1, date.get_date());
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}", date.get_hours(), date.get_minutes())
}

/// Whether the browser hands links to other programs (Web Share).
pub(crate) fn can_share() -> bool {
    window().is_some_and(|window| {
        Reflect::get(&window.navigator(), &"share".into()).is_ok_and(|share| share.is_function())
    })
}

/// Hands a link to another program that the person chooses.
pub(crate) async fn share(link: &str) -> Option<()> {
    let navigator = window()?.navigator();
    let shared = js_sys::Object::new();
    _ = Reflect::set(&shared, &"url".into(), &link.into());
    let promise = call_if_present(&navigator, "share", &shared)?;
    JsFuture::from(promise.dyn_into::<js_sys::Promise>().ok()?).await.ok().map(drop)
}

/// Puts a text on the clipboard; `None` where there is none, as on pages that were not loaded securely.
pub(crate) async fn copy(text: &str) -> Option<()> {
    let clipboard = Reflect::get(&window()?.navigator(), &"clipboard".into()).ok()?;
    let promise = call_if_present(&clipboard, "writeText", &text.into())?;
    JsFuture::from(promise.dyn_into::<js_sys::Promise>().ok()?).await.ok().map(drop)
}

/// Lets an element play. A browser that wants a gesture first refuses; entering the call was one.
pub(crate) fn play(element: &HtmlMediaElement) {
    if let Ok(promise) = element.play() {
        spawn_local(async move { _ = JsFuture::from(promise).await });
    }
}
