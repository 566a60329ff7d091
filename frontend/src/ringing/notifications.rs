//! Rings while nobody looks at the page: notifications, which the worker of `public/sw.js` shows, and what is pressed on them.

use app::state::RingLine;
use call::RingInput;
use gloo_events::EventListener;
use js_sys::{Array, Reflect};
use protocol::{CallId, Outcome, RingId, RingSide};
use serde::de::DeserializeOwned;
use view::{Notifications, RingPhase};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use super::event::{RingEvent, RingEvents};
use super::pressed::Pressed;
use super::service_worker::{self, Permission, container, order};
use super::wish::Wish;
use crate::web;

/// What is pressed on a notification besides itself.
const ANSWER: &str = "answer";
const DECLINE: &str = "decline";

/// What the worker says when the browser has dropped its subscription to pushes.
const RESUBSCRIBED: &str = "resubscribed";

/// The notification that is shown, if there is one, and whatever tells of it.
pub(super) struct Notifier {
    shown: Option<RingId>,
    _listeners: Vec<EventListener>,
}

impl Notifier {
    pub(super) fn begin(events: &RingEvents) -> Self {
        if state() == Notifications::On {
            spawn_local(async { _ = service_worker::register().await });
        }
        let (pressed, looked) = (events.clone(), events.clone());
        let pressed = container().map(|worker| {
            EventListener::new(&worker, "message", move |message| {
                if let Some(event) = read(message) {
                    _ = pressed.unbounded_send(event);
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
        let may_show = is_hidden && (state() == Notifications::On || is_pushed_to());
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
    match service_worker::permission() {
        None => Notifications::Unavailable,
        Some(Permission::Denied) => Notifications::Blocked,
        Some(Permission::Granted) if Wish::Notifications.is_on() => Notifications::On,
        Some(Permission::Granted | Permission::NotGiven) => Notifications::Off,
    }
}

/// Whoever wants to be rung without a page wants it also with one that they do not look at.
fn is_pushed_to() -> bool {
    Wish::Push.is_on() && service_worker::permission() == Some(Permission::Granted)
}

/// Turns them on, for which the browser asks the person, or off. Nothing of them is left then.
pub(super) fn turn(on: bool, events: &RingEvents) {
    let events = events.clone();
    spawn_local(async move {
        if on {
            let is_granted = service_worker::ask().await == Permission::Granted;
            if is_granted && service_worker::register().await.is_some() {
                Wish::Notifications.turn(true);
            }
        } else {
            Wish::Notifications.turn(false);
            if !Wish::Push.is_on() {
                service_worker::unregister().await;
            }
        }
        _ = events.unbounded_send(RingEvent::Tick);
    });
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

fn ring_text(ring: RingId) -> JsValue {
    ring.to_string().into()
}

/// What a message of the worker says; whoever presses the notification itself wants to see the page, and no more.
fn read(message: &web_sys::Event) -> Option<RingEvent> {
    let data = Reflect::get(message, &"data".into()).ok()?;
    let field = |name: &str| Reflect::get(&data, &name.into()).ok()?.as_string();
    let what = match field("action")?.as_str() {
        ANSWER => Pressed::Answer,
        DECLINE => Pressed::Decline,
        // The browser's subscription is another one.
        RESUBSCRIBED => return Some(RingEvent::Push(Box::new(RingInput::PushChanged))),
        _ => return None,
    };
    let ring: RingId = parsed(field("ring")?)?;
    // Of a push, which comes where no page has the ring on its screen.
    let caller: Option<CallId> = field("caller").and_then(parsed);
    Some(RingEvent::Pressed { ring, what, caller })
}

fn parsed<T: DeserializeOwned>(text: String) -> Option<T> {
    serde_json::from_value(serde_json::Value::String(text)).ok()
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
