//! The worker of `public/sw.js`, which shows notifications: where it is registered, what it is told, and whether the browser lets it show any.

use js_sys::{Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::EventTarget;

use crate::web;

const WORKER: &str = "/sw.js";

/// What a person has answered whom the browser has asked whether this site may show notifications.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Permission {
    Granted,
    Denied,
    /// Nothing yet.
    NotGiven,
}

/// Where workers are registered; `None` on a page that was not loaded securely, and in some private windows.
pub(super) fn container() -> Option<EventTarget> {
    Reflect::get(&web::window()?.navigator(), &"serviceWorker".into()).ok()?.dyn_into().ok()
}

/// `None` where the browser shows none.
pub(super) fn permission() -> Option<Permission> {
    _ = container()?;
    match Reflect::get(&notification()?, &"permission".into()).ok()?.as_string()?.as_str() {
        "granted" => Some(Permission::Granted),
        "denied" => Some(Permission::Denied),
        _ => Some(Permission::NotGiven),
    }
}

/// Has the browser ask the person, unless they have answered before.
pub(super) async fn ask() -> Permission {
    let ask = async { wait(web::call(&notification()?, "requestPermission", &[])?).await };
    _ = ask.await;
    permission().unwrap_or(Permission::NotGiven)
}

/// The registration, which is made unless there is one.
pub(super) async fn register() -> Option<JsValue> {
    let container = container()?;
    wait(web::call(&container, "register", &[&WORKER.into()])?).await
}

/// The registration, if there is one.
pub(super) async fn registration() -> Option<JsValue> {
    let container = container()?;
    let found = wait(web::call(&container, "getRegistration", &[])?).await?;
    (!found.is_undefined()).then_some(found)
}

/// The registration, once its worker runs.
pub(super) async fn ready() -> Option<JsValue> {
    let container = container()?;
    wait(Reflect::get(&container, &"ready".into()).ok()?).await
}

/// The worker is no longer there, and whatever it has shown.
pub(super) async fn unregister() {
    if let Some(registration) = registration().await
        && let Some(promise) = web::call(&registration, "unregister", &[])
    {
        _ = wait(promise).await;
    }
}

/// Has the worker do something, once there is one.
pub(super) fn order(what: &[(&str, JsValue)]) {
    let message = web::object(what);
    spawn_local(async move {
        let tell = async {
            let worker = Reflect::get(&ready().await?, &"active".into()).ok()?;
            web::call(&worker, "postMessage", &[&message])
        };
        _ = tell.await;
    });
}

/// What a promise brings; `None` when it is refused.
pub(super) async fn wait(promise: JsValue) -> Option<JsValue> {
    JsFuture::from(promise.dyn_into::<Promise>().ok()?).await.ok()
}

/// What shows notifications, where the browser has it.
fn notification() -> Option<JsValue> {
    let window = web::window()?;
    Reflect::get(&window, &"Notification".into()).ok().filter(|found| !found.is_undefined())
}
