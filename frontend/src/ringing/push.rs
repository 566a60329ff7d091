//! Pushes to this browser: what the person wants of them, what the device wants done, and what the worker is left for them.

use call::{RingCommand, RingInput};
use gloo_events::EventListener;
use js_sys::Reflect;
use protocol::PushKey;
use view::PushState;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use super::event::{RingEvent, RingEvents};
use super::place::RingPlace;
use super::push_manager::{self, Subscribed};
use super::wish::Wish;
use super::{Ringing, service_worker};
use crate::web;

impl Ringing {
    /// What was wanted before is wanted still; what nobody wants is given up. What was pressed on a notification while no page was there is
    /// done by this one.
    pub(super) fn begin_push(&mut self) {
        let on = Wish::Push.is_on();
        self.input(RingInput::Command(RingCommand::SwitchPush { on }));
        if on && self.place == RingPlace::Own {
            service_worker::order(&[("take", true.into())]);
        }
    }

    /// Turns them on, for which the browser asks the person, or off.
    pub(super) fn switch_push(&mut self, on: bool) {
        if !on {
            Wish::Push.turn(false);
            return self.input(RingInput::Command(RingCommand::SwitchPush { on }));
        }
        let events = self.events.clone();
        spawn_local(async move {
            let input = match push_manager::refusal(service_worker::ask().await) {
                Some(fault) => RingInput::PushFailed { fault },
                None => {
                    Wish::Push.turn(true);
                    RingInput::Command(RingCommand::SwitchPush { on })
                }
            };
            tell(&events, input);
        });
    }

    pub(super) fn subscribe_push(&self, key: PushKey) {
        let events = self.events.clone();
        spawn_local(async move {
            let input = match push_manager::subscribe(&key).await {
                Ok(Subscribed { subscription, replaced }) => {
                    leave_words(&key);
                    RingInput::PushSubscribed { key, subscription: Box::new(subscription), replaced }
                }
                Err(fault) => RingInput::PushFailed { fault },
            };
            tell(&events, input);
        });
    }

    pub(super) fn give_up_push(&self) {
        let events = self.events.clone();
        spawn_local(async move {
            if let Some(endpoint) = push_manager::give_up().await {
                tell(&events, RingInput::PushGivenUp { endpoint });
            }
        });
    }

    /// As a person sees it.
    pub(super) fn push_state(&self) -> PushState {
        let state = self.device.push();
        match (state, push_manager::unavailable()) {
            (PushState::Off | PushState::TurningOn | PushState::Failed(_), Some(fault)) => {
                PushState::Unavailable(fault)
            }
            (
                PushState::NotOffered
                | PushState::Unavailable(_)
                | PushState::Off
                | PushState::TurningOn
                | PushState::On
                | PushState::Failed(_),
                _,
            ) => state,
        }
    }
}

/// Tells when another tab has turned them on or off.
pub(super) fn watch(events: &RingEvents) -> Option<EventListener> {
    let events = events.clone();
    let window = web::window()?;
    Some(EventListener::new(&window, "storage", move |event| {
        let key = Reflect::get(event, &"key".into()).ok().and_then(|key| key.as_string());
        if key.as_deref() == Some(Wish::Push.key()) {
            let on = Wish::Push.is_on();
            tell(&events, RingInput::Command(RingCommand::SwitchPush { on }));
        }
    }))
}

fn tell(events: &RingEvents, input: RingInput) {
    _ = events.unbounded_send(RingEvent::Push(Box::new(input)));
}

/// What the worker says when no page is there, in the language of this one; and the key, should the browser drop its subscription.
fn leave_words(key: &PushKey) {
    let words = app::push_words();
    let fields: [(&str, JsValue); 8] = [
        ("language", words.language.into()),
        ("direction", words.direction.into()),
        ("ringing", words.ringing.into()),
        ("missed", words.missed.into()),
        ("elsewhere", words.elsewhere.into()),
        ("answer", words.answer.into()),
        ("decline", words.decline.into()),
        ("key", key.as_str().into()),
    ];
    service_worker::order(&[("words", web::object(&fields).into())]);
}
