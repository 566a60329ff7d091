//! Rings while nobody looks at the page: notifications, which the worker of `public/sw.js` shows, and what is pressed on them.

use app::state::RingLine;
use gloo_events::EventListener;
use js_sys::{Array, Promise, Reflect};
use protocol::{Outcome, RingId, RingSide};
use view::{Notifications, RingPhase};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::EventTarget;

use super::event::{RingEvent, RingEvents};
use super::pressed::Pressed;
use crate::{remember, web};

/// Whether they were turned on.
const KEY: &str = "veranda.notifications";

const WORKER: &str = "/sw.js";

/// What is pressed on a notification besides itself.
const ANSWER: &str = "answer";
const DECLINE: &str = "decline";

/// The notification that is shown, if there is one, and whatever tells of it.
pub(super) struct Notifier {
    shown: Option<RingId>,
    _listeners: Vec<EventListener>,
}

impl Notifier {
    pub(super) fn begin(events: &RingEvents) -> Self {
        if state() == Notifications::On {
            spawn_local(async { _ = register().await });
        }
        let (pressed, looked) = (events.clone(), events.clone());
        let pressed = container().map(|worker| {
            EventListener::new(&worker, "message", move |message| {
                if let Some((ring, what)) = read(message) {
                    _ = pressed.unbounded_send(RingEvent::Pressed { ring, what });
                }
            })
        });
        let looked = web::document().map(|document| {
            EventListener::new(&document, "visibilitychange", move |_| {
                _ = looked.unbounded_send(RingEvent::Tick);
            })
        });
        Self { shown: None, _listeners: pressed.into_iter().chain(looked).collect() }
    }

    /// Shows the ring that waits, unless somebody looks at the page; one that has ended is put away, or said to be missed.
    pub(super) fn update(&mut self, lines: &[RingLine]) {
        let is_hidden = web::document().is_some_and(|document| document.hidden());
        let may_show = is_hidden && state() == Notifications::On;
        let wanted = lines.iter().find(|line| may_show && is_incoming(line));
        if self.shown == wanted.map(|line| line.ring) {
            return;
        }
        if let Some(before) = self.shown.take() {
            match lines.iter().find(|line| line.ring == before && is_missed(line)) {
                Some(line) => show_missed(line),
                None => order(&[("close", ring_text(before))]),
            }
        }
        self.shown = wanted.map(|line| line.ring);
        if let Some(line) = wanted {
            show(line);
        }
    }
}

/// Whether they are shown.
pub(super) fn state() -> Notifications {
    let permission = || {
        _ = container()?;
        Reflect::get(&notification()?, &"permission".into()).ok()?.as_string()
    };
    match permission().as_deref() {
        None => Notifications::Unavailable,
        Some("denied") => Notifications::Blocked,
        Some("granted") if remember::read(KEY).is_some() => Notifications::On,
        Some(_) => Notifications::Off,
    }
}

/// Turns them on, for which the browser asks the person, or off. Nothing of them is left then.
pub(super) fn turn(on: bool, events: &RingEvents) {
    let events = events.clone();
    spawn_local(async move {
        if on {
            if ask().await && register().await.is_some() {
                remember::write(KEY, "on");
            }
        } else {
            remember::forget(KEY);
            _ = unregister().await;
        }
        _ = events.unbounded_send(RingEvent::Tick);
    });
}

async fn ask() -> bool {
    let answer = async { wait(web::call(&notification()?, "requestPermission", &[])?).await?.as_string() };
    answer.await.as_deref() == Some("granted")
}

async fn register() -> Option<JsValue> {
    let container = container()?;
    wait(web::call(&container, "register", &[&WORKER.into()])?).await
}

async fn unregister() -> Option<JsValue> {
    let container = container()?;
    let registration = wait(web::call(&container, "getRegistration", &[])?).await?;
    wait(web::call(&registration, "unregister", &[])?).await
}

async fn wait(promise: JsValue) -> Option<JsValue> {
    JsFuture::from(promise.dyn_into::<Promise>().ok()?).await.ok()
}

/// Where workers are registered; `None` on a page that was not loaded securely.
fn container() -> Option<EventTarget> {
    Reflect::get(&web::window()?.navigator(), &"serviceWorker".into()).ok()?.dyn_into().ok()
}

/// What shows notifications, where the browser has it.
fn notification() -> Option<JsValue> {
    let window = web::window()?;
    Reflect::get(&window, &"Notification".into()).ok().filter(|found| !found.is_undefined())
}

fn show(line: &RingLine) {
    let notice = app::ring_notice(line);
    let action = |action: &str, title: &str| {
        JsValue::from(web::object(&[("action", action.into()), ("title", title.into())]))
    };
    let actions: Array =
        [action(ANSWER, notice.answer), action(DECLINE, notice.decline)].into_iter().collect();
    order_to_show(line.ring, &notice.title, actions, true);
}

fn show_missed(line: &RingLine) {
    order_to_show(line.ring, &app::missed_notice(line), Array::new(), false);
}

fn order_to_show(ring: RingId, title: &str, actions: Array, stays: bool) {
    let show = web::object(&[
        ("ring", ring_text(ring)),
        ("title", title.into()),
        ("actions", actions.into()),
        ("stays", stays.into()),
    ]);
    order(&[("show", show.into())]);
}

/// Has the worker do something, once there is one.
fn order(what: &[(&str, JsValue)]) {
    let message = web::object(what);
    spawn_local(async move {
        let tell = async {
            let container = container()?;
            let registration = wait(Reflect::get(&container, &"ready".into()).ok()?).await?;
            let worker = Reflect::get(&registration, &"active".into()).ok()?;
            web::call(&worker, "postMessage", &[&message])
        };
        _ = tell.await;
    });
}

fn ring_text(ring: RingId) -> JsValue {
    ring.to_string().into()
}

/// What a message of the worker says; whoever presses the notification itself wants to see the page, and no more.
fn read(message: &web_sys::Event) -> Option<(RingId, Pressed)> {
    let data = Reflect::get(message, &"data".into()).ok()?;
    let field = |name: &str| Reflect::get(&data, &name.into()).ok()?.as_string();
    let what = match field("action")?.as_str() {
        ANSWER => Pressed::Answer,
        DECLINE => Pressed::Decline,
        _ => return None,
    };
    Some((serde_json::from_value(serde_json::Value::String(field("ring")?)).ok()?, what))
}

fn is_incoming(line: &RingLine) -> bool {
    line.side == RingSide::Callee && matches!(line.phase, RingPhase::Ringing | RingPhase::RingingQuietly)
}

fn is_missed(line: &RingLine) -> bool {
    match line.phase {
        RingPhase::Over(Outcome::NoAnswer | Outcome::Cancelled | Outcome::Offline) => true,
        RingPhase::Over(
            Outcome::Answered { .. }
            | Outcome::Declined
            | Outcome::Busy
            | Outcome::Lost { .. }
            | Outcome::AnsweredElsewhere
            | Outcome::Asked,
        )
        | RingPhase::Calling(_)
        | RingPhase::Ringing
        | RingPhase::RingingQuietly
        | RingPhase::Answered
        | RingPhase::Refused(_) => false,
    }
}
