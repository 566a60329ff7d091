//! The browser's subscription to pushes: one for each browser, whatever pages are open in it. What is done about it is done by one tab at a time.

use js_sys::{Promise, Reflect, Uint8Array};
use protocol::{PushAuth, PushEndpoint, PushKey, PushSubscription};
use serde::Deserialize;
use view::PushFault;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::service_worker::{self, Permission, wait};
use super::wish::Wish;
use crate::lock::Lock;
use crate::{remember, web};

/// One tab subscribes or gives up.
const LOCK: &str = "veranda.push";

/// The endpoint that the server was told of last.
const ENDPOINT: &str = "veranda.push-endpoint";

/// A subscription, and the one before, which is none any more.
pub(super) struct Subscribed {
    pub(super) subscription: PushSubscription,
    pub(super) replaced: Option<PushEndpoint>,
}

/// As `PushSubscription.toJSON()` has it (Push API §8).
#[derive(Deserialize)]
struct Json {
    endpoint: PushEndpoint,
    keys: Keys,
}

#[derive(Deserialize)]
struct Keys {
    p256dh: PushKey,
    auth: PushAuth,
}

/// Why there can be no subscription here, whatever the person answers.
pub(super) fn unavailable() -> Option<PushFault> {
    let window = web::window()?;
    let is = |object: &JsValue, name: &str| Reflect::get(object, &name.into()).ok();
    let is_secure = is(&window, "isSecureContext").is_some_and(|secure| secure.is_truthy());
    if !is_secure {
        return Some(PushFault::Insecure);
    }
    if is(&window, "PushManager").is_none_or(|found| found.is_undefined()) {
        // Only there a page can ask whether it was opened from the home screen.
        let from_home = is(&window.navigator(), "standalone").and_then(|standalone| standalone.as_bool());
        return Some(if from_home == Some(false) { PushFault::NotInstalled } else { PushFault::NoPush });
    }
    service_worker::permission().is_none().then_some(PushFault::NoWorker)
}

/// Why a person who was asked is not pushed to.
pub(super) fn refusal(permission: Permission) -> Option<PushFault> {
    match permission {
        Permission::Granted => None,
        Permission::Denied => Some(PushFault::Blocked),
        Permission::NotGiven => Some(PushFault::Dismissed),
    }
}

/// Subscribes with a key, unless the browser has. Asks the person nothing.
pub(super) async fn subscribe(key: &PushKey) -> Result<Subscribed, PushFault> {
    let _lock = Lock::take(LOCK).await;
    // Another tab may have turned it off meanwhile.
    if !Wish::Push.is_on() {
        return Err(PushFault::NoService);
    }
    if let Some(fault) = unavailable() {
        return Err(fault);
    }
    let permission = service_worker::permission().unwrap_or(Permission::NotGiven);
    if let Some(fault) = refusal(permission) {
        return Err(fault);
    }
    _ = service_worker::register().await.ok_or(PushFault::NoWorker)?;
    let registration = service_worker::ready().await.ok_or(PushFault::NoWorker)?;
    let manager = manager(&registration).ok_or(PushFault::NoPush)?;
    let before = subscription(&manager).await;
    let is_kept = before.as_ref().is_some_and(|before| was_made_with(before, key));
    let subscription = match before {
        Some(before) if is_kept => before,
        Some(before) => {
            _ = unsubscribe(&before).await;
            make(&manager, key).await?
        }
        None => make(&manager, key).await?,
    };
    let subscription = read(&subscription).ok_or(PushFault::NoService)?;
    let endpoint = subscription.endpoint.expose();
    let replaced = remember::read(ENDPOINT).filter(|told| told != endpoint);
    remember::write(ENDPOINT, endpoint);
    let replaced = replaced.and_then(|told| PushEndpoint::new(told).ok());
    Ok(Subscribed { subscription, replaced })
}

/// Gives up the subscription, if the browser has one or has had one that the server knows. Returns it.
pub(super) async fn give_up() -> Option<PushEndpoint> {
    let _lock = Lock::take(LOCK).await;
    // Another tab may have turned it on meanwhile.
    if Wish::Push.is_on() {
        return None;
    }
    let told = remember::read(ENDPOINT).and_then(|told| PushEndpoint::new(told).ok());
    remember::forget(ENDPOINT);
    let found = async { subscription(&manager(&service_worker::registration().await?)?).await };
    let Some(found) = found.await else { return told };
    let endpoint = read(&found).map(|subscription| subscription.endpoint);
    _ = unsubscribe(&found).await;
    if !Wish::Notifications.is_on() {
        service_worker::unregister().await;
    }
    endpoint.or(told)
}

fn manager(registration: &JsValue) -> Option<JsValue> {
    Reflect::get(registration, &"pushManager".into()).ok().filter(|manager| !manager.is_undefined())
}

async fn subscription(manager: &JsValue) -> Option<JsValue> {
    wait(web::call(manager, "getSubscription", &[])?).await.filter(JsValue::is_object)
}

async fn unsubscribe(subscription: &JsValue) -> Option<JsValue> {
    wait(web::call(subscription, "unsubscribe", &[])?).await
}

/// Each push is shown to the person: browsers let no others through.
async fn make(manager: &JsValue, key: &PushKey) -> Result<JsValue, PushFault> {
    let options =
        web::object(&[("userVisibleOnly", true.into()), ("applicationServerKey", key.as_str().into())]);
    let promise = web::call(manager, "subscribe", &[&options]).ok_or(PushFault::NoPush)?;
    let promise: Promise = promise.dyn_into().map_err(|_| PushFault::NoPush)?;
    JsFuture::from(promise).await.map_err(|error| {
        let name = Reflect::get(&error, &"name".into()).ok().and_then(|name| name.as_string());
        if name.as_deref() == Some("NotAllowedError") { PushFault::Blocked } else { PushFault::NoService }
    })
}

/// Whether a subscription is for whoever has the private key of this one (Push API §8.1).
fn was_made_with(subscription: &JsValue, key: &PushKey) -> bool {
    let made_with = || {
        let options = Reflect::get(subscription, &"options".into()).ok()?;
        let bytes = Reflect::get(&options, &"applicationServerKey".into()).ok()?;
        let bytes = bytes.is_object().then(|| Uint8Array::new(&bytes).to_vec())?;
        let text: String = bytes.into_iter().map(char::from).collect();
        let encoded = web::window()?.btoa(&text).ok()?;
        Some(encoded.trim_end_matches('=').replace('+', "-").replace('/', "_"))
    };
    made_with().as_deref() == Some(key.as_str())
}

fn read(subscription: &JsValue) -> Option<PushSubscription> {
    let json = web::call(subscription, "toJSON", &[])?;
    let text = js_sys::JSON::stringify(&json).ok()?.as_string()?;
    let Json { endpoint, keys: Keys { p256dh, auth } } = serde_json::from_str(&text).ok()?;
    Some(PushSubscription { endpoint, p256dh, auth })
}
